"""Keep the map of substitutes: what may stand in for what, and how many for how many. One map for an installation."""

from __future__ import annotations

from flask_babel import gettext as _
from sqlalchemy import select

from app.access.permissions import Staff
from app.allocation.models import Substitution
from app.allocation.substitution.schemas import PutSubstitution
from app.catalog import service as catalog
from app.catalog.models import Item
from app.core.db import command, db
from app.core.errors import Invalid
from app.core.events import record
from app.core.lookup import row_or_not_found


@command
def put(by: Staff, wanted: PutSubstitution) -> Substitution:
    """Add an entry, or change the ratio of the one there is for the two items.

    Raises Invalid for an unknown or ambiguous item, for an item in its own place, and for sensitive items: medicine and
    infant food are not swapped by a table.
    """
    item_id = catalog.item_meant(wanted.item)
    substitute_id = catalog.item_meant(wanted.substitute, "substitute")
    if item_id == substitute_id:
        raise Invalid({"substitute": [_("替代品不能是它自己。")]})
    for field, own_id in (("item", item_id), ("substitute", substitute_id)):
        if db.session.get_one(Item, own_id).is_sensitive:
            raise Invalid({field: [_("药品、婴儿食品这类敏感商品不自动替代，请打电话问住户。")]})
    held = db.session.scalar(select(Substitution).filter_by(item_id=item_id, substitute_id=substitute_id))
    if held is None:
        held = Substitution(item_id=item_id, substitute_id=substitute_id)
        db.session.add(held)
    held.ratio_from, held.ratio_to = wanted.ratio_from, wanted.ratio_to
    db.session.flush()
    record(by, "put_substitution", held, ratio_from=held.ratio_from, ratio_to=held.ratio_to)
    return held


@command
def drop(by: Staff, substitution_id: int) -> None:
    """Take an entry out; what it replaced before stays as it is. Raises NotFound."""
    held = row_or_not_found(Substitution, substitution_id)
    db.session.delete(held)
    record(by, "drop_substitution", ("substitution", substitution_id))

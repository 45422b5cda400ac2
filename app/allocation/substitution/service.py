"""Keep the map of substitutes: what may stand in for what, and how many for how many.

An entry belongs to whom the item belongs that it is for (catalog/scope.py).
"""

from __future__ import annotations

from flask_babel import gettext as _
from sqlalchemy import select

from app.access.permissions import Permission, Staff
from app.allocation.models import Substitution
from app.allocation.substitution.schemas import PutSubstitution
from app.catalog import service as catalog
from app.catalog.models import Item
from app.catalog.scope import require_change, subdistricts
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
    own = subdistricts(by, Permission.ALLOCATE)
    item_id = catalog.item_meant(wanted.item, own)
    item = db.session.get_one(Item, item_id)
    home = () if item.subdistrict_id is None else (item.subdistrict_id,)
    require_change(by, item.subdistrict_id, Permission.ALLOCATE)
    substitute_id = catalog.item_meant(wanted.substitute, home, "substitute")
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
    require_change(by, db.session.get_one(Item, held.item_id).subdistrict_id, Permission.ALLOCATE)
    db.session.delete(held)
    record(by, "drop_substitution", ("substitution", substitution_id))

"""How long goods rest after disinfection: by storage, and by category where it differs. Rules hold for every cycle."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import select

from app.access.permissions import Permission, Staff, ids_of
from app.catalog.models import Item, Storage
from app.catalog.scope import require_change, subdistricts, within
from app.core import events
from app.core.db import command, db
from app.core.errors import Conflict, NotFound
from app.core.lookup import row_or_not_found
from app.stock.models import RestRule
from app.stock.rests.schemas import SaveOfCategory, SaveUsual
from app.stock.rules import DEFAULT_REST_MINUTES

EDIT = Permission.CATALOG_EDIT


@dataclass(frozen=True)
class RestRow:
    """id 0: not written down yet, the usual time of an installation holds."""

    id: int
    storage: Storage
    category: str
    minutes: int


def rows() -> list[RestRow]:
    """What holds now, storage classes first. One statement."""
    written = {(row.storage, row.category): row for row in db.session.scalars(select(RestRule))}
    minutes = dict(DEFAULT_REST_MINUTES) | {key: row.minutes for key, row in written.items()}
    order = [str(storage) for storage in Storage]
    ids = {key: row.id for key, row in written.items()}
    return [
        RestRow(ids.get(key, 0), Storage(key[0]), key[1], minutes[key])
        for key in sorted(minutes, key=lambda key: (key[1] != "", order.index(key[0]), key[1]))
    ]


def categories(by: Staff) -> list[str]:
    """The categories of the catalogue, to choose from."""
    found = select(Item.category).where(Item.category != "", within(Item, subdistricts(by, EDIT))).distinct()
    return list(db.session.scalars(found.order_by(Item.category)))


def is_set() -> bool:
    """Whether somebody has looked at the times and kept them."""
    return db.session.scalar(select(RestRule.id).limit(1)) is not None


@command
def save_usual(by: Staff, wanted: SaveUsual) -> int:
    """Ensures: goods received from now on rest so long; lots that are in the house keep their time."""
    _require_whole(by)
    for storage in Storage:
        _put(str(storage), "", int(getattr(wanted, str(storage))))
    for (storage_class, category), minutes in DEFAULT_REST_MINUTES.items():
        if category and _written(storage_class, category) is None:
            _put(storage_class, category, minutes)
    events.record(by, "save_rests", ("rest_rule", 0), ambient=wanted.ambient, chilled=wanted.chilled)
    return len(Storage)


@command
def save_of_category(by: Staff, wanted: SaveOfCategory) -> RestRule:
    """A time of its own for a category within a storage class."""
    _require_whole(by)
    row = _put(wanted.storage, wanted.category, wanted.minutes)
    events.record(by, "save_rest", row, minutes=wanted.minutes)
    return row


@command
def remove(by: Staff, rule_id: int) -> int:
    """Take the time of a category away: what an installation starts with holds again, else its storage class's time.

    Raises NotFound, Conflict for the time of a storage class.
    """
    _require_whole(by)
    row = row_or_not_found(RestRule, rule_id)
    if not row.category:
        raise Conflict(_("每种储存方式都要有时间，只能改，不能删。"))
    db.session.delete(row)
    events.record(by, "remove_rest", ("rest_rule", rule_id))
    return rule_id


def _require_whole(by: Staff) -> None:
    """The times hold for every subdistrict of the installation, so who changes them holds the permission in each."""
    if not ids_of(by.scopes(EDIT), "subdistrict"):
        raise NotFound
    require_change(by, None)


def _written(storage: str, category: str) -> RestRule | None:
    return db.session.scalar(select(RestRule).where(RestRule.storage == storage, RestRule.category == category))


def _put(storage: str, category: str, minutes: int) -> RestRule:
    row = _written(storage, category)
    if row is None:
        row = RestRule(storage=Storage(storage), category=category, minutes=minutes)
        db.session.add(row)
    row.minutes = minutes
    db.session.flush()
    return row

"""Whose goods, bundles and suppliers are whose.

Each belongs to a subdistrict, or to none. What belongs to a subdistrict is seen, sold and changed there only, and
answers elsewhere as what does not exist. What belongs to none is shared: every subdistrict sees and sells it, and only
who may edit the catalogue of each subdistrict of the installation changes it, since a change reaches all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, or_, select

from app.access.permissions import Permission, Staff
from app.catalog.models import Bundle, Item, Supplier
from app.core.database.turns import subdistrict_of
from app.core.db import db
from app.core.errors import Conflict, NotFound
from app.core.lookup import row_or_not_found

R = TypeVar("R", Item, Bundle, Supplier)
EDIT = Permission.CATALOG_EDIT


def subdistricts(by: Staff, permission: Permission = Permission.CATALOG_READ) -> tuple[int, ...]:
    """The subdistricts in which the permission is held, for the whole or a part; for the command line all. At most one
    statement for each grant of a part."""
    if by.kind == "system":
        return _all()
    connection, tables = db.session.connection(), db.metadata.tables
    grants = {(grant.scope_kind, grant.scope_id) for grant in by.scopes(permission)}
    found = {subdistrict_of(connection, tables, grant) for grant in grants}
    return tuple(sorted(one for one in found if one))


def _all() -> tuple[int, ...]:
    table = db.metadata.tables["subdistrict"]
    return tuple(db.session.scalars(select(table.c.id).order_by(table.c.id)))


def within(kind: Any, subdistrict_ids: Sequence[int]) -> ColumnElement[bool]:
    """A condition on Item, Bundle or Supplier: those of these subdistricts, and the shared ones."""
    found: ColumnElement[bool] = or_(kind.subdistrict_id.is_(None), kind.subdistrict_id.in_(subdistrict_ids))
    return found


def require_seen(by: Staff, kind: type[R], key: int, permission: Permission = Permission.CATALOG_READ) -> R:
    """The row, if it is shared or of a subdistrict in reach. Raises NotFound."""
    row = row_or_not_found(kind, key)
    if row.subdistrict_id is not None and row.subdistrict_id not in subdistricts(by, permission):
        raise NotFound
    return row


def may_change(by: Staff, subdistrict_id: int | None, permission: Permission = EDIT) -> bool:
    """Whether what belongs to the subdistrict, or to none, may be changed by this account."""
    held = subdistricts(by, permission)
    return set(_all()) <= set(held) if subdistrict_id is None else subdistrict_id in held


def require_edit(by: Staff, kind: type[R], key: int) -> R:
    """The row, if it may be changed. Raises NotFound for one out of reach, Conflict for one that others share."""
    row = require_seen(by, kind, key, EDIT)
    require_change(by, row.subdistrict_id)
    return row


def require_change(by: Staff, subdistrict_id: int | None, permission: Permission = EDIT) -> None:
    """Raises NotFound for what is another subdistrict's, Conflict for what others share."""
    if not may_change(by, subdistrict_id, permission):
        if subdistrict_id is not None:
            raise NotFound
        raise Conflict(_l("这是几个街道共用的，只有各街道都能管的人才能改。请在本街道另建一个。"))


def home_of_new(by: Staff) -> int | None:
    """To whom something new belongs: the subdistrict of who adds it; None, to all, where it is added for several."""
    held = subdistricts(by, EDIT)
    return held[0] if len(held) == 1 else None

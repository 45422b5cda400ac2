"""Commands on the levels of zones."""

from __future__ import annotations

from flask_babel import gettext as _
from sqlalchemy import select

from app.access.permissions import Permission, Staff, ids_of
from app.core import events
from app.core.db import command, db
from app.core.errors import Conflict
from app.places.models import DeliveryMode, Subdistrict, ZoneLevel
from app.places.zones.schemas import SaveLevel

EDIT = Permission.PLACES_EDIT
USUAL_LEVELS = (
    ("clean", "防范区", DeliveryMode.TO_DOOR),
    ("controlled", "管控区", DeliveryMode.TO_STAIRWELL),
    ("sealed", "封控区", DeliveryMode.TO_DOOR),
)


def _require_whole(by: Staff) -> None:
    """The levels are one list for the installation: who changes it holds the permission in each subdistrict."""
    held = ids_of(by.scopes(EDIT), "subdistrict")
    if not held:
        raise Conflict(_("级别由街道管理员维护。"))
    if not set(db.session.scalars(select(Subdistrict.id))) <= set(held):
        raise Conflict(_("级别是几个街道共用的，只有各街道都能管的人才能改。"))


@command
def add_usual_levels(by: Staff) -> int:
    """The three levels that most places use, those with other codes left as they are; returns how many are new."""
    _require_whole(by)
    held = set(db.session.scalars(select(ZoneLevel.code)))
    fresh = [
        ZoneLevel(code=code, label_zh=label, delivery_mode=mode, round_order=order)
        for order, (code, label, mode) in enumerate(USUAL_LEVELS)
        if code not in held
    ]
    db.session.add_all(fresh)
    db.session.flush()
    for level in fresh:
        events.record(by, "save", level, delivery_mode=str(level.delivery_mode))
    return len(fresh)


@command
def save_level(by: Staff, wanted: SaveLevel) -> ZoneLevel:
    """Add a level, or change the one with this code: the words are data, plans follow only its delivery mode.

    Raises Conflict for a change of mode by somebody who does not hold the whole subdistrict.
    """
    _require_whole(by)
    level = db.session.scalar(select(ZoneLevel).where(ZoneLevel.code == wanted.code))
    if level is None:
        level = ZoneLevel(code=wanted.code)
        db.session.add(level)
    level.label_zh, level.delivery_mode = wanted.label_zh, DeliveryMode(wanted.delivery_mode)
    level.is_contactless, level.round_order = wanted.is_contactless, wanted.round_order
    db.session.flush()
    events.record(by, "save", level, delivery_mode=str(wanted.delivery_mode))
    return level

"""Hours of each kind of team: "no carts after 22:00" holds for every day until it is changed."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.access.permissions import Permission, Staff
from app.core.db import command, db
from app.core.errors import Invalid
from app.core.events import record
from app.core.lookup import row_or_not_found
from app.dispatch.hours.schemas import LiftHours, SetHours
from app.dispatch.models import ModeHours
from app.places.scope import require_subdistrict


@command
def set_hours(by: Staff, subdistrict_id: int, wanted: SetHours) -> ModeHours:
    """Set the hours of a kind of team. What is published is judged by them at once. Raises NotFound, Invalid."""
    require_subdistrict(by, Permission.PLAN, subdistrict_id)
    if wanted.closes <= wanted.opens:
        raise Invalid({"closes": [_l("结束时间应晚于开始时间。")]})
    row = db.session.get(ModeHours, (subdistrict_id, wanted.mode))
    if row is None:
        row = ModeHours(subdistrict_id=subdistrict_id, mode=wanted.mode)
        db.session.add(row)
    row.opens_s, row.closes_s = wanted.opens, wanted.closes
    record(by, "mode_hours", ("subdistrict", subdistrict_id), mode=wanted.mode, opens=row.opens_s, closes=row.closes_s)
    return row


@command
def lift_hours(by: Staff, subdistrict_id: int, wanted: LiftHours) -> str:
    """Let a kind of team be on the road at any time again; returns the kind. Raises NotFound where no hours are set."""
    require_subdistrict(by, Permission.PLAN, subdistrict_id)
    row = row_or_not_found(ModeHours, (subdistrict_id, wanted.mode))
    db.session.delete(row)
    record(by, "mode_hours", ("subdistrict", subdistrict_id), mode=wanted.mode)
    return wanted.mode


def mode_hours(subdistrict_id: int) -> dict[str, tuple[int, int]]:
    """Kind of team → from when until when it may be on the road; kinds without a row at any time."""
    found = db.session.scalars(select(ModeHours).filter_by(subdistrict_id=subdistrict_id).order_by(ModeHours.mode))
    return {row.mode: (row.opens_s, row.closes_s) for row in found}

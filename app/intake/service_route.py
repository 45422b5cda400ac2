"""Handing lines of a list over to the service point that covers them, and back."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.access.permissions import Staff
from app.core import clock
from app.core.db import command, db
from app.core.errors import Conflict, NotFound
from app.core.events import record
from app.core.schemas import CommandSchema, Whole
from app.intake.models import ChainLine, ChainPaste, LineOutcome, PasteState
from app.intake.service import keep, require_paste, write_lines
from app.ordering.orders import cycle_taking_orders
from app.places.models import Building, Household, ServicePoint, Stairwell

ROUTED = "routed"
SENT_BACK = "sent_back"


@dataclass(frozen=True)
class Route:
    """To which service point."""

    point: int


class RouteSchema(CommandSchema):
    makes = Route
    point = Whole(required=True, least=1, most=2**31 - 1)


@command
def route(by: Staff, paste_id: int, to: Route) -> ChainPaste:
    """Hand the lines that another point covers over to it: they come up there as a list of their own, to be checked.

    Requires: INTAKE over the point of the list; the cycle takes orders of the other point. Ensures: nothing is ordered
    before somebody of that point says so; here the lines no longer count and say where they are; they come back when
    that point refuses them. Raises: NotFound, Conflict (no such line is left, the list is undone or replaced).
    """
    paste = require_paste(by, paste_id)
    if paste.state not in (PasteState.PREVIEW, PasteState.COMMITTED):
        raise Conflict(_l("这次粘贴已撤销，或已有新版，这一行不再处理。请到最新的一次粘贴里处理。"))
    lines = [line for line in paste.lines if _is_for(line, to.point)]
    if not lines:
        raise Conflict(_l("没有要交给这个点位的行：可能刚刚已经交过去了。"))
    cycle_taking_orders(paste.cycle_id, to.point)
    digest = hashlib.sha256(f"routed {paste.id} {[line.id for line in lines]}".encode()).hexdigest()
    there = keep(by, paste.cycle_id, to.point, paste.kind, digest)
    there.routed_from_id = paste.id
    homes = _homes(to.point, [line.elsewhere["household"] for line in lines])
    write_lines(there, [_copy(line, homes) for line in lines])
    for line in lines:
        line.read_as = {"household": None, "items": line.items, "change": line.change, "reason": line.reason}
        line.outcome, line.reason, line.routed_to_id = LineOutcome.SKIP.value, ROUTED, there.id
        line.settled_by_id, line.settled_at = by.id, clock.now()
    record(by, "route", paste, cycle_id=paste.cycle_id, lines=len(lines), to=there.id, point=to.point)
    return paste


def _is_for(line: ChainLine, point_id: int) -> bool:
    waits = line.outcome == LineOutcome.REVIEW and line.settled_at is None
    return waits and line.elsewhere is not None and line.elsewhere["point"] == point_id


def _copy(line: ChainLine, homes: set[int]) -> dict[str, Any]:
    """The line as it was read with the register of the other point; asked where its household is gone since."""
    home = line.elsewhere["household"]
    return {
        "line_no": line.line_no,
        "part": line.part,
        "raw": line.raw,
        "outcome": (LineOutcome.ROW if home in homes else LineOutcome.REVIEW).value,
        "household_id": home if home in homes else None,
        "items": line.elsewhere["items"],
        "change": "",
        "candidates": [],
        "reason": "" if home in homes else "unknown_room",
        "note": line.note,
        "restricted_note": line.restricted_note,
    }


def _homes(point_id: int, ids: list[int]) -> set[int]:
    found = (
        select(Household.id)
        .join(Stairwell, Stairwell.id == Household.stairwell_id)
        .join(Building, Building.id == Stairwell.building_id)
        .where(Household.id.in_(ids), Household.is_active, Building.service_point_id == point_id)
    )
    return set(db.session.scalars(found))


def take_back_line(line: ChainLine) -> None:
    """Inside a command: a line handed over waits here again. Raises Conflict once the other point has placed it."""
    there = db.session.get_one(ChainPaste, line.routed_to_id)
    if there.state != PasteState.PREVIEW:
        raise Conflict(_("%(point)s已经处理了这一行，请和那边联系。", point=_point(there.service_point_id)))
    twin = select(ChainLine).filter_by(paste_id=there.id, line_no=line.line_no, part=line.part)
    copy = db.session.scalars(twin).one()
    db.session.delete(copy)
    db.session.flush()
    db.session.expire(there, ["lines"])
    if not there.lines:
        there.state = PasteState.UNDONE.value
    line.routed_to_id = None


def follow_undo(paste: ChainPaste) -> str:
    """Inside a command that takes a list back: what was handed over goes with it, what came from elsewhere goes home.

    Returns a sentence about lines that another point has placed already and that stay there, or nothing.
    """
    for line in db.session.scalars(select(ChainLine).where(ChainLine.routed_to_id == paste.id)):
        line.outcome, line.reason, line.routed_to_id = LineOutcome.REVIEW.value, SENT_BACK, None
        line.settled_by_id, line.settled_at, line.read_as, line.elsewhere = None, None, None, None
    placed = 0
    for there in db.session.scalars(select(ChainPaste).where(ChainPaste.routed_from_id == paste.id)):
        if there.state == PasteState.PREVIEW:
            there.state = PasteState.UNDONE.value
        elif there.state in (PasteState.COMMITTING, PasteState.COMMITTED):
            placed += len(there.lines)
    return str(_("交给别的点位的 %(n)d 行那边已经入单，没有撤，请和那边联系。", n=placed)) if placed else ""


def still_elsewhere(before: ChainPaste, paste: ChainPaste) -> str:
    """A sentence about lines of the version before that were handed over and are gone in the new one, or none."""
    kept = {line.earlier_id for line in paste.lines}
    gone = [line for line in before.lines if line.routed_to_id is not None and line.id not in kept]
    if not gone:
        return ""
    return str(_("上一版有 %(n)d 行已交给别的点位，新版里没有了：请告诉那边。", n=len(gone)))


def _point(point_id: int) -> str:
    point = db.session.get(ServicePoint, point_id)
    if point is None:
        raise NotFound
    return point.name

"""Handing lines of a list over to the service point that covers them, and back."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select, update

from app.access.permissions import Staff
from app.core import clock
from app.core.db import command, db
from app.core.errors import Conflict
from app.core.events import record
from app.core.lookup import row_or_not_found
from app.intake.handing_over.schemas import Route
from app.intake.models import ChainPaste, LineOutcome, PasteLine, PasteState
from app.intake.paste import versions
from app.intake.paste.service import keep, require_paste, write_lines
from app.intake.workbook.queries import lexicon_of
from app.ordering.orders import cycle_taking_orders
from app.places.models import Building, Household, ServicePoint, Stairwell
from app.places.queries import register_for

ROUTED = "routed"
SENT_BACK = "sent_back"

Words = dict[tuple[int, int], str]


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
    words = _words(paste)
    write_lines(there, [_copy(line, homes, words) for line in lines])
    copies = {(copy.line_no, copy.part): copy.id for copy in there.lines}
    for line in lines:
        line.read_as = {"household": None, "items": line.items, "change": line.change, "reason": line.reason}
        line.outcome, line.reason, line.routed_to_id = LineOutcome.SKIP.value, ROUTED, there.id
        line.routed_line_id = copies[line.line_no, line.part]
        line.settled_by_id, line.settled_at = by.id, clock.now()
    record(by, "route", paste, cycle_id=paste.cycle_id, lines=len(lines), to=there.id, point=to.point)
    return paste


def _is_for(line: PasteLine, point_id: int) -> bool:
    waits = line.outcome == LineOutcome.REVIEW and line.settled_at is None
    return waits and line.elsewhere is not None and line.elsewhere["point"] == point_id


def _words(paste: ChainPaste) -> Words:
    """(line number, part) → what the other point may read of it: never the entries of others on the same line."""
    if paste.kind != "chain":
        return {(line.line_no, line.part): line.raw for line in paste.lines}  # of a workbook each row is its own
    parts = Counter(line.line_no for line in paste.lines)
    alone = {(line.line_no, line.part): line.raw for line in paste.lines if parts[line.line_no] == 1}
    if len(alone) == len(paste.lines):
        return alone
    return alone | versions.own_words(paste, (register_for([paste.service_point_id]), lexicon_of(paste.cycle_id)))


def _copy(line: PasteLine, homes: set[int], words: Words) -> dict[str, Any]:
    """The line as it was read with the register of the other point; asked where its household is gone since.

    Where its own words are not known, its goods stand for them; a remark, which may be about somebody else, is left
    out and the line is asked.
    """
    home, own = line.elsewhere["household"], words.get((line.line_no, line.part))
    why = "" if home in homes else "unknown_room"
    if own is None and (line.note or line.restricted_note):
        why = "several_households"
    goods = "、".join(f"{one['item']} {one['qty'] or '?'}" for one in line.elsewhere["items"])
    return {
        "line_no": line.line_no,
        "part": line.part,
        "raw": goods if own is None else own,
        "outcome": LineOutcome.REVIEW.value if why else line.elsewhere["outcome"],
        "household_id": home if home in homes else None,
        "items": line.elsewhere["items"],
        "change": line.elsewhere["change"],
        "candidates": [],
        "reason": why,
        "note": "" if own is None else line.note,
        "restricted_note": "" if own is None else line.restricted_note,
    }


def _homes(point_id: int, ids: list[int]) -> set[int]:
    found = (
        select(Household.id)
        .join(Stairwell, Stairwell.id == Household.stairwell_id)
        .join(Building, Building.id == Stairwell.building_id)
        .where(Household.id.in_(ids), Household.is_active, Building.service_point_id == point_id)
    )
    return set(db.session.scalars(found))


def take_back_line(line: PasteLine) -> None:
    """Inside a command: a line handed over waits here again, in every version of its list.

    Raises Conflict once the other point has placed it, or when its copy is gone.
    """
    there = db.session.get_one(ChainPaste, line.routed_to_id)
    if there.state != PasteState.PREVIEW:
        raise Conflict(_("%(point)s已经处理了这一行，请和那边联系。", point=_point(there.service_point_id)))
    copy = db.session.get(PasteLine, line.routed_line_id)
    if copy is None or copy.paste_id != there.id:
        raise Conflict(_("%(point)s那边已经没有这一行了，请和那边联系。", point=_point(there.service_point_id)))
    for other in db.session.scalars(select(PasteLine).where(PasteLine.routed_line_id == copy.id)):
        if other.id != line.id:
            _ask_again(other)
    db.session.execute(update(PasteLine).where(PasteLine.earlier_id == copy.id).values(earlier_id=None))
    db.session.delete(copy)
    db.session.flush()
    db.session.expire(there, ["lines"])
    if not there.lines:
        there.state = PasteState.UNDONE.value
    line.routed_to_id = line.routed_line_id = None


def _ask_again(line: PasteLine, reason: str | None = None) -> None:
    """It waits as it was read, and can be handed over again."""
    read = line.read_as or {}
    line.outcome, line.reason = LineOutcome.REVIEW.value, reason or read.get("reason", "")
    line.items, line.change = read.get("items", line.items), read.get("change", line.change)
    line.routed_to_id = line.routed_line_id = line.settled_by_id = line.settled_at = line.read_as = None


def ask_lost(paste: ChainPaste) -> None:
    """Inside a command: lines of a version that holds again, whose copy at the other point is gone or withdrawn."""
    routed = [line for line in paste.lines if line.routed_to_id is not None]
    lists = select(ChainPaste.id).where(ChainPaste.id.in_({line.routed_to_id for line in routed}))
    alive = set(db.session.scalars(lists.where(ChainPaste.state != PasteState.UNDONE)))
    copies = select(PasteLine.id).where(PasteLine.id.in_({line.routed_line_id for line in routed}))
    there = set(db.session.scalars(copies.where(PasteLine.paste_id.in_(alive))))
    for line in routed:
        if line.routed_line_id not in there:
            _ask_again(line, SENT_BACK)


def follow_undo(paste: ChainPaste) -> str:
    """Inside a command that takes a list back: what was handed over goes with it, what came from elsewhere goes home.

    Returns a sentence about lines that another point has placed already and that stay there, or nothing.
    """
    for line in db.session.scalars(select(PasteLine).where(PasteLine.routed_to_id == paste.id)):
        _ask_again(line, SENT_BACK)
    placed = 0
    for there in db.session.scalars(select(ChainPaste).where(ChainPaste.routed_from_id == paste.id)):
        if there.state == PasteState.PREVIEW:
            there.state = PasteState.UNDONE.value
            shared = select(PasteLine).where(PasteLine.routed_to_id == there.id, PasteLine.paste_id != paste.id)
            for line in db.session.scalars(shared):
                _ask_again(line, SENT_BACK)
        elif there.state in (PasteState.COMMITTING, PasteState.COMMITTED, PasteState.SUPERSEDED):
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
    point = row_or_not_found(ServicePoint, point_id)
    return point.name

"""Adjusting a draft by hand: change, take back, lock. Every saved draft passed the judge; two people cannot overwrite
each other."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, cast

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Table, bindparam, delete, insert, select, update

from app.access.permissions import Permission, Staff
from app.core.db import check_version, command, db
from app.core.errors import Conflict, Invalid
from app.core.events import record
from app.dispatch.drafts import editing
from app.dispatch.drafts.editing import Fixed, OpenedPlan, Solved, SolvedRound
from app.dispatch.drafts.schemas import Edit, LockWhat, Undo
from app.dispatch.models import DeliveryPlan, DeliveryRound, DeliveryStop, HeldReason, PlanBag, PlanState, StopState
from app.dispatch.planning.problem import CachedRoadService
from app.dispatch.planning.service import require_plan

REMEMBERED = 20
"""So many changes can be taken back."""
APART = 100_000
"""Sequence numbers are moved out of the way by this before they are given anew: they are unique at every moment."""


def locks_of(opened: OpenedPlan) -> Fixed:
    """What is locked in a draft."""
    locked = set(opened.plan.statistics.get("locked_rounds", []))
    in_rounds = {name for name, row in opened.stop_rows.items() if row.round_id in locked}
    return Fixed(frozenset(opened.plan.statistics.get("locked_stops", [])), frozenset(in_rounds))


def _draft(by: Staff, plan_id: int, version: int) -> DeliveryPlan:
    plan = require_plan(by, Permission.PLAN, plan_id)
    if plan.state != PlanState.PROPOSED:
        raise Conflict(_l("只有草案可以调整。"))
    check_version(plan, version)
    return plan


def _roads(by: Staff, plan_id: int) -> CachedRoadService | None:
    """What the road service says of a draft, asked before anybody has to wait for the turn to write."""
    plan = require_plan(by, Permission.PLAN, plan_id)
    return editing.measure_roads(plan) if plan.state == PlanState.PROPOSED else None


def adjust(by: Staff, plan_id: int, edit: Edit) -> DeliveryPlan:
    """Carry out one change by hand.

    Requires: a draft in the version that was shown. Ensures: the changed plan passed the independent check; only the
    rounds of the touched teams changed. Raises: NotFound, StaleEdit, Conflict, Invalid (which constraint is broken).
    """
    return _adjust(by, plan_id, edit, _roads(by, plan_id))


@command
def _adjust(by: Staff, plan_id: int, edit: Edit, roads: CachedRoadService | None) -> DeliveryPlan:
    plan = _draft(by, plan_id, edit.version)
    opened = editing.open_plan(plan, roads)
    tried = editing.try_edit(opened, edit, locks_of(opened))
    if tried.after is None or not tried.is_possible:
        raise Invalid({"stop": tried.sentences})
    history = [*plan.statistics.get("history", []), opened.sequences()][-REMEMBERED:]
    _write(opened, tried.after)
    plan.statistics = {**plan.statistics, "history": history}
    record(by, "adjust", plan, cycle_id=plan.cycle_id, cost_change=tried.cost, left_out=tried.left_out)
    return plan


def undo(by: Staff, plan_id: int, wanted: Undo) -> DeliveryPlan:
    """Take the last change back. Raises: NotFound, StaleEdit, Conflict."""
    return _undo(by, plan_id, wanted, _roads(by, plan_id))


@command
def _undo(by: Staff, plan_id: int, wanted: Undo, roads: CachedRoadService | None) -> DeliveryPlan:
    plan = _draft(by, plan_id, wanted.version)
    history = list(plan.statistics.get("history", []))
    if not history:
        raise Conflict(_l("没有可以撤销的调整。"))
    opened = editing.open_plan(plan, roads)
    before = editing.restore_rounds(opened, history.pop())
    if not editing.keeps_locked(opened, before, locks_of(opened)):
        raise Conflict(editing.TIMES_LOCKED)
    _write(opened, before)
    plan.statistics = {**plan.statistics, "history": history}
    record(by, "undo", plan, cycle_id=plan.cycle_id)
    return plan


def lock(by: Staff, plan_id: int, what: LockWhat) -> DeliveryPlan:
    """Lock a round or a stop, or unlock it.

    A published plan is not adjusted any more, but the rounds that are locked in it, for instance because they are
    printed, stay when the rest is planned again. Raises: NotFound, StaleEdit, Conflict, Invalid.
    """
    return _lock(by, plan_id, what, _roads(by, plan_id) if what.kind == "stop" else None)


@command
def _lock(by: Staff, plan_id: int, what: LockWhat, roads: CachedRoadService | None) -> DeliveryPlan:
    plan = require_plan(by, Permission.PLAN, plan_id)
    if plan.state not in (PlanState.PROPOSED, PlanState.PUBLISHED):
        raise Conflict(_l("这个方案已经不用了。"))
    check_version(plan, what.version)
    key = "locked_rounds" if what.kind == "round" else "locked_stops"
    name: Any = what.name
    if what.kind == "round":
        ids = {str(one.id): one.id for one in plan.rounds}
        name = ids.get(what.name)
    elif plan.state != PlanState.PROPOSED or what.name not in editing.open_plan(plan, roads).stop_rows:
        name = None
    if name is None:
        raise Invalid(_("没有这一站，或没有这一趟、这个位置。"))
    locked = list(plan.statistics.get(key, []))
    is_locked = name in locked
    plan.statistics = {**plan.statistics, key: [one for one in locked if one != name] if is_locked else [*locked, name]}
    record(by, "unlock" if is_locked else "lock", plan, cycle_id=plan.cycle_id)
    return plan


def _write(opened: OpenedPlan, after: Solved) -> None:
    """Bring the stored rounds, stops and answers to the changed plan; what did not change keeps its row."""
    plan = opened.plan
    rows = _round_rows(opened, after)
    _take_out(opened, after)
    db.session.execute(update(DeliveryStop).where(DeliveryStop.plan_id == plan.id).values(seq=DeliveryStop.seq + APART))
    db.session.execute(
        update(DeliveryRound).where(DeliveryRound.plan_id == plan.id).values(seq=DeliveryRound.seq + APART)
    )
    stops: list[dict[str, Any]] = []
    for one, row_id in rows:
        for place, visit in enumerate(one.visits, start=1):
            values = {
                "round_id": row_id,
                "seq": place,
                "arrive_at": editing.plan_instant(opened, visit.begins_s),
                "service_s": visit.leaves_s - visit.begins_s,
            }
            if visit.stop in opened.stop_rows:
                stops.append({"id": opened.stop_rows[visit.stop].id, **values})
            else:
                _put_in(opened, visit.stop, values)
    _set(DeliveryStop, stops)
    _renumber(opened, rows)
    db.session.expire_all()
    plan.cost, plan.solver = after.cost.total, "by hand"


def _round_rows(opened: OpenedPlan, after: Solved) -> list[tuple[SolvedRound, int]]:
    """Each round with the id of its row: the row of the same team with which it shares most stops, or a new one."""
    own: dict[str, list[int]] = defaultdict(list)
    found = select(DeliveryRound.shift_id, DeliveryRound.id).where(DeliveryRound.plan_id == opened.plan.id)
    for shift_id, row_id in db.session.execute(found.order_by(DeliveryRound.departs_at, DeliveryRound.id)):
        own[str(shift_id)].append(row_id)
    result: list[tuple[SolvedRound, int]] = []
    for one in sorted(after.rounds, key=lambda one: -len(one.visits)):
        shared = {row_id: _shared(opened, one, row_id) for row_id in own[one.vehicle]}
        best = max(shared, key=lambda row_id: (shared[row_id], -row_id), default=None)
        if best is None or (shared[best] == 0 and len(own[one.vehicle]) < _unmatched(after, result, one)):
            row = DeliveryRound(
                plan_id=opened.plan.id, seq=2 * APART + len(result), **editing.round_values(opened, one)
            )
            db.session.add(row)
            db.session.flush()
            best = row.id
        else:
            own[one.vehicle].remove(best)
        result.append((one, best))
    return result


def _shared(opened: OpenedPlan, one: SolvedRound, row_id: int) -> int:
    return sum(1 for name in one.stops if name in opened.stop_rows and opened.stop_rows[name].round_id == row_id)


def _unmatched(after: Solved, matched: list[tuple[SolvedRound, int]], one: SolvedRound) -> int:
    """Rounds of the same team that have no row yet, this one included."""
    done = sum(1 for other, _row in matched if other.vehicle == one.vehicle)
    return sum(1 for other in after.rounds if other.vehicle == one.vehicle) - done


def _take_out(opened: OpenedPlan, after: Solved) -> None:
    """Stops that no round serves any more: their bags are held by hand."""
    served = after.round_of_stop
    gone = [row.id for name, row in opened.stop_rows.items() if name not in served]
    if gone:
        held = {"stop_id": None, "held_reason": HeldReason.HELD.value, "held_detail": ""}
        of_plan = PlanBag.plan_id == opened.plan.id
        db.session.execute(update(PlanBag).where(of_plan, PlanBag.stop_id.in_(gone)).values(held))
        db.session.execute(delete(DeliveryStop).where(DeliveryStop.id.in_(gone)))


def _put_in(opened: OpenedPlan, name: str, values: dict[str, Any]) -> None:
    """A stop that was left out before: its bags are no longer held."""
    meaning = opened.stated.stops[name]
    row = {"plan_id": opened.plan.id, "building_id": meaning.building_id, "state": StopState.PENDING.value, **values}
    new_id = db.session.execute(insert(DeliveryStop).values(row).returning(DeliveryStop.id)).scalar_one()
    answer = {"stop_id": new_id, "held_reason": None, "held_detail": ""}
    of_plan = PlanBag.plan_id == opened.plan.id
    db.session.execute(update(PlanBag).where(of_plan, PlanBag.bag_id.in_(meaning.bag_ids)).values(answer))


def _renumber(opened: OpenedPlan, rows: list[tuple[SolvedRound, int]]) -> None:
    """Rounds without stops go; the others are numbered by departure, as the planner does."""
    kept = [row_id for _one, row_id in rows]
    db.session.execute(
        delete(DeliveryRound).where(DeliveryRound.plan_id == opened.plan.id, DeliveryRound.id.not_in(kept))
    )
    ordered = sorted(rows, key=lambda entry: (entry[0].departs_s, entry[0].vehicle))
    values = [
        {"id": row_id, "seq": seq, **editing.round_values(opened, one)}
        for seq, (one, row_id) in enumerate(ordered, start=1)
    ]
    _set(DeliveryRound, values)


def _set(table: type[DeliveryStop] | type[DeliveryRound], rows: list[dict[str, Any]]) -> None:
    """Write many rows in one statement. The version that guards them is that of their plan."""
    if rows:
        columns = [name for name in rows[0] if name != "id"]
        columns_of = cast("Table", table.__table__)
        plain = update(columns_of).where(columns_of.c.id == bindparam("row"))
        statement = plain.values({name: bindparam(f"new_{name}") for name in columns})
        given = [{"row": row["id"], **{f"new_{name}": row[name] for name in columns}} for row in rows]
        db.session.connection().execute(statement, given)

"""A stored draft as the planner sees it: tried with one change by hand, and judged, before anything is written.

Only this module, `problem` and `planning` know `routing`; pages load it when somebody adjusts, not at the start.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.core.db import db, end_read
from app.core.errors import Conflict
from app.dispatch.drafts.schemas import FIT, MOVE, OUT, SWAP, Edit
from app.dispatch.models import DeliveryPlan, DeliveryRound, DeliveryStop, PlanBag
from app.dispatch.planning.problem import CHANGED, CachedRoadService, Stated, caching_road_service, state_problem
from app.dispatch.planning.work import read_work
from app.dispatch.rules import BROKEN, BROKEN_OTHERWISE
from app.ordering.models import Cycle
from routing.adjust import (
    Adjusted,
    InfeasibleRounds,
    StopTarget,
    blocking_rule,
    fit_stop,
    move_stop,
    set_rounds,
    swap_stops,
)
from routing.evaluate import build_plan
from routing.model import IllegalProblem
from routing.plan import PlannedRound as SolvedRound
from routing.plan import RoutePlan as Solved
from routing.plan import Statistics, Unserved, UnservedReason, UnservedRemedy
from routing.violation import Rule, Violation

TIMES_LOCKED = _l("这样会改动已锁定的一趟的站或时间，请先解锁那一趟。")


@dataclass(frozen=True)
class OpenedPlan:
    """A stored plan, the problem it answers, and which rows stand for what."""

    plan: DeliveryPlan
    stated: Stated
    solved: Solved
    stop_rows: dict[str, DeliveryStop] = field(default_factory=dict)

    def sequences(self) -> dict[str, list[list[str]]]:
        """Names of the stops of each round of each shift, in order."""
        result: dict[str, list[list[str]]] = defaultdict(list)
        for one in self.solved.rounds:
            result[one.vehicle].append(list(one.stops))
        return dict(result)


@dataclass(frozen=True)
class RoundChange:
    """One touched round: what it looks like before and after, None where it does not exist."""

    shift_id: int
    number: int
    before: SolvedRound | None
    after: SolvedRound | None


@dataclass(frozen=True)
class Tried:
    """What a change would do. It may be saved only if `sentences` is empty."""

    sentences: list[str]
    after: Solved | None = None
    changes: list[RoundChange] = field(default_factory=list)
    metres: int = 0
    seconds: int = 0
    cost: int = 0
    left_out: int = 0

    @property
    def is_possible(self) -> bool:
        return self.after is not None and not self.sentences


def measure_roads(plan: DeliveryPlan) -> CachedRoadService | None:
    """Outside of a command: the road times that `open_plan` needs inside of one; None where ways are estimated."""
    roads = caching_road_service()
    if roads is None:
        return None
    _stated(plan, roads)
    return roads.close()


def _stated(plan: DeliveryPlan, roads: CachedRoadService | None) -> Stated:
    cycle = db.session.get_one(Cycle, plan.cycle_id)
    work = read_work(cycle.id, cycle.subdistrict_id, plan.wave, day_of(plan))
    not_before_s, parts = plan.statistics["not_before_s"], plan.statistics.get("parts")
    roads = roads or caching_road_service()
    if roads is not None:  # a service that may take long
        end_read()
    return state_problem(work, not_before_s, parts, roads)


def open_plan(plan: DeliveryPlan, roads: CachedRoadService | None = None) -> OpenedPlan:
    """Read a stored plan back as the planner knows it; inside a command with what `measure_roads` gave before.

    Raises Conflict if bags, shifts or rules changed since.
    """
    stated = _stated(plan, roads)
    stop_rows = _match(plan, stated)
    rounds = db.session.scalars(
        select(DeliveryRound)
        .where(DeliveryRound.plan_id == plan.id)
        .order_by(DeliveryRound.shift_id, DeliveryRound.departs_at, DeliveryRound.seq)
    )
    names: dict[int, list[str]] = defaultdict(list)
    for name, row in sorted(stop_rows.items(), key=lambda entry: entry[1].seq):
        names[row.round_id].append(name)
    sequences: dict[str, list[list[str]]] = defaultdict(list)
    for round_ in rounds:
        sequences[str(round_.shift_id)].append(names[round_.id])
    left = [
        Unserved(name, UnservedReason.NOT_FOUND, name, UnservedRemedy.NEXT_WAVE)
        for name in stated.stops
        if name not in stop_rows
    ]
    if not set(sequences) <= set(stated.shifts):
        raise Conflict(CHANGED)
    try:
        solved = build_plan(stated.problem, sequences, left, Statistics("by hand"))
    except InfeasibleRounds as error:
        raise Conflict(CHANGED) from error
    return OpenedPlan(plan, stated, solved, stop_rows)


def day_of(plan: DeliveryPlan) -> date:
    """The day a plan is for. Raises Conflict for a plan stored before this was noted."""
    if "day" not in plan.statistics:
        raise Conflict(CHANGED)
    return date.fromisoformat(plan.statistics["day"])


def _match(plan: DeliveryPlan, stated: Stated) -> dict[str, DeliveryStop]:
    """Stored stops by the names of the problem: a stop is known by its bags."""
    bags: dict[int, set[int]] = defaultdict(set)
    answered: set[int] = set()
    found = db.session.execute(select(PlanBag.bag_id, PlanBag.stop_id).where(PlanBag.plan_id == plan.id))
    for bag_id, stop_id in found:
        answered.add(bag_id)
        if stop_id is not None:
            bags[stop_id].add(bag_id)
    name_of = {frozenset(stop.bag_ids): name for name, stop in stated.stops.items()}
    rows = {row.id: row for row in db.session.scalars(select(DeliveryStop).where(DeliveryStop.plan_id == plan.id))}
    names = {stop_id: name_of.get(frozenset(bags[stop_id])) for stop_id in rows}
    asked = {bag for stop in stated.stops.values() for bag in stop.bag_ids} | set(stated.held)
    if None in names.values() or asked != answered:
        raise Conflict(CHANGED)
    return {name: rows[stop_id] for stop_id, name in names.items() if name is not None}


def try_edit(opened: OpenedPlan, edit: Edit, fixed: Fixed) -> Tried:
    """Carry out one change on paper: recompute the rounds of the touched teams, have everything judged."""
    refusal = _refusal(opened, edit, fixed)
    if refusal:
        return Tried([refusal])
    try:
        adjusted = _adjusted(opened, edit, fixed)
    except InfeasibleRounds:
        return Tried([_infeasible_reason(opened, edit)])
    except IllegalProblem:
        return Tried([_("没有这一站，或没有这一趟、这个位置。")])
    if adjusted is None:
        return Tried([_("每支队伍都试过了，现在排不进去。可以放到下一波，或加一支队伍。")])
    if not keeps_locked(opened, adjusted.plan, fixed):
        return Tried([str(TIMES_LOCKED)])
    return compare(
        opened, opened.solved, adjusted, [_broken(opened, violation) for violation in adjusted.verdict.violations]
    )


@dataclass(frozen=True)
class Fixed:
    """What people locked: shifts and stops of locked rounds, and single stops."""

    stops: frozenset[str] = frozenset()
    in_rounds: frozenset[str] = frozenset()


def _refusal(opened: OpenedPlan, edit: Edit, fixed: Fixed) -> str:
    served = opened.solved.round_of_stop
    for name in filter(None, (edit.stop, edit.other)):
        if name not in opened.stated.stops:
            return str(_("没有这一站。"))
        if name in fixed.stops or name in fixed.in_rounds:
            return str(_("%(stop)s已锁定，请先解锁。", stop=opened.stated.stops[name].label))
    if edit.do in (OUT, SWAP) and edit.stop not in served:
        return str(_("这一站本来就没有排。"))
    if edit.do == SWAP and (edit.other not in served or edit.other == edit.stop):
        return str(_("请选择另一站来对调。"))
    target = _round(opened.solved, edit.to) if edit.do == MOVE else None
    if target is not None and any(name in fixed.in_rounds for name in target.stops):
        return str(_("这一趟已锁定，请先解锁。"))
    return ""


def keeps_locked(opened: OpenedPlan, after: Solved, fixed: Fixed) -> bool:
    """Whether every locked round is in the changed plan as it was: same team, same stops, same times."""
    locked = [one for one in opened.solved.rounds if set(one.stops) & fixed.in_rounds]
    now = {replace(one, number=0) for one in after.rounds} if locked else set()
    return all(replace(one, number=0) in now for one in locked)


def _adjusted(opened: OpenedPlan, edit: Edit, fixed: Fixed) -> Adjusted | None:
    problem, solved = opened.stated.problem, opened.solved
    if edit.do == SWAP:
        return swap_stops(problem, solved, edit.stop, edit.other)
    if edit.do == OUT:
        return move_stop(problem, solved, edit.stop, None)
    if edit.do == FIT:
        return fit_stop(problem, solved, edit.stop, lambda after: keeps_locked(opened, after, fixed))
    return move_stop(problem, solved, edit.stop, _target(solved, edit))


def _target(solved: Solved, edit: Edit) -> StopTarget:
    """Where the stop goes. Positions count without the stop itself, as a person sees the round after taking it out."""
    shift, _colon, number = edit.to.partition(":")
    if not number.isdecimal():
        raise IllegalProblem(f"No round is called {edit.to}.")
    one = _round(solved, edit.to)
    others = [name for name in one.stops if name != edit.stop] if one else []
    return StopTarget(shift, int(number), len(others) if edit.place == 0 else edit.place - 1)


def _round(solved: Solved, key: str) -> SolvedRound | None:
    return next((one for one in solved.rounds if f"{one.vehicle}:{one.number}" == key), None)


def _infeasible_reason(opened: OpenedPlan, edit: Edit) -> str:
    """Which constraint leaves no timetable, tried for the team that would take the stop."""
    sequences = opened.sequences()
    for chain in sequences.values():
        for stops in chain:
            if edit.do == SWAP:
                swap = {edit.stop: edit.other, edit.other: edit.stop}
                stops[:] = [swap.get(name, name) for name in stops]
            elif edit.stop in stops:
                stops.remove(edit.stop)
    if edit.do == MOVE:
        target = _target(opened.solved, edit)
        chain = sequences.setdefault(target.vehicle, [])
        chain += [[]] if target.round > len(chain) else []
        chain[target.round - 1].insert(target.position, edit.stop)
    for vehicle, chain in sequences.items():
        rule = blocking_rule(opened.stated.problem, vehicle, chain)
        if rule is not None:
            return _broken(opened, Violation(rule, "", edit.stop, vehicle))
    return _broken(opened, Violation(Rule.WINDOW, "", edit.stop))


def _broken(opened: OpenedPlan, violation: Violation) -> str:
    """A broken rule as a sentence for people."""
    stop = opened.stated.stops.get(violation.stop or "")
    where = stop.label if stop else _("这一趟")
    return str(_(BROKEN.get(violation.rule.value, BROKEN_OTHERWISE), stop=where))


def compare(opened: OpenedPlan, before: Solved, adjusted: Adjusted, sentences: list[str]) -> Tried:
    """What the change does to rounds, way, time and cost."""
    after = adjusted.plan
    shown = {(one.vehicle, one.number): one for one in before.rounds}
    now = {(one.vehicle, one.number): one for one in after.rounds}
    keys = sorted(key for key in {*shown, *now} if shown.get(key) != now.get(key))
    changes = [RoundChange(opened.stated.shifts[key[0]], key[1], shown.get(key), now.get(key)) for key in keys]
    return Tried(
        sentences=list(dict.fromkeys(sentences)),
        after=after,
        changes=changes,
        metres=sum(one.distance_m for one in after.rounds) - sum(one.distance_m for one in before.rounds),
        seconds=sum(one.duration_s for one in after.rounds) - sum(one.duration_s for one in before.rounds),
        cost=adjusted.cost_change,
        left_out=len(after.unserved) - len(before.unserved),
    )


def restore_rounds(opened: OpenedPlan, sequences: Mapping[str, Sequence[Sequence[str]]]) -> Solved:
    """The plan with the rounds it had before. Raises Conflict if they are no longer possible."""
    try:
        return set_rounds(opened.stated.problem, opened.solved, sequences).plan
    except (IllegalProblem, InfeasibleRounds) as error:
        raise Conflict(CHANGED) from error


def plan_instant(opened: OpenedPlan, seconds: int) -> datetime:
    """Seconds of the plan as an instant."""
    return opened.stated.midnight + timedelta(seconds=seconds)


def round_values(opened: OpenedPlan, one: SolvedRound) -> dict[str, Any]:
    """Columns of a round."""
    return {
        "shift_id": opened.stated.shifts[one.vehicle],
        "departs_at": plan_instant(opened, one.departs_s),
        "returns_at": plan_instant(opened, one.returns_s),
        "distance_m": one.distance_m,
    }


__all__ = [
    "Edit",
    "Fixed",
    "OpenedPlan",
    "Solved",
    "SolvedRound",
    "Tried",
    "open_plan",
    "restore_rounds",
    "round_values",
    "try_edit",
]

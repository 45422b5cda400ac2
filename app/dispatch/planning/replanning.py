"""Planning a wave again around what people know: locked rounds stay to the second, few of the others change.

A round of the plan before is known by its bags; rounds that are under way are not planned again, because their bags
are no longer in the depot and their teams are busy until they return.
"""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import select

from app.core.db import db, end_read
from app.core.errors import Conflict
from app.core.jobs import keep_alive
from app.dispatch.models import DeliveryPlan, DeliveryRound, DeliveryStop, PlanBag, RoundState
from app.dispatch.planning.budget import budget_of
from app.dispatch.planning.leftover import serve_leftover
from app.dispatch.planning.problem import RELOAD_S, Stated
from routing.check import check
from routing.locks import without_locks
from routing.model import Load, RoutingProblem
from routing.model import Stop as ProblemStop
from routing.plan import Cost, SearchControl, Statistics, Visit
from routing.plan import PlannedRound as SolvedRound
from routing.plan import RoutePlan as Solved
from routing.replan import Replanned, with_printed_locked
from routing.solve import finish, first_draft
from routing.supervise import SearchFailed, searcher

log = logging.getLogger("louda.planning")
REPLANNER = "replan"  # what `routing.child` calls


@dataclass(frozen=True)
class ReplannedWave:
    """The new plan, the problem it answers, and how many of the rounds that could have stayed changed."""

    stated: Stated
    solved: Solved
    others: int
    changed: int


def replan_wave(stated: Stated, before: DeliveryPlan, seconds: int, seed: int, control: SearchControl) -> ReplannedWave:
    """Plan what `stated` says now, keeping what is known of the plan `before`."""
    names = _names(stated, before)
    rounds: list[SolvedRound] = []
    printed: list[tuple[str, int]] = []
    locked = set(before.statistics.get("locked_rounds", []))
    for row, one in _known(stated, before, names):
        rounds.append(one)
        if row.id in locked and one.vehicle in stated.problem.vehicle_by_name:
            printed.append((one.vehicle, one.number))
    known = Solved("", tuple(rounds), (), Cost())
    asked = stated.problem.with_changes(stops=tuple(_kept_with_team(stated, before, known)))
    budget = budget_of(asked, seconds)
    end_read()
    try:
        result: Replanned = searcher.run(
            REPLANNER, asked, known, printed, budget=budget, seed=seed, control=control, while_waiting=keep_alive
        )
    except SearchFailed:
        log.exception("the search of a re-plan failed")
        result = _without_search(asked, known, printed)
    now, solved = serve_leftover(replace(stated, problem=result.problem), result.plan, None)
    return ReplannedWave(now, solved, result.others, len(result.changed))


def _without_search(asked: RoutingProblem, known: Solved, printed: list[tuple[str, int]]) -> Replanned:
    """The known rounds as far as they still fit, and nothing else."""
    locked = with_printed_locked(asked, known, printed, 0)
    free = without_locks(locked)
    plan = finish(locked, free, first_draft(free, known), Statistics("construct"))
    if not check(locked, plan):
        raise Conflict(_("排出的路线没有通过检查，请联系管理员。"))
    others = [one for one in known.rounds if (one.vehicle, one.number) not in printed]
    return Replanned(locked, plan, len(others), ())


def _names(stated: Stated, before: DeliveryPlan) -> dict[int, str]:
    """Row of each stop of the plan before → the stop of the problem that holds most of its bags."""
    name_of = {bag: name for name, stop in stated.stops.items() for bag in stop.bag_ids}
    votes: dict[int, Counter[str]] = defaultdict(Counter)
    found = select(PlanBag.stop_id, PlanBag.bag_id).where(PlanBag.plan_id == before.id, PlanBag.stop_id.is_not(None))
    for stop_id, bag_id in db.session.execute(found.order_by(PlanBag.bag_id)):
        if bag_id in name_of and stop_id is not None:
            votes[stop_id][name_of[bag_id]] += 1
    return {stop_id: counted.most_common(1)[0][0] for stop_id, counted in votes.items()}


def _known(stated: Stated, before: DeliveryPlan, names: dict[int, str]) -> Iterator[tuple[DeliveryRound, SolvedRound]]:
    """The rounds of the plan before that have not begun, with what of their stops is still to be done."""
    found = select(DeliveryRound).where(DeliveryRound.plan_id == before.id, DeliveryRound.state == RoundState.PLANNED)
    numbers: Counter[str] = Counter()
    used: set[str] = set()
    for row in db.session.scalars(found.order_by(DeliveryRound.shift_id, DeliveryRound.departs_at, DeliveryRound.id)):
        visits = [_visit(stated, stop, names[stop.id]) for stop in row.stops if stop.id in names]
        visits = [visit for visit in visits if visit.stop not in used]
        used |= {visit.stop for visit in visits}
        if not visits:
            continue
        vehicle = str(row.shift_id)
        numbers[vehicle] += 1
        departs, returns = _seconds(stated, row.departs_at), _seconds(stated, row.returns_at)
        times = (max(0, departs - RELOAD_S), max(0, departs), max(0, returns))
        yield row, SolvedRound(vehicle, numbers[vehicle], *times, Load(), row.distance_m, tuple(visits))


def _visit(stated: Stated, stop: DeliveryStop, name: str) -> Visit:
    begins = _seconds(stated, stop.arrive_at)
    return Visit(name, begins, begins, begins + stop.service_s, Load(), 0)


def _seconds(stated: Stated, instant: datetime) -> int:
    return int((instant - stated.midnight).total_seconds())


def _kept_with_team(stated: Stated, before: DeliveryPlan, known: Solved) -> Iterator[ProblemStop]:
    """The stops of the problem; those that people locked may be served only by the team that has them."""
    locked = set(before.statistics.get("locked_stops", []))
    for stop in stated.problem.stops:
        one = known.round_of_stop.get(stop.name) if stop.name in locked else None
        if one is not None and one.vehicle in stated.problem.vehicle_by_name:
            yield replace(stop, only_vehicles=frozenset({one.vehicle}))
        else:
            yield stop

"""Store a plan that the planner found: rounds, stops, and an answer for every bag."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert

from app.core import clock
from app.core.db import command, db
from app.core.events import SYSTEM, record
from app.dispatch.models import DeliveryPlan, DeliveryRound, DeliveryStop, HeldReason, PlanBag, PlanState, StopState
from app.dispatch.planning.problem import Stated
from routing import RoutePlan as Solved
from routing.plan import PlannedRound as SolvedRound
from routing.plan import UnservedReason

HELD = {
    UnservedReason.NO_TEAM: HeldReason.NO_TEAM,
    UnservedReason.OVERSIZE: HeldReason.OVERSIZE,
    UnservedReason.CLEARANCE: HeldReason.CLEARANCE,
    UnservedReason.UNREACHABLE: HeldReason.UNREACHABLE,
    UnservedReason.WINDOW: HeldReason.WINDOW,
    UnservedReason.BLACKOUT: HeldReason.BLACKOUT,
    UnservedReason.RELEASE: HeldReason.RELEASE,
    UnservedReason.ROUND_LIMIT: HeldReason.TEAM_TIME,
    UnservedReason.CAPACITY: HeldReason.CAPACITY,
    UnservedReason.TEAM_TIME: HeldReason.TEAM_TIME,
}


@command
def store(cycle_id: int, wave: int, stated: Stated, solved: Solved, more: dict[str, Any] | None = None) -> DeliveryPlan:
    """Store a plan as proposed: rounds, stops, and for each bag its stop or why it is held. `more` is noted with it,
    and makes it another plan than one of the same input without."""
    seed = solved.statistics.seed
    plan = DeliveryPlan(
        cycle_id=cycle_id,
        wave=wave,
        input_sha256=_digest(stated.asked or solved.problem_hash, more),
        seed=seed,
        solver=solved.statistics.method,
        cost=solved.cost.total,
        state=PlanState.PROPOSED,
        statistics={
            "iterations": solved.statistics.iterations,
            "distance": solved.cost.distance,
            "missed": solved.cost.missed,
            "notes": list(solved.notes),
            "bound": solved.statistics.lower_bound,
            "day": clock.to_local(stated.midnight).date().isoformat(),
            "not_before_s": stated.not_before_s,
            "parts": stated.parts,
            **(more or {}),
        },
    )
    db.session.add(plan)
    db.session.flush()
    answers = _store_rounds(plan, stated, solved)
    answers |= _held(stated, solved)
    rows = [
        {"plan_id": plan.id, "bag_id": bag, "cycle_id": cycle_id, **answer} for bag, answer in sorted(answers.items())
    ]
    if rows:
        db.session.execute(insert(PlanBag), rows)
    record(SYSTEM, "plan", plan, cycle_id=cycle_id, rounds=len(solved.rounds), bags=len(rows), cost=plan.cost)
    return plan


def _digest(problem: str, more: dict[str, Any] | None) -> str:
    return hashlib.sha256(f"{problem} {more['turn']}".encode()).hexdigest() if more else problem


def _store_rounds(plan: DeliveryPlan, stated: Stated, solved: Solved) -> dict[int, dict[str, Any]]:
    answers: dict[int, dict[str, Any]] = {}
    ordered = sorted((one for one in solved.rounds if one.visits), key=lambda one: (one.departs_s, one.vehicle))
    for seq, one in enumerate(ordered, start=1):
        round_ = DeliveryRound(
            plan_id=plan.id,
            seq=seq,
            shift_id=stated.shifts[one.vehicle],
            departs_at=_instant(stated.midnight, one.departs_s),
            returns_at=_instant(stated.midnight, one.returns_s),
            distance_m=one.distance_m,
        )
        db.session.add(round_)
        db.session.flush()
        for stop in _stops(round_, one, stated):
            names = stop["name"]
            row = DeliveryStop(**{key: value for key, value in stop.items() if key != "name"})
            db.session.add(row)
            db.session.flush()
            for bag in stated.stops[names].bag_ids:
                answers[bag] = {"stop_id": row.id, "held_reason": None, "held_detail": ""}
    return answers


def _stops(round_: DeliveryRound, one: SolvedRound, stated: Stated) -> list[dict[str, Any]]:
    return [
        {
            "name": visit.stop,
            "plan_id": round_.plan_id,
            "round_id": round_.id,
            "seq": place,
            "building_id": stated.stops[visit.stop].building_id,
            "arrive_at": _instant(stated.midnight, visit.begins_s),
            "service_s": visit.leaves_s - visit.begins_s,
            "state": StopState.PENDING,
        }
        for place, visit in enumerate(one.visits, start=1)
    ]


def _held(stated: Stated, solved: Solved) -> dict[int, dict[str, Any]]:
    answers: dict[int, dict[str, Any]] = {}
    for missed in solved.unserved:
        reason = HELD.get(missed.reason, HeldReason.OTHER)
        for bag in stated.stops[missed.stop].bag_ids:
            answers[bag] = {"stop_id": None, "held_reason": reason.value, "held_detail": missed.remedy.value}
    for bag, (reason, detail) in stated.held.items():
        answers[bag] = {"stop_id": None, "held_reason": reason.value, "held_detail": detail}
    return answers


def _instant(midnight: datetime, seconds: int) -> datetime:
    return midnight + timedelta(seconds=seconds)

"""Every stop left out has the reason that a person would give, and the remedy that would help."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from routing import RoutingProblem, check, solve
from routing.model import SEALED, RoundLimits, Stop, Vehicle, Window
from routing.plan import SearchBudget, UnservedReason, UnservedRemedy
from routing.travel_times import UNREACHABLE, TravelMatrix
from tests.routing.examples import bags, line, team

STOP = Stop("x", 1, bags(4), service_s=100)


def cut_off() -> RoutingProblem:
    metres = np.array([[0, UNREACHABLE], [UNREACHABLE, 0]], dtype=np.int32)
    return replace(line((STOP,), (team(),)), matrices=(TravelMatrix("foot", metres, metres),))


def busy(**more: object) -> RoutingProblem:
    """One team, one round, already full with stop y."""
    return line((STOP, Stop("y", 1, bags(8), service_s=100)), (team(**more),))


CASES: list[tuple[str, RoutingProblem, UnservedReason, UnservedRemedy]] = [
    ("no team", line((STOP,), ()), UnservedReason.NO_TEAM, UnservedRemedy.ADD_TEAM),
    ("a team without rounds", line((STOP,), (team(max_rounds=0),)), UnservedReason.NO_TEAM, UnservedRemedy.ADD_TEAM),
    ("no open gate", cut_off(), UnservedReason.UNREACHABLE, UnservedRemedy.OPEN_GATE),
    (
        "too much at once",
        line((replace(STOP, load=bags(11)),), (team(),)),
        UnservedReason.OVERSIZE,
        UnservedRemedy.SPLIT_LOAD,
    ),
    ("sealed", line((replace(STOP, zone=SEALED),), (team(),)), UnservedReason.CLEARANCE, UnservedRemedy.CLEARED_TEAM),
    (
        "skill",
        line((replace(STOP, skills=frozenset({"cold"})),), (team(),)),
        UnservedReason.SKILL,
        UnservedRemedy.SKILLED_TEAM,
    ),
    (
        "reserved",
        line((replace(STOP, only_vehicles=frozenset({"q"})),), (team(),)),
        UnservedReason.NOT_ALLOWED,
        UnservedRemedy.OTHER_TEAM,
    ),
    (
        "window",
        line((replace(STOP, windows=(Window(0, 99),)),), (team(),)),
        UnservedReason.WINDOW,
        UnservedRemedy.WIDEN_WINDOW,
    ),
    (
        "blackout",
        line((replace(STOP, windows=(Window(0, 50), Window(900, 950))),), (team(shift_end_s=800),)),
        UnservedReason.BLACKOUT,
        UnservedRemedy.LIFT_BLACKOUT,
    ),
    (
        "release",
        line((replace(STOP, release_s=900),), (team(shift_end_s=1000),)),
        UnservedReason.RELEASE,
        UnservedRemedy.EARLIER_RELEASE,
    ),
    ("shift", line((STOP,), (team(shift_end_s=299),)), UnservedReason.TEAM_TIME, UnservedRemedy.LONGER_SHIFT),
    ("round", line((STOP,), (team(max_round_s=299),)), UnservedReason.ROUND_LIMIT, UnservedRemedy.LONGER_ROUND),
    ("one round too few", busy(), UnservedReason.ROUND_LIMIT, UnservedRemedy.EXTRA_ROUND),
    ("full", busy(shift_end_s=450), UnservedReason.CAPACITY, UnservedRemedy.LARGER_VEHICLE),
    (
        "not worth it",
        line((replace(STOP, prize=150),), (team(),)),
        UnservedReason.NOT_WORTH,
        UnservedRemedy.RAISE_PRIZE,
    ),
]


@pytest.mark.parametrize(("name", "problem", "reason", "remedy"), CASES, ids=[case[0] for case in CASES])
def test_the_reason_and_the_remedy_fit(
    name: str, problem: RoutingProblem, reason: UnservedReason, remedy: UnservedRemedy
) -> None:
    plan = solve(problem, SearchBudget(iterations=50))
    assert check(problem, plan).violations == ()
    assert [(item.reason, item.remedy) for item in plan.unserved] == [(reason, remedy)]
    assert plan.unserved[0].stop in plan.unserved[0].sentence


REMEDIED: list[tuple[str, RoutingProblem, RoutingProblem]] = [
    ("extra round", busy(), busy(max_rounds=2)),
    ("longer shift", line((STOP,), (team(shift_end_s=299),)), line((STOP,), (team(shift_end_s=300),))),
    ("larger vehicle", busy(shift_end_s=450), busy(shift_end_s=450, capacity=replace(team().capacity, bags=12))),
    ("longer round", line((STOP,), (team(max_round_s=299),)), line((STOP,), (team(max_round_s=300),))),
]


@pytest.mark.parametrize(("name", "before", "after"), REMEDIED, ids=[case[0] for case in REMEDIED])
def test_the_remedy_helps(name: str, before: RoutingProblem, after: RoutingProblem) -> None:
    assert not solve(before, SearchBudget(iterations=50)).is_complete
    assert solve(after, SearchBudget(iterations=50)).is_complete


def test_the_order_of_zones_can_be_the_reason() -> None:
    sealed = Stop("sealed", 1, bags(1), zone=SEALED, windows=(Window(0, 100),))
    clean = Stop("clean", 2, bags(1), prize=None)
    cleared: Vehicle = team(clearance=2)
    day = line((sealed, clean), (cleared,))
    assert [item.reason for item in solve(day, SearchBudget(iterations=50)).unserved] == [UnservedReason.ROUND_LIMIT]
    loose = replace(day, limits=RoundLimits(zones_in_order=False))
    assert solve(loose, SearchBudget(iterations=50)).is_complete

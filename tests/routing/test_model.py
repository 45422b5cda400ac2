"""Illegal data cannot be constructed: a sentence says why."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from routing.model import (
    Depot,
    IllegalProblem,
    Load,
    RoundLimits,
    RouteLock,
    RoutingProblem,
    Stability,
    Stop,
    Vehicle,
    Window,
)
from routing.plan import SearchBudget
from routing.travel_times import TravelMatrix, matrix_of
from tests.routing.examples import bags, line, team

A, B = Stop("a", 1), Stop("b", 2)
PICK, DROP = Stop("p", 1, is_pickup=True, pair="x"), Stop("q", 2, pair="x")
TEAM = team()
MATRIX = matrix_of("foot", [[0, 1], [1, 0]])

ILLEGAL: list[tuple[str, Callable[[], object]]] = [
    ("not negative", lambda: Load(g=-1)),
    ("open before it closes", lambda: Window(5, 4)),
    ("open before it closes", lambda: Window(0, 10**9)),
    ("needs a name", lambda: Depot("", 0)),
    ("closes before it opens", lambda: Depot("d", 0, 5, 4)),
    ("needs a location", lambda: Stop("a", -1)),
    ("cannot take", lambda: Stop("a", 1, service_s=-1)),
    ("cannot be released", lambda: Stop("a", 1, release_s=-1)),
    ("no such zone", lambda: Stop("a", 1, zone=3)),
    ("unknown clearance", lambda: Stop("a", 1, clearance=3)),
    ("no time window", lambda: Stop("a", 1, windows=())),
    ("overlap", lambda: Stop("a", 1, windows=(Window(0, 5), Window(5, 9)))),
    ("prize", lambda: Stop("a", 1, prize=-1)),
    ("empty name", lambda: Stop("a", 1, pair="")),
    ("shift", lambda: team(shift_start_s=5, shift_end_s=4)),
    ("fixed cost", lambda: team(fixed_cost=-1)),
    ("reload", lambda: team(reload_s=-1)),
    ("rounds", lambda: team(max_rounds=51)),
    ("end where it begins", lambda: team(max_rounds=2, end_depot="e")),
    ("at least one stop", lambda: RoundLimits(max_stops=0)),
    ("has no stops", lambda: RouteLock("team", (), 0)),
    ("twice", lambda: Stability(1, (("a", "x"), ("a", "y")))),
    ("2 stops named a", lambda: line((A, A), (TEAM,))),
    ("2 vehicles named team", lambda: line((A,), (TEAM, TEAM))),
    ("not in the travel matrix", lambda: RoutingProblem((Depot("d", 0),), (B,), (), (MATRIX,))),
    ("same mode", lambda: RoutingProblem((Depot("d", 0),), (), (), (MATRIX, MATRIX))),
    ("differ in size", lambda: RoutingProblem((Depot("d", 0),), (), (), (MATRIX, matrix_of("van", [[0]])))),
    ("points", lambda: RoutingProblem((Depot("d", 0),), (), (), (MATRIX,), points=((0, 0),))),
    ("unknown depot", lambda: line((A,), (team(depot="nowhere"),))),
    ("without travel times", lambda: line((A,), (team(mode="boat"),))),
    ("instead of two", lambda: line((PICK,), (TEAM,))),
    ("one pickup and one delivery", lambda: line((PICK, Stop("q", 2, pair="x", is_pickup=True)), (TEAM,))),
    ("other than it picks up", lambda: line((PICK, Stop("q", 2, bags(1), pair="x")), (TEAM,))),
    ("mandatory", lambda: line((PICK, Stop("q", 2, pair="x", prize=1)), (TEAM,))),
    ("unknown vehicle", lambda: line((A,), (TEAM,), locks=(RouteLock("x", ("a",), 0),))),
    ("unknown stop", lambda: line((A,), (TEAM,), locks=(RouteLock("team", ("x",), 0),))),
    ("locked twice", lambda: line((A,), (team(max_rounds=2),), locks=(RouteLock("team", ("a",), 0),) * 2)),
    ("more locked rounds", lambda: line((A, B), (TEAM,), locks=tuple(RouteLock("team", (s,), 0) for s in "ab"))),
    ("other half", lambda: line((PICK, DROP), (TEAM,), locks=(RouteLock("team", ("p",), 0),))),
    ("plan before names", lambda: line((A,), (TEAM,), stability=Stability(1, (("x", "team"),)))),
    ("needs seconds or iterations", lambda: SearchBudget()),
    ("negative", lambda: SearchBudget(seconds=-1)),
]


@pytest.mark.parametrize(("why", "build"), ILLEGAL, ids=[f"{k} {why}" for k, (why, _) in enumerate(ILLEGAL)])
def test_illegal_data_cannot_be_constructed(why: str, build: Callable[[], object]) -> None:
    with pytest.raises(IllegalProblem, match=why) as refused:
        build()
    assert str(refused.value).endswith(".")


@pytest.mark.parametrize(
    "array", [np.zeros((2, 3), np.int32), np.zeros((2, 2), np.int64), np.full((2, 2), -1, np.int32)]
)
def test_a_matrix_of_the_wrong_kind_is_refused(array: np.ndarray) -> None:
    with pytest.raises(ValueError, match="foot"):
        TravelMatrix("foot", array, array)


def test_a_problem_without_stops_or_vehicles_is_legal() -> None:
    assert line((), ()).stops == ()
    assert Vehicle("v", "d").max_rounds == 1


def test_a_matrix_cannot_be_changed_behind_the_back_of_the_hash() -> None:
    with pytest.raises(ValueError, match="read-only"):
        line((A,), (TEAM,)).matrices[0].metres[0, 1] = 5

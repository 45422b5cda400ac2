"""Moving stops by hand: only the rounds concerned change, at once, and the verdict comes with them."""

from __future__ import annotations

import time

import pytest

from routing import RoutePlan, RoutingProblem, solve
from routing.adjust import StopTarget, blocking_rule, fit_stop, move_stop, set_rounds, swap_stops
from routing.evaluate import InfeasibleRounds
from routing.model import IllegalProblem, RouteLock, Stop, Window
from routing.plan import SearchBudget
from routing.violation import Rule
from tests.routing.examples import bags, line, rich_problem, team

STOPS = (Stop("a", 1, bags(2)), Stop("b", 2, bags(2)), Stop("c", 3, bags(8), windows=(Window(0, 1000),)))
DAY = line(STOPS, (team("one", max_rounds=2), team("two")))


@pytest.fixture
def plan() -> RoutePlan:
    """Round one of team one serves a and b, team two serves c."""
    start = solve(DAY, SearchBudget(iterations=0))
    for stop, target in (("c", None), ("b", None), ("a", None)):
        start = move_stop(DAY, start, stop, target).plan
    for stop, target in (
        ("a", StopTarget("one", 1, 0)),
        ("b", StopTarget("one", 1, 1)),
        ("c", StopTarget("two", 1, 0)),
    ):
        start = move_stop(DAY, start, stop, target).plan
    return start


def test_a_stop_moves_to_a_new_round_of_its_team(plan: RoutePlan) -> None:
    moved = move_stop(DAY, plan, "b", StopTarget("one", 2, 0))
    assert moved.verdict
    assert [(r.vehicle, r.number, r.stops) for r in moved.plan.rounds] == [
        ("one", 1, ("a",)),
        ("one", 2, ("b",)),
        ("two", 1, ("c",)),
    ]
    assert moved.cost_change == 200


def test_a_move_that_overloads_is_shown_and_judged(plan: RoutePlan) -> None:
    moved = move_stop(DAY, plan, "c", StopTarget("one", 1, 2))
    assert moved.verdict.rules == {Rule.OVERLOAD}


def test_a_stop_taken_out_is_reported_unserved(plan: RoutePlan) -> None:
    moved = move_stop(DAY, plan, "c", None)
    assert moved.verdict
    assert [item.stop for item in moved.plan.unserved] == ["c"]
    assert moved.plan.cost.missed == 1


def test_two_stops_change_places(plan: RoutePlan) -> None:
    assert [r.stops for r in swap_stops(DAY, plan, "a", "b").plan.rounds] == [("b", "a"), ("c",)]


def test_an_order_that_misses_a_window_is_refused(plan: RoutePlan) -> None:
    late = line((*STOPS[:2], Stop("c", 3, bags(1), windows=(Window(0, 299),))), DAY.vehicles)
    with pytest.raises(InfeasibleRounds):
        move_stop(late, plan, "c", StopTarget("two", 1, 0))


@pytest.mark.parametrize(
    ("stop", "target"),
    [
        ("nobody", None),
        ("a", StopTarget("three", 1, 0)),
        ("a", StopTarget("two", 5, 0)),
        ("a", StopTarget("two", 1, 9)),
        ("a", StopTarget("two", 0, 0)),
    ],
)
def test_what_does_not_exist_is_refused_with_a_sentence(plan: RoutePlan, stop: str, target: StopTarget | None) -> None:
    with pytest.raises(IllegalProblem, match=r"\.$"):
        move_stop(DAY, plan, stop, target)


def test_a_locked_round_cannot_be_changed_by_hand() -> None:
    locked = line(STOPS, DAY.vehicles, locks=(RouteLock("one", ("a",), 0),))
    plan = solve(locked, SearchBudget(iterations=10))
    with pytest.raises(IllegalProblem, match="locked"):
        move_stop(locked, plan, "a", None)
    with pytest.raises(IllegalProblem, match="locked"):
        move_stop(locked, plan, "b", StopTarget("one", 1, 0))


def test_one_move_among_three_hundred_stops_takes_less_than_a_fifth_of_a_second() -> None:
    day: RoutingProblem = rich_problem(3, 300, 12)
    plan = solve(day, SearchBudget(iterations=2000))
    round_ = max(plan.rounds, key=lambda r: len(r.visits))
    stop = round_.stops[3]
    out = move_stop(day, plan, stop, None).plan
    began = time.perf_counter()
    for _ in range(5):
        assert move_stop(day, out, stop, StopTarget(round_.vehicle, round_.number, 3)).verdict
    assert (time.perf_counter() - began) / 5 < 0.2


def test_a_stop_left_out_finds_the_cheapest_sound_place(plan: RoutePlan) -> None:
    out = move_stop(DAY, plan, "b", None).plan
    found = fit_stop(DAY, out, "b")
    assert found is not None
    assert found.verdict
    assert found.plan.rounds[1].stops == ("b", "c")  # on the way to c, where it costs nothing
    assert found.cost_change == 0


def test_a_stop_that_fits_nowhere_stays_out(plan: RoutePlan) -> None:
    day = line((*STOPS, Stop("huge", 1, bags(11))), DAY.vehicles)
    start = move_stop(day, plan, "huge", None).plan
    assert fit_stop(day, start, "huge") is None


def test_changes_are_taken_back_by_setting_the_rounds_of_before(plan: RoutePlan) -> None:
    swapped = swap_stops(DAY, plan, "a", "b").plan
    back = set_rounds(DAY, swapped, {"one": [["a", "b"]], "two": [["c"]]})
    assert [r.stops for r in back.plan.rounds] == [r.stops for r in plan.rounds]
    assert back.plan.cost == plan.cost
    with pytest.raises(IllegalProblem, match="nobody"):
        set_rounds(DAY, plan, {"one": [["nobody"]]})


@pytest.mark.parametrize(
    ("stop", "vehicle", "rule"),
    [
        ({"windows": (Window(0, 299),)}, {}, Rule.WINDOW),
        ({"release_s": 900}, {"shift_end_s": 1000}, Rule.RELEASE),
        ({}, {"shift_end_s": 599}, Rule.SHIFT),
        ({}, {"max_round_s": 599}, Rule.ROUND_TOO_LONG),
        ({}, {}, None),
    ],
)
def test_the_constraint_that_leaves_no_timetable_is_named(
    stop: dict[str, object], vehicle: dict[str, object], rule: Rule | None
) -> None:
    day = line((Stop("x", 3, bags(1), **stop),), (team(**vehicle),))  # type: ignore[arg-type]
    assert blocking_rule(day, "team", [["x"]]) == rule

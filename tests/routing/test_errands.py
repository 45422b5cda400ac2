"""Pickups and deliveries of errands beside the day's deliveries, planned with OR-Tools."""

from __future__ import annotations

import random
import threading
import time

from routing import RoutingProblem, check, solve
from routing.codec import plan_to_json
from routing.model import Stop, Window
from routing.plan import SearchBudget, SearchControl
from tests.routing.examples import HOUR, bags, line, team


def day_with_errands(seed: int, errands: int, deliveries: int) -> RoutingProblem:
    """Medicine to be fetched and brought, among ordinary deliveries."""
    rng = random.Random(seed)
    stops: list[Stop] = []
    for k in range(errands):
        opens = rng.randrange(8 * HOUR, 10 * HOUR)
        fetched = Stop(f"p{k}", 1 + rng.randrange(20), bags(1), 60, is_pickup=True, pair=f"e{k}")
        brought = Stop(f"q{k}", 1 + rng.randrange(20), bags(1), 60, (Window(opens, opens + 4 * HOUR),), pair=f"e{k}")
        stops += [fetched, brought]
    stops += [Stop(f"s{k}", 1 + rng.randrange(20), bags(rng.randrange(1, 4)), 60) for k in range(deliveries)]
    stops.append(Stop("empties", 7, bags(3), 60, is_pickup=True))
    teams = tuple(
        team(f"t{k}", shift_start_s=8 * HOUR, shift_end_s=16 * HOUR, max_rounds=3, clearance=2) for k in range(2)
    )
    return line(tuple(stops), teams)


def test_errands_are_fetched_before_they_are_brought_and_everything_is_served() -> None:
    day = day_with_errands(1, 4, 8)
    plan = solve(day, SearchBudget(iterations=400), seed=1)
    assert check(day, plan).violations == ()
    assert plan.is_complete
    for k in range(4):
        stops = plan.round_of_stop[f"p{k}"].stops
        assert stops.index(f"p{k}") < stops.index(f"q{k}")


def test_only_errands_are_planned_too() -> None:
    day = day_with_errands(2, 5, 0)
    plan = solve(day, SearchBudget(iterations=300), seed=1)
    assert check(day, plan).violations == ()
    assert plan.is_complete


def test_errands_by_iterations_give_the_same_bytes_every_time() -> None:
    day = day_with_errands(3, 3, 6)
    first, second = (plan_to_json(solve(day, SearchBudget(iterations=300), seed=5)) for _ in range(2))
    assert first == second


def test_an_errand_nobody_can_take_is_left_out_as_a_whole_with_a_reason() -> None:
    fetched = Stop("p", 1, bags(20), is_pickup=True, pair="x")
    day = line((fetched, Stop("q", 2, bags(20), pair="x"), Stop("s", 3, bags(1))), (team(),))
    plan = solve(day, SearchBudget(iterations=100), seed=1)
    assert check(day, plan).violations == ()
    assert [item.stop for item in plan.unserved] == ["p", "q"]


def test_what_is_brought_back_needs_room_beside_what_is_still_on_board() -> None:
    day = line((Stop("empties", 1, bags(8), is_pickup=True), Stop("s", 2, bags(8))), (team(),))
    plan = solve(day, SearchBudget(iterations=200), seed=1)
    assert check(day, plan).violations == ()
    assert plan.rounds[0].stops == ("s", "empties")


def test_a_cancelled_search_for_errands_stops_too() -> None:
    day, stop = day_with_errands(4, 12, 40), threading.Event()
    solve(day, SearchBudget(iterations=1))
    timer = threading.Timer(1.0, stop.set)
    timer.start()
    began = time.perf_counter()
    plan = solve(day, SearchBudget(seconds=40), control=SearchControl(cancel=stop))
    assert time.perf_counter() - began < 1 + 1 + 3  # a second after the signal, and slack for a busy machine
    assert plan.statistics.is_cancelled
    assert check(day, plan).violations == ()

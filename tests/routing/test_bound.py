"""What can be proved about a day: no plan is cheaper than the bound, none serves more than the teams have time for."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.days import rich_day
from routing import RoutingProblem, solve
from routing.bound import lower_bound
from routing.model import Load, RoundLimits, RouteLock, Stop, Window
from routing.overfull import least_left_out
from routing.plan import SearchBudget, SearchControl, SearchProgress
from tests.routing.examples import bags, line, rich_problem, team
from tests.routing.test_any_day import QUICK
from tests.routing.test_exact import exact_cost, tiny


@pytest.mark.parametrize("seed", range(20))
def test_no_exact_optimum_lies_below_the_bound(seed: int) -> None:
    problem = tiny(seed, stops=4 + seed % 5, vehicles=1 + seed % 3)
    missed, cost = exact_cost(problem)
    bound = lower_bound(problem)
    if missed == 0 and bound is not None:
        assert bound <= cost
    assert least_left_out(problem) <= missed


def reaches(bound: int | None, cost: int) -> bool:
    """Whether the bound comes within a hundredth of the cost from below: its prices approach the best in steps."""
    return bound is not None and 0.99 * cost <= bound <= cost


def test_the_bound_is_exact_where_one_round_goes_straight_there_and_back() -> None:
    day = line(tuple(Stop(f"s{k}", k, bags(1), service_s=30) for k in range(1, 6)), (team(fixed_cost=70),))
    assert reaches(lower_bound(day), 1000 + 70)


def test_the_bound_counts_the_rounds_that_the_load_needs() -> None:
    stops = tuple(Stop(f"s{k}", 4, bags(5)) for k in range(6))
    day = line(stops, (team(max_rounds=9, round_cost=50, cost_per_s=2, reload_s=10),))
    plan = solve(day, SearchBudget(iterations=300))
    assert plan.cost.total == 3 * (800 + 50 + 2 * (800 + 10))
    assert reaches(lower_bound(day), plan.cost.total)


def test_waiting_for_a_window_is_in_the_bound() -> None:
    stops = (
        Stop("early", 1, bags(1), windows=(Window(0, 100),)),
        Stop("late", 1, bags(1), windows=(Window(900, 950),)),
    )
    day = line(stops, (team(cost_per_m=0, cost_per_s=1),))
    assert reaches(lower_bound(day), 1000)  # from leaving the depot at 0 to returning at 1000


def test_an_optional_stop_costs_at_most_its_prize() -> None:
    day = line((Stop("near", 1, bags(1)), Stop("far", 50, bags(1), prize=40)), (team(),))
    assert reaches(lower_bound(day), 240)


def test_nothing_is_claimed_about_a_day_with_a_stop_that_nobody_may_serve() -> None:
    day = line((Stop("near", 1, bags(1)), Stop("sealed", 2, bags(1), zone=2)), (team(),))
    assert lower_bound(day) is None
    assert lower_bound(line((), (team(),))) is None
    assert lower_bound(line((Stop("near", 1),), ())) is None


@given(seed=st.integers(0, 10**6), stops=st.sampled_from((2, 6, 12, 25)), teams=st.integers(1, 5))
@settings(QUICK, max_examples=80)
def test_no_plan_found_on_any_day_beats_what_was_proved(seed: int, stops: int, teams: int) -> None:
    day = rich_problem(seed, stops, teams)
    plan = solve(day, SearchBudget(iterations=200), seed=1)
    bound = plan.statistics.lower_bound
    assert bound is None or plan.cost.missed or bound <= plan.cost.total
    assert least_left_out(day) <= plan.cost.missed


def test_rounded_travel_times_that_favour_detours_do_not_break_the_proofs() -> None:
    rng = random.Random(4)
    for _ in range(30):
        day = tiny(rng.randrange(10**6), stops=6, vehicles=2)
        seconds = day.matrices[0].metres.copy()
        seconds[0, 1:] = 5000  # the direct way from the depot is the long one, but for one stop
        seconds[0, 1] = 10
        broken = replace(day, matrices=(replace(day.matrices[0], metres=seconds, seconds=seconds),))
        missed, cost = exact_cost(broken)
        bound = lower_bound(broken)
        assert bound is None or missed or bound <= cost
        assert least_left_out(broken) <= missed


def test_a_day_with_twice_the_work_of_its_teams_is_proved_to_be_over_full() -> None:
    stops = tuple(Stop(f"s{k}", 1, bags(1), service_s=1000) for k in range(10))
    day = line(stops, (team(shift_end_s=5500, max_rounds=5),))
    plan = solve(day, SearchBudget(iterations=300))
    assert least_left_out(day) == plan.cost.missed == 5
    assert least_left_out(line(stops, ())) == 10


def test_progress_and_the_plan_tell_the_bound_with_locked_rounds_included() -> None:
    stops = (Stop("a", 1, bags(2)), Stop("b", 2, bags(2)), Stop("c", 3, bags(2)))
    told: list[SearchProgress] = []
    day = line(stops, (team(max_rounds=3, fixed_cost=9),), locks=(RouteLock("team", ("a",), 0),))
    plan = solve(day, SearchBudget(iterations=300), control=SearchControl(on_progress=told.append))
    assert told[-1].lower_bound == plan.statistics.lower_bound
    assert plan.cost.total == 200 + 9 + 600
    assert reaches(told[-1].lower_bound, 809)
    assert 0 <= (told[-1].gap or 0) < 0.02
    assert all(progress.best_cost >= 809 for progress in told)


def test_a_limit_of_stops_raises_the_bound() -> None:
    stops = tuple(Stop(f"s{k}", 3, Load()) for k in range(4))
    free: RoutingProblem = line(stops, (team(max_rounds=9),))
    assert reaches(lower_bound(free), 600)
    assert reaches(lower_bound(replace(free, limits=RoundLimits(max_stops=1))), 2400)


def test_three_hundred_stops_are_bounded_in_a_moment() -> None:
    day = rich_day(1, "full")
    bound = lower_bound(day)
    plan = solve(day, SearchBudget(iterations=1000))
    assert bound is not None
    assert plan.is_complete
    assert 0.3 * plan.cost.total < bound <= plan.cost.total

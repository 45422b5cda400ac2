"""Whatever the problem, the answer is a checked plan: 300 generated days, impossible ones among them."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from routing import check, solve
from routing.codec import plan_from_json, plan_to_json, problem_from_json, problem_to_json
from routing.model import RoutingProblem
from routing.plan import SearchBudget
from tests.routing.examples import rich_problem

DAYS = st.builds(
    rich_problem, seed=st.integers(0, 10**6), stops=st.sampled_from((0, 1, 2, 5, 9, 17, 30)), teams=st.integers(0, 5)
)
QUICK = settings(
    deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], derandomize=True
)


@given(day=DAYS, iterations=st.sampled_from((0, 20, 300)))
@settings(QUICK, max_examples=300)
def test_every_generated_day_gets_a_plan_that_the_judge_accepts(day: RoutingProblem, iterations: int) -> None:
    plan = solve(day, SearchBudget(iterations=iterations), seed=3)
    assert check(day, plan).violations == ()
    answered = {name for round_ in plan.rounds for name in round_.stops} | {item.stop for item in plan.unserved}
    assert answered == set(day.stop_by_name)
    assert all(item.sentence.endswith(".") for item in plan.unserved)


@given(day=DAYS)
@settings(QUICK, max_examples=25)
def test_json_brings_problem_and_plan_back_unchanged(day: RoutingProblem) -> None:
    assert problem_from_json(problem_to_json(day)) == day
    plan = solve(day, SearchBudget(iterations=10))
    assert plan_from_json(plan_to_json(plan)) == plan


@given(day=DAYS)
@settings(QUICK, max_examples=25)
def test_more_search_never_gives_a_worse_plan_than_the_construction(day: RoutingProblem) -> None:
    assert solve(day, SearchBudget(iterations=200)).cost.key <= solve(day, SearchBudget(iterations=0)).cost.key


@given(day=DAYS)
@settings(QUICK, max_examples=15)
def test_all_stops_at_one_place_are_no_obstacle(day: RoutingProblem) -> None:
    stops = tuple(replace(stop, location=0) for stop in day.stops)
    together = replace(day, stops=stops)
    assert check(together, solve(together, SearchBudget(iterations=100))).violations == ()

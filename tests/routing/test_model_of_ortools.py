"""The OR-Tools model alone: whatever it answers on a rich day breaks no rule, and of tiny days it finds the optimum."""

from __future__ import annotations

from dataclasses import replace

import pytest

from routing import RoutePlan, RoutingProblem, check, solve
from routing.draft import Draft
from routing.evaluate import build_plan
from routing.model import RoundLimits, Stop, Window
from routing.plan import SearchBudget, Statistics, Unserved, UnservedReason, UnservedRemedy
from routing.solver import RoutingModel, SolverLimits
from tests.routing.examples import bags, line, rich_problem, team
from tests.routing.test_exact import exact_cost, tiny


def planned(day: RoutingProblem, solutions: int = 40) -> RoutePlan | None:
    """The plan of the model, every stop it leaves out reported; None if it found nothing."""
    found = RoutingModel(day).search(Draft({}), SolverLimits(None, solutions), lambda _: None, lambda: False)
    if found is None:
        return None
    served = {name for rounds in found.rounds.values() for stops in rounds for name in stops}
    left = [
        Unserved(stop.name, UnservedReason.NOT_FOUND, "Left out.", UnservedRemedy.MORE_TIME)
        for stop in day.stops
        if stop.name not in served
    ]
    return build_plan(day, found.rounds, left, Statistics())


@pytest.mark.parametrize("seed", range(12))
def test_zones_blackouts_releases_rounds_and_limits_are_in_the_model(seed: int) -> None:
    day = rich_problem(seed, 14, 3)
    plan = planned(day)
    assert plan is not None
    assert check(day, plan).violations == ()


@pytest.mark.parametrize("seed", range(4))
def test_the_model_finds_the_optimum_of_a_tiny_day_without_optional_stops(seed: int) -> None:
    day = tiny(seed, stops=5)
    day = replace(day, stops=tuple(replace(stop, prize=None) for stop in day.stops))
    plan = planned(day, 300)
    assert plan is not None
    assert plan.cost.key == exact_cost(day)


ONE = Stop("a", 1, bags(4), service_s=50)
TWO = Stop("b", 2, bags(4), service_s=50)
BINDING: list[tuple[str, RoutingProblem, int]] = [
    ("capacity", line((ONE, replace(TWO, load=bags(7))), (team(max_rounds=1),)), 1),
    ("reload", line((ONE, replace(TWO, load=bags(7))), (team(max_rounds=2),)), 0),
    ("loading", line((ONE, replace(TWO, load=bags(7))), (team(max_rounds=2, reload_s=300, shift_end_s=900),)), 1),
    ("longest round", line((ONE, TWO), (team(max_round_s=450),)), 1),
    ("longest shift", line((ONE, replace(TWO, load=bags(7))), (team(max_rounds=2, max_shift_s=600),)), 1),
    ("window", line((ONE, replace(TWO, windows=(Window(0, 199),))), (team(),)), 1),
    ("blackout", line((replace(ONE, windows=(Window(0, 99), Window(900, 950))),), (team(shift_end_s=1000),)), 1),
    ("release", line((replace(ONE, release_s=900),), (team(shift_end_s=1100),)), 1),
    ("zones", line((replace(ONE, zone=2, windows=(Window(0, 100),)), TWO), (team(clearance=2),)), 1),
    ("clearance", line((replace(ONE, zone=2), TWO), (team(),)), 1),
    ("stops in a round", line((ONE, TWO), (team(),), limits=RoundLimits(max_stops=1)), 1),
    ("prize", line((replace(ONE, prize=10), TWO), (team(cost_per_s=1),)), 1),
]  # fmt: skip


@pytest.mark.parametrize(("what", "day", "left_out"), BINDING, ids=[what for what, _, _ in BINDING])
def test_each_constraint_binds(what: str, day: RoutingProblem, left_out: int) -> None:
    plan = planned(day)
    assert plan is not None
    assert check(day, plan).violations == ()
    assert len(plan.unserved) == left_out


@pytest.mark.parametrize(("what", "day", "left_out"), BINDING, ids=[what for what, _, _ in BINDING])
def test_each_constraint_binds_in_the_compiled_search_too(what: str, day: RoutingProblem, left_out: int) -> None:
    plan = solve(day, SearchBudget(iterations=200))
    assert check(day, plan).violations == ()
    assert len(plan.unserved) == left_out

"""Planning again while the day runs: printed rounds stay to the second, the others as they are where possible."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from benchmarks.days import rich_day
from routing import RoutePlan, RoutingProblem, check, solve
from routing.model import Load, Stability, Stop, Window
from routing.plan import SearchBudget, SearchControl
from routing.replan import How, replan, with_printed_locked
from tests.routing.examples import HOUR, bags, line, team


@pytest.fixture(scope="module")
def day() -> RoutingProblem:
    """120 stops on a street, twelve teams of up to five rounds, with some time to spare."""
    stops = tuple(
        Stop(f"s{k:03d}", 1 + k % 60, Load(bags=1 + k % 3), service_s=120, windows=(Window(6 * HOUR, 18 * HOUR),))
        for k in range(120)
    )
    teams = tuple(
        team(f"t{k:02d}", shift_start_s=6 * HOUR, shift_end_s=18 * HOUR, max_rounds=5, reload_s=300) for k in range(12)
    )
    return line(stops, teams)


@pytest.fixture(scope="module")
def known(day: RoutingProblem) -> RoutePlan:
    """The plan that people know."""
    return solve(day, SearchBudget(iterations=4000), seed=1)


def rounds_of(plan: RoutePlan) -> set[tuple[str, tuple[str, ...]]]:
    return {(round_.vehicle, round_.stops) for round_ in plan.rounds}


def test_nothing_changes_when_nothing_happened(day: RoutingProblem, known: RoutePlan) -> None:
    again = with_printed_locked(day, known, [], change_cost=2000)
    plan = solve(again, SearchBudget(iterations=1500), seed=5, start=known)
    assert check(again, plan).violations == ()
    assert rounds_of(plan) == rounds_of(known)
    assert plan.cost.changes == 0


def test_when_a_team_drops_out_few_of_the_other_rounds_change(day: RoutingProblem, known: RoutePlan) -> None:
    gone = min(known.rounds, key=lambda round_: (len(round_.visits), round_.vehicle)).vehicle
    rest = replace(day, vehicles=tuple(vehicle for vehicle in day.vehicles if vehicle.name != gone))
    printed = [(round_.vehicle, 1) for round_ in known.rounds if round_.number == 1 and round_.vehicle != gone][:3]
    again = with_printed_locked(rest, known, printed, change_cost=20_000)
    plan = solve(again, SearchBudget(iterations=6000), seed=5, start=known)
    assert check(again, plan).violations == ()
    assert plan.is_complete
    first_known = {(r.vehicle, r.stops, r.starts_s) for r in known.rounds if (r.vehicle, r.number) in printed}
    assert {(r.vehicle, r.stops, r.starts_s) for r in plan.rounds if r.is_locked} == first_known
    others = {entry for entry in rounds_of(known) if entry[0] != gone}
    assert len(others - rounds_of(plan)) <= len(others) // 10


def test_a_stop_that_changes_its_order_in_the_round_counts_as_changed() -> None:
    stops = (Stop("a", 1, bags(1)), Stop("b", 2, bags(1)), Stop("c", 3, bags(1)))
    before = (("a", ""), ("c", "a"), ("b", "c"))
    stability = Stability(1, tuple((name, "team") for name in "abc"), before)
    cheap = line(stops, (team(),), stability=stability)
    plan = solve(cheap, SearchBudget(iterations=300), seed=1)
    assert check(cheap, plan).violations == ()
    assert plan.rounds[0].distance_m == 600
    dear = replace(cheap, stability=replace(stability, change_cost=5000), stops=(*stops, Stop("new", 3, bags(1))))
    kept = solve(dear, SearchBudget(iterations=300), seed=1)
    assert check(dear, kept).violations == ()
    assert [name for name in kept.rounds[0].stops if name != "new"] == ["a", "c", "b"]


def test_a_printed_second_round_means_that_the_first_is_printed_too(day: RoutingProblem, known: RoutePlan) -> None:
    vehicle = next(round_.vehicle for round_ in known.rounds if round_.number == 2)
    again = with_printed_locked(day, known, [(vehicle, 2)], change_cost=1)
    assert [lock.vehicle for lock in again.locks] == [vehicle, vehicle]
    plan = solve(again, SearchBudget(iterations=50), seed=1)
    assert check(again, plan).violations == ()


@pytest.mark.parametrize("level", ["easy", "tight"])
@pytest.mark.parametrize("seed", range(1, 6))
def test_one_team_of_twelve_drops_out_and_a_tenth_of_the_other_rounds_changes_at_most(seed: int, level: str) -> None:
    day = rich_day(seed, level, stops=160)
    known = solve(day, SearchBudget(iterations=1500), seed=seed)
    gone = sorted({one.vehicle for one in known.rounds})[seed]
    rest = replace(day, vehicles=tuple(vehicle for vehicle in day.vehicles if vehicle.name != gone))
    first = [one for one in known.rounds if one.number == 1 and one.vehicle != gone][:4]
    result = replan(rest, known, [(one.vehicle, 1) for one in first], SearchBudget(iterations=3000), How(seed=seed))
    assert check(result.problem, result.plan).violations == ()
    assert {(r.vehicle, r.stops, r.starts_s) for r in result.plan.rounds if r.is_locked} == {
        (r.vehicle, r.stops, r.starts_s) for r in first
    }
    others = {(r.vehicle, r.stops) for r in known.rounds if r.vehicle != gone and r not in first}
    assert result.others == len(others) > 5
    assert len(others - rounds_of(result.plan)) == len(result.changed) <= result.others // 10
    orphans = sum(len(one.visits) for one in known.rounds if one.vehicle == gone)
    assert result.plan.cost.missed - known.cost.missed < orphans


def test_with_time_to_spare_nothing_changes_at_all_and_everybody_is_served(
    day: RoutingProblem, known: RoutePlan
) -> None:
    spare = replace(day, vehicles=tuple(replace(vehicle, max_rounds=9) for vehicle in day.vehicles))
    gone = known.rounds[0].vehicle
    rest = replace(spare, vehicles=tuple(vehicle for vehicle in spare.vehicles if vehicle.name != gone))
    result = replan(rest, known, [], SearchBudget(iterations=2000))
    assert result.plan.is_complete
    assert result.changed == ()
    assert result.others == sum(1 for one in known.rounds if one.vehicle != gone) > 0


def test_a_new_stop_and_a_stop_that_is_gone_leave_the_other_rounds_alone(day: RoutingProblem, known: RoutePlan) -> None:
    away = known.rounds[0].stops[0]
    stops = tuple(stop for stop in day.stops if stop.name != away)
    today = replace(day, stops=(*stops, Stop("new", 30, bags(1), service_s=60)))
    result = replan(today, known, [], SearchBudget(iterations=1500))
    assert check(result.problem, result.plan).violations == ()
    assert result.plan.is_complete
    assert result.others == len(known.rounds) - 1
    assert len(result.changed) <= result.others // 10


def test_a_round_into_a_compound_that_was_shut_meanwhile_is_planned_anew(day: RoutingProblem, known: RoutePlan) -> None:
    shut = known.rounds[0].stops[0]
    stops = tuple(replace(s, windows=(Window(0, 60),)) if s.name == shut else s for s in day.stops)
    result = replan(replace(day, stops=stops), known, [], SearchBudget(iterations=1500))
    assert check(result.problem, result.plan).violations == ()
    assert [item.stop for item in result.plan.unserved] == [shut]


def test_a_cancelled_replan_is_a_sound_plan_too(day: RoutingProblem, known: RoutePlan) -> None:
    stop = threading.Event()
    stop.set()
    rest = replace(day, vehicles=day.vehicles[1:])
    result = replan(rest, known, [], SearchBudget(seconds=30), How(control=SearchControl(cancel=stop)))
    assert check(result.problem, result.plan).violations == ()
    assert result.plan.statistics.is_cancelled

"""Planning again while the day runs: printed rounds stay to the second, the others as they are where possible."""

from __future__ import annotations

from dataclasses import replace

import pytest

from routing import Plan, Problem, check, solve
from routing.model import Load, Stability, Stop, Window
from routing.plan import Budget
from routing.replan import keeping
from tests.routing.examples import HOUR, bags, line, team


@pytest.fixture(scope="module")
def day() -> Problem:
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
def known(day: Problem) -> Plan:
    """The plan that people know."""
    return solve(day, Budget(iterations=4000), seed=1)


def rounds_of(plan: Plan) -> set[tuple[str, tuple[str, ...]]]:
    return {(round_.vehicle, round_.stops) for round_ in plan.rounds}


def test_nothing_changes_when_nothing_happened(day: Problem, known: Plan) -> None:
    again = keeping(day, known, [], change_cost=2000)
    plan = solve(again, Budget(iterations=1500), seed=5, start=known)
    assert check(again, plan).violations == ()
    assert rounds_of(plan) == rounds_of(known)
    assert plan.cost.changes == 0


def test_when_a_team_drops_out_few_of_the_other_rounds_change(day: Problem, known: Plan) -> None:
    gone = min(known.rounds, key=lambda round_: (len(round_.visits), round_.vehicle)).vehicle
    rest = replace(day, vehicles=tuple(vehicle for vehicle in day.vehicles if vehicle.name != gone))
    printed = [(round_.vehicle, 1) for round_ in known.rounds if round_.number == 1 and round_.vehicle != gone][:3]
    again = keeping(rest, known, printed, change_cost=20_000)
    plan = solve(again, Budget(iterations=6000), seed=5, start=known)
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
    plan = solve(cheap, Budget(iterations=300), seed=1)
    assert check(cheap, plan).violations == ()
    assert plan.rounds[0].distance_m == 600
    dear = replace(cheap, stability=replace(stability, change_cost=5000), stops=(*stops, Stop("new", 3, bags(1))))
    kept = solve(dear, Budget(iterations=300), seed=1)
    assert check(dear, kept).violations == ()
    assert [name for name in kept.rounds[0].stops if name != "new"] == ["a", "c", "b"]


def test_a_printed_second_round_means_that_the_first_is_printed_too(day: Problem, known: Plan) -> None:
    vehicle = next(round_.vehicle for round_ in known.rounds if round_.number == 2)
    again = keeping(day, known, [(vehicle, 2)], change_cost=1)
    assert [lock.vehicle for lock in again.locks] == [vehicle, vehicle]
    plan = solve(again, Budget(iterations=50), seed=1)
    assert check(again, plan).violations == ()

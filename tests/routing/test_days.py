"""Rich days of an invented subdistrict: first plans at once, everybody served wherever that is possible."""

from __future__ import annotations

import csv
import time
from pathlib import Path

import pytest

from benchmarks.days import LEVELS, rich_day, subdistrict_day
from routing import check, pressure, solve
from routing.codec import problem_hash
from routing.overfull import least_left_out
from routing.plan import SearchBudget


def test_the_same_seed_gives_the_same_day_and_another_another() -> None:
    assert problem_hash(rich_day(1, stops=40)) == problem_hash(rich_day(1, stops=40))
    assert problem_hash(rich_day(1, stops=40)) != problem_hash(rich_day(2, stops=40))


def test_a_day_has_zones_blackouts_releases_and_several_rounds() -> None:
    day = rich_day(1)
    assert {stop.zone for stop in day.stops} == {0, 1, 2}
    assert any(len(stop.windows) > 1 for stop in day.stops)
    assert any(stop.release_s for stop in day.stops)
    assert len({vehicle.mode for vehicle in day.vehicles}) == 4
    plan = solve(day, SearchBudget(iterations=1))
    assert max(round_.number for round_ in plan.rounds) > 2


@pytest.mark.parametrize("level", LEVELS)
def test_the_first_plan_of_three_hundred_stops_is_there_in_three_seconds(level: str) -> None:
    day = rich_day(2, level)
    solve(rich_day(2, level, stops=3), SearchBudget(iterations=1))  # machine code is read from disk once a process
    began = time.process_time()
    plan = solve(day, SearchBudget(iterations=1))
    assert time.process_time() - began < 3
    assert check(day, plan).violations == ()


def test_rising_prices_leave_fewer_stops_out_than_searching_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    days = [rich_day(seed, "tight") for seed in (1, 3)]
    left_out = []
    for share in (0.0, pressure.SHARE):
        monkeypatch.setattr(pressure, "SHARE", share)
        plans = [solve(day, SearchBudget(iterations=40_000), seed=1) for day in days]
        assert all(check(day, plan) for day, plan in zip(days, plans, strict=True))
        left_out.append(sum(plan.cost.missed for plan in plans))
    assert left_out[1] < left_out[0]


def test_an_over_full_day_leaves_out_no_fewer_than_was_proved() -> None:
    day = rich_day(3, "over-full")
    assert 0 < least_left_out(day) <= solve(day, SearchBudget(iterations=2000)).cost.missed


def test_a_generated_subdistrict_becomes_a_day_in_which_every_bag_is_answered(tmp_path: Path) -> None:
    buildings = [
        {"building_id": f"c-{k}", "compound_id": "c", "lat": f"{30.26 + k / 5000}", "lon": "120.2"}
        for k in range(1, 25)
    ]
    orders = [
        {"order_id": f"O{k}", "building_id": f"c-{1 + k % 20}", "item": item} for k in range(700) for item in ("a", "b")
    ]
    for name, rows in (("buildings_synthetic.csv", buildings), ("orders_truth.csv", orders)):
        with (tmp_path / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    day = subdistrict_day(tmp_path, teams=8)
    assert sum(stop.load.bags for stop in day.stops) == 700
    assert max(stop.load.bags for stop in day.stops) <= 30
    plan = solve(day, SearchBudget(iterations=300))
    assert check(day, plan).violations == ()
    answered = {name for round_ in plan.rounds for name in round_.stops} | {item.stop for item in plan.unserved}
    assert answered == set(day.stop_by_name)

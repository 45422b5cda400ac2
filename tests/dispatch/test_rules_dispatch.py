"""Stops, zones, reasons."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.dispatch.models import HeldReason
from app.dispatch.rules import (
    HELD_REASONS,
    ForecastInput,
    Load,
    StopWork,
    climbed_floors,
    effort_kg_floors,
    forecast,
    held_sentence,
    in_zone_order,
    remedies,
    service_s,
    zone_problem,
)


@pytest.mark.parametrize(
    ("work", "seconds"),
    [
        (StopWork("to_building", 10), 200),
        (StopWork("to_stairwell", 10, stairwells=2), 290),
        (StopWork("to_door", 10, households=8), 520),
        (StopWork("to_door", 10, households=8, climbed_floors=12), 880),
        (StopWork("collect_by_slot", 10), 200),
        (StopWork("to_building", 10, has_gate_check=True), 290),
        (StopWork("to_building", 10, households=8, climbed_floors=12), 200),
    ],
)
def test_the_truth_table_of_seconds_at_a_stop(work: StopWork, seconds: int) -> None:
    assert service_s(work) == seconds


@pytest.mark.parametrize(
    ("floors", "has_lift", "climbed"), [([1, 2, 6], False, 6), ([1, 2, 6], True, 0), ([0], False, 0)]
)
def test_floors_are_climbed_only_without_a_lift(floors: list[int], has_lift: bool, climbed: int) -> None:
    assert climbed_floors(floors, has_lift) == climbed


def test_effort_is_kilograms_times_floors_without_lift() -> None:
    assert effort_kg_floors([(5000, 6), (1500, 2), (9000, 1)], has_lift=False) == 26
    assert effort_kg_floors([(5000, 6)], has_lift=True) == 0


@pytest.mark.parametrize(
    ("zones", "clearance", "may_go"),
    [([0, 0, 1, 2, 2], 2, True), ([0, 1, 0], 2, False), ([0, 1, 2], 1, False), ([], 0, True), ([1], 1, True)],
)
def test_the_truth_table_of_zones(zones: list[int], clearance: int, may_go: bool) -> None:
    assert (zone_problem(zones, clearance) is None) is may_go


@given(st.lists(st.tuples(st.integers(1, 99), st.integers(0, 2)), unique_by=lambda pair: pair[0]))
def test_sorting_by_zone_always_gives_a_round_that_may_go(stops: list[tuple[int, int]]) -> None:
    zones = dict(stops)
    order = in_zone_order(stops)
    assert sorted(order) == sorted(zones)
    assert zone_problem([zones[stop] for stop in order], clearance=2) is None
    clean = [stop for stop, zone in stops if zone == 0]
    assert order[: len(clean)] == clean


def test_every_stored_reason_has_a_sentence_and_a_remedy() -> None:
    assert set(HELD_REASONS) == {reason.value for reason in HeldReason}
    for reason in HELD_REASONS:
        assert "2号楼" in held_sentence(reason, "2号楼", 3).zh
        assert "3袋" in held_sentence(reason, "2号楼", 3).zh
        assert remedies(reason)


@pytest.mark.parametrize(
    ("load", "fits"),
    [(Load(10, 10, 10), True), (Load(11, 10, 10), False), (Load(10, 11, 10), False), (Load(10, 10, 11), False)],
)
def test_a_load_fits_in_every_dimension_or_not_at_all(load: Load, fits: bool) -> None:
    assert load.fits(Load(10, 10, 10)) is fits


def test_the_forecast_says_which_points_to_split_over_days() -> None:
    rows = forecast(ForecastInput({1: 1000, 2: 100, 3: 10}, {1: 150, 2: 150}, named={3: 40}))
    assert [(row.point_id, row.bags_expected, row.days_needed) for row in rows] == [(1, 360, 3), (2, 36, 1), (3, 40, 0)]

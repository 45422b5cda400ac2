"""Timetables that can be checked by hand: no waiting that a later start avoids, blackouts jumped over."""

from __future__ import annotations

from routing.model import Stop, Window
from routing.schedule import timetable
from tests.routing.examples import line, team


def times(*rounds: tuple[Stop, ...], **vehicle: object) -> list[tuple[int, tuple[int, ...], int]] | None:
    """(start, begins, return) of each round of one team."""
    problem = line(tuple(stop for stops in rounds for stop in stops), (team(max_rounds=9, **vehicle),))
    found = timetable(problem, problem.vehicles[0], rounds)
    return None if found is None else [(t.starts_s, t.begins_s, t.returns_s) for t in found]


def test_the_team_leaves_so_late_that_it_does_not_wait_at_the_door() -> None:
    assert times((Stop("a", 1, windows=(Window(1000, 2000),)),), reload_s=60) == [(840, (1000,), 1100)]


def test_without_windows_it_starts_at_once() -> None:
    assert times((Stop("a", 1, service_s=30), Stop("b", 3))) == [(0, (100, 330), 630)]


def test_a_second_round_waits_for_its_goods_and_the_first_starts_later_for_it() -> None:
    first, second = (Stop("a", 1),), (Stop("b", 1, release_s=1000),)
    assert times(first, second) == [(800, (900,), 1000), (1000, (1100,), 1200)]


def test_waiting_between_rounds_is_spent_at_the_depot() -> None:
    first = (Stop("a", 1, windows=(Window(100, 100),)),)
    second = (Stop("b", 1, windows=(Window(5000, 5000),)),)
    assert times(first, second) == [(0, (100,), 200), (4900, (5000,), 5100)]


def test_a_blackout_is_jumped_over() -> None:
    blackout = (Window(0, 90), Window(600, 900))
    assert times((Stop("a", 1, windows=blackout),)) == [(500, (600,), 700)]


def test_a_later_start_is_taken_when_it_makes_the_shift_shorter() -> None:
    early = Stop("a", 1, windows=(Window(0, 200), Window(800, 900)))
    late = Stop("b", 2, windows=(Window(950, 2000),))
    assert times((early, late)) == [(750, (850, 950), 1150)]


def test_limits_on_round_and_shift_are_kept() -> None:
    stops = (Stop("a", 5),)
    assert times(stops, max_round_s=999) is None
    assert times(stops, max_round_s=1000) is not None
    assert times(stops, shift_end_s=999) is None
    assert times((Stop("a", 1),), (Stop("b", 1, release_s=1000),), max_shift_s=399) is None


def test_no_rounds_need_no_time() -> None:
    assert times() == []

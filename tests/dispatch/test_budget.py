"""How long a day is searched for."""

from __future__ import annotations

import pytest

from app.dispatch.planning.budget import budget_of
from benchmarks.days import rich_day
from routing import solve
from routing.plan import SearchBudget


@pytest.mark.parametrize(("stops", "asked", "given"), [(2, 30, 0.08), (8, 30, 1.28), (8, 1, 1), (60, 30, 30)])
def test_a_handful_of_stops_is_not_searched_for_longer_than_it_is_worth(stops: int, asked: int, given: float) -> None:
    assert budget_of(rich_day(1, stops=stops), asked).seconds == pytest.approx(given)


@pytest.mark.parametrize("seed", range(4))
def test_what_a_handful_of_stops_is_given_finds_what_a_long_search_finds(seed: int) -> None:
    day = rich_day(seed, stops=5)
    short = solve(day, SearchBudget(iterations=10_000), seed=1)  # fewer than half a second makes
    assert short.cost.total == solve(day, SearchBudget(iterations=300_000), seed=2).cost.total

"""The compiled search: joined pieces agree with a walk along the round, and its bookkeeping never drifts."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing import check, solve
from routing.construct import construct
from routing.draft import Draft
from routing.evaluate import build_plan
from routing.improve import Search
from routing.kernel.arrays import BANKED, BEST, COST
from routing.kernel.build import best_rounds, build_data
from routing.kernel.compiled import code_folder
from routing.kernel.load import refresh_all
from routing.kernel.near import NOBODY, Timing, nearest, neighbours_in_time
from routing.kernel.rng import below, seeded, uniform
from routing.kernel.segments import join
from routing.model import MISSED_COST
from routing.plan import SearchBudget, SearchControl, Statistics
from tests.routing.examples import rich_problem

VISIT = st.tuples(st.integers(0, 50), st.integers(0, 200), st.integers(0, 200), st.integers(0, 40))
"""Service, opening, width of the window, travel to the next."""


def walk(visits: list[tuple[int, int, int, int]], start: int) -> int | None:
    """End of service at the last visit when leaving at `start`, or None when a window is missed."""
    now = start
    for service, opens, width, travel in visits:
        begins = max(now, opens)
        if begins > opens + width:
            return None
        now = begins + service + travel
    return now - visits[-1][3]


@given(visits=st.lists(VISIT, min_size=1, max_size=6))
@settings(deadline=None, max_examples=150)
def test_a_joined_piece_knows_its_shortest_duration_and_its_latest_start(
    visits: list[tuple[int, int, int, int]],
) -> None:
    ends = {start: walk(visits, start) for start in range(450)}
    possible = {start: end - start for start, end in ends.items() if end is not None}
    service, opens, width, travel = visits[0]
    d, e, u, lateness = service, opens, opens + width, 0
    for service, opens, width, coming in visits[1:]:
        d, e, u, late = join(d, e, u, travel, service, opens, opens + width)
        lateness += late
        travel = coming
    assert (lateness == 0) == bool(possible)
    if possible:
        assert d == min(possible.values())
        assert u == max(possible)
        assert possible[e] == d


def started(seed: int) -> tuple[Search, object]:
    day = rich_problem(seed, 40, 4)
    return Search(build_data(day), seed), day


@pytest.mark.parametrize("seed", range(6))
def test_cost_times_and_loads_kept_along_the_way_equal_those_computed_anew(seed: int) -> None:
    search, _ = started(seed)
    search.run(SearchBudget(iterations=600), lambda _: True)
    state = search.state
    kept = {
        word: getattr(state, word).copy() for word in ("load", "size", "leg", "trip", "before", "after", "duration")
    }
    cost, best = int(state.total[COST]), int(state.total[BEST])
    assert refresh_all(search.data, state)
    assert state.total[COST] == cost
    assert best <= cost
    rounds = [int(state.chain[v, z]) for v in range(len(state.used)) for z in range(int(state.used[v]))]
    for word in ("load", "size", "trip", "before", "after"):
        assert np.array_equal(getattr(state, word)[rounds], kept[word][rounds]), word
    assert np.array_equal(state.duration, kept["duration"])


@pytest.mark.parametrize("seed", range(6))
def test_the_cost_the_search_reports_is_the_cost_of_its_plan(seed: int) -> None:
    day = rich_problem(seed, 40, 4)
    search = Search(build_data(day), seed)
    search.run(SearchBudget(iterations=600), lambda _: True)
    plan = build_plan(day, best_rounds(day, search.data, search.state), (), Statistics())
    # with several windows the timetable may even be shorter than the one with the windows the search chose
    assert plan.cost.total + plan.cost.missed * MISSED_COST <= search.best_cost
    single = all(len(stop.windows) == 1 for stop in day.stops)
    assert not single or plan.cost.key == search.split_cost


def test_every_stop_is_either_in_a_round_or_in_the_bank() -> None:
    search, _ = started(3)
    search.run(SearchBudget(iterations=500), lambda _: True)
    state = search.state
    banked = {int(c) for c in state.bank[: int(state.total[BANKED])]}
    unserved = {int(c) for c in np.flatnonzero(state.round_of < 0)}
    assert banked == unserved
    assert all(state.bank[state.bank_place[c]] == c for c in banked)


def test_a_draft_is_taken_over_unchanged() -> None:
    from routing.warm import best_draft, load_draft

    day = rich_problem(2, 30, 4)
    rounds = construct(day)
    plan = build_plan(day, rounds, (), Statistics())
    data = build_data(day)
    search = Search(data, 1)
    from routing.draft import draft_of_plan

    draft: Draft = draft_of_plan(day, plan)
    assert load_draft(day, data, search.state, draft)
    taken = best_draft(day, data, search.state)
    assert {k: v for k, v in taken.rounds.items() if v} == {k: v for k, v in rounds.items() if v}


def test_random_numbers_depend_on_the_seed_only_and_fill_their_range() -> None:
    first, second = seeded(7), seeded(7)
    drawn = [uniform(first) for _ in range(2000)]
    assert drawn == [uniform(second) for _ in range(2000)]
    assert 0.0 <= min(drawn) < 0.01 < 0.99 < max(drawn) < 1.0
    assert sorted({below(first, 6) for _ in range(200)}) == list(range(6))
    assert uniform(seeded(8)) != drawn[0]


def test_neighbours_come_nearest_first_and_ties_by_number() -> None:
    metres = np.abs(np.subtract.outer(np.arange(6), np.arange(6))).astype(np.int32)
    near = nearest(metres, np.arange(1, 6), 3)
    assert near[2].tolist() == [1, 3, 0]
    assert nearest(metres, np.array([1]), 3).shape == (1, 0)


def test_who_can_never_come_right_before_or_after_is_no_neighbour_in_time() -> None:
    metres = np.abs(np.subtract.outer(np.arange(4), np.arange(4))).astype(np.int32)
    zero = np.zeros(3, dtype=np.int64)
    late = Timing(opens=np.array([0, 0, 50]), closes=np.array([9, 9, 60]), service=zero, zone=zero)
    leaders, followers = neighbours_in_time((metres, metres), np.array([1, 2, 3]), late, 2)
    assert followers.tolist() == [[1, 2], [0, 2], [NOBODY, NOBODY]]
    assert leaders.tolist() == [[1, NOBODY], [0, NOBODY], [1, 0]]
    zones = Timing(opens=zero, closes=zero + 99, service=zero, zone=np.array([2, 0, 1]))
    leaders, followers = neighbours_in_time((metres, metres), np.array([1, 2, 3]), zones, 2)
    assert followers.tolist() == [[NOBODY, NOBODY], [0, 2], [0, NOBODY]]
    assert leaders.tolist() == [[1, 2], [NOBODY, NOBODY], [1, NOBODY]]


def test_waiting_that_cannot_be_avoided_makes_neighbours_less_near() -> None:
    metres = np.abs(np.subtract.outer(np.arange(4), np.arange(4))).astype(np.int32)
    zero = np.zeros(3, dtype=np.int64)
    timing = Timing(opens=np.array([0, 90, 0]), closes=np.array([9, 99, 9]), service=zero, zone=zero)
    _, followers = neighbours_in_time((metres, metres), np.array([1, 2, 3]), timing, 2)
    assert followers[0].tolist() == [2, 1]


def test_machine_code_of_other_sources_is_kept_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1", encoding="utf-8")
    first = code_folder(tmp_path, "")
    assert first is not None
    assert first == code_folder(tmp_path, "")
    assert first.parent == tmp_path / "__pycache__"
    (tmp_path / "a.py").write_text("x = 2", encoding="utf-8")
    assert code_folder(tmp_path, "") != first
    chosen = code_folder(tmp_path, str(tmp_path / "chosen"))
    assert chosen is not None
    assert chosen.parent == tmp_path / "chosen"


def test_where_the_sources_cannot_be_written_beside_the_cache_of_the_user_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "__pycache__").write_text("not a folder", encoding="utf-8")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    folder = code_folder(tmp_path, str(tmp_path / "__pycache__" / "below a file"))
    assert folder is not None
    assert folder.parent == tmp_path / "home" / "louda-routing"
    (tmp_path / "taken").write_text("not a folder", encoding="utf-8")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "taken"))
    assert code_folder(tmp_path, "") is None


def test_who_waits_for_the_compiler_may_cancel(monkeypatch: pytest.MonkeyPatch) -> None:
    from concurrent.futures import Future

    from routing import compilation

    cancel = threading.Event()
    cancel.set()
    never: Future[None] = Future()
    monkeypatch.setattr(compilation, "start_compiling", lambda: never)
    began = time.perf_counter()
    day = rich_problem(1, 9, 2)
    plan = solve(day, SearchBudget(seconds=60), control=SearchControl(cancel=cancel))
    assert time.perf_counter() - began < 5
    assert check(day, plan).violations == ()
    assert plan.statistics.method == "construct"
    never.set_exception(RuntimeError("no compiler"))
    with pytest.raises(RuntimeError, match="no compiler"):
        solve(day, SearchBudget(seconds=1))

"""Using several cores: like searches side by side for small problems, neighbouring parts at the same time for large
ones.

The kernel releases the interpreter lock, so threads run side by side and share the matrices. Every thread has its
own random numbers, and parts are joined in a fixed order, so with an iteration budget the result is the same every
time.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from routing.decompose import Chains, ProblemPart, part_data, split
from routing.draft import Draft
from routing.improve import Course, Search
from routing.kernel.arrays import Data
from routing.kernel.build import best_indices, set_rounds
from routing.kernel.load import refresh_all
from routing.model import RoutingProblem
from routing.plan import SearchBudget
from routing.warm import best_draft, start_search
from routing.watch import SearchWatch

LARGE = 500
"""From so many stops on, a problem is split."""
PART_SIZE = 400
CYCLES = 20
"""How often the cut changes during a search: nothing crosses a border between parts, so borders must move."""


def search_parallel(problem: RoutingProblem, draft: Draft, seed: int, watch: SearchWatch) -> Draft:
    """Improve a draft on all cores the caller allows.

    Parameters
    ----------
    problem : RoutingProblem
        Without locks and pickups; split into parts from `LARGE` stops on if it has points.
    draft : Draft
    seed : int
    watch : SearchWatch
        `watch.control.cores` threads are used; the kernel releases the interpreter lock.
    """
    if len(problem.stops) < LARGE or not problem.points:
        return _side_by_side(problem, draft, seed, watch)
    return _by_parts(problem, draft, seed, watch)


def _side_by_side(problem: RoutingProblem, draft: Draft, seed: int, watch: SearchWatch) -> Draft:
    """The same search with different seeds; the best result counts."""
    # Seeds far apart, so that a call with the next seed does not repeat the searches of this one.
    searches = [start_search(problem, draft, seed + 7919 * k) for k in range(watch.control.cores)]
    for search in searches:
        search.clock = watch.control.clock
    budget = watch.rest_of_budget()

    def keep_going(running: Search) -> bool:
        watch.saw(*running.split_cost, running.iterations)
        return not watch.control.is_cancelled

    with ThreadPoolExecutor(len(searches)) as pool:
        list(pool.map(lambda search: search.run(budget, keep_going), searches))
    watch.iterations += max(search.iterations for search in searches)
    best = min(searches, key=lambda search: search.best_cost)
    watch.saw(*best.split_cost, watch.iterations)
    return best_draft(problem, best.data, best.state)


def _by_parts(problem: RoutingProblem, draft: Draft, seed: int, watch: SearchWatch) -> Draft:
    """Cycles of: cut into parts of neighbouring vehicles, improve the parts at the same time, join them."""
    whole = start_search(problem, draft, seed)
    data = whole.data
    mean_leg = whole.mean_leg()
    for cycle in range(CYCLES):
        if watch.is_over:
            break
        watch.saw(*whole.split_cost, watch.iterations)
        course = Course(mean_leg, cycle / CYCLES, (cycle + 1) / CYCLES)
        chains = best_indices(data, whole.state)
        parts = split(problem, chains, PART_SIZE, cycle)
        budget = _share(watch, cycle, len(parts))
        searches = _improve_parts(whole, chains, parts, (seed * 1_000_003 + cycle, course, budget), watch)
        for part, search in zip(parts, searches, strict=True):
            _write_back(part, search, chains)
        joined = Search(data, seed)
        if _load(data, joined, whole, searches, parts, chains):
            whole = joined
        watch.iterations += sum(search.iterations for search in searches)
    watch.saw(*whole.split_cost, watch.iterations)
    return best_draft(problem, data, whole.state)


def _share(watch: SearchWatch, cycle: int, parts: int) -> SearchBudget:
    """What one part may use in this cycle: parts on one core take turns."""
    rest = watch.rest_of_budget()
    left = CYCLES - cycle
    turns = -(-parts // watch.control.cores)
    seconds = None if rest.seconds is None else rest.seconds / left / turns
    return SearchBudget(seconds, None if rest.iterations is None else max(1, rest.iterations // (left * parts)))


def _improve_parts(
    whole: Search,
    chains: Chains,
    parts: Sequence[ProblemPart],
    how: tuple[int, Course, SearchBudget],
    watch: SearchWatch,
) -> list[Search]:
    seed, course, budget = how
    data = whole.data

    def improve(numbered: tuple[int, ProblemPart]) -> Search:
        number, part = numbered
        small = part_data(data, part, data.near.shape[1])
        search = Search(small, seed * 101 + number, clock=watch.control.clock)
        local = {int(c): k for k, c in enumerate(part.stops)}
        rounds = {
            k: [[local[c] for c in stops] for stops in chains[v]] for k, v in enumerate(part.vehicles) if chains[v]
        }
        offset = data.first_window[part.stops] - small.first_window[:-1]
        search.state.window_of[:] = whole.state.best_window[part.stops] - offset
        set_rounds(small, search.state, rounds)
        refresh_all(small, search.state)
        search.run(budget, lambda _: not watch.control.is_cancelled, course)
        return search

    with ThreadPoolExecutor(watch.control.cores) as pool:
        return list(pool.map(improve, enumerate(parts)))


def _write_back(part: ProblemPart, search: Search, chains: Chains) -> None:
    for v, rounds in zip(part.vehicles, best_indices(search.data, search.state), strict=True):
        chains[v] = [[int(part.stops[c]) for c in stops] for stops in rounds]


def _load(
    data: Data, joined: Search, before: Search, searches: Sequence[Search], parts: Sequence[ProblemPart], chains: Chains
) -> bool:
    """Write the joined rounds and the windows in use into an empty search; whether they keep all limits."""
    joined.state.window_of[:] = before.state.best_window
    for part, search in zip(parts, searches, strict=True):
        offset = data.first_window[part.stops] - search.data.first_window[:-1]
        joined.state.window_of[part.stops] = search.state.best_window + offset
    set_rounds(data, joined.state, {v: rounds for v, rounds in enumerate(chains) if rounds})
    return refresh_all(data, joined.state)

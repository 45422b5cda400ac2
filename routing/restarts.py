"""Several shorter searches instead of one long one, and the best choice among the rounds of all of them.

How many rounds a plan has, and which stops share one, is settled while a search is hot; a longer search settles it no
better where rounds are short. So where the budget allows more than one search of sufficient length, the same seconds
are worth more as several (`run_length`).

Measured, percent above the best known. Equal iterations as one search and as six with the choice: R1_2_1 0.97 and
0.23, X-n125 0.21 and 0.02. Ten seconds of a core as one search and as this: X-n110 0.35 and 0.00, X-n120 0.11 and 0.00,
X-n125 0.38 and 0.15, X-n204 1.03 and 0.95. Where vehicles make several rounds it did not help clearly (R201R0.75, 1.6
million iterations as one, four, eight: 0.55, 1.09, 0.40), so there one search is made. Heating the best plan up again
to a quarter of a leg led back to it or gained 0.2 % at most (two generated instances); starting at 4 or 12 legs
did not change the number of rounds (C2_2_5, X-n204).
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from routing.draft import Draft
from routing.improve import Course, Search
from routing.kernel.arrays import ROUNDS_USED, Data
from routing.kernel.build import best_indices, build_data, set_rounds
from routing.kernel.load import refresh_all
from routing.model import RoutingProblem
from routing.plan import SearchBudget
from routing.warm import best_draft, start_search
from routing.watch import SearchWatch

if TYPE_CHECKING:
    from routing.polish import Pool, Stops

ITERATIONS_PER_S = 130_000
"""What one core makes of most problems, for budgets in seconds; it need not be exact."""
MOST_RUNS = 8
LARGEST = 1000
"""Stops beyond which one search needs the whole budget."""
POLISH = 0.1
"""Part of the budget kept for choosing among rounds, and for a last cold search from what was chosen."""
POOL_FROM = 0.35
"""Part of a search after which its rounds are worth keeping: before, they are still hot."""
CHOOSING = 0.7
"""Part of what is left that choosing may take."""
WIDE = 60
"""Neighbours that every other search looks at where there are windows: of two runs of 5 s on two generated instances
with a long horizon, 60 ended 0.7 and 0.3 % below the usual 25, and 100 between them; without windows they were level.
"""
COLD = 0.6
"""Where in the schedule the last search begins."""


def is_choice_of_rounds(data: Data) -> bool:
    """Whether a plan is no more than a choice among rounds, and small enough for an integer program to make it.

    So it is with like vehicles, one round each, and no price on time: a round costs the same whoever makes it and
    whenever. Elsewhere the compiled search alone decides.
    """
    is_alike = data.slots == 1 and len(np.unique(data.kind)) == 1
    is_timeless = not data.per_second.any() and data.change_cost == 0
    return bool(is_alike and is_timeless and len(data.opens) == data.stops <= LARGEST)


def run_length(stops: int, rounds: int) -> int:
    """Iterations that one search should have: the more, the longer the rounds.

    Parameters
    ----------
    stops, rounds : int
        Of the first plan.
    """
    return max(20_000, 150 * stops * stops // max(1, rounds))


def how_many(stops: int, rounds: int, budget: SearchBudget) -> int:
    """Number of searches of sufficient length that a budget allows, at least one."""
    iterations = budget.iterations
    if iterations is None:
        iterations = int((budget.seconds or 0.0) * ITERATIONS_PER_S)
    return max(1, min(MOST_RUNS, iterations // run_length(stops, rounds)))


def search_restarted(problem: RoutingProblem, draft: Draft, seed: int, watch: SearchWatch) -> Draft:
    """Improve a draft of a problem whose plans are a choice of rounds (see `is_choice_of_rounds`).

    Parameters
    ----------
    problem : RoutingProblem
        Without locks and pickups.
    draft : Draft
        What every one of the searches begins from.
    seed : int
    watch : SearchWatch
    """
    restarts = _Restarts(problem, build_data(problem), draft, seed, watch)
    best = restarts.search()
    watch.saw(*best.split_cost, watch.iterations)
    return best_draft(problem, best.data, best.state)


@dataclass
class _Restarts:
    """One call of `search_restarted`."""

    problem: RoutingProblem
    data: Data
    draft: Draft
    seed: int
    watch: SearchWatch

    def search(self) -> Search:
        """Searches on all cores, then the choice among their rounds, then a cold search from what was chosen."""
        from routing.polish import MOST_KEPT, Pool

        whole, cores = self.watch.rest_of_budget(), self.watch.control.cores
        first = self._start(0)
        count = how_many(self.data.stops, int(first.state.total[ROUNDS_USED]), whole)
        budget = _part(whole, (1.0 - POLISH) / count)

        def work(k: int) -> tuple[Search, Pool]:
            search = first if k == 0 else self._start(k)
            pool = Pool(self.data, most=MOST_KEPT // (count * cores))
            if k == 0 or not self.watch.control.is_cancelled:
                self._run(search, budget, pool)
            return search, pool

        with ThreadPoolExecutor(cores) as threads:
            done = list(threads.map(work, range(count * cores)))
        self.watch.iterations += sum(search.iterations for search, _ in done) // cores
        best = min((search for search, _ in done), key=lambda search: search.best_cost)
        if self.watch.is_over:
            return best
        pool = Pool(self.data)
        for _, other in done:
            pool.take(other)
        return self._polish(best, pool)

    def _start(self, k: int) -> Search:
        search = start_search(self.problem, self.draft, self.seed + 7919 * k, self.data)
        if self.data.has_time and k % 2 == 0:
            search.settings = search.settings._replace(near_count=WIDE)
        search.clock = self.watch.control.clock
        return search

    def _run(self, search: Search, budget: SearchBudget, pool: Pool, course: Course | None = None) -> None:
        before = self.watch.iterations

        def keep_going(running: Search) -> bool:
            self.watch.saw(*running.split_cost, before + running.iterations)
            if running.part_done >= POOL_FROM:
                pool.note(running.state)
            return not self.watch.control.is_cancelled

        search.run(budget, keep_going, course)

    def _polish(self, best: Search, pool: Pool) -> Search:
        """A cold search from the best choice among the rounds of the pool, or from the best plan if that is it."""
        rest = self.watch.rest_of_budget()
        seconds = None if rest.seconds is None else CHOOSING * rest.seconds
        chosen = pool.best_choice(best.best_cost, seconds, lambda: self.watch.control.is_cancelled)
        rounds = chosen or [tuple(stops) for chain in best_indices(self.data, best.state) for stops in chain]
        last = self._load(rounds)
        if last is None:
            return best
        self._run(last, self.watch.rest_of_budget(), pool, Course(last.mean_leg(), begin=COLD))
        self.watch.iterations += last.iterations
        return min(best, last, key=lambda search: search.best_cost)

    def _load(self, rounds: list[Stops]) -> Search | None:
        """A search that begins from these rounds; None if they break a limit after all."""
        search = Search(self.data, self.seed - 1, clock=self.watch.control.clock)
        able = [v for v in range(len(self.data.kind)) if self.data.max_rounds[v]]
        set_rounds(self.data, search.state, {v: [stops] for v, stops in zip(able, rounds, strict=False)})
        return search if refresh_all(self.data, search.state) else None


def _part(budget: SearchBudget, part: float) -> SearchBudget:
    seconds = None if budget.seconds is None else budget.seconds * part
    return SearchBudget(seconds, None if budget.iterations is None else max(1, int(budget.iterations * part)))

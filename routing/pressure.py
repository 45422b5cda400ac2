"""Serving everybody first: a search that raises the price of whoever is left out, until nobody is.

On a day that is nearly full, all plans that leave one stop out cost the search the same, whichever stop it is, and it
walks among them without direction. Here a stop that stays out becomes dearer and dearer, so that the hard ones are
placed first and others make room: the weights of the breakout method (Morris 1993, "The breakout method for escaping
from local minima"), as for the ejection pool of Nagata and Bräysy (2009). On four generated days of 300 stops
and twelve teams (level tight, 40,000 iterations) the plain search left 2, 4, 0 and 1 stops out, this one none.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from routing.draft import Draft
from routing.improve import Search
from routing.insertion import Relaxed, fits_alone
from routing.kernel.arrays import BANKED, BEST, COST
from routing.kernel.build import best_indices
from routing.model import MISSED_COST, RoutingProblem
from routing.plan import SearchBudget
from routing.warm import best_draft, start_search
from routing.watch import SearchWatch

SHARE = 0.4
"""The part of the budget after which the search for the cheapest plan begins even if stops are left out."""
EVERY = 500
"""Iterations between two raises."""
FEW = 0.02
"""Up to this part of all stops left out, the day is taken as one on which everybody may be served."""
STEEP, GENTLE = MISSED_COST // 5, MISSED_COST // 500
"""Raises when few are left out, and when many are: there a steep price would buy one hard stop with two easy ones."""
MOST = 20 * MISSED_COST
"""Prices stop rising here, so that sums stay far from the end of the whole numbers."""
CLOSELY_EXAMINED = 100


def serve_all(problem: RoutingProblem, draft: Draft, seed: int, watch: SearchWatch) -> Draft:
    """Serve everybody first: search under rising prices of whoever is left out.

    Parameters
    ----------
    problem : RoutingProblem
        Without locks and pickups. Stops that no team could serve even alone are not waited for.
    draft : Draft
    seed : int
    watch : SearchWatch
        A part `SHARE` of what is left of its budget is used at most.

    Returns
    -------
    Draft
        One that leaves out as few mandatory stops as was found; `draft` itself if it leaves none out.
    """
    search = start_search(problem, draft, seed)
    search.clock = watch.control.clock
    pressing = _Pressing(problem, search, watch)
    if not pressing.is_worth_while():
        return draft
    rest = watch.rest_of_budget()
    seconds = None if rest.seconds is None else rest.seconds * SHARE
    iterations = None if rest.iterations is None else int(rest.iterations * SHARE)
    search.run(SearchBudget(seconds, iterations), pressing.keep_going)
    pressing.note_best()
    watch.iterations += search.iterations
    return pressing.best


@dataclass
class _Pressing:
    """One search under rising prices, and the best plan it met by the true ones."""

    problem: RoutingProblem
    search: Search
    watch: SearchWatch
    best: Draft = field(init=False)

    def __post_init__(self) -> None:
        self._true = self.search.data.prize
        self.search.data = self.search.data._replace(prize=self._true.copy())
        self._best_key = divmod(self.search.best_cost, MISSED_COST)
        self.best = best_draft(self.problem, self.search.data, self.search.state)
        self._hopeless = self._find_hopeless()
        self._next = EVERY

    def _find_hopeless(self) -> set[int]:
        """Stops left out at the start that no team could serve if it had nothing else to do."""
        left = [c for c in self._left_out() if self._true[c] == MISSED_COST]
        hopeless = {c for c in left if not self.search.data.allowed[:, c].any()}
        maybe = [c for c in left if c not in hopeless][:CLOSELY_EXAMINED]
        return hopeless | {c for c in maybe if not fits_alone(self.problem, self.problem.stops[c], Relaxed())}

    def _left_out(self) -> list[int]:
        state = self.search.state
        return [int(c) for c in state.bank[: int(state.total[BANKED])]]

    def is_worth_while(self) -> bool:
        """Whether a mandatory stop is left out that could be served."""
        return self._best_key[0] > len(self._hopeless)

    def keep_going(self, search: Search) -> bool:
        """Raise prices now and then; whether to go on."""
        if search.iterations >= self._next:
            self._next = search.iterations + EVERY
            self.note_best()
            self._raise_prices()
        self.watch.saw(*self._best_key, self.watch.iterations + search.iterations)
        return self.is_worth_while() and not self.watch.control.is_cancelled

    def note_best(self) -> None:
        """Keep the best plan since the last raise if it is the best of all by the true prices."""
        data, state = self.search.data, self.search.state
        served = [c for rounds in best_indices(data, state) for stops in rounds for c in stops]
        left = np.ones(data.stops, dtype=np.bool_)
        left[served] = False
        total = int(state.total[BEST]) - int(data.prize[left].sum()) + int(self._true[left].sum())
        key = divmod(total, MISSED_COST)
        if int(state.total[BEST]) < 1 << 60 and key < self._best_key:
            self._best_key = key
            self.best = best_draft(self.problem, data, state)

    def _raise_prices(self) -> None:
        """What is left out now becomes dearer; the next plan that the search accepts counts as its best."""
        state, prize = self.search.state, self.search.data.prize
        left = [c for c in self._left_out() if self._true[c] == MISSED_COST and prize[c] < MOST]
        rise = STEEP if len(left) <= FEW * len(prize) else GENTLE
        prize[left] += rise
        state.total[COST] += rise * len(left)
        state.total[BEST] = 1 << 60

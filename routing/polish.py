"""The best choice among all rounds that searches have met: set partitioning over a pool.

Several searches of one problem end with different plans whose good rounds fit together; choosing among the rounds of
all of them (M. L. Balinski and R. E. Quandt, "On an integer program for a delivery problem", Operations Research 12(2),
1964) finds plans that none of them met. The relaxation without whole numbers bounds what can be gained at all; a round
whose reduced cost is larger than that is in no better plan, which leaves few for the integer program (SCIP).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from ortools.linear_solver import pywraplp

from routing.kernel.arrays import Data, SearchState

Stops = tuple[int, ...]
"""The stops of a round, by number, in order."""
Priced = tuple[int, Stops]
Floats = npt.NDArray[np.float64]
LONGEST_S = 0.8
"""Seconds for the relaxation and for the integer program at most: neither can be cancelled."""
NODES = 2
"""Branches of the integer program where seconds do not count, after which it answers what it has."""
MOST_COLUMNS = 3000
"""Rounds that the integer program chooses from."""
MOST_KEPT = 12_000
"""Rounds that the relaxation looks at."""


@dataclass
class Pool:
    """Rounds met so far, for each set of stops the cheapest order.

    Attributes
    ----------
    data : Data
        The problem; `routing.restarts.is_choice_of_rounds` holds for it.
    cheapest : dict
        Cost and order of the best round met for each set of stops.
    most : int
        So many rounds are kept; those met first, when the search was hotter, go first.
    """

    data: Data
    cheapest: dict[frozenset[int], Priced] = field(default_factory=dict)
    most: int = MOST_KEPT

    def note(self, state: SearchState) -> None:
        """Take in the rounds of the solution at hand."""
        data = self.data
        following, leg = state.following.tolist(), state.leg.tolist()
        per_metre, fixed = int(data.per_metre[0]), int(data.fixed_cost[0] + data.round_cost[0])
        for r in np.flatnonzero(state.used).tolist():
            depot = c = data.stops + r
            metres, stops = leg[depot], []
            while (c := following[c]) != depot:
                stops.append(c)
                metres += leg[c]
            self._keep(frozenset(stops), (per_metre * metres + fixed, tuple(stops)))

    def take(self, other: Pool) -> None:
        """Take in the rounds of another pool."""
        for key, priced in other.cheapest.items():
            self._keep(key, priced)

    def _keep(self, key: frozenset[int], priced: Priced) -> None:
        known = self.cheapest.get(key)
        if known is None or priced[0] < known[0]:
            self.cheapest[key] = priced
            if len(self.cheapest) > self.most:
                del self.cheapest[next(iter(self.cheapest))]

    def best_choice(
        self, best_cost: int, seconds: float | None, is_cancelled: Callable[[], bool] = lambda: False
    ) -> list[Stops] | None:
        """Rounds of the pool that together cost less than `best_cost`, stops left out included; None if none do.

        Parameters
        ----------
        best_cost : int
            What the best plan so far costs.
        seconds : float or None
            Limit for the integer program; None for a result that does not depend on the clock.
        is_cancelled : callable
            Asked before the integer program begins.
        """
        rounds = list(self.cheapest.values())
        reduced, bound = _relaxation(self.data, rounds, seconds)
        slack = best_cost - 1 - bound
        if slack < 0 or is_cancelled():
            return None
        worth = np.flatnonzero(reduced <= slack + 1e-6)
        if len(worth) > MOST_COLUMNS:
            worth = np.sort(np.argsort(reduced, kind="stable")[:MOST_COLUMNS])
        return _choose(self.data, [rounds[k] for k in worth], best_cost, seconds)


def _model(data: Data, rounds: Sequence[Priced], name: str) -> tuple[Any, list[Any]]:
    """Each stop in one round or left out, no more rounds than vehicles; the variables of the rounds."""
    model = pywraplp.Solver.CreateSolver(name)
    taken = [model.BoolVar("") if name == "SCIP" else model.NumVar(0, model.infinity(), "") for _ in rounds]
    left = [model.NumVar(0, 1, "") for _ in range(data.stops)]
    once = [model.Constraint(1, 1) for _ in range(data.stops)]
    fleet = model.Constraint(0, int((data.max_rounds > 0).sum()))
    goal = model.Objective()
    for variable, (cost, stops) in zip(taken, rounds, strict=True):
        goal.SetCoefficient(variable, cost)
        fleet.SetCoefficient(variable, 1)
        for c in stops:
            once[c].SetCoefficient(variable, 1)
    for c, variable in enumerate(left):
        goal.SetCoefficient(variable, int(data.prize[c]))
        once[c].SetCoefficient(variable, 1)
    goal.SetMinimization()
    return model, taken


def _relaxation(data: Data, rounds: Sequence[Priced], seconds: float | None) -> tuple[Floats, float]:
    """Reduced cost of each round, and the cost below which no choice lies."""
    model, taken = _model(data, rounds, "GLOP")
    _limit(model, seconds)
    if model.Solve() != pywraplp.Solver.OPTIMAL:
        return np.zeros(len(rounds)), 0.0
    return np.array([variable.reduced_cost() for variable in taken]), float(model.Objective().Value())


def _choose(data: Data, rounds: Sequence[Priced], best_cost: int, seconds: float | None) -> list[Stops] | None:
    model, taken = _model(data, rounds, "SCIP")
    if seconds is None:
        model.SetSolverSpecificParametersAsString(f"limits/nodes = {NODES}\n")
    _limit(model, seconds)
    if model.Solve() not in (pywraplp.Solver.OPTIMAL, pywraplp.Solver.FEASIBLE):
        return None
    if round(model.Objective().Value()) >= best_cost:
        return None
    return [stops for variable, (_, stops) in zip(taken, rounds, strict=True) if variable.solution_value() > 0.5]


def _limit(model: Any, seconds: float | None) -> None:
    if seconds is not None:
        model.SetTimeLimit(max(1, int(1000 * min(seconds, LONGEST_S))))

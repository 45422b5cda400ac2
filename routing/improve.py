"""Driving the compiled search: clock, temperature, progress and cancellation stay here, in plain Python."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from routing.kernel.anneal import anneal
from routing.kernel.arrays import BANKED, BEST, COST, ROUNDS_USED, Data, Settings, State
from routing.kernel.build import empty_state, empty_work
from routing.kernel.rng import seeded
from routing.model import MISSED_COST
from routing.plan import Budget

CHUNK_S = 0.02
FIXED_CHUNK = 500

Heat = tuple[float, float]
"""Temperature at the beginning and at the end, in units of cost."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """How the temperature falls, in parts of the mean cost per leg at the start."""

    start: float = 0.5
    end: float = 0.003


@dataclass
class Search:
    """One run of the kernel over one problem."""

    data: Data
    seed: int
    settings: Settings = field(default_factory=lambda: Settings(10.0, 10.0, 0.5, 0.01, 0.01, 0.02, 40))
    schedule: Schedule = Schedule()
    state: State = field(init=False)
    iterations: int = 0

    def __post_init__(self) -> None:
        self.state = empty_state(self.data)
        self._work = empty_work(self.data)
        self._rng = seeded(self.seed)

    @property
    def best_cost(self) -> int:
        """Cost of the best solution, stops left out included."""
        return int(self.state.total[BEST])

    @property
    def split_cost(self) -> tuple[int, int]:
        """Mandatory stops left out, and the cost of the rest."""
        return divmod(self.best_cost, MISSED_COST)

    def fill(self) -> None:
        """Insert whatever is not served yet, without searching."""
        self._anneal(1, 0.0, is_filling=True)

    def run(self, budget: Budget, keep_going: Callable[[Search], bool], heat: Heat | None = None) -> None:
        """Search until the budget is used up or `keep_going`, asked about fifty times a second, says no.

        Without `heat` the temperature falls from and to the parts of the mean leg that `schedule` names.
        """
        self.fill()
        hot, cold = heat or self.natural_heat()
        began, chunk = time.perf_counter(), FIXED_CHUNK
        while keep_going(self):
            now = time.perf_counter()
            part = self._part_done(budget, now - began)
            if part >= 1.0:
                return
            if budget.iterations is not None:
                chunk = min(FIXED_CHUNK, budget.iterations - self.iterations)
            self._anneal(chunk, hot * (cold / hot) ** part)
            self.iterations += chunk
            if budget.iterations is None:
                chunk = max(10, min(20_000, int(chunk * CHUNK_S / max(1e-5, time.perf_counter() - now))))

    def _anneal(self, iterations: int, temperature: float, *, is_filling: bool = False) -> None:
        how = (iterations, temperature, is_filling)
        anneal(self.data, self.state, self._work, self.settings, self._rng, how)

    def _part_done(self, budget: Budget, elapsed_s: float) -> float:
        if budget.iterations is not None:
            by_iterations = self.iterations / budget.iterations if budget.iterations else 1.0
            return 1.0 if budget.seconds is not None and elapsed_s >= budget.seconds else by_iterations
        return elapsed_s / budget.seconds if budget.seconds else 1.0

    def natural_heat(self) -> Heat:
        """Temperatures at the beginning and at the end, from the mean cost of a leg now."""
        mean_leg = self._mean_leg()
        return self.schedule.start * mean_leg, self.schedule.end * mean_leg

    def _mean_leg(self) -> float:
        """Mean cost of a leg, stops left out not counted."""
        left = self.state.bank[: int(self.state.total[BANKED])]
        served_cost = int(self.state.total[COST]) - int(self.data.prize[left].sum())
        legs = self.data.stops - len(left) + int(self.state.total[ROUNDS_USED])
        return max(1.0, served_cost / max(1, legs))

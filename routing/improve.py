"""Driving the compiled search: clock, temperature, progress and cancellation stay here, in plain Python."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from routing.kernel.anneal import anneal
from routing.kernel.arrays import BANKED, BEST, COST, ROUNDS_USED, Data, SearchSettings, SearchState
from routing.kernel.empty import empty_state, empty_work
from routing.kernel.rng import seeded
from routing.model import MISSED_COST
from routing.plan import SearchBudget

CHUNK_S = 0.02
"""Seconds of compiled search between two looks at clock and cancellation, which only Python can take."""
FIXED_CHUNK = 500
"""Iterations between them where iterations are counted: by the clock the temperature would fall in other steps each
time, and the same budget would give another plan."""

SETTINGS = SearchSettings(
    removals=10.0, longest=10.0, split_rate=0.5, split_depth=0.01, blink=0.01, whole_rate=0.02, near_count=25
)
"""As in the paper, but for `whole_rate` and `near_count`.

Of one to two runs of 6 s each on four to five instances (two runs of one setting differ by up to 0.5 %): 7 removals
instead of 10 cost 0.2 % on X-n204, 15 cost 0.3 % on X-n125; blinks of 0.05 won 0.5 % on X-n204 and lost as much on
X-n120; 25 neighbours are looked at in two thirds of the time of 40 and found equal plans, 15 were
0.3 % worse on X-n120.
"""


@dataclass(frozen=True, slots=True)
class Schedule:
    """How the temperature falls, exponentially, in parts of the mean cost per leg at the start.

    Chosen from where plans freeze: with each of 24 temperatures held for 0.4 s, cost fell between 0.3 and 0.02 of a
    leg on X-n120, X-n204, RC201 and two generated instances, and no longer below 0.01. The stretch above 0.3 settles
    how many rounds there are: started at 0.4 with long rounds (X-n120 and a generated instance of 24 stops a round),
    two runs of eight ended 1 and 3.5 % above the others.
    """

    start: float = 1.0
    end: float = 0.01

    def at(self, part: float) -> float:
        """Temperature when `part` (0 to 1) of the budget is used."""
        temperature: float = self.start * (self.end / self.start) ** part
        return temperature


@dataclass(frozen=True, slots=True)
class Course:
    """The stretch of a schedule that one run covers, and the mean leg its temperatures are counted in."""

    mean_leg: float
    begin: float = 0.0
    end: float = 1.0


@dataclass
class Search:
    """One run of the kernel over one problem."""

    data: Data
    seed: int
    settings: SearchSettings = SETTINGS
    schedule: Schedule = Schedule()
    clock: Callable[[], float] = time.perf_counter
    state: SearchState = field(init=False)
    iterations: int = 0
    part_done: float = 0.0
    """How much of the budget of `run` is used, 0 to 1."""

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

    def run(self, budget: SearchBudget, keep_going: Callable[[Search], bool], course: Course | None = None) -> None:
        """Search until the budget is used up or `keep_going`, asked about fifty times a second, says no.

        Without a `course` the temperature falls over the whole schedule, in parts of the mean leg now.
        """
        self.fill()
        course = course or Course(self.mean_leg())
        began, chunk = self.clock(), FIXED_CHUNK
        while keep_going(self):
            now = self.clock()
            part = self.part_done = self._part_done(budget, now - began)
            if part >= 1.0:
                return
            if budget.iterations is not None:
                chunk = min(FIXED_CHUNK, budget.iterations - self.iterations)
            way = course.begin + (course.end - course.begin) * part
            self._anneal(chunk, course.mean_leg * self.schedule.at(way))
            self.iterations += chunk
            if budget.iterations is None:
                chunk = max(10, min(20_000, int(chunk * CHUNK_S / max(1e-5, self.clock() - now))))

    def _anneal(self, iterations: int, temperature: float, *, is_filling: bool = False) -> None:
        how = (iterations, temperature, is_filling)
        anneal(self.data, self.state, self._work, self.settings, self._rng, how)

    def _part_done(self, budget: SearchBudget, elapsed_s: float) -> float:
        if budget.iterations is not None:
            by_iterations = self.iterations / budget.iterations if budget.iterations else 1.0
            return 1.0 if budget.seconds is not None and elapsed_s >= budget.seconds else by_iterations
        return elapsed_s / budget.seconds if budget.seconds else 1.0

    def mean_leg(self) -> float:
        """Mean cost of a leg, stops left out not counted."""
        left = self.state.bank[: int(self.state.total[BANKED])]
        served_cost = int(self.state.total[COST]) - int(self.data.prize[left].sum())
        legs = self.data.stops - len(left) + int(self.state.total[ROUNDS_USED])
        return max(1.0, served_cost / max(1, legs))

"""Clock, cancellation, progress and trace of one call of `solve`."""

from __future__ import annotations

import threading

from routing.plan import SearchBudget, SearchControl, SearchProgress, Statistics

REPORT_EVERY_S = 0.2
"""Seconds between two reports: the search looks up fifty times a second, which nobody can read."""


class SearchWatch:
    """Knows when to stop and tells the caller how far the search is. Safe to use from several threads."""

    def __init__(self, control: SearchControl, budget: SearchBudget) -> None:
        self.control = control
        self.budget = budget
        self.iterations = 0
        self.lower_bound: int | None = None
        self.spent = 0
        """Cost of what is locked: searches know only the rest."""
        self._began = self.control.clock()
        self._last_report = -REPORT_EVERY_S
        self._best: tuple[int, int] | None = None
        self._trace: list[tuple[float, int]] = []
        self._lock = threading.Lock()

    @property
    def elapsed_s(self) -> float:
        """Seconds since the call."""
        return self.control.clock() - self._began

    @property
    def remaining_s(self) -> float | None:
        """Seconds left, or None when only iterations are counted."""
        return None if self.budget.seconds is None else max(0.0, self.budget.seconds - self.elapsed_s)

    @property
    def is_over(self) -> bool:
        """Whether time or iterations are used up or the caller asked to stop."""
        out_of_time = self.budget.seconds is not None and self.elapsed_s >= self.budget.seconds
        out_of_iterations = self.budget.iterations is not None and self.iterations >= self.budget.iterations
        return self.control.is_cancelled or out_of_time or out_of_iterations

    def rest_of_budget(self) -> SearchBudget:
        """What is left of the budget."""
        left = None if self.budget.iterations is None else max(0, self.budget.iterations - self.iterations)
        return SearchBudget(self.remaining_s, left)

    def saw(self, missed: int, cost: int, iterations: int) -> None:
        """Note the best plan of a running search and pass it on now and then."""
        cost += self.spent
        with self._lock:
            if self._best is None or (missed, cost) < self._best:
                self._best = (missed, cost)
                if missed == 0:
                    self._trace.append((self.elapsed_s, cost))
            best = self._best
            is_due = self.elapsed_s - self._last_report >= REPORT_EVERY_S
            if is_due:
                self._last_report = self.elapsed_s
        if is_due:
            self.report(SearchProgress(self.elapsed_s, best[1], best[0], iterations, self.lower_bound))

    def report(self, progress: SearchProgress) -> None:
        """Call the caller back."""
        if self.control.on_progress is not None:
            self.control.on_progress(progress)

    def statistics(self, method: str, seed: int) -> Statistics:
        """What the plan says about its search."""
        return Statistics(
            method=method,
            seed=seed,
            iterations=self.iterations,
            is_cancelled=self.control.is_cancelled,
            lower_bound=self.lower_bound,
            seconds=self.elapsed_s,
            trace=tuple(self._trace),
        )

"""Searches that go wrong, called by name in the child process of the planner, and one that runs in this process."""

from __future__ import annotations

import os
import time
from typing import Any

from routing import RoutePlan, RoutingProblem, solve
from routing.plan import SearchBudget


def hangs(*_arguments: Any, **_more: Any) -> RoutePlan:
    """Never comes back, whatever it is told."""
    while True:
        time.sleep(60)


def dies(*_arguments: Any, **_more: Any) -> RoutePlan:
    """Ends its process, as the kernel does with one that takes too much memory."""
    os._exit(137)


def fails(*_arguments: Any, **_more: Any) -> RoutePlan:
    """Raises an error."""
    raise RuntimeError("no")


def lies(problem: RoutingProblem, _start: RoutePlan | None, **_more: Any) -> RoutePlan:
    """A plan for another problem."""
    return solve(problem.with_changes(stops=()), SearchBudget(iterations=0))


class InThisProcess:
    """Stands in for `routing.supervise.searcher`: the same searches, counted in iterations, without a child."""

    def __init__(self, iterations: int) -> None:
        self.iterations = iterations

    def run(
        self, _name: str, problem: RoutingProblem, start: RoutePlan | None, *, seed: int, **_more: Any
    ) -> RoutePlan:
        return solve(problem, SearchBudget(iterations=self.iterations), seed, start)

"""Searches that go wrong, called by name in the child process of the planner, and one that runs in this process."""

from __future__ import annotations

import os
import time
from typing import Any

from routing import Plan, Problem, solve
from routing.plan import Budget


def hangs(*_arguments: Any, **_more: Any) -> Plan:
    """Never comes back, whatever it is told."""
    while True:
        time.sleep(60)


def dies(*_arguments: Any, **_more: Any) -> Plan:
    """Ends its process, as the kernel does with one that takes too much memory."""
    os._exit(137)


def fails(*_arguments: Any, **_more: Any) -> Plan:
    """Raises an error."""
    raise RuntimeError("no")


def lies(problem: Problem, _start: Plan | None, **_more: Any) -> Plan:
    """A plan for another problem."""
    return solve(problem.with_changes(stops=()), Budget(iterations=0))


class InThisProcess:
    """Stands in for `routing.supervise.searcher`: the same searches, counted in iterations, without a child."""

    def __init__(self, iterations: int) -> None:
        self.iterations = iterations

    def run(self, _name: str, problem: Problem, start: Plan | None, *, seed: int, **_more: Any) -> Plan:
        return solve(problem, Budget(iterations=self.iterations), seed, start)

"""One door to all methods: the problem goes in, the best checked plan comes out."""

from __future__ import annotations

import time

from routing.construct import construct
from routing.evaluate import build_plan
from routing.model import Problem
from routing.plan import Budget, Control, Plan, Statistics
from routing.reasons import explain


def solve(
    problem: Problem, budget: Budget, seed: int = 0, start: Plan | None = None, control: Control | None = None
) -> Plan:
    """Plan the rounds of `problem`.

    Parameters
    ----------
    problem : Problem
        What to plan.
    budget : Budget
        Seconds by the clock, or iterations: then the same problem, seed and budget give the same plan, byte for byte.
    seed : int
        Seed of the search.
    start : Plan, optional
        A plan to begin from.
    control : Control, optional
        Progress callback, cancel event, number of cores.

    Returns
    -------
    Plan
        Always a plan that `routing.check` accepts; stops that could not be served are in `plan.unserved` with a reason.
    """
    began = time.perf_counter()
    rounds = construct(problem)
    served = {name for chain in rounds.values() for stops in chain for name in stops}
    return build_plan(
        problem,
        rounds,
        explain(problem, rounds, served),
        Statistics("construct", seed, seconds=time.perf_counter() - began),
    )

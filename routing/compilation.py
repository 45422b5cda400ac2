"""Compiling the kernel before the clock starts; on disk it is kept, so this takes long only once per installation."""

from __future__ import annotations

from functools import cache

import numpy as np

from routing.draft import Draft
from routing.model import Depot, Problem, Stop, Vehicle
from routing.plan import Budget
from routing.travel_times import Matrix


@cache
def ensure_compiled() -> None:
    """Run the kernel once on two stops."""
    from routing.bound import lower_bound
    from routing.portfolio import start_search

    metres = np.array([[0, 1, 2], [1, 0, 1], [2, 1, 0]], dtype=np.int32)
    stops = (Stop("a", 1), Stop("b", 2))
    problem = Problem((Depot("d", 0),), stops, (Vehicle("v", "d"),), (Matrix("foot", metres, metres),))
    search = start_search(problem, Draft({"v": [["a"]]}), seed=1)
    search.run(Budget(iterations=1), lambda _: True)
    lower_bound(problem)

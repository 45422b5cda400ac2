"""Which stops are near which: by metres, and where windows matter also by how well one follows the other in time."""

from __future__ import annotations

import numpy as np

from routing.kernel.arrays import I32
from routing.model import Problem


def neighbours(problem: Problem, count: int) -> I32:
    """[n, k] the `count` nearest other stops of each stop, the nearest first; ties go to the lower number."""
    places = np.array([stop.location for stop in problem.stops], dtype=np.int64)
    n = len(places)
    count = min(count, n - 1)
    near = np.zeros((n, count), dtype=np.int32)
    if count <= 0:
        return near
    metres = problem.matrices[0].metres
    for c in range(n):
        there_and_back = metres[places[c], places].astype(np.int64) + metres[places, places[c]]
        there_and_back[c] = np.iinfo(np.int64).max
        closest = np.argpartition(there_and_back, count - 1)[:count] if count < n - 1 else np.delete(np.arange(n), c)
        closest.sort()
        near[c] = closest[np.argsort(there_and_back[closest], kind="stable")]
    return near

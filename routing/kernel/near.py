"""Which stops are near which."""

from __future__ import annotations

import numpy as np

from routing.kernel.arrays import I32, I64


def nearest(metres: I32, places: I64, count: int) -> I32:
    """[n, k] the `count` nearest other stops of each stop, there and back, the nearest first; ties to the lower
    number.

    `places` are the locations of the stops in the square matrix `metres`.
    """
    n = len(places)
    count = min(count, n - 1)
    near = np.zeros((n, max(count, 0)), dtype=np.int32)
    if count <= 0:
        return near
    for c in range(n):
        there_and_back = metres[places[c], places].astype(np.int64) + metres[places, places[c]]
        there_and_back[c] = np.iinfo(np.int64).max
        closest = np.argpartition(there_and_back, count - 1)[:count] if count < n - 1 else np.delete(np.arange(n), c)
        closest.sort()
        near[c] = closest[np.argsort(there_and_back[closest], kind="stable")]
    return near

"""The cheapest tree over stops and depot, compiled: the inner loop of `routing.bound`."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from routing.kernel.compiled import compiled

Ints = npt.NDArray[np.int64]
FAR = 1 << 40
"""Cost of an edge that no plan uses."""


@compiled
def cheapest_tree(edges: Ints, price: Ints, from_depot: Ints, scratch: Ints, degree: Ints) -> int:
    """Cost of the cheapest spanning tree (Prim 1957), dense, in O(n²).

    `edges` [n, n] is symmetric; stop i costs `price[i]` more for each edge at it, except in `from_depot` [n], which
    already has it. `scratch` [3, n] is overwritten: row 0 ends as -1 for a stop that hangs on the depot, else as the
    stop it hangs on. To `degree` [n] the edges at each stop are added.
    """
    n = price.shape[0]
    parent, cheapest, is_in = scratch[0], scratch[1], scratch[2]
    for i in range(n):
        parent[i], cheapest[i], is_in[i] = -1, from_depot[i], 0
    total = 0
    for _ in range(n):
        best = -1
        for i in range(n):
            if is_in[i] == 0 and (best < 0 or cheapest[i] < cheapest[best]):
                best = i
        is_in[best] = 1
        total += cheapest[best]
        degree[best] += 1
        if parent[best] >= 0:
            degree[parent[best]] += 1
        for i in range(n):
            cost = edges[best, i] + price[best] + price[i]
            if is_in[i] == 0 and cost < cheapest[i]:
                cheapest[i], parent[i] = cost, best
    return int(total)

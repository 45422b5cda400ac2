"""The way to a stop and home again, and the part of a round that its load takes.

A round is never shorter than the way to its farthest stop and home, and its loads add up to no more than a full one;
so the ways out and home, each weighed with the part of a full round that the stop's load takes, add up to no more
than the rounds (Haimovich and Rinnooy Kan 1985, "Bounds and heuristics for capacitated routing problems").
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from routing.model import Stop, Vehicle

Ints = npt.NDArray[np.int64]


def round_share(stop: Stop, team: Vehicle) -> float:
    """The part of a full round of the team that this stop's load takes; 0 for what is not brought from the depot."""
    if stop.is_pickup or stop.pair is not None:
        return 0.0
    pairs = ((stop.load.g, team.capacity.g), (stop.load.ml, team.capacity.ml), (stop.load.bags, team.capacity.bags))
    return min(1.0, max((load / capacity if capacity else 0.0) for load, capacity in pairs))


def shortest_legs(first: Ints, legs: Ints) -> Ints:
    """Shortest ways to each place when the direct ones are `first` [n] and each step costs `legs` [from, to].

    Travel times that were rounded or asked of a road service can make a detour shorter than the direct way.
    """
    while True:
        better: Ints = np.minimum(first, (first[:, None] + legs).min(axis=0, initial=np.iinfo(np.int64).max))
        if np.array_equal(better, first):
            return first
        first = better

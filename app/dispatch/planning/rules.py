"""Which bags of a building travel together: a building that is too much for one round is cut into parts.

A part is taken by one team at once and served without a break, so it must fit a team in every measure *at the same
time* (a team with room for the weight and another with room for the volume are no help) and its service must fit into
the hours of the building. Bags stay in the order of doors, so that a part is a run of neighbouring doors.

    bags (kg)           team takes    parts
    5 5 5               20            5 5 5
    15 15 15 15         30            15 15 | 15 15
    15 15               20, 40        15 15               (for the largest), 15 | 15 (for the smallest)
    60 5                20            60 | 5              a bag that nobody takes stands alone
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

Item = TypeVar("Item")


def split_into_runs(items: Sequence[Item], may_travel_together: Callable[[Sequence[Item]], bool]) -> list[list[Item]]:
    """Split `items`, kept in order, into as few runs as possible that may each travel together.

    What may not travel even by itself becomes a run of its own.
    """
    parts: list[list[Item]] = []
    for item in items:
        if parts and may_travel_together([*parts[-1], item]):
            parts[-1].append(item)
        else:
            parts.append([item])
    return parts


def most_together(items: Sequence[Item], may_travel_together: Callable[[Sequence[Item]], bool]) -> int:
    """How many of the first `items` may travel together at most; a shorter run is taken to be possible whenever a
    longer one is. 0 where not even the first may."""
    low, high = 0, len(items)
    while low < high:
        middle = (low + high + 1) // 2
        if may_travel_together(items[:middle]):
            low = middle
        else:
            high = middle - 1
    return low

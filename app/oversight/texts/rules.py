"""What may be said in a group: how a room is masked, and staggered times to collect.

    room      shown      masked     hidden
    302       302        3**        (nothing)
    1201      1201       12**       (nothing)
    401(2)    401(2)     4**        (nothing): not even that two families live there
    甲        甲         *          (nothing)

Slots: floors of each stairwell one after the other, the lowest first, so that people on one staircase do not meet; a
slot takes at most `most` households, a floor is never split over two slots.

    floors with households (1: 2, 2: 2, 3: 1), most 3  →  [1], [2, 3]
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

_ROOM = re.compile(r"(\d+?)(\d{2})(?!\d)")


class Rooms(StrEnum):
    """How rooms are shown in a text for a group."""

    HIDDEN = "hidden"
    MASKED = "masked"
    SHOWN = "shown"


def masked(room: str, how: Rooms) -> str:
    """A room number as a group may read it; empty for hidden."""
    if how == Rooms.HIDDEN:
        return ""
    if how == Rooms.SHOWN:
        return room
    found = _ROOM.match(room.split("(")[0])
    return f"{found[1]}**" if found else "*"


@dataclass(frozen=True, slots=True)
class Floor:
    """One floor of a stairwell and how many households on it collect something. `floor` 0: not known."""

    stairwell: str
    floor: int
    households: int


@dataclass(frozen=True, slots=True)
class CollectionSlot:
    """Ten minutes for some floors of one stairwell."""

    stairwell: str
    floors: tuple[int, ...]
    starts_at: datetime
    ends_at: datetime


def slots(
    floors: Iterable[Floor], start: datetime, most: int = 6, length: timedelta = timedelta(minutes=10)
) -> list[CollectionSlot]:
    """Staggered times to collect from `start` on; stairwells collect side by side, each in its own row of slots."""
    by_stairwell: dict[str, list[Floor]] = {}
    for floor in floors:
        by_stairwell.setdefault(floor.stairwell, []).append(floor)
    found = []
    for stairwell, own in by_stairwell.items():
        for number, group in enumerate(_groups(sorted(own, key=lambda one: one.floor), most)):
            begins = start + number * length
            found.append(CollectionSlot(stairwell, tuple(one.floor for one in group), begins, begins + length))
    return found


def _groups(floors: Sequence[Floor], most: int) -> list[list[Floor]]:
    groups: list[list[Floor]] = []
    for floor in floors:
        if groups and sum(one.households for one in groups[-1]) + floor.households <= most:
            groups[-1].append(floor)
        else:
            groups.append([floor])
    return groups

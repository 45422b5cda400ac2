"""The one order of rooms and buildings on paper, and the floor-by-room grid. Pure.

Truth table of floor order (`in_walking_order`):

    has_lift | floors on the list
    yes      | 6 5 4 3 2 1   (ride up, walk down)
    no       | 1 2 3 4 5 6   (walk up, deliver on the way)

Rooms without a floor (villas, shops) follow at the end; inside a floor rooms go up in natural order.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from app.core.text.natural import natural_key


class Room(Protocol):
    """What the order of a list needs to know of a row."""

    @property
    def room(self) -> str: ...
    @property
    def floor(self) -> int | None: ...
    @property
    def stairwell(self) -> str: ...


RoomT = TypeVar("RoomT", bound=Room)


def in_walking_order(rows: Iterable[RoomT], has_lift: bool) -> tuple[RoomT, ...]:
    """Return rows by stairwell, then floor in walking order, then room."""

    def key(row: RoomT) -> tuple[str, bool, int, str]:
        floor = row.floor or 0
        return natural_key(row.stairwell), row.floor is None, -floor if has_lift else floor, natural_key(row.room)

    return tuple(sorted(rows, key=key))


GRID_COLUMNS = 12  # doors of a floor side by side on paper


@dataclass(frozen=True)
class GridCell:
    """One door in the floor-by-room grid; ``bags`` 0 means nothing to bring, ``numbers`` says which (3、4)."""

    room: str
    bags: int
    numbers: str = ""


@dataclass(frozen=True)
class GridFloor:
    """One floor of a stairwell, cells in column order, None where there is no such door."""

    floor: int
    cells: tuple[GridCell | None, ...]


@dataclass(frozen=True)
class StairwellGrid:
    """The floor-by-room picture of one stairwell."""

    stairwell: str
    floors: tuple[GridFloor, ...]


def _door(room: str, floor: int) -> str:
    """Return the part of a room number after its floor: 302 on floor 3 is door 02."""
    tail = room.rsplit("-", 1)[-1]
    return tail.removeprefix(str(floor)) or tail


def floor_grid(cells: Sequence[tuple[str, int, GridCell]]) -> tuple[StairwellGrid, ...]:
    """Arrange (stairwell, floor, cell) triples as one grid per stairwell, or several where it has a long corridor.

    The grid is a picture of the house: the highest floor is on top whether or not there is a lift.
    The walk itself is the order of the list.
    """
    grids = []
    for stairwell in sorted({triple[0] for triple in cells}, key=natural_key):
        own = [(floor, _door(cell.room, floor), cell) for name, floor, cell in cells if name == stairwell]
        doors = sorted({door for _, door, _ in own}, key=natural_key)
        by_place = {(floor, door): cell for floor, door, cell in own}
        floors = sorted({floor for floor, _, _ in own}, reverse=True)
        for part in _parts(doors):
            rows = tuple(GridFloor(floor, tuple(by_place.get((floor, door)) for door in part)) for floor in floors)
            grids.append(StairwellGrid(stairwell, rows))
    return tuple(grids)


def _parts(doors: Sequence[str]) -> Iterator[Sequence[str]]:
    """A corridor wider than the paper becomes several pictures of equal width."""
    width = -(-len(doors) // -(-len(doors) // GRID_COLUMNS))
    for first in range(0, len(doors), width):
        yield doors[first : first + width]


_NUMBERED = re.compile(r"(\d+)(\D*)")


def stairwell_list(names: Iterable[str]) -> str:
    """Return stairwells in natural order, runs drawn together.

    1单元 2单元 3单元 5单元   1–3单元、5单元
    1单元 2单元              1、2单元
    A座 B座                  A座、B座
    """
    runs: list[tuple[int, int, str]] = []
    shown: list[str] = []
    for name in sorted(names, key=natural_key):
        match = _NUMBERED.fullmatch(name)
        if match is None:
            shown.append(name)
        elif runs and runs[-1][1] + 1 == int(match[1]) and runs[-1][2] == match[2]:
            runs[-1] = (runs[-1][0], int(match[1]), match[2])
        else:
            runs.append((int(match[1]), int(match[1]), match[2]))
    return "、".join([_run(*run) for run in runs] + shown)


def _run(first: int, last: int, word: str) -> str:
    if last == first:
        return f"{first}{word}"
    return f"{first}、{last}{word}" if last == first + 1 else f"{first}–{last}{word}"


SLOT_MINUTES, HOUSEHOLDS_A_SLOT, SORTING_MINUTES = 10, 6, 10


def collection_slots(doors: Iterable[RoomT], arrives_minute: int | None) -> list[tuple[RoomT, str]]:
    """Return each door with its slot, in the order of the slots; the slot is empty while the arrival is not known.

    Stairwells collect side by side, the lowest floor first; ten minutes for at most six households, a floor is never
    split. The first slot begins ten minutes after the bags arrive (minutes after midnight). The texts for the groups
    tell the same times.

    arrives   stairwell   households on floors 1, 2, 3   slots
    9:03      1           2, 2, 3                        9:13–9:23 floors 1 and 2, 9:23–9:33 floor 3
    9:03      2           1, 0, 0                        9:13–9:23
    """
    found = []
    for stairwell, own in _by_floor(doors).items():
        number, taken = 0, 0
        for at in sorted(own):
            households = sorted(own[at], key=lambda door: natural_key(door.room))
            if taken and taken + len(households) > HOUSEHOLDS_A_SLOT:
                number, taken = number + 1, 0
            taken += len(households)
            found += [(number, natural_key(stairwell), at, door) for door in households]
    found.sort(key=lambda one: one[:3])
    return [(door, _slot(arrives_minute, number)) for number, _stairwell, _floor, door in found]


def _by_floor(doors: Iterable[RoomT]) -> dict[str, dict[int, list[RoomT]]]:
    grouped: dict[str, dict[int, list[RoomT]]] = {}
    for door in doors:
        grouped.setdefault(door.stairwell, {}).setdefault(door.floor or 0, []).append(door)
    return grouped


def _slot(arrives_minute: int | None, number: int) -> str:
    if arrives_minute is None:
        return ""
    start = arrives_minute + SORTING_MINUTES + number * SLOT_MINUTES
    return f"{_clock(start)}–{_clock(start + SLOT_MINUTES)}"


def _clock(minute: int) -> str:
    return f"{minute // 60 % 24:02d}:{minute % 60:02d}"


def number_list(numbers: Iterable[int]) -> str:
    """Return numbers with runs drawn together: 1 2 3 5 7 8 is 1–3、5、7、8; a run of two stays two numbers."""
    runs: list[list[int]] = []
    for number in sorted(set(numbers)):
        if runs and runs[-1][-1] + 1 == number:
            runs[-1].append(number)
        else:
            runs.append([number])
    return "、".join(f"{run[0]}–{run[-1]}" if len(run) > 2 else "、".join(map(str, run)) for run in runs)

"""The one order of rooms and buildings on paper, and the floor-by-room grid. Pure.

Truth table of floor order (`in_walking_order`):

    has_lift | floors on the list
    yes      | 6 5 4 3 2 1   (ride up, walk down)
    no       | 1 2 3 4 5 6   (walk up, deliver on the way)

Rooms without a floor (villas, shops) follow at the end; inside a floor rooms go up in natural order.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from app.core.natural import natural_key


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


@dataclass(frozen=True)
class GridCell:
    """One door in the floor-by-room grid; ``bags`` 0 means nothing to bring."""

    room: str
    bags: int


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
    """Arrange (stairwell, floor, cell) triples as one grid per stairwell.

    The grid is a picture of the house: the highest floor is on top whether or not there is a lift.
    The walk itself is the order of the list.
    """
    grids = []
    for stairwell in sorted({triple[0] for triple in cells}, key=natural_key):
        own = [(floor, _door(cell.room, floor), cell) for name, floor, cell in cells if name == stairwell]
        doors = sorted({door for _, door, _ in own}, key=natural_key)
        by_place = {(floor, door): cell for floor, door, cell in own}
        floors = sorted({floor for floor, _, _ in own}, reverse=True)
        rows = tuple(GridFloor(floor, tuple(by_place.get((floor, door)) for door in doors)) for floor in floors)
        grids.append(StairwellGrid(stairwell, rows))
    return tuple(grids)


SLOT_MINUTES, HOUSEHOLDS_A_SLOT, SORTING_MINUTES = 10, 6, 10


def collection_slots(households: int, arrives_minute: int | None) -> tuple[str, ...]:
    """Return the slot of each household in walking order: six come down every ten minutes.

    The first slot begins ten minutes after the bags arrive (minutes after midnight), on a full ten minutes.

    arrives   households   slots
    9:03      8            9:20–9:30 six times, 9:30–9:40 twice
    9:00      1            9:10–9:20
    unknown   2            empty, empty
    """
    if arrives_minute is None:
        return ("",) * households
    first = -(-(arrives_minute + SORTING_MINUTES) // SLOT_MINUTES) * SLOT_MINUTES
    starts = (first + at // HOUSEHOLDS_A_SLOT * SLOT_MINUTES for at in range(households))
    return tuple(f"{_clock(start)}–{_clock(start + SLOT_MINUTES)}" for start in starts)


def _clock(minute: int) -> str:
    return f"{minute // 60 % 24}:{minute % 60:02d}"

"""发放表: the captain's walk from door to door, with the floor-by-room grid of the building."""

from dataclasses import dataclass

from app.handover.models import DoorOutcome
from app.printing.layout.arrange import GridCell, StairwellGrid, floor_grid, in_walking_order, number_list
from app.printing.sheet import Sheet, Totals

# The number of a reason on paper is the one that entry takes.
REASON_CODES = tuple(outcome.label_zh for outcome in DoorOutcome if outcome is not DoorOutcome.LEFT)


@dataclass(frozen=True)
class HandOutRow:
    """One door. ``called`` is the masked surname (王*); ``door_note`` only the safe part of remarks.

    ``slot`` is the time at which the household comes down, where it collects itself. ``numbers`` of the building's day,
    in the order of ``codes``; ``visit`` brings them, 0 where there is only one; ``also``: other visits that bring this
    door something, (visit, bags).
    """

    stairwell: str
    floor: int | None
    room: str
    called: str
    codes: tuple[str, ...]
    door_note: str = ""
    marks: tuple[str, ...] = ()
    is_short: bool = False
    slot: str = ""
    is_changed: bool = False
    numbers: tuple[int, ...] = ()
    visit: int = 0
    also: tuple[tuple[int, int], ...] = ()

    @property
    def is_again(self) -> bool:
        """Whether an earlier visit brings bags to this door, too."""
        return any(visit < self.visit for visit, _bags in self.also)


@dataclass(frozen=True)
class HandOutVisit:
    """One of several visits of the day: the `no`-th, when, and which bags it brings (1–12、15)."""

    no: int
    at: str
    bags: int
    numbers: str


@dataclass(frozen=True)
class EmptyDoor:
    """A door of the building that gets nothing today; it is only in the picture."""

    stairwell: str
    floor: int
    room: str


@dataclass(frozen=True)
class HandOutStairwell:
    """The doors of one stairwell in walking order, those of one visit where there are several."""

    stairwell: str
    rows: tuple[HandOutRow, ...]
    visit: int = 0

    @property
    def bags(self) -> int:
        """Bags of the stairwell."""
        return sum(len(row.codes) for row in self.rows)


@dataclass(frozen=True)
class HandOutList(Sheet):
    """Control: bags, lines = doors. ``day_bags``: the highest number of the building's day; ``call``: the line
    to ring when nobody opens and nothing helps."""

    kind = "hand_out_list"
    template = "print/hand_out_list.html"
    has_page_codes = True

    compound: str
    building: str
    captain: str
    has_lift: bool
    mode: str
    rows: tuple[HandOutRow, ...]
    empty_doors: tuple[EmptyDoor, ...] = ()
    has_grid: bool = True
    day_bags: int = 0
    call: str = ""
    visits: tuple[HandOutVisit, ...] = ()

    reason_codes = REASON_CODES

    def counted(self) -> Totals:
        """Add up the doors."""
        return Totals(bags=sum(len(row.codes) for row in self.rows), lines=sum(not row.is_again for row in self.rows))

    def stairwells(self) -> tuple[HandOutStairwell, ...]:
        """Doors visit by visit in walking order: floors down with a lift, up without."""
        grouped: dict[tuple[int, str], list[HandOutRow]] = {}
        for row in sorted(in_walking_order(self.rows, self.has_lift), key=lambda row: row.visit):
            grouped.setdefault((row.visit, row.stairwell), []).append(row)
        return tuple(HandOutStairwell(name, tuple(rows), visit) for (visit, name), rows in grouped.items())

    def grid(self) -> tuple[StairwellGrid, ...]:
        """The doors with a known floor as a picture of the building; those without bags too."""
        held: dict[tuple[str, int, str], list[int]] = {}
        for row in self.rows:
            if row.floor:
                held.setdefault((row.stairwell, row.floor, row.room), []).extend(row.numbers or (0,) * len(row.codes))
        cells = [
            (stairwell, floor, GridCell(room, len(numbers), number_list(no for no in numbers if no)))
            for (stairwell, floor, room), numbers in held.items()
        ]
        cells += [(door.stairwell, door.floor, GridCell(door.room, 0)) for door in self.empty_doors]
        return floor_grid(cells)

"""发放表: the captain's walk from door to door, with the floor-by-room grid of the building."""

from dataclasses import dataclass

from app.handover.models import DoorOutcome
from app.printing.layout.arrange import GridCell, StairwellGrid, floor_grid, in_walking_order
from app.printing.sheet import Sheet, Totals

# The number of a reason on paper is the one that entry takes.
REASON_CODES = tuple(outcome.label_zh for outcome in DoorOutcome if outcome is not DoorOutcome.LEFT)


@dataclass(frozen=True)
class HandOutRow:
    """One door. ``called`` is the masked surname (王*); ``door_note`` only the safe part of remarks.

    ``slot`` is the time at which the household comes down, where it collects itself.
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


@dataclass(frozen=True)
class EmptyDoor:
    """A door of the building that gets nothing today; it is only in the picture."""

    stairwell: str
    floor: int
    room: str


@dataclass(frozen=True)
class HandOutStairwell:
    """The doors of one stairwell in walking order."""

    stairwell: str
    rows: tuple[HandOutRow, ...]

    @property
    def bags(self) -> int:
        """Bags of the stairwell."""
        return sum(len(row.codes) for row in self.rows)


@dataclass(frozen=True)
class HandOutList(Sheet):
    """Control: bags, lines = doors."""

    kind = "hand_out_list"
    template = "print/hand_out_list.html"

    compound: str
    building: str
    captain: str
    has_lift: bool
    mode: str
    rows: tuple[HandOutRow, ...]
    empty_doors: tuple[EmptyDoor, ...] = ()
    has_grid: bool = True

    reason_codes = REASON_CODES

    def counted(self) -> Totals:
        """Add up the doors."""
        return Totals(bags=sum(len(row.codes) for row in self.rows), lines=len(self.rows))

    def stairwells(self) -> tuple[HandOutStairwell, ...]:
        """Doors in walking order: floors down with a lift, up without."""
        grouped: dict[str, list[HandOutRow]] = {}
        for row in in_walking_order(self.rows, self.has_lift):
            grouped.setdefault(row.stairwell, []).append(row)
        return tuple(HandOutStairwell(name, tuple(rows)) for name, rows in grouped.items())

    def grid(self) -> tuple[StairwellGrid, ...]:
        """The doors with a known floor as a picture of the building; those without bags too."""
        cells = [(row.stairwell, row.floor, GridCell(row.room, len(row.codes))) for row in self.rows if row.floor]
        cells += [(door.stairwell, door.floor, GridCell(door.room, 0)) for door in self.empty_doors]
        return floor_grid(cells)

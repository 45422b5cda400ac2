"""点位汇总表: what a service point asked for, building by item, for the point leader to sign."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil

from app.printing.sheet import Sheet, SheetItem, Totals

COLUMNS_A_BLOCK = 15


@dataclass(frozen=True)
class TallyRow:
    """One building: ``qtys`` in the order of the sheet's items; None prints an empty cell of a blank form."""

    building: str
    households: int | None
    qtys: tuple[int | None, ...]
    is_changed: bool = False

    @property
    def units(self) -> int:
        """Units of all items together."""
        return sum(qty or 0 for qty in self.qtys)


@dataclass(frozen=True)
class RollCallBuilding:
    """The rooms of one building that the roll call found alike."""

    building: str
    rooms: tuple[str, ...]


@dataclass(frozen=True)
class RollCallGroup:
    """Households without an order, by what the roll call found (declined, unreachable, away, not_asked)."""

    outcome: str
    buildings: tuple[RollCallBuilding, ...]

    @property
    def households(self) -> int:
        """All households of the group."""
        return sum(len(building.rooms) for building in self.buildings)


@dataclass(frozen=True)
class TallyBlock:
    """The columns that fit on one page width."""

    first: int
    last: int
    items: tuple[SheetItem, ...]
    sums: tuple[int, ...]


@dataclass(frozen=True)
class TallySheet(Sheet):
    """Control: lines = cells above zero, units = all sale units."""

    kind = "tally"
    template = "print/tally.html"
    paper = "landscape"

    items: tuple[SheetItem, ...]
    rows: tuple[TallyRow, ...]
    roll_call: tuple[RollCallGroup, ...] = ()
    households_in_scope: int = 0
    is_blank: bool = False

    def counted(self) -> Totals:
        """Add up the matrix."""
        cells = [qty for row in self.rows for qty in row.qtys if qty]
        return Totals(lines=len(cells), units=sum(cells))

    @property
    def households(self) -> int:
        """Households with an order."""
        return sum(row.households or 0 for row in self.rows)

    def blocks(self) -> Iterator[TallyBlock]:
        """Split the items evenly over as many tables as the page width asks for."""
        count = max(1, ceil(len(self.items) / COLUMNS_A_BLOCK))
        width = ceil(len(self.items) / count)
        for first in range(0, len(self.items), width or 1):
            last = min(first + width, len(self.items))
            sums = tuple(sum(row.qtys[column] or 0 for row in self.rows) for column in range(first, last))
            yield TallyBlock(first, last, self.items[first:last], sums)

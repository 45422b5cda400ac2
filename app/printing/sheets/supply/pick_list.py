"""拣货单 (播种): one item after the other, spread over the buildings."""

from dataclasses import dataclass
from typing import ClassVar

from app.printing.sheet import Sheet, SheetItem, Totals


@dataclass(frozen=True)
class PickCell:
    """How many units of the item go to one building; 0 prints 缺货 when ``ordered`` is above it."""

    building: str
    qty: int
    ordered: int = 0
    is_changed: bool = False


@dataclass(frozen=True)
class PickItem:
    """One item with its grid of buildings."""

    item: SheetItem
    cells: tuple[PickCell, ...]

    @property
    def total(self) -> int:
        """Units to take from the stock."""
        return sum(cell.qty for cell in self.cells)


@dataclass(frozen=True)
class PickListSheet(Sheet):
    """Control: lines = cells with units, units = all units."""

    hashed_as: ClassVar[str] = "PickList"

    kind = "pick_list"
    template = "print/pick_list.html"

    items: tuple[PickItem, ...]

    def counted(self) -> Totals:
        """Add up the grid."""
        cells = [cell.qty for item in self.items for cell in item.cells if cell.qty]
        return Totals(lines=len(cells), units=sum(cells))

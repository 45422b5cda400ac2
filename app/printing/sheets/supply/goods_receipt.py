"""收货单: the depot counts what the supplier brought; empty numbers are filled in by hand."""

from dataclasses import dataclass
from typing import ClassVar

from app.printing.sheet import Sheet, SheetItem, Totals


@dataclass(frozen=True)
class ReceiptSheetLine:
    """Quantities in sale units; None leaves the box empty for the pen."""

    hashed_as: ClassVar[str] = "ReceiptLine"

    item: SheetItem
    ordered: int
    pack_note: str = ""
    arrived: int | None = None
    damaged: int | None = None
    returned: int | None = None
    batch: str = ""
    rest_until: str = ""
    rest_minutes: int = 0
    is_changed: bool = False


@dataclass(frozen=True)
class GoodsReceiptSheet(Sheet):
    """Control: lines, units = ordered units."""

    kind = "goods_receipt"
    template = "print/goods_receipt.html"
    paper = "landscape"

    receipt_no: str
    order_no: str
    supplier: str
    location: str
    received_at: str
    lines: tuple[ReceiptSheetLine, ...]

    def counted(self) -> Totals:
        """Add up the ordered units."""
        return Totals(lines=len(self.lines), units=sum(line.ordered for line in self.lines))

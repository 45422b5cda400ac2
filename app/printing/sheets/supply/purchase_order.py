"""采购单: what one supplier is asked to bring, with room to note what came."""

from dataclasses import dataclass
from datetime import date

from app.printing.sheet import Sheet, Totals


@dataclass(frozen=True)
class PurchaseLine:
    """``demand`` and ``surplus`` in sale units, ``packs`` of ``pack_size`` units; ``price_fen`` a pack."""

    no: int
    item: str
    spec: str
    unit: str
    pack_size: int
    demand: int
    packs: int
    surplus: int
    price_fen: int
    amount_fen: int
    note: str = ""
    is_changed: bool = False


@dataclass(frozen=True)
class PurchaseOrderSheet(Sheet):
    """Control: lines, units = packs times pack size, amount."""

    kind = "purchase_order"
    template = "print/purchase_order.html"
    paper = "landscape"

    order_no: str
    supplier: str
    deliver_to: str
    deliver_on: date | None
    deliver_window: str
    lines: tuple[PurchaseLine, ...]
    approved_by: str = ""
    delivery_fee_fen: int = 0
    remark: str = ""

    def counted(self) -> Totals:
        """Add up the lines."""
        units = sum(line.packs * line.pack_size for line in self.lines)
        return Totals(lines=len(self.lines), units=units, amount_fen=sum(line.amount_fen for line in self.lines))

    @property
    def packs(self) -> int:
        """All packs of the order."""
        return sum(line.packs for line in self.lines)

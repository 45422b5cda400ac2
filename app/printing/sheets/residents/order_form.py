"""空白订单: the paper order of one household, for days without network."""

from dataclasses import dataclass

from app.printing.sheet import Sheet, SheetItem, Totals

TWO_SLIPS = 18  # offers on a slip of half a page, nine lines of two


@dataclass(frozen=True)
class OrderFormItem:
    """One offer of the cycle; ``limit`` 0 means no limit."""

    item: SheetItem
    price_fen: int
    limit: int = 0


@dataclass(frozen=True)
class OrderForm(Sheet):
    """Two slips a page, cut in the middle, while the list is short; otherwise one a page. Control stays zero."""

    kind = "order_form"
    template = "print/order_form.html"

    items: tuple[OrderFormItem, ...]
    cutoff: str
    slips: int = 2

    @classmethod
    def slips_for(cls, offers: int) -> int:
        """How many slips fit on a page."""
        return 2 if offers <= TWO_SLIPS else 1

    def counted(self) -> Totals:
        """A blank form carries no goods."""
        return Totals()

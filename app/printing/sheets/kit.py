"""应急包: the whole day in one file. The cover lists what is inside, so a missing sheet is noticed."""

from dataclasses import dataclass

from app.printing.sheet import Sheet, Totals
from app.printing.sheets.afterwards.exception_list import ExceptionList
from app.printing.sheets.residents.order_form import OrderForm, OrderFormItem
from app.printing.sheets.tally import TallyRow, TallySheet

BLANK_EXCEPTION_ROWS = 15


@dataclass(frozen=True)
class KitEntry:
    """One sheet of the kit, for the table of contents."""

    kind: str
    kind_label: str
    scope: str
    number: str
    bags: int


def drop_off_bags(entries: tuple[KitEntry, ...]) -> int:
    """Bags of the day: counted on the drop-off sheets, since each bag is on several kinds of sheets."""
    return sum(entry.bags for entry in entries if entry.kind == "drop_off_sheet")


@dataclass(frozen=True)
class KitCover(Sheet):
    """Cover of the degraded kit. Control: lines = sheets inside, bags = bags on the drop-off sheets."""

    kind = "kit_cover"
    template = "print/kit_cover.html"

    entries: tuple[KitEntry, ...]
    help_number: str = ""

    def counted(self) -> Totals:
        """Count the sheets listed."""
        return Totals(lines=len(self.entries), bags=drop_off_bags(self.entries))


def blank_forms(cover: KitCover, offers: tuple[OrderFormItem, ...], buildings: tuple[str, ...]) -> tuple[Sheet, ...]:
    """Return the blank tally, order form and exception form that belong to a kit."""
    items = tuple(offer.item for offer in offers)
    rows = tuple(TallyRow(building, None, (None,) * len(items)) for building in buildings)
    return (
        TallySheet(cover.head, Totals(), items, rows, is_blank=True),
        OrderForm(cover.head, Totals(), offers, cutoff="", slips=OrderForm.slips_for(len(offers))),
        ExceptionList(cover.head, Totals(), (), blank_rows=BLANK_EXCEPTION_ROWS),
    )

"""The purchase order as a workbook, safe to open in any spreadsheet program."""

import io
from datetime import datetime

import xlsxwriter
from flask_babel import gettext as _

from app.printing.sheets.supply.purchase_order import PurchaseLine, PurchaseOrderSheet

_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\0", "\n", "＝", "＋", "－", "＠")
_FIXED_DATE = datetime(2000, 1, 1)


def escape_formula(text: str) -> str:
    """Return text that a spreadsheet shows and never runs: a dangerous first character gets a leading apostrophe."""
    return f"'{text}" if text.startswith(_DANGEROUS) else text


def _row(line: PurchaseLine) -> list[str | int | float]:
    price, amount = line.price_fen / 100, line.amount_fen / 100
    numbers: list[str | int | float] = [line.pack_size, line.demand, line.packs, line.surplus, price, amount]
    return [
        line.no,
        escape_formula(line.item),
        escape_formula(line.spec),
        escape_formula(line.unit),
        *numbers,
        escape_formula(line.note),
        "",
        "",
        "",
    ]


def _headings() -> list[str]:
    goods = [_("序号"), _("商品"), _("规格"), _("单位"), _("每箱数"), _("需求"), _("箱数"), _("结余")]
    return [*goods, _("单价（元/箱）"), _("金额（元）"), _("备注"), _("到货"), _("差异"), _("核对人")]


def purchase_order_workbook(sheet: PurchaseOrderSheet, number: str) -> bytes:
    """Return an .xlsx with the lines and totals of ``sheet``; money as numbers in yuan, text never as formulas."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        # A fixed date keeps equal orders byte-equal.
        book.set_properties({"title": number, "created": _FIXED_DATE})
        bold = book.add_format({"bold": True, "border": 1, "text_wrap": True, "valign": "vcenter"})
        cell = book.add_format({"border": 1, "text_wrap": True, "valign": "vcenter"})
        money = book.add_format({"border": 1, "num_format": "0.00"})
        page = book.add_worksheet(_("采购单"))
        page.write_string(0, 0, f"{_('采购单')} {sheet.order_no} {number}", book.add_format({"bold": True, "size": 14}))
        page.write_string(1, 0, escape_formula(sheet.supplier))
        page.write_string(2, 0, escape_formula(f"{sheet.deliver_to} {sheet.deliver_on or ''} {sheet.deliver_window}"))
        for column, heading in enumerate(_headings()):
            page.write_string(4, column, heading, bold)
        for at, line in enumerate(sheet.lines, start=5):
            for column, value in enumerate(_row(line)):
                page.write(at, column, value, money if column in (8, 9) else cell)
        end = 5 + len(sheet.lines)
        page.write_string(end, 1, _("合计"), bold)
        page.write_number(end, 6, sheet.packs, bold)
        page.write_number(end, 9, sheet.control.amount_fen / 100, money)
        page.set_column(1, 2, 22)
        page.set_column(10, 13, 14)
        page.freeze_panes(5, 2)
        page.set_landscape()
        page.set_paper(9)
        page.fit_to_pages(1, 0)
        page.repeat_rows(4)
    return out.getvalue()

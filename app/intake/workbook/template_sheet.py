"""Our own order workbook: one row for a household and item, drop-downs from the register and the offers of the cycle.

The sheet 填写说明 explains it; the row marked 示例 is an example, which the import leaves out.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

import xlsxwriter
from flask_babel import gettext as _

HEADS = ("小区", "楼号", "单元", "房号", "商品", "数量", "备注")
EXAMPLE_MARK = "示例"
SHEET, LISTS, NOTES = "订单", "可选", "填写说明"
_ROWS = 2000
_WIDTHS = (18, 10, 8, 10, 18, 8, 28)


@dataclass(frozen=True)
class TemplateChoices:
    """What the drop-downs offer. buildings: labels of the register; units: item → sale unit, for the explanation."""

    cycle: str
    compounds: Sequence[str]
    buildings: Sequence[str]
    stairwells: Sequence[str]
    items: Sequence[str]
    units: dict[str, str]


def build(choices: TemplateChoices) -> bytes:
    """The workbook as bytes; the same choices always give the same sheets."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    orders, lists = book.add_worksheet(SHEET), book.add_worksheet(LISTS)
    _fill_orders(book, orders, choices)
    _fill_lists(lists, choices)
    _fill_notes(book, choices)
    orders.activate()
    book.close()
    return buffer.getvalue()


def _fill_orders(book: xlsxwriter.Workbook, sheet: xlsxwriter.worksheet.Worksheet, choices: TemplateChoices) -> None:
    head = book.add_format({"bold": True, "bg_color": "#E7EEF7", "border": 1})
    grey = book.add_format({"italic": True, "font_color": "#7A7A7A"})
    for column, (title, width) in enumerate(zip(HEADS, _WIDTHS, strict=True)):
        sheet.write_string(0, column, title, head)
        sheet.set_column(column, column, width)
    sheet.freeze_panes(1, 0)
    for column, value in enumerate(_example(choices)):
        sheet.write_string(1, column, value, grey)
    sources = (choices.compounds, choices.buildings, choices.stairwells, None, choices.items)
    for column, values in enumerate(sources):
        if values:
            letter = chr(ord("A") + column)
            where = f"='{LISTS}'!${letter}$2:${letter}${len(values) + 1}"
            sheet.data_validation(1, column, _ROWS, column, {"validate": "list", "source": where, **_said(column)})
    sheet.data_validation(
        1, 5, _ROWS, 5,
        {
            "validate": "integer", "criteria": "between", "minimum": 1, "maximum": 999,
            "error_title": _("数量不对"), "error_message": _("请填 1 到 999 的整数。"),
        },
    )  # fmt: skip


def _said(column: int) -> dict[str, object]:
    """Places may be typed otherwise, the register decides then; an item must be one of the list."""
    if column == 4:
        return {"error_title": _("没有这种商品"), "error_message": _("请从下拉清单里选商品。")}
    return {"error_type": "warning", "error_message": _("清单里没有。确定这样写吗？")}


def _example(choices: TemplateChoices) -> tuple[str, ...]:
    first = choices.items[0] if choices.items else ""
    return (
        choices.compounds[0] if choices.compounds else "",
        choices.buildings[0] if choices.buildings else "",
        choices.stairwells[0] if choices.stairwells else "",
        "101",
        first,
        "2",
        f"{EXAMPLE_MARK}：这一行不会导入",
    )


def _fill_lists(sheet: xlsxwriter.worksheet.Worksheet, choices: TemplateChoices) -> None:
    columns = {0: choices.compounds, 1: choices.buildings, 2: choices.stairwells, 4: choices.items}
    for column, values in columns.items():
        sheet.write_string(0, column, HEADS[column])
        for row, value in enumerate(values, start=1):
            sheet.write_string(row, column, value)
    sheet.write_string(0, 5, "单位")
    for row, item in enumerate(choices.items, start=1):
        sheet.write_string(row, 5, choices.units.get(item, ""))


def _fill_notes(book: xlsxwriter.Workbook, choices: TemplateChoices) -> None:
    sheet = book.add_worksheet(NOTES)
    sheet.set_column(0, 0, 90)
    bold = book.add_format({"bold": True})
    sheet.write_string(0, 0, _("%(cycle)s 订单模板", cycle=choices.cycle), bold)
    said = [
        _("一行写一户的一种商品；同一户要几种，就写几行。"),
        _("小区、楼号、单元、商品都可以下拉选择；单元没有就空着。"),
        _("数量写整份数，按“可选”页里的单位，不写斤两。"),
        _("备注可以写：没有就不要、放门口、敲门重一点。不要写病情、证件号和电话。"),
        _("第 2 行是示例，备注以“示例”开头的行不会导入，可以直接覆盖。"),
        _("在“接龙与表格”页导入。同一个文件再导入一次不会重复下单。"),
    ]
    for row, sentence in enumerate(said, start=2):
        sheet.write_string(row, 0, sentence)

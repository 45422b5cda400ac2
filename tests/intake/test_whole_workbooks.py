"""Workbooks with several sheets, words in quantity columns, hidden parts: nothing of them is lost in silence."""

from __future__ import annotations

import io

import pytest
import xlsxwriter

from app.core.input.tables import read_sheets
from app.intake.grammar.goods.lexicon import Lexicon, LexiconItem
from app.intake.grammar.model import EntryOutcome
from app.intake.workbook.reader import Workbook, read_workbook
from app.places.address.rules import Register, RegisteredHousehold

SHOP = Lexicon([LexiconItem("青菜", "份"), LexiconItem("鸡蛋", "板")])
HEAD = ["楼号", "房号", "青菜", "鸡蛋"]


@pytest.fixture
def yard() -> Register:
    return Register(
        RegisteredHousehold(f"{b}-{f}0{d}", "桂花苑", f"{b}号楼", "", f"{f}0{d}")
        for b in (7, 8, 9)
        for f in range(1, 7)
        for d in (1, 2)
    )


def book(sheets: dict[str, list[list[str]]], hidden: str = "", row: int = 0) -> bytes:
    buffer = io.BytesIO()
    made = xlsxwriter.Workbook(buffer, {"in_memory": True})
    for name, rows in sheets.items():
        sheet = made.add_worksheet(name)
        for at, cells in enumerate(rows):
            sheet.write_row(at, 0, cells)
        if name == hidden:
            sheet.hide()
        if row:
            sheet.set_row(row - 1, None, None, {"hidden": True})
    made.close()
    return buffer.getvalue()


def read(register: Register, body: bytes) -> Workbook:
    found = read_workbook(read_sheets(body), register, SHOP)
    assert found is not None
    return found


def said(found: Workbook) -> list[tuple[object, ...]]:
    return [
        (
            row.sheet, row.outcome.value, row.household.household_id if row.household else None, row.reason,
            *((one.item, one.qty) for one in row.goods),
        )
        for row in found.rows
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("cell", "qty"), [("1份", 1), ("2 份", 2), ("要1", 1), ("两份", 2), ("若干", None), ("半份", None)]
)
def test_a_word_in_a_quantity_column_loses_neither_the_column_nor_the_cell(
    yard: Register, cell: str, qty: int | None
) -> None:
    found = read(yard, book({"订单": [HEAD, ["7", "101", cell, "1"], ["8", "102", "3", ""], ["9", "201", "无", ""]]}))
    rows = said(found)
    assert ("订单", "ROW", "8-102", "", ("青菜", 3)) in rows
    assert ("订单", "ROW", "7-101", "", ("鸡蛋", 1)) in rows
    greens = next(row for row in found.rows if row.row_no == 2 and row.goods[0].item == "青菜")
    assert greens.outcome is (EntryOutcome.ROW if qty else EntryOutcome.REVIEW)
    assert not qty or greens.goods[0].qty == qty


def test_every_sheet_with_orders_is_read_each_for_its_building_and_the_others_are_named(yard: Register) -> None:
    rooms = [["房号", "青菜"], ["101", "2"]]
    found = read(yard, book({"7号楼": rooms, "8号楼": rooms, "通讯录": [["姓名", "电话"], ["王", "1"]], "后补": rooms}))
    assert said(found) == [
        ("7号楼", "ROW", "7-101", "", ("青菜", 2)),
        ("8号楼", "ROW", "8-101", "", ("青菜", 2)),
        ("后补", "REVIEW", None, "no_building", ("青菜", 2)),
    ]
    assert found.unread == ("通讯录",)


def test_a_hidden_sheet_is_left_and_named_and_a_hidden_row_is_asked(yard: Register) -> None:
    rows = [HEAD, ["7", "101", "1", ""], ["8", "101", "2", ""]]
    found = read(yard, book({"今天": rows, "上周": rows}, hidden="上周", row=3))
    assert [(row.sheet, row.row_no, row.reason) for row in found.rows] == [("今天", 2, ""), ("今天", 3, "hidden_row")]
    assert found.hidden == ("上周",)


@pytest.mark.parametrize(
    "remark", ["取消", "不要了", "退", "已删", "鸡蛋改2板", "多订一份", "送到8号楼101", "其实是8号楼的", "换成鸡蛋"]
)
def test_a_remark_that_withdraws_changes_or_moves_an_order_makes_its_row_wait(yard: Register, remark: str) -> None:
    found = read(yard, book({"订单": [[*HEAD, "备注"], ["7", "101", "1", "", remark]]}))
    assert [row.outcome for row in found.rows] == [EntryOutcome.REVIEW]
    assert found.rows[0].reason in ("cancel_and_order", "change_unclear", "redirect", "address_conflict")


@pytest.mark.parametrize("remark", ["放门口", "老人独居", "没有就不要", "请送上楼", "谢谢"])
def test_a_remark_that_changes_nothing_asks_nothing(yard: Register, remark: str) -> None:
    found = read(yard, book({"订单": [[*HEAD, "备注"], ["7", "101", "1", "", remark]]}))
    assert [row.outcome for row in found.rows] == [EntryOutcome.ROW]


def test_a_part_refund_is_asked(yard: Register) -> None:
    rows = [["收货地址", "商品", "数量", "订单状态"], ["7号楼101", "青菜", "2", "部分退款"]]
    found = read(yard, book({"导出": rows}))
    assert [(row.outcome, row.reason) for row in found.rows] == [(EntryOutcome.REVIEW, "part_refunded")]

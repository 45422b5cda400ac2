"""Order workbooks: exports replayed exactly, continuation rows, totals, redirected deliveries."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest

from app.core.input.tables import TableSheet, read_sheets
from app.intake.grammar.goods.lexicon import Lexicon, LexiconItem
from app.intake.grammar.model import EntryFlag, EntryOutcome
from app.intake.workbook.reader import ALL_ITEMS, Workbook, read_workbook
from app.places.address.rules import Profile, Register, RegisteredHousehold
from tests.delivery_notes import FOLDER, NOTES, DeliveryNote, Rows, expected_rows


class Replay(NamedTuple):
    """A delivery note: its folder, what is known of it, the register of its lane, and its export as it was read."""

    data: Path
    note: DeliveryNote
    expected: Rows
    register: Register
    export: Workbook


@pytest.fixture(params=NOTES)
def replay(request: pytest.FixtureRequest, anything: Lexicon) -> Replay:
    data, note = request.param
    expected = expected_rows(data)
    rooms = {(row["building"], row["room"]) for row in expected} | {note.contradicted}
    register = Register(
        [RegisteredHousehold(f"{b}/{r}", note.compound, b, "", "" if r == "别墅" else r) for b, r in sorted(rooms)],
        [Profile(note.compound, note.aliases)],
    )
    export = read_workbook(read_sheets((data / FOLDER / "export.xlsx").read_bytes()), register, anything)
    assert export is not None
    return Replay(data, note, expected, register, export)


def test_an_export_is_replayed_exactly(replay: Replay) -> None:
    note, rows = replay.note, replay.export.rows
    wanted = Counter((row["item"], f"{row['building']}/{row['room']}", int(row["qty"])) for row in replay.expected)
    placed = Counter((row.goods[0].item, row.household.household_id, row.goods[0].qty) for row in rows)
    assert placed == wanted
    assert (len(rows), sum(row.goods[0].qty for row in rows)) == (note.rows, note.units)
    assert len({row.household for row in rows}) == note.households
    assert len({row.household.building for row in rows}) == note.houses
    assert len(replay.export.totals) == note.items


def test_the_summary_sheet_that_contradicts_its_rows_is_said(replay: Replay) -> None:
    note, found = replay.note, replay.export.alarms
    whole = next(alarm for alarm in found if alarm.key == ALL_ITEMS)
    assert (whole.qty_lines_milli, whole.qty_total_milli) == (note.units * 1000, note.summary * 1000)
    assert len(found) == note.alarms


def test_redirected_and_contradicting_rows_are_asked_with_a_proposal(replay: Replay) -> None:
    asked = {row.buyer: row for row in replay.export.rows if row.outcome is EntryOutcome.REVIEW}
    (redirected, elsewhere), (conflicting, own) = replay.note.redirected, replay.note.conflicting
    assert {name: row.reason for name, row in asked.items()} == {
        redirected: "redirect",
        conflicting: "address_conflict",
    }
    assert asked[redirected].deliver_to.household_id == elsewhere
    assert EntryFlag.REDIRECT in asked[redirected].flags
    assert asked[conflicting].household.household_id == own


def test_blank_cells_of_the_same_buyer_are_filled_from_above(replay: Replay, anything: Lexicon) -> None:
    with (replay.data / FOLDER / "customer_sheet_flat.csv").open(encoding="utf-8-sig") as file:
        rows = list(csv.reader(file))
    found = read_workbook([TableSheet("", rows)], replay.register, anything)
    assert found is not None
    assert [(row.household, row.goods) for row in found.rows] == [
        (row.household, row.goods) for row in replay.export.rows
    ]


QUN = [["收货人", "联系电话", "订单总金额", "支付状态", "收货地址", "订购数量"]]


def test_the_last_row_with_the_sum_is_no_household(lane: Register, parcel: Lexicon) -> None:
    rows = [
        *QUN,
        ["王阿姨", "19900000001", "60", "已支付", "紫龙路500弄12号302室", "2"],
        ["李叔", "19900000002", "30", "已退款", "紫龙路500弄12号401室", "1"],
        ["合计", "", "90", "", "", "3"],
    ]
    found = read_workbook([TableSheet("Sheet1", rows)], lane, parcel)
    assert found is not None
    assert [(row.row_no, row.outcome.value) for row in found.rows] == [(2, "ROW"), (3, "SKIP")]
    assert found.totals == {"蔬菜包": 2}


def test_another_household_is_not_filled_from_the_row_above(lane: Register, parcel: Lexicon) -> None:
    rows = [*QUN, ["王阿姨", "", "", "已支付", "12号302室", "2"], ["李叔", "", "", "已支付", "", "1"]]
    found = read_workbook([TableSheet("", rows)], lane, parcel)
    assert found is not None
    assert (found.rows[1].outcome, found.rows[1].household) == (EntryOutcome.REVIEW, None)


def test_a_column_for_each_item_gives_a_row_for_each(garden: Register) -> None:
    shop = Lexicon([LexiconItem("土豆"), LexiconItem("鸡蛋")])
    head = ["楼号", "单元", "房号", "土豆", "鸡蛋", "备注"]
    rows = [head, ["3", "1", "502", "2", "", "放门口"], ["3", "1", "602", "1", "3", ""]]
    found = read_workbook([TableSheet("", rows)], garden, shop)
    assert found is not None
    assert [(row.household.household_id, row.goods[0].item, row.goods[0].qty) for row in found.rows] == [
        ("3/1/502", "土豆", 2),
        ("3/1/602", "土豆", 1),
        ("3/1/602", "鸡蛋", 3),
    ]
    assert EntryFlag.DOOR_NOTE in found.rows[0].flags


@pytest.mark.parametrize(
    ("qty", "reason"),
    [
        ("1.5", "unclear_number"),
        ("0", "zero"),
        ("", "no_quantity"),
        ("99", "over_limit"),
    ],
)
def test_a_quantity_that_is_no_whole_number_is_asked(lane: Register, qty: str, reason: str) -> None:
    rows = [["商品", "数量", "地址"], ["土豆", qty, "12号302室"]]
    found = read_workbook([TableSheet("", rows)], lane, Lexicon([LexiconItem("土豆")]))
    assert found is not None
    assert (found.rows[0].outcome, found.rows[0].reason) == (EntryOutcome.REVIEW, reason)


def test_a_workbook_without_orders_is_not_taken_for_one(lane: Register, parcel: Lexicon) -> None:
    assert read_workbook([TableSheet("", [["日期", "天气"], ["4月1日", "晴"]])], lane, parcel) is None

"""Order workbooks: the published export replayed exactly, continuation rows, totals, redirected deliveries."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest

from app.core.input.tables import TableSheet, read_sheets
from app.intake.grammar.goods.lexicon import Lexicon, LexiconItem
from app.intake.grammar.model import EntryFlag, EntryOutcome
from app.intake.workbook.reader import ALL_ITEMS, Workbook, read_workbook
from app.places.address.rules import Profile, Register, RegisteredHousehold


@pytest.fixture
def expected(data: Path) -> list[dict[str, str]]:
    path = data / "orders/groupon_delivery_note/expected_by_item_building_room.csv"
    with path.open(encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def villa_lane(expected: list[dict[str, str]]) -> Register:
    rooms = {(row["building"], row["room"]) for row in expected} | {("69", "902")}
    return Register(
        [RegisteredHousehold(f"{b}/{r}", "嘉怡水岸", b, "", "" if r == "别墅" else r) for b, r in sorted(rooms)],
        [Profile("嘉怡水岸", ("紫龙路500弄", "嘉怡水岸·睿府"))],
    )


@pytest.fixture
def export(data: Path, villa_lane: Register, anything: Lexicon) -> Workbook:
    body = (data / "orders/groupon_delivery_note/export.xlsx").read_bytes()
    found = read_workbook(read_sheets(body), villa_lane, anything)
    assert found is not None
    return found


def test_the_published_export_is_replayed_exactly(export: Workbook, expected: list[dict[str, str]]) -> None:
    wanted = Counter((row["item"], f"{row['building']}/{row['room']}", int(row["qty"])) for row in expected)
    placed = Counter((row.goods[0].item, row.household.household_id, row.goods[0].qty) for row in export.rows)
    assert placed == wanted
    assert len(export.rows) == 119
    assert len({row.household for row in export.rows}) == 75
    assert len({row.household.building for row in export.rows}) == 41
    assert len(export.totals) == 9


def test_the_summary_sheet_that_contradicts_its_rows_is_said(export: Workbook) -> None:
    whole = next(alarm for alarm in export.alarms if alarm.key == ALL_ITEMS)
    assert (whole.qty_lines_milli, whole.qty_total_milli) == (119_000, 231_000)
    assert len(export.alarms) == 12


def test_redirected_and_contradicting_rows_are_asked_with_a_proposal(export: Workbook) -> None:
    asked = {row.buyer: row for row in export.rows if row.outcome is EntryOutcome.REVIEW}
    assert {name: row.reason for name, row in asked.items()} == {"岑刚飘": "redirect", "谭灶声": "address_conflict"}
    assert asked["岑刚飘"].deliver_to.household_id == "87/105"
    assert EntryFlag.REDIRECT in asked["岑刚飘"].flags
    assert asked["谭灶声"].household.household_id == "47/102"


def test_blank_cells_of_the_same_buyer_are_filled_from_above(
    data: Path, villa_lane: Register, anything: Lexicon, export: Workbook
) -> None:
    with (data / "orders/groupon_delivery_note/customer_sheet_flat.csv").open(encoding="utf-8-sig") as file:
        rows = list(csv.reader(file))
    found = read_workbook([TableSheet("", rows)], villa_lane, anything)
    assert found is not None
    assert [(row.household, row.goods) for row in found.rows] == [(row.household, row.goods) for row in export.rows]


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

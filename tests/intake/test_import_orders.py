"""A file of orders comes in whole or not at all, with a sentence for each row that cannot."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.catalog.models import ItemAlias
from app.core import clock
from app.core.db import db
from app.core.errors import Conflict, Invalid, NotFound
from app.core.events import SYSTEM, Event
from app.core.input.tables import OPERATOR
from app.intake.booking import service as booking_service
from app.intake.booking.cli import import_file, orders
from app.intake.models import ChainPaste
from app.intake.paste import service as paste_service
from app.intake.reasons import sentence
from app.intake.workbook.codes import whole_units
from app.ordering.models import HouseholdOrder, Offer, OfferComponent, OrderLine, Source
from app.places.models import Building, Compound, Household, HouseholdContact, Stairwell
from tests import messages, sample_data, world

HEAD = "order_id,compound_id,building_no,unit,room,resident,phone,item_code,item,qty,sale_unit"


@pytest.fixture
def town(app: Flask) -> world.World:
    return world.build()


def table(*rows: str) -> bytes:
    return "\n".join([HEAD, *rows]).encode()


def ordered() -> dict[tuple[str, str], int]:
    found = (
        select(Household.room_no, OrderLine.item_id, OrderLine.qty_ordered)
        .join(HouseholdOrder, HouseholdOrder.id == OrderLine.order_id)
        .join(Household, Household.id == HouseholdOrder.household_id)
    )
    return {(room, item): int(qty) for room, item, qty in db.session.execute(found)}


@pytest.mark.parametrize(
    ("typed", "stated", "units"),
    [
        ("1.5", "千克", 3), ("0.5", "千克", 1), ("4", "斤", 4), ("1.5", "斤", "fraction"), ("2", "份", 2),
        ("2", "袋", "unit_differs"), ("0", "份", 0), ("-1", "份", "negative"), ("x", "份", "unclear_number"),
        ("1e9", "份", "unclear_number"), ("1e999999999", "份", "unclear_number"), ("1/0", "份", "unclear_number"),
    ],
)  # fmt: skip
def test_quantities_become_whole_sale_units_or_a_question(typed: str, stated: str, units: int | str) -> None:
    assert whole_units(typed, stated, "份", 500) == units


def test_a_bundle_has_no_unit_of_its_own_and_no_weight() -> None:
    assert whole_units("2", "套", "", 0) == 2
    assert whole_units("2", "斤", "", 0) == "unit_differs"


def test_goods_go_by_their_other_names_and_a_name_of_two_goods_is_never_guessed(town: world.World) -> None:
    db.session.add(ItemAlias(item_id=town.items[0].id, alias="小青菜"))
    for one in town.items[1:3]:
        db.session.add(ItemAlias(item_id=one.id, alias="蛋 类"))
    db.session.commit()
    assert import_file(SYSTEM, town.cycle.id, table("A1,K0,2,1,101,林一,,,小 青菜,1,份")).units == 1
    with pytest.raises(Invalid) as refused:
        import_file(SYSTEM, town.cycle.id, table("A2,K0,2,1,101,林一,,,蛋类,1,份"))
    assert messages.MAY_MEAN_SEVERAL in str(refused.value.problems)


def test_a_file_may_call_its_columns_in_many_ways(town: world.World) -> None:
    home = town.households[0]
    building = home.stairwell.building
    row = f"A1,{building.compound.name},{building.label},{home.stairwell.label},{home.room_no},青菜,2"
    body = f"订单号,小区,楼名,单元号,房间号,品名,订购数量\n{row}\n".encode()
    assert import_file(SYSTEM, town.cycle.id, body).units == 2


def test_rows_of_one_order_become_one_order_and_the_person_is_kept_apart(town: world.World) -> None:
    body = table(
        "A1,K0,2,1,101,林一,19900000001,V1,青菜,1.5,千克",
        "A1,K0,2,1,101,林一,19900000001,E1,鸡蛋,1,板",
        "A2,K1,1幢,1单元,302,周二,19900000002,V1,青菜,2,份",
    )
    with pytest.raises(Invalid) as refused:
        import_file(SYSTEM, town.cycle.id, body)
    assert list(refused.value.problems) == ["4"]
    report = import_file(SYSTEM, town.cycle.id, body.replace(b",302,", b",301,"))
    assert (report.placed, report.lines, report.units) == (2, 3, 6)
    assert ordered() == {("101", town.items[0].id): 3, ("101", town.items[2].id): 1, ("301", town.items[0].id): 2}
    contacts = {c.household_id: (c.name, c.phone) for c in db.session.scalars(select(HouseholdContact))}
    assert contacts[town.households[0].id] == ("林一", "19900000001")
    assert set(db.session.scalars(select(HouseholdOrder.source))) == {Source.SHEET.value}


def test_the_same_file_twice_writes_nothing_more(town: world.World) -> None:
    body = table("A1,K0,2,1,101,林一,19900000001,V1,青菜,2,份", "A2,K0,2,1,101,周二,19900000002,V2,土豆,1,袋")
    first = import_file(SYSTEM, town.cycle.id, body)
    again = import_file(SYSTEM, town.cycle.id, body)
    assert (first.placed, first.families) == (2, 1)
    assert (again.placed, again.unchanged, again.families) == (0, 2, 0)
    assert ordered() == {("101", town.items[0].id): 2, ("101(2)", town.items[1].id): 1}


def test_families_are_told_apart_by_telephone_whatever_their_order_in_the_file(town: world.World) -> None:
    one, two = "A1,K0,2,1,101,林一,19900000001,V1,青菜,2,份", "A2,K0,2,1,101,周二,19900000002,V2,土豆,1,袋"
    import_file(SYSTEM, town.cycle.id, table(one, two))
    assert import_file(SYSTEM, town.cycle.id, table(two, one)).unchanged == 2


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("A1,K0,2,1,909,林一,1,V1,青菜,2,份", "没有这个房号"),
        ("A1,K9,2,1,101,林一,1,V1,青菜,2,份", "没有这个小区"),
        ("A1,K0,2,1,101,林一,1,X9,龙虾,2,份", "没有这种商品"),
        ("A1,K0,2,1,101,林一,1,V1,青菜,1.3,千克", "不是整数"),
        ("A1,K0,2,1,101,林一,1,V2,土豆,1,份", "单位不一样"),
        ("A1,K0,2,1,101,林一,1,V1,青菜,0,份", "数量是零"),
        ("A1,K0,2,1,201,林一,1,V1,青菜,1,份", "不同的住户"),
        ("A0,K0,2,1,101,林一,,V1,青菜,1,份", "没有不同的电话"),
        (",K0,2,1,201,林一,1,V1,青菜,1,份", "缺少"),
    ],
)
def test_one_bad_row_stops_the_file_and_is_named_by_its_number(town: world.World, row: str, said: str) -> None:
    with pytest.raises(Invalid) as refused:
        import_file(SYSTEM, town.cycle.id, table("A1,K0,2,1,101,林一,19900000001,V1,青菜,2,份", row))
    assert list(refused.value.problems) == ["3"]
    assert said in str(refused.value.problems["3"][0])
    assert db.session.query(HouseholdOrder).count() == 0


def test_limits_hold_for_imported_orders_too(town: world.World) -> None:
    town.offers[0].limit_per_household = 2
    db.session.commit()
    with pytest.raises(Invalid) as refused:
        import_file(SYSTEM, town.cycle.id, table("A1,K0,2,1,101,林一,1,V1,青菜,3,份"))
    assert messages.OVER_LIMIT in str(refused.value.problems["2"][0])


def test_an_order_that_stands_with_other_content_is_not_overwritten(town: world.World) -> None:
    town.order(town.households[0], {1: 1})
    with pytest.raises(Invalid) as refused:
        import_file(SYSTEM, town.cycle.id, table("A1,K0,2,1,101,林一,1,V1,青菜,3,份"))
    assert messages.OTHER_ORDER_EXISTS in str(refused.value.problems["2"][0])


BY_NUMBER = (
    "A1,K0,2,1,101,林一,19900000001,V1,青菜,1.5,千克",
    "A1,K0,2,1,101,林一,19900000001,E1,,1,板",
    "A2,K0,10号楼,1单元,201,周二,19900000002,,青菜,2,份",
)
IN_DOUBT = (
    "A1,K0,2,1,909,林一,,V1,青菜,2,份",
    "A2,K9,2,1,101,林一,,V1,青菜,2,份",
    "A3,K0,2,1,101,林一,,X9,龙虾,2,份",
    "A4,K0,2,1,201,林一,,V1,青菜,1.3,千克",
    "A5,K0,2,1,301,林一,,V2,土豆,1,份",
    "A6,K0,10,1,101,林一,,V1,青菜,51,份",
    "A7,K0,10,1,201,林一,,V1,青菜,,份",
)


def pasted(town: world.World, body: bytes) -> ChainPaste:
    return paste_service.import_workbook(town.actor("leader"), town.cycle.id, town.points[0].id, body)


def test_a_file_gives_the_same_orders_through_the_page_and_the_command_line(town: world.World) -> None:
    body = table(*BY_NUMBER)
    booking_service.commit(town.actor("leader"), pasted(town, body).id)
    assert ordered() == {
        ("101", town.items[0].id): 3, ("101", town.items[2].id): 1, ("201", town.items[0].id): 2
    }  # fmt: skip
    again = import_file(SYSTEM, town.cycle.id, body)
    assert (again.unchanged, again.placed) == (2, 0)


def test_a_file_is_asked_about_in_the_same_sentences_by_the_page_and_the_command_line(town: world.World) -> None:
    body = table(*IN_DOUBT)
    shown = {str(line.line_no): (sentence(line.reason), line.raw) for line in pasted(town, body).lines}
    with pytest.raises(Invalid) as refused:
        import_file(SYSTEM, town.cycle.id, body)
    assert refused.value.problems == {row: [f"{why}：{raw}"] for row, (why, raw) in shown.items()}
    assert len(shown) == len({why for why, _raw in shown.values()}) == len(IN_DOUBT)


def test_the_page_reads_no_more_and_no_other_files_than_the_command_line(town: world.World) -> None:
    for body in (b"", "日期,天气\n4月1日,晴".encode(), table(*["A1,K0,2,1,101,林一,,V1,青菜,1,份"] * 5001)):
        sentences = []
        for read in (lambda body: pasted(town, body), lambda body: import_file(SYSTEM, town.cycle.id, body)):
            with pytest.raises(Invalid) as refused:
                read(body)
            sentences.append({name: [str(one) for one in said] for name, said in refused.value.problems.items()})
        assert sentences[0] == sentences[1]


@pytest.mark.parametrize("body", [b"", b"\x00\xff\xfe", b"a,b\n1,2", HEAD.replace("qty", "x").encode()])
def test_a_file_that_is_no_table_of_orders_is_refused(town: world.World, body: bytes) -> None:
    with pytest.raises(Invalid):
        import_file(SYSTEM, town.cycle.id, body)


def test_orders_come_only_into_a_cycle_that_takes_them(town: world.World) -> None:
    body = table("A1,K0,2,1,101,林一,1,V1,青菜,1,份")
    with clock.frozen_at(town.cycle.cutoff_at), pytest.raises(Conflict):
        import_file(SYSTEM, town.cycle.id, body)
    with pytest.raises(NotFound):
        import_file(town.actor("leader"), town.cycle.id, body)
    with pytest.raises(NotFound):
        import_file(SYSTEM, 4711, body)


def test_the_command_line_says_what_came_in_or_which_rows_could_not(
    app: Flask, town: world.World, tmp_path: Path
) -> None:
    file = tmp_path / "orders.csv"
    file.write_bytes(table("A1,K0,2,1,101,林一,1,V1,青菜,1,份"))
    runner = app.test_cli_runner()
    good = runner.invoke(orders, [str(file), "--cycle", str(town.cycle.id)])
    assert (good.exit_code, "订单 1 张" in good.output) == (0, True)
    file.write_bytes(table("A1,K0,2,1,999,林一,1,V1,青菜,1,份"))
    bad = runner.invoke(orders, [str(file), "--cycle", str(town.cycle.id)])
    assert bad.exit_code == 1
    assert "第 2 行" in bad.output
    assert runner.invoke(orders, [str(file), "--cycle", "4711"]).exit_code == 1


@pytest.mark.parametrize(("data", "orders_in_file"), sample_data.both(40, 691))
def test_the_orders_of_a_subdistrict_come_in_to_the_last_unit(
    town: world.World, data: Path, orders_in_file: int
) -> None:
    """Totals by item equal the file's, computed here by hand."""
    folder = data / "geo" / "hangzhou_dev" / "sample_seed7"
    rows = list(csv.DictReader(io.StringIO((folder / "orders_truth.csv").read_text("utf-8-sig"))))
    codes = _register(town, rows)
    expected: dict[str, int] = {}
    for row in rows:
        units = float(row["qty"]) * (2 if row["sale_unit"] == "千克" else 1)
        expected[row["item_code"]] = expected.get(row["item_code"], 0) + int(units)
    report = import_file(SYSTEM, town.cycle.id, (folder / "orders_truth.csv").read_bytes(), OPERATOR)
    assert report.placed == len({row["order_id"] for row in rows}) == orders_in_file
    assert report.lines == len(rows)
    sums = select(OrderLine.item_id, func.sum(OrderLine.qty_ordered)).group_by(OrderLine.item_id)
    assert {codes[item]: int(qty) for item, qty in db.session.execute(sums)} == expected
    logged = db.session.scalars(select(Event).where(Event.verb == "place_many")).all()
    assert sum(len(event.data["orders"]) for event in logged) == report.placed


def _register(town: world.World, rows: list[dict[str, str]]) -> dict[int, str]:
    """Write the rooms and items that the file names; returns item id → item number."""
    from app.catalog.models import Item

    places: dict[Any, Any] = {}
    for row in rows:
        code, building, well = row["compound_id"], row["building_id"], (row["building_id"], row["unit"])
        if code not in places:
            places[code] = _saved(Compound(community_id=town.points[0].community_id, code=code, name=code))
        if building not in places:
            label = building.rsplit("-", 1)[1]
            place = Building(compound_id=places[code], service_point_id=town.points[0].id, label=label, code=building)
            place.public_code = building
            places[building] = _saved(place)
        if well not in places:
            places[well] = _saved(Stairwell(building_id=places[building], label=f"{row['unit']}单元"))
        if (*well, row["room"]) not in places:
            places[(*well, row["room"])] = _saved(Household(stairwell_id=places[well], room_no=row["room"]))
        if row["item_code"] not in places:
            unit = "份" if row["sale_unit"] == "千克" else row["sale_unit"]
            item = _saved(Item(sku=row["item_code"], name=row["item"], sale_unit=unit, weight_g=500))
            offer = _saved(Offer(cycle_id=town.cycle.id, item_id=item, name=row["item"], price_fen=100))
            db.session.add(OfferComponent(offer_id=offer, item_id=item, qty=1))
            places[row["item_code"]] = item
    db.session.commit()
    return {places[row["item_code"]]: row["item_code"] for row in rows}


def _saved(row: Any) -> int:
    db.session.add(row)
    db.session.flush()
    return int(row.id)

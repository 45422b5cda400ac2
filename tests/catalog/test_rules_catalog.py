"""Packs in names, whole sale units, storage; on names of our own and on real ones."""

from __future__ import annotations

import csv
import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.catalog.models import Storage
from app.catalog.rules import (
    PackSpec,
    SaleUnit,
    is_fragile,
    parse_pack_spec,
    price_fen,
    storage_class,
    whole_sale_unit,
)
from tests import sample_data


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(
    ("name", "spec"),
    [
        ("思念油条450g/*12包", PackSpec(5400, "g", 12, "")),
        ("民天一级鱼露500ml*12瓶", PackSpec(6000, "ml", 12, "")),
        ("海天精选老抽500ml*12瓶/件", PackSpec(6000, "ml", 12, "件")),
        ("龙祥记番茄沙司1.25KG*8瓶/件", PackSpec(10000, "g", 8, "件")),
        ("特典 柠檬香鸭1只*550g/包", PackSpec(550, "g", 1, "包")),
        ("阳春面1*400g*20/包", PackSpec(8000, "g", 20, "包")),
        ("黄金鱼1*12瓶", PackSpec(None, "", 12, "")),
        ("五常 长粒香 50斤/包", PackSpec(25000, "g", 1, "包")),
        ("家乐 辣鲜露 448克/瓶", PackSpec(448, "g", 1, "瓶")),
        ("大豆油20L", PackSpec(20000, "ml", 1, "")),
        ("海天  老抽鼓油1.9L", PackSpec(1900, "ml", 1, "")),
        ("红薯粉皮5斤装|1张/张", PackSpec(2500, "g", 1, "张")),
        ("白萝卜|0.1斤/斤", PackSpec(50, "g", 1, "")),
        ("杏鲍菇(250克)", PackSpec(250, "g", 1, "")),
        ("菲律宾进口香蕉(每箱约28斤)", PackSpec(14000, "g", 1, "箱")),
        ("水仙芒果(12个/箱约九斤)", PackSpec(4500, "g", 12, "箱")),
        ("冰淇淋黄心西瓜(一箱四个约14斤)", PackSpec(7000, "g", 4, "箱")),
        ("雪蜜王(一箱七斤)", PackSpec(3500, "g", 1, "箱")),
        ("新奇士橙(1份十个)", PackSpec(None, "", 10, "")),
        ("青岛清爽24罐装", PackSpec(None, "", 24, "")),
        ("罗星塔 99味精 908克/包", PackSpec(908, "g", 1, "包")),
        ("精盐2千克", PackSpec(2000, "g", 1, "")),
        ("酱油2升/桶", PackSpec(2000, "ml", 1, "桶")),
        ("84消毒液", PackSpec(None, "", 1, "")),
        ("上海青", PackSpec(None, "", 1, "")),
        ("", PackSpec(None, "", 1, "")),
    ],
)
def test_what_a_name_says_about_its_pack(name: str, spec: PackSpec) -> None:
    assert parse_pack_spec(name) == spec


@given(st.text(max_size=200))
def test_no_name_can_break_the_reader(name: str) -> None:
    spec = parse_pack_spec(name)
    assert spec.count >= 1
    assert spec.total is None or spec.total >= 0
    assert (spec.total is None) == (spec.measure == "")


def test_a_hostile_name_is_read_at_once() -> None:
    started = time.perf_counter()
    for name in ("1*" * 50_000, "(" * 50_000, "一" * 50_000, "1 " * 50_000 + "x", "9g" * 50_000):
        parse_pack_spec(name)
    assert time.perf_counter() - started < 0.5


@pytest.mark.parametrize(("data", "at_least"), sample_data.both(8, 46))
def test_names_with_a_stated_measure_are_read_and_others_are_left_alone(data: Path, at_least: int) -> None:
    names = sorted({row["sku_name"] for row in rows_of(data / "catalogue/gm_purchase_lines.csv")})
    stated = [n for n in names if any(u in n.split("|")[0].lower() for u in ("g", "ml", "斤", "克", "l"))]
    assert len(stated) >= at_least
    assert [n for n in stated if parse_pack_spec(n).total is None] == []
    silent = [n for n in names if not any(c.isdigit() for c in n)]
    assert {parse_pack_spec(n).total for n in silent} == {None}


@pytest.mark.parametrize("data", sample_data.folders())
def test_a_wholesale_case_holds_twelve_and_a_retail_can_is_one(data: Path) -> None:
    """`wholesale_offer` of Open Food Network; both rows and the fallback share our rule."""
    row = json.loads((data / "peers/openfoodnetwork_vectors.json").read_text(encoding="utf-8"))["wholesale_offer"]
    assert parse_pack_spec(row["wholesale"]).count == row["expected_factor"]
    assert parse_pack_spec(row["retail"]).count == row["fallback_factor"]


@pytest.mark.parametrize(
    ("stated", "sale"),
    [
        ("千克", SaleUnit("份", "500g/份", 500, 2)),
        ("KG", SaleUnit("份", "500g/份", 500, 2)),
        ("斤", SaleUnit("份", "500g/份", 500, 1)),
        ("袋", SaleUnit("袋", "", None, 1)),
        ("份", SaleUnit("份", "", None, 1)),
    ],
)
def test_weights_become_whole_portions(stated: str, sale: SaleUnit) -> None:
    assert whole_sale_unit(stated) == sale


@pytest.mark.parametrize("stated", ["", "  ", "两", "克", "一个很长很长的单位名"])
def test_a_unit_that_is_no_whole_thing_is_refused(stated: str) -> None:
    with pytest.raises(ValueError, match=r"short word|less than a portion"):
        whole_sale_unit(stated)


@pytest.mark.parametrize(
    ("yuan", "per", "fen"), [("2.8", 2, 140), ("12.11", 2, 606), ("1.0", 1, 100), ("0.125", 1, 13), ("0", 1, 0)]
)
def test_a_price_per_kilogram_becomes_a_price_per_portion(yuan: str, per: int, fen: int) -> None:
    assert price_fen(yuan, per) == fen


@pytest.mark.parametrize("yuan", ["", "free", "-1", "NaN", "1e9", "1,5"])
def test_what_is_no_price_is_refused(yuan: str) -> None:
    with pytest.raises(ValueError, match="not a price"):
        price_fen(yuan)


@pytest.mark.parametrize(
    ("name", "storage"),
    [
        ("速冻水饺1kg", "frozen"),
        ("冻虾仁", "frozen"),
        ("冷藏酸奶", "chilled"),
        ("嫩豆腐", "chilled"),
        ("冰糖", "ambient"),
        ("豆腐乳", "ambient"),
        ("大米", "ambient"),
    ],
)
def test_storage_is_guessed_from_the_name(name: str, storage: str) -> None:
    assert storage_class(name) == Storage(storage).value


def test_eggs_break_and_egg_noodles_do_not() -> None:
    assert is_fragile("鲜鸡蛋30枚")
    assert not is_fragile("鸡蛋面")
    assert not is_fragile("大米")

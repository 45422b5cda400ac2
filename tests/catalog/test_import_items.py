"""Tables of the catalogue: wholesale lists, our own form, and wrong ones."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.access.permissions import Staff
from app.catalog.imports import service as imports_service
from app.catalog.imports.items import ItemImportOptions
from app.catalog.imports.service import CatalogueUpload
from app.catalog.models import Item, ItemAlias, Supplier, SupplierItem
from app.catalog.queries import named_items, search_items
from app.core.db import db
from app.core.errors import Invalid
from app.core.events import Event
from app.core.input.imports import ImportPlan
from tests import messages, sample_data

pytestmark = pytest.mark.usefixtures("app")
BY = Staff("system", 0)
OWN = (
    "编号,名称,类别,单位,规格,单价,重量,储存,易碎,别名\n"
    "P1,卷纸,日用,提,10卷/提,19.90,1500,常温,否,厕纸、卫生纸、草纸\n"
    "P2,鲜牛奶,奶,盒,950ml/盒,15.5,980,冷藏,否,牛奶\n"
    "P3,鸡蛋,蛋,板,30枚/板,26,1800,常温,是,\n"
)
SUPPLIES = "供应商,商品,每件,每件价格,起订件数\n甲商行,卷纸,6,100,2\n甲商行,P3,12,280.50,1\n乙商行,厕纸,10,150,0\n"


def bring(text: str, kind: str = "", **chosen: int) -> ImportPlan:
    return imports_service.import_table(BY, CatalogueUpload(text.encode(), kind, ItemImportOptions(**chosen)))


def sentences(text: str, kind: str = "") -> list[tuple[int, str]]:
    plan = imports_service.preview(BY, CatalogueUpload(text.encode(), kind))
    return [(problem.row, problem.sentence) for problem in plan.problems]


def item(sku: str) -> Item:
    return db.session.scalars(select(Item).where(Item.sku == sku)).one()


def count(model: type) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


class Wholesale(NamedTuple):
    """A wholesale list: how many items, one by weight with its price a portion (cost and a fifth), one by the bag."""

    items: int
    by_weight: tuple[str, int]
    by_bag: tuple[str, int]


@pytest.mark.parametrize(
    ("data", "wholesale"),
    sample_data.both(
        Wholesale(9, ("200900000000017", 168), ("玉兔菇(袋)", 504)),
        Wholesale(251, ("102900011026618", 168), ("白玉菇(袋)", 504)),
    ),
)
def test_vegetables_of_a_wholesale_list_come_in_as_whole_portions(app: Flask, data: Path, wholesale: Wholesale) -> None:
    from app.upkeep.importing import import_group

    path = str(data / "catalogue/cumcm2023_veg_items.csv")
    run = app.test_cli_runner()
    first = run.invoke(import_group, ["items", path, "--margin", "20"])
    assert first.exit_code == 0, first.output
    assert count(Item) == wholesale.items
    by_weight = item(wholesale.by_weight[0])  # 2.80 yuan a kilogram
    assert (by_weight.sale_unit, by_weight.spec, by_weight.weight_g) == ("份", "500g/份", 500)
    assert by_weight.list_price_fen == wholesale.by_weight[1]
    by_bag = db.session.scalars(select(Item).where(Item.name == wholesale.by_bag[0])).one()
    assert (by_bag.sale_unit, by_bag.list_price_fen) == ("袋", wholesale.by_bag[1])
    assert not set(db.session.scalars(select(Item.sale_unit))) & {"千克", "公斤", "斤"}
    events = count(Event)
    assert f"不变 {wholesale.items}" in run.invoke(import_group, ["items", path, "--margin", "20"]).output
    assert count(Event) == events


def test_a_table_that_does_not_say_what_breaks_leaves_it_to_the_name() -> None:
    bring("名称,单位,单价\n鲜鸡蛋30枚,板,26\n鸡蛋面,袋,8\n")
    assert (item("鲜鸡蛋30枚").is_fragile, item("鸡蛋面").is_fragile) == (True, False)
    bring("名称,单位,单价,易碎\n咸蛋,袋,26,否\n")
    assert not item("咸蛋").is_fragile, "what the table says counts"


def test_a_table_of_ours_keeps_its_prices_and_weights() -> None:
    bring(OWN)
    milk = item("P2")
    assert (milk.list_price_fen, milk.weight_g, str(milk.storage)) == (1550, 980, "chilled")
    assert item("P3").is_fragile
    assert bring(OWN).does_nothing


def test_what_somebody_corrected_by_hand_survives_a_table_that_does_not_say_it() -> None:
    bring("编号,名称,单位,单价\nA,青菜,份,3\n")
    item("A").weight_g = 400
    db.session.commit()
    plan = bring("编号,名称,单位,单价\nA,青菜,份,3.5\n")
    assert [entry.values for entry in plan.changed] == [(("单价", "3.00", "3.50"),)]
    assert item("A").weight_g == 400


def test_items_are_found_by_name_alias_initials_and_number() -> None:
    bring(OWN)
    for text in ("卷纸", "厕纸", "jz", "JZ", "P1", "卷"):
        assert [row.sku for row in search_items(text, [])] == ["P1"], text
    assert search_items("没有的", []) == search_items("", []) == []
    assert search_items("%", []) == []


def test_the_exact_name_comes_first() -> None:
    bring("编号,名称,单位,单价\nA,小青菜,份,3\nB,青菜,份,3\nC,青菜苗,份,3\n")
    assert [row.sku for row in search_items("青菜", [])] == ["B", "C", "A"]


def test_items_know_all_their_names_for_reading_chains() -> None:
    bring(OWN)
    names = {found.name: found.aliases for found in named_items(0)}
    assert names["卷纸"] == ("厕纸", "卫生纸", "草纸")


def test_suppliers_come_in_with_packs_and_prices_and_items_by_alias() -> None:
    bring(OWN)
    bring(SUPPLIES)
    assert count(Supplier) == 2
    row = db.session.scalars(select(SupplierItem).where(SupplierItem.price_fen == 28050)).one()
    assert (row.item.sku, row.pack_size, row.min_packs, row.max_packs) == ("P3", 12, 1, None)
    assert bring(SUPPLIES).does_nothing
    plan = bring(SUPPLIES.replace("100,2", "96.5,2"))
    assert [entry.values for entry in plan.changed] == [((messages.PRICE_PER_PACK, "100.00", "96.50"),)]


def test_an_alias_of_two_items_is_asked_not_guessed() -> None:
    bring("编号,名称,单位,单价,别名\nA,白菜,份,3,菜\nB,青菜,份,3,菜\n")
    assert messages.MORE_THAN_ONE_ITEM in sentences("供应商,商品,每件,每件价格\n甲,菜,1,1\n")[0][1]


def test_wrong_rows_are_named_and_nothing_is_written() -> None:
    wrong = ("B,,份,3,", "C,米,两,3,", "D,油,桶,abc,", "E,面,袋,,", "F,冰,袋,2,热", "A,菜,份,2,")
    table = "\n".join(("编号,名称,单位,单价,储存", "A,青菜,份,3,常温", *wrong))
    assert sorted({row for row, _ in sentences(table)}) == [3, 4, 5, 6, 7, 8]
    with pytest.raises(Invalid):
        bring(table)
    assert count(Item) == count(ItemAlias) == 0


def test_wrong_supplies_are_named() -> None:
    bring(OWN)
    table = (
        "供应商,商品,每件,每件价格,起订件数,最多件数\n甲,没有,1,1,,\n甲,卷纸,0,1,,\n甲,鸡蛋,1,x,,\n甲,牛奶,1,1,5,2\n"
    )
    assert [row for row, _ in sentences(table)] == [2, 3, 4, 5]
    assert count(Supplier) == 0

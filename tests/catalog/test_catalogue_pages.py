"""Pages and edits of the catalogue."""

from __future__ import annotations

import io
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.catalog.models import Bundle, BundleComponent, Item, ItemAlias, Supplier, SupplierItem
from app.core.db import db
from tests.world import World, build, post, sign_in


@pytest.fixture
def world(app: Flask) -> World:
    made = build()
    db.session.commit()
    return made


@pytest.fixture
def supplies(app: Flask, world: World) -> FlaskClient:
    return sign_in(app, world, "supplies")


def item(**typed: Any) -> dict[str, Any]:
    data = {"sku": "N1", "name": "番茄", "sale_unit": "份", "spec": "500g/份", "list_price_fen": "4.50"}
    return {**data, "weight_g": "500", "volume_ml": "900", "storage": "ambient", "is_active": "1", **typed}


def test_an_item_is_added_found_by_its_alias_and_changed(supplies: FlaskClient, world: World) -> None:
    new = "/catalog/items/new"
    assert post(supplies, new, new, item(aliases="西红柿、洋柿子")).status_code == 303
    row = db.session.scalars(select(Item).where(Item.sku == "N1")).one()
    assert (row.list_price_fen, row.pinyin) == (450, "fq")
    assert "番茄" in supplies.get("/catalog/?q=西红柿").get_data(as_text=True)
    page = f"/catalog/items/{row.id}"
    changed = item(list_price_fen="5", aliases="西红柿", version=row.version)
    assert post(supplies, page, page + "/edit", changed).status_code == 303
    db.session.expire_all()
    assert row.list_price_fen == 500
    assert list(db.session.scalars(select(ItemAlias.alias).where(ItemAlias.item_id == row.id))) == ["西红柿"]


def test_a_stale_edit_of_an_item_shows_what_is_stored(supplies: FlaskClient, world: World) -> None:
    row = world.items[0]
    page = f"/catalog/items/{row.id}"
    first = item(sku=row.sku, name="小青菜", version=row.version)
    old = row.version
    assert post(supplies, page, page + "/edit", first).status_code == 303
    answer = post(supplies, page, page + "/edit", item(sku=row.sku, name="大青菜", version=old))
    assert answer.status_code == 409
    assert "小青菜" in answer.get_data(as_text=True)
    assert 'value="大青菜"' in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"list_price_fen": "-1"}, "list_price_fen"),
        ({"list_price_fen": "1.234"}, "list_price_fen"),
        ({"weight_g": "0"}, "weight_g"),
        ({"weight_g": "9" * 20}, "weight_g"),
        ({"storage": "hot"}, "storage"),
        ({"name": " "}, "name"),
        ({"sku": "V1"}, "sku"),
        ({"aliases": "x" * 21}, "aliases"),
        ({"pinyin": "x"}, "pinyin"),
    ],
)
def test_bad_input_is_named_beside_its_field(
    supplies: FlaskClient, world: World, typed: dict[str, str], field: str
) -> None:
    answer = post(supplies, "/catalog/items/new", "/catalog/items/new", item(**typed))
    assert answer.status_code == 422
    assert f"#f-{field}" in answer.get_data(as_text=True)
    assert db.session.scalar(select(Item).where(Item.sku == "N1")) is None


def test_a_bundle_is_composed_of_items_by_name(supplies: FlaskClient, world: World) -> None:
    new = "/catalog/bundles/new"
    made = post(supplies, new, new, {"sku": "B1", "name": "蔬菜包", "list_price_fen": "0", "is_active": "1"})
    page = made.headers["Location"]
    for name, qty in (("青菜", 2), ("土豆", 1), ("青菜", 3)):
        assert post(supplies, page, page + "/components", {"item": name, "qty": qty}).status_code == 303
    assert post(supplies, page, page + "/components", {"item": "没有的", "qty": 1}).status_code == 422
    assert post(supplies, page, page + "/components", {"item": "青菜", "qty": "一"}).status_code == 422
    parts = {part.item.name: part.qty for part in db.session.scalars(select(BundleComponent))}
    assert parts == {"青菜": 3, "土豆": 1}
    assert "15.30" in supplies.get(page).get_data(as_text=True)
    post(supplies, page, page + "/components", {"item": "土豆", "qty": 0})
    assert len(db.session.scalars(select(BundleComponent)).all()) == 1
    assert (
        post(
            supplies, page, page + "/edit", {"sku": "B1", "name": "包", "list_price_fen": "1", "version": 9}
        ).status_code
        == 409
    )
    assert db.session.scalars(select(Bundle)).one().name == "蔬菜包"


def test_a_supplier_sells_an_item_in_packs(supplies: FlaskClient, world: World) -> None:
    new = "/catalog/suppliers/new"
    made = post(
        supplies, new, new, {"name": "丙商行", "min_order_fen": "200", "delivery_fee_fen": "30", "is_active": "1"}
    )
    page = made.headers["Location"]
    pack = {"item": "青菜", "pack_size": "10", "price_fen": "28", "min_packs": "2", "max_packs": ""}
    assert post(supplies, page, page + "/supplies", pack).status_code == 303
    assert post(supplies, page, page + "/supplies", {**pack, "max_packs": "1"}).status_code == 422
    assert post(supplies, page, page + "/supplies", {**pack, "pack_size": "0"}).status_code == 422
    supplier = db.session.scalars(select(Supplier).where(Supplier.name == "丙商行")).one()
    row = db.session.scalars(select(SupplierItem).where(SupplierItem.supplier_id == supplier.id)).one()
    assert (row.pack_size, row.price_fen, row.min_packs, row.max_packs) == (10, 2800, 2, None)
    assert supplier.min_order_fen == 20_000
    assert "28.00" in supplies.get(f"{page}?supply={row.id}").get_data(as_text=True)
    assert post(supplies, page, f"/catalog/suppliers/supplies/{row.id}/remove", {}).status_code == 303
    assert db.session.scalar(select(SupplierItem).where(SupplierItem.supplier_id == supplier.id)) is None


def test_leaders_read_the_catalogue_and_change_nothing(app: Flask, world: World) -> None:
    leader = sign_in(app, world, "leader")
    page = f"/catalog/items/{world.items[0].id}"
    for path in ("/catalog/", page, "/catalog/bundles/", "/catalog/suppliers/"):
        assert leader.get(path).status_code == 200
    assert post(leader, "/account", page + "/edit", item()).status_code == 403
    assert sign_in(app, world, "captain").get("/catalog/").status_code == 403


def test_the_list_takes_few_statements_however_long(supplies: FlaskClient, world: World, count_queries: Any) -> None:
    for number in range(120):
        db.session.add(Item(sku=f"S{number}", name=f"菜{number}", sale_unit="份", weight_g=500))
    db.session.commit()
    with count_queries() as sent:
        text = supplies.get("/catalog/?page=2").get_data(as_text=True)
    assert len(sent) <= 25
    assert "第 2 / 3 页" in text


def test_items_come_in_through_the_browser(supplies: FlaskClient, world: World) -> None:
    body = "编号,名称,单位,批发价\nZ1,莴笋,公斤,6\n".encode("gb18030")
    shown = post(
        supplies,
        "/catalog/import/",
        "/catalog/import/preview",
        {"file": (io.BytesIO(body), "菜.csv"), "kind": "", "margin_percent": "10", "default_weight_g": "500"},
    )
    text = shown.get_data(as_text=True)
    assert shown.status_code == 200
    assert "3.30" in text
    digest = text.split('name="upload" value="')[1][:64]
    chosen = {"kind": "items", "margin_percent": "10", "default_weight_g": "500", "upload": digest}
    assert post(supplies, "/catalog/import/", "/catalog/import/commit", chosen).status_code == 303
    assert db.session.scalars(select(Item).where(Item.sku == "Z1")).one().list_price_fen == 330

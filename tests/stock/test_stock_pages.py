"""The pages of receiving and keeping, as a member of the supplies team meets them."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.core.db import db
from app.core.idempotency import new_key
from app.purchasing.models import PurchaseOrder
from app.stock import service
from app.stock.keeping import service as keeping_service
from app.stock.models import GoodsReceipt, Location, Lot, StockCount, WriteOff
from app.stock.schemas import AskWriteOff, TakeIn, UnorderedGoods
from tests import messages, world
from tests.purchasing.signed import assert_equations, count, stranger, token
from tests.stock.sent import fresh, lines, send_order
from tests.world import World


@pytest.fixture
def here(app: Flask) -> World:
    return world.build()


@pytest.fixture
def order(here: World) -> PurchaseOrder:
    return send_order(here)


def base(here: World) -> str:
    return f"/cycles/{here.cycle.id}/stock"


def all_pages(here: World, order: PurchaseOrder) -> list[str]:
    """Every page of the slice, with goods in the house."""
    service.take_in(here.actor("supplies"), here.cycle.id, TakeIn("donation", [UnorderedGoods(here.items[0].id, 8, 2)]))
    lot = db.session.scalars(select(Lot)).one()
    keeping_service.ask_write_off(here.actor("supplies"), lot.id, AskWriteOff(1, "腐烂"))
    inner = ("", f"/orders/{order.id}", "/take-in", "/lots", f"/lots/{lot.id}", "/write-offs", "/count")
    return [base(here) + page for page in inner]


def test_the_pages_open_for_the_supplies_team_only(app: Flask, here: World, order: PurchaseOrder) -> None:
    pages = all_pages(here, order)
    stranger(here)
    expected = {"supplies": 200, "admin": 200, "leader": 403, "captain": 403, "runner": 403, "stranger": 404}
    for name, status in expected.items():
        client = world.sign_in(app, here, name)
        assert {client.get(page).status_code for page in pages} == {status}, name
    assert {app.test_client().get(page).status_code for page in pages} == {302}


def test_the_pages_send_few_statements(app: Flask, here: World, order: PurchaseOrder, count_queries: Any) -> None:
    client = world.sign_in(app, here, "supplies")
    for page in all_pages(here, order):
        with count_queries() as sent:
            assert client.get(page).status_code == 200
        assert len(sent) <= 25, page


def test_a_delivery_is_entered_by_exception(app: Flask, here: World, order: PurchaseOrder) -> None:
    client = world.sign_in(app, here, "supplies")
    page = f"{base(here)}/orders/{order.id}"
    rows = lines(order.id)
    typed = {f"good-{line.id}": str(line.qty_awaited) for line in rows} | {"version": str(order.version)}
    typed |= {f"good-{rows[0].id}": "7", f"damaged-{rows[0].id}": "3", f"batch-{rows[0].id}": "A1"}
    for line in rows:
        assert f'name="good-{line.id}" value="{line.qty_awaited}"' in client.get(page).get_data(as_text=True)
    assert world.post(client, page, f"{page}/receive", typed).status_code == 303
    assert [line.qty_awaited for line in lines(order.id)] == [0, 0, 0]
    assert messages.EVERY_LINE_HAS_RESULT in client.get(page).get_data(as_text=True)
    assert "SH-" in client.get(base(here)).get_data(as_text=True)
    assert_equations()


def test_bad_numbers_are_said_beside_their_field_and_stay_typed_in(
    app: Flask, here: World, order: PurchaseOrder
) -> None:
    client = world.sign_in(app, here, "supplies")
    page, line = f"{base(here)}/orders/{order.id}", lines(order.id)[0].id
    for column, typed in (("good", "x"), ("good", "-1"), ("good", "11"), ("damaged", "1.5"), ("expires_on", "明天")):
        answer = world.post(
            client,
            page,
            f"{page}/receive",
            {"version": str(order.version), f"good-{line}": "1"} | {f"{column}-{line}": typed},
        )
        body = answer.get_data(as_text=True)
        assert answer.status_code == 422, typed
        assert f'id="f-{column}-{line}-error"' in body
        assert f'value="{typed}"' in body
    assert world.post(client, page, f"{page}/receive", {"version": "1", f"price-{line}": "1"}).status_code == 422
    assert world.post(client, page, f"{page}/receive", {"version": "1", f"good-{line}": "1"}).status_code == 409
    assert world.post(client, page, f"{base(here)}/orders/999/receive", {}).status_code == 404
    assert count(GoodsReceipt) == 0


def test_a_delivery_sent_twice_is_booked_once(app: Flask, here: World, order: PurchaseOrder) -> None:
    client = world.sign_in(app, here, "supplies")
    page, key = f"{base(here)}/orders/{order.id}", new_key()
    typed = {"version": str(order.version), f"good-{lines(order.id)[0].id}": "4"}
    first = world.post(client, page, f"{page}/receive", typed, key)
    again = client.post(f"{page}/receive", data={"csrf_token": token(client, page), "_key": key, **typed})
    assert (first.status_code, again.status_code) == (303, 303)
    assert count(GoodsReceipt) == 1
    assert lines(order.id)[0].qty_received == 4


def test_unordered_goods_and_lines_that_never_come_are_entered_on_the_same_page(
    app: Flask, here: World, order: PurchaseOrder
) -> None:
    client = world.sign_in(app, here, "supplies")
    page, line = f"{base(here)}/orders/{order.id}", lines(order.id)[0].id
    typed = {"item-0": str(here.items[2].id), "good-0": "2"}
    assert world.post(client, page, f"{page}/unordered", typed).status_code == 303
    assert world.post(client, page, f"{page}/unordered", {"item-0": str(here.items[2].id)}).status_code == 422
    assert world.post(client, page, f"{page}/unordered", {"good-0": "2"}).status_code == 422
    assert world.post(client, page, f"{base(here)}/lines/{line}/undelivered", {}).status_code == 303
    assert world.post(client, page, f"{base(here)}/lines/999/undelivered", {}).status_code == 404
    assert (lines(order.id)[0].qty_undelivered, fresh(order.id).state) == (10, "sent")
    assert_equations()


def test_a_donation_comes_in_through_its_form(app: Flask, here: World) -> None:
    client = world.sign_in(app, here, "supplies")
    page = f"{base(here)}/take-in"
    rows = {"item-1": str(here.items[0].id), "good-1": "5", "item-2": "", "good-2": ""}
    assert world.post(client, page, page, {"kind": "donation", "from_whom": "某超市", **rows}).status_code == 303
    for wrong in ({"kind": "purchase", **rows}, {"kind": "donation"}, {**rows, "kind": ""}):
        assert world.post(client, page, page, wrong).status_code == 422
    assert db.session.scalars(select(Lot.qty_free)).all() == [5]
    assert "某超市" in client.get(base(here)).get_data(as_text=True)


def test_a_lot_is_written_off_carried_and_counted_through_its_pages(app: Flask, here: World) -> None:
    service.take_in(here.actor("supplies"), here.cycle.id, TakeIn("donation", [UnorderedGoods(here.items[0].id, 8)]))
    lot = db.session.scalars(select(Lot)).one()
    depot, point = db.session.scalars(select(Location.id).where(Location.kind != "outside").order_by(Location.id))
    one, two = world.sign_in(app, here, "supplies"), world.sign_in(app, here, "admin")
    page = f"{base(here)}/lots/{lot.id}"
    way = {"from_place": str(depot), "to_place": str(point), "qty": "2"}
    assert world.post(one, page, f"{page}/carry", way).status_code == 303
    assert world.post(one, page, f"{page}/carry", {**way, "qty": "99"}).status_code == 422
    assert world.post(one, page, f"{page}/write-off", {"qty": "9", "reason": "腐烂"}).status_code == 422
    assert world.post(one, page, f"{page}/write-off", {"qty": "1", "reason": ""}).status_code == 422
    assert world.post(one, page, f"{page}/write-off", {"qty": "1", "reason": "腐烂"}).status_code == 303
    assert world.post(one, page, f"{page}/send-back", {"part": "free", "qty": "1"}).status_code == 409
    asked = db.session.scalars(select(WriteOff)).one()
    decide = f"{base(here)}/write-offs/{asked.id}"
    assert world.post(one, page, f"{decide}/approve", {"version": str(asked.version)}).status_code == 409
    assert world.post(two, page, f"{decide}/approve", {"version": str(asked.version)}).status_code == 303
    counted = f"{base(here)}/count"
    assert world.post(one, counted, counted, {f"counted-{lot.id}": "6"}).status_code == 303
    assert "少 1 份" in one.get(f"{base(here)}/write-offs").get_data(as_text=True)
    assert world.post(one, counted, counted, {f"counted-{lot.id}": "x"}).status_code == 422
    assert world.post(one, counted, counted, {}).status_code == 422
    assert count(StockCount) == 1
    assert_equations()


def test_lists_are_filtered_and_odd_addresses_do_no_harm(app: Flask, here: World) -> None:
    goods = [UnorderedGoods(here.items[0].id, 8), UnorderedGoods(here.items[3].id, 0, 2)]
    service.take_in(here.actor("supplies"), here.cycle.id, TakeIn("donation", goods))
    client = world.sign_in(app, here, "supplies")
    page = f"{base(here)}/lots"
    resting = client.get(f"{page}?only=resting").get_data(as_text=True)
    assert "500g/份" in resting
    assert "950ml/盒" not in resting
    assert "950ml/盒" in client.get(f"{page}?only=damaged").get_data(as_text=True)
    for odd in ("?page=abc", "?page=-1", "?only=%27", "?q=%25_"):
        assert client.get(page + odd).status_code == 200
    for missing in ("/lots/999", "/lots/99999999999", "/orders/999"):
        assert client.get(base(here) + missing).status_code == 404

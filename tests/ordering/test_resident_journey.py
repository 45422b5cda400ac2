"""A resident with an old phone and no script: from the poster to the order, and back with the code."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.access import pins
from app.access.models import HouseholdToken
from app.core import clock
from app.core.db import command, db
from app.core.idempotency import new_key
from app.ordering import service as ordering_service
from app.ordering.models import HouseholdOrder, OrderLine
from app.places.models import Household
from tests import messages, world
from tests.world import post


@pytest.fixture
def town(app: Flask) -> world.World:
    return world.build()


def poster(town: world.World) -> str:
    return f"/enter/{town.buildings[0].public_code}"


def room(town: world.World, number: str = "101", **more: str) -> dict[str, str]:
    return {"stairwell_id": str(town.households[0].stairwell_id), "room": number, **more}


def enter(app: Flask, town: world.World, number: str = "101") -> FlaskClient:
    client = app.test_client()
    answer = post(client, poster(town), poster(town), room(town, number))
    assert answer.status_code == 303
    return client


def form_page(town: world.World) -> str:
    return f"/my/cycles/{town.cycle.id}/order"


def send(client: FlaskClient, town: world.World, step: str, wanted: dict[int, int], **more: str) -> tuple[int, str]:
    fields = {f"qty_{town.offers[index].id}": str(qty) for index, qty in wanted.items()}
    answer = post(client, form_page(town), form_page(town), {**fields, "step": step, **more})
    return answer.status_code, answer.get_data(as_text=True)


def stored() -> dict[int, int]:
    db.session.rollback()
    lines = select(OrderLine.item_id, OrderLine.qty_ordered)
    return {item_id: int(qty) for item_id, qty in db.session.execute(lines)}


def test_from_the_poster_to_the_order_code(app: Flask, town: world.World) -> None:
    client = app.test_client()
    assert "桂花苑 2号楼" in client.get(poster(town)).get_data(as_text=True)
    answer = post(client, poster(town), poster(town), room(town, "１０１室"))
    assert answer.headers["Location"] == form_page(town)
    assert "青菜" in client.get(form_page(town)).get_data(as_text=True)
    status, review = send(client, town, "review", {0: 2, 2: 1}, **{f"sub_{town.offers[0].id}": "1"})
    assert status == 200
    assert "33.00" in review
    assert stored() == {}
    status, _page = send(client, town, "place", {0: 2, 2: 1}, **{f"sub_{town.offers[0].id}": "1"})
    assert status == 303
    assert stored() == {town.items[0].id: 2, town.items[2].id: 1}
    order = db.session.scalars(select(HouseholdOrder)).one()
    shown = client.get(f"/my/cycles/{town.cycle.id}").get_data(as_text=True)
    assert f"{order.code[:4]}-{order.code[4:8]}-{order.code[8:]}" in shown
    lines = db.session.scalars(select(OrderLine))
    assert {line.item_id: line.is_substitutable for line in lines} == {town.items[0].id: True, town.items[2].id: False}


def test_the_token_is_stored_as_a_hash_and_ends_two_weeks_after_the_cut_off(app: Flask, town: world.World) -> None:
    client = enter(app, town)
    cookie = client.get_cookie("household") or client.get_cookie("__Host-household")
    row = db.session.scalars(select(HouseholdToken)).one()
    assert cookie is not None
    assert cookie.http_only
    assert len(cookie.value) >= 43
    assert row.token_sha256 != cookie.value
    assert row.household_id == town.households[0].id
    assert row.expires_at == town.cycle.cutoff_at + timedelta(days=14)


def test_searching_keeps_what_was_chosen_out_of_sight(app: Flask, town: world.World) -> None:
    client = enter(app, town)
    status, page = send(client, town, "search", {0: 2}, search="牛奶")
    assert status == 200
    rows = re.findall(r'<li class="ld-shelf-row[^>]*?( hidden)?>.*?name="(qty_\d+)" value="(\d+)"', page, re.DOTALL)
    assert [name for is_hidden, name, _qty in rows if not is_hidden] == [f"qty_{town.offers[3].id}"]
    assert [qty for _hidden, name, qty in rows if name == f"qty_{town.offers[0].id}"] == ["2"]


def test_a_limit_is_said_aloud_beside_its_field_and_nothing_is_written(app: Flask, town: world.World) -> None:
    town.offers[2].limit_per_household = 1
    db.session.commit()
    client = enter(app, town)
    assert "每户限 1 份" in client.get(form_page(town)).get_data(as_text=True)
    for step in ("review", "place"):
        status, page = send(client, town, step, {2: 3})
        assert status == 422
        assert "鸡蛋每户限1份" in page
        assert f'href="#f-qty_{town.offers[2].id}"' in page
    assert stored() == {}


def test_an_advice_is_asked_about_and_may_be_overruled(app: Flask, town: world.World) -> None:
    town.offers[2].limit_per_household, town.offers[2].is_soft_limit = 1, True
    db.session.commit()
    client = enter(app, town)
    status, page = send(client, town, "place", {2: 3})
    assert status == 200
    assert messages.REALLY_SO_MANY in page
    assert 'name="soft_ok"' in page
    assert stored() == {}
    assert send(client, town, "place", {2: 3}, soft_ok="1")[0] == 303
    assert stored() == {town.items[2].id: 3}


@pytest.mark.parametrize(
    "wrong", [{"qty_1": "-1"}, {"qty_1": "1.5"}, {"qty_1": "9999"}, {"qty_1": "两"}, {"qty_4711": "1"}, {"step": "x"}]
)
def test_what_cannot_be_ordered_comes_back_with_a_sentence(
    app: Flask, town: world.World, wrong: dict[str, str]
) -> None:
    client = enter(app, town)
    answer = post(client, form_page(town), form_page(town), {"step": "place", **wrong})
    assert answer.status_code == 422
    assert messages.PLACES_TO_CORRECT in answer.get_data(as_text=True)
    assert stored() == {}


@pytest.mark.parametrize("field", ["state", "total_fen", "household_id", "price_1", "placed_at"])
def test_fields_that_no_form_has_change_nothing(app: Flask, town: world.World, field: str) -> None:
    client = enter(app, town)
    status, _page = send(client, town, "place", {0: 1}, **{field: "1"})
    assert status == 422
    assert stored() == {}


def test_an_empty_basket_is_no_order(app: Flask, town: world.World) -> None:
    status, page = send(enter(app, town), town, "review", {})
    assert status == 422
    assert messages.NOTHING_CHOSEN in page


def test_the_same_form_twice_is_one_order_and_other_content_is_refused(app: Flask, town: world.World) -> None:
    client = enter(app, town)
    key, target = new_key(), form_page(town)
    data = {f"qty_{town.offers[0].id}": "2", "step": "place"}
    first = post(client, target, target, data, key)
    second = post(client, "/enter", target, data, key)
    assert (first.status_code, first.headers["Location"]) == (second.status_code, second.headers["Location"])
    other = post(client, "/enter", target, {**data, f"qty_{town.offers[0].id}": "3"}, key)
    assert other.status_code == 422
    assert stored() == {town.items[0].id: 2}
    assert db.session.scalars(select(HouseholdOrder.revision)).all() == [1]


def test_an_order_is_amended_and_withdrawn_before_the_cut_off(app: Flask, town: world.World) -> None:
    client = enter(app, town)
    send(client, town, "place", {0: 2})
    order = db.session.scalars(select(HouseholdOrder)).one()
    shown = client.get(form_page(town)).get_data(as_text=True)
    assert re.search(rf'name="qty_{town.offers[0].id}" value="2"', shown)
    assert send(client, town, "place", {1: 4}, version=str(order.version))[0] == 303
    assert stored() == {town.items[1].id: 4}
    status = f"/my/cycles/{town.cycle.id}"
    db.session.refresh(order)
    assert post(client, status, f"{status}/withdraw", {"version": str(order.version)}).status_code == 303
    assert stored() == {}
    assert messages.ORDER_AGAIN in client.get(status).get_data(as_text=True)


def test_a_second_phone_of_the_house_does_not_overwrite_unseen(app: Flask, town: world.World) -> None:
    one, two = enter(app, town), enter(app, town)
    assert send(one, town, "place", {0: 1})[0] == 303
    assert send(two, town, "place", {1: 9})[0] == 409
    assert stored() == {town.items[0].id: 1}
    order = db.session.scalars(select(HouseholdOrder)).one()
    seen = str(order.version)
    assert send(one, town, "place", {0: 2}, version=seen)[0] == 303
    assert send(two, town, "place", {1: 9}, version=seen)[0] == 409


def test_the_code_opens_the_order_on_another_phone(app: Flask, town: world.World) -> None:
    send(enter(app, town), town, "place", {0: 1})
    code = db.session.scalars(select(HouseholdOrder.code)).one()
    for page, data in ((poster(town), room(town, order_code=code.lower())), ("/enter", {"order_code": f" {code} "})):
        other = app.test_client()
        assert post(other, page, page, data).status_code == 303
        assert "青菜" in other.get(f"/my/cycles/{town.cycle.id}").get_data(as_text=True)


def test_after_the_cut_off_the_order_can_only_be_read(app: Flask, town: world.World) -> None:
    client = enter(app, town)
    send(client, town, "place", {0: 1})
    with clock.frozen_at(town.cycle.cutoff_at + timedelta(seconds=1)):
        assert client.get(form_page(town)).status_code == 302
        page = client.get(f"/my/cycles/{town.cycle.id}").get_data(as_text=True)
        assert "已截单" in page
        assert messages.WITHDRAW_ORDER not in page
        answer = post(client, "/enter", form_page(town), {f"qty_{town.offers[0].id}": "5", "step": "place"})
        assert answer.status_code == 409
        assert "截单" in answer.get_data(as_text=True)
        assert post(client, "/enter", f"/my/cycles/{town.cycle.id}/withdraw", {}).status_code == 409
    assert stored() == {town.items[0].id: 1}


def test_two_families_in_one_flat_come_in_by_pin_each_to_its_own(app: Flask, town: world.World) -> None:
    first = town.households[0]
    second = Household(stairwell_id=first.stairwell_id, room_no="101(2)", floor=1)
    db.session.add(second)
    db.session.commit()
    rows = {home.id: command(pins.issue)(home.id) for home in (first, second)}
    ambiguous = app.test_client()
    assert post(ambiguous, poster(town), poster(town), room(town)).status_code == 422
    client = app.test_client()
    pin = pins.pin_text(rows[second.id])
    assert post(client, poster(town), poster(town), room(town, order_code=pin)).status_code == 303
    send(client, town, "place", {0: 1})
    assert db.session.scalars(select(HouseholdOrder.household_id)).all() == [second.id]


def test_without_a_token_the_resident_pages_lead_to_the_door(app: Flask, town: world.World) -> None:
    client = app.test_client()
    for page in ("/my", f"/my/cycles/{town.cycle.id}", form_page(town), "/my/errands"):
        assert client.get(page).headers["Location"].startswith("/enter")
    send(enter(app, town), town, "place", {0: 1})
    assert post(client, "/enter", f"/my/cycles/{town.cycle.id}/withdraw", {}).status_code == 401


def test_a_household_does_not_see_cycles_that_are_not_its_own(app: Flask, town: world.World) -> None:
    client = enter(app, town)
    for page in ("/my/cycles/4711", "/my/cycles/4711/order", f"/my/cycles/{2**40}/order"):
        assert client.get(page).status_code == 404


def test_leaving_takes_the_household_from_the_phone(app: Flask, town: world.World) -> None:
    client = enter(app, town)
    assert post(client, "/my", "/my/leave", {}).status_code == 303
    assert client.get("/my").status_code == 302


def test_a_leader_orders_for_a_household_and_the_resident_sees_it_with_the_code(app: Flask, town: world.World) -> None:
    client = enter(app, town)
    desk = world.sign_in(app, town, "leader")
    page = f"/cycles/{town.cycle.id}/households/{town.households[0].id}/order"
    data = {f"qty_{town.offers[1].id}": "2", "source": "telephone", "step": "place"}
    assert post(desk, page, page, data).status_code == 303
    order = db.session.scalars(select(HouseholdOrder)).one()
    assert "土豆" not in client.get(f"/my/cycles/{town.cycle.id}").get_data(as_text=True)  # it only typed the room
    assert post(client, "/enter", "/enter", {"order_code": order.code}).status_code == 303
    assert "土豆" in client.get(f"/my/cycles/{town.cycle.id}").get_data(as_text=True)
    assert (order.source, order.placed_by_kind) == ("telephone", "staff")
    assert ordering_service.own_order(town.actor("leader"), order.id, "order_proxy").id == order.id  # type: ignore[arg-type]

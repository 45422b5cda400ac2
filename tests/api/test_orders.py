"""Orders through the API: the same command as the telephone desk, once for each key."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.core.db import db
from app.core.idempotency import new_key
from app.ordering.models import HouseholdOrder
from tests.api.client import program
from tests.world import World, build


@pytest.fixture
def world(app: Flask) -> World:
    made = build()
    db.session.commit()
    return made


def basket(world: World, household: int = 0, qty: int = 2) -> dict[str, Any]:
    return {"household_id": world.households[household].id, "picks": [{"offer_id": world.offers[0].id, "qty": qty}]}


def test_an_order_is_placed_amended_and_withdrawn(app: Flask, world: World) -> None:
    asks = program(app, world.accounts["leader"])
    placed = asks.post(f"/cycles/{world.cycle.id}/orders", basket(world))
    assert placed.status_code == 200, placed.get_data(as_text=True)
    order = placed.get_json()["order"]
    assert (order["state"], order["source"], order["total_fen"]) == ("placed", "telephone", 700)
    assert placed.get_json()["lines"][0]["stages"] == {"open": 2}
    assert asks.post(f"/cycles/{world.cycle.id}/orders", basket(world)).status_code == 409
    wanted = {"picks": [{"offer_id": world.offers[1].id, "qty": 1}], "version": order["version"]}
    amended = asks.post(f"/orders/{order['id']}/amend", wanted)
    assert amended.get_json()["picks"] == [{"offer_id": world.offers[1].id, "qty": 1, "is_substitutable": True}]
    stale = asks.post(f"/orders/{order['id']}/amend", wanted)
    assert (stale.status_code, stale.get_json()["type"]) == (409, "urn:louda:problem:stale-edit")
    assert asks.get(f"/orders/{order['id']}").get_json() == amended.get_json()
    assert asks.post(f"/orders/{order['id']}/withdraw").get_json()["order"]["state"] == "withdrawn"


def test_the_same_key_takes_effect_once_and_with_other_content_not_at_all(app: Flask, world: World) -> None:
    asks, path, key = program(app, world.accounts["captain"]), f"/cycles/{world.cycle.id}/orders", new_key()
    first, second = (asks.post(path, basket(world), key) for _ in range(2))
    assert first.get_json() == second.get_json()
    assert ("Idempotency-Replayed" in first.headers, second.headers["Idempotency-Replayed"]) == (False, "true")
    assert asks.post(path, basket(world, qty=3), key).status_code == 422
    assert asks.post(path, basket(world, household=1), key).status_code == 422
    other = program(app, world.accounts["leader"]).post(path, basket(world), key)
    assert other.status_code == 422  # a key that somebody else saw tells nothing
    assert db.session.scalar(select(func.count(HouseholdOrder.id))) == 1


def test_a_household_out_of_reach_is_as_one_that_does_not_exist(app: Flask, world: World) -> None:
    asks = program(app, world.accounts["leader"])
    far, none = basket(world, household=6), {**basket(world), "household_id": 999_999}
    answers = [asks.post(f"/cycles/{world.cycle.id}/orders", body) for body in (far, none)]
    told = [{**answer.get_json(), "request_id": ""} for answer in answers]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert told[0] == told[1]


def test_a_list_is_told_in_parts_each_row_once_whatever_comes_in_between(app: Flask, world: World) -> None:
    asks, path = program(app, world.accounts["leader"]), f"/cycles/{world.cycle.id}/orders"
    ids = [world.order(world.households[index], {0: 1}).id for index in range(4)]
    world.order(world.households[6], {0: 1})  # of the other point
    first = asks.get(path, limit=3).get_json()
    ids.append(world.order(world.households[4], {0: 1}).id)
    second = asks.get(path, limit=3, cursor=first["next"]).get_json()
    assert [row["id"] for row in [*first["items"], *second["items"]]] == ids
    assert second["next"] is None
    assert asks.get(path, building=world.buildings[1].id).get_json()["next"] is None


def test_answers_hold_no_words_of_a_household(app: Flask, world: World) -> None:
    asks = program(app, world.accounts["leader"])
    said = {"door_note": "放门口桶里", "remark": "请轻放鸡蛋", "other_need": "需要透析用品"}
    order = asks.post(f"/cycles/{world.cycle.id}/orders", {**basket(world), **said})
    stored = db.session.scalars(select(HouseholdOrder)).one()
    assert (stored.door_note, stored.remark, stored.other_need) == tuple(said.values())
    pages = [order, asks.get(f"/orders/{stored.id}"), asks.get(f"/cycles/{world.cycle.id}/orders")]
    for page in pages:
        assert not [word for word in said.values() if word in page.get_data(as_text=True)]

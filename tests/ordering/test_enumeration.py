"""The door tells nobody which rooms exist or have ordered, and slows down who guesses, and only them."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.access.permissions import Resident
from app.core.db import db
from app.ordering import service_orders
from app.ordering.models import HouseholdOrder
from app.ordering.orders import Pick, PlaceOrder
from tests import world
from tests.world import post

WRONG = "7KM2XQ9A5"


@pytest.fixture
def town(app: Flask) -> world.World:
    built = world.build()
    home = built.households[0].id
    service_orders.place(Resident("household", home), PlaceOrder(built.cycle.id, home, (Pick(built.offers[0].id, 1),)))
    return built


def ask(client: FlaskClient, town: world.World, room: str, address: str = "192.0.2.1", **more: str) -> TestResponse:
    page = f"/enter/{town.buildings[0].public_code}"
    client.environ_base["REMOTE_ADDR"] = address
    data = {"stairwell_id": str(town.households[0].stairwell_id), "room": room, **more}
    return post(client, page, page, data)


def body(answer: TestResponse, room: str) -> str:
    """The page without what differs at every rendering and without the room that was typed."""
    text = re.sub(r'name="(csrf_token|_key)" value="[^"]*"', "", answer.get_data(as_text=True))
    return text.replace(f'value="{room}"', "")


def test_a_room_with_an_order_and_one_that_does_not_exist_get_the_same_answer(app: Flask, town: world.World) -> None:
    exists, missing = ask(app.test_client(), town, "101"), ask(app.test_client(), town, "909")
    assert (exists.status_code, missing.status_code) == (200, 200)
    assert body(exists, "101") == body(missing, "909")
    assert "订单码" in body(exists, "101")
    assert exists.headers.getlist("Set-Cookie") == [] or "household" not in str(exists.headers)


def test_a_wrong_code_gets_the_same_answer_too(app: Flask, town: world.World) -> None:
    exists = ask(app.test_client(), town, "101", order_code=WRONG)
    missing = ask(app.test_client(), town, "909", address="192.0.2.2", order_code=WRONG)
    assert (exists.status_code, missing.status_code) == (422, 422)
    assert body(exists, "101") == body(missing, "909")


def test_the_code_of_another_household_does_not_open_this_one(app: Flask, town: world.World) -> None:
    code = db.session.query(HouseholdOrder).one().code
    assert ask(app.test_client(), town, "201", order_code=code).status_code == 422


def test_five_wrong_codes_and_then_wait_for_existing_and_missing_rooms_alike(app: Flask, town: world.World) -> None:
    for number, room in enumerate(("101", "909")):
        statuses = [
            ask(app.test_client(), town, room, f"192.0.2.{number * 50 + i}", order_code=WRONG).status_code
            for i in range(6)
        ]
        assert statuses == [422, 422, 422, 422, 422, 429]


def test_an_address_that_guesses_in_many_rooms_has_to_wait(app: Flask, town: world.World) -> None:
    rooms = ["101", "201", "301", "401", "501", "601"]
    statuses = [ask(app.test_client(), town, room, order_code=WRONG).status_code for room in rooms]
    assert statuses == [422, 422, 422, 422, 422, 429]


def test_another_household_still_enters_while_one_is_throttled(app: Flask, town: world.World) -> None:
    for _ in range(6):
        ask(app.test_client(), town, "101", order_code=WRONG)
    assert ask(app.test_client(), town, "101", order_code=WRONG).status_code == 429
    assert ask(app.test_client(), town, "201").status_code == 303
    code = db.session.query(HouseholdOrder).one().code
    assert ask(app.test_client(), town, "101", "192.0.2.9", order_code=code).status_code == 429


def test_bare_order_codes_are_throttled_by_address(app: Flask, town: world.World) -> None:
    code = db.session.query(HouseholdOrder).one().code
    statuses = [post(app.test_client(), "/enter", "/enter", {"order_code": WRONG}).status_code for _ in range(6)]
    assert statuses == [422, 422, 422, 422, 422, 429]
    assert post(app.test_client(), "/enter", "/enter", {"order_code": code}).status_code == 429


@pytest.mark.parametrize("code", ["nix", "x" * 300, "../my", "B00XYZ'--"])
def test_a_poster_code_that_is_none_says_so(app: Flask, code: str) -> None:
    answer = app.test_client().get(f"/enter/{code}")
    assert answer.status_code == 404


def test_a_stairwell_of_another_building_is_no_way_in(app: Flask, town: world.World) -> None:
    foreign = str(town.households[-1].stairwell_id)
    assert ask(app.test_client(), town, "101", stairwell_id=foreign).status_code == 200
    for wrong in ({"stairwell_id": "x"}, {"stairwell_id": str(2**40)}, {"room": ""}, {"room": "1" * 50}):
        assert ask(app.test_client(), town, **{"room": "101", **wrong}).status_code == 422


def test_asking_costs_the_same_statements_whatever_the_room_is(
    app: Flask, town: world.World, count_queries: object
) -> None:
    sent = []
    ask(app.test_client(), town, "808")
    for room in ("101", "909"):
        with count_queries() as statements:  # type: ignore[operator]
            ask(app.test_client(), town, room)
        sent.append(len(statements))
    assert sent[0] == sent[1]

"""The door tells nobody which rooms exist or have ordered, and slows down who guesses, and only them."""

from __future__ import annotations

import logging
import re
import statistics
import time
from collections.abc import Callable
from threading import Barrier, Thread

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from app.access import pins
from app.access.models import HouseholdToken, Throttle
from app.access.permissions import Resident
from app.core.db import command, db
from app.core.idempotency import new_key
from app.ordering import entry
from app.ordering import service as ordering_service
from app.ordering.models import HouseholdOrder
from app.ordering.orders import OfferPick, PlaceOrder
from app.ordering.resident.schemas import Enter
from app.places.models import Household, HouseholdContact
from tests import messages, world
from tests.world import post

WRONG = "7KM2XQ9A5"


@pytest.fixture
def town(app: Flask) -> world.World:
    built = world.build()
    home = built.households[0].id
    ordering_service.place(
        Resident("household", home), PlaceOrder(built.cycle.id, home, (OfferPick(built.offers[0].id, 1),))
    )
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


def code_of(town: world.World) -> str:
    code: str = db.session.scalars(
        select(HouseholdOrder.code).where(HouseholdOrder.household_id == town.households[0].id)
    ).one()
    return code


def test_every_refusal_is_one_page_whatever_the_room_is_and_however_often_it_was_tried(
    app: Flask, town: world.World
) -> None:
    exists, missing = ask(app.test_client(), town, "101"), ask(app.test_client(), town, "909", "192.0.2.2")
    wrong = ask(app.test_client(), town, "101", "192.0.2.3", order_code=WRONG)
    for _ in range(6):
        tired = ask(app.test_client(), town, "909", "192.0.2.4", order_code=WRONG)
        emptied = ask(app.test_client(), town, "909", "192.0.2.5")
    answers = [(exists, "101"), (missing, "909"), (emptied, "909")]
    assert {one.status_code for one in (exists, missing, wrong, tired, emptied)} == {422}
    assert len({body(*one) for one in answers}) == 1
    assert body(wrong, "101") == body(tired, "909")
    text = body(exists, "101")
    for offered in ("订单码或 6 位号", "登记里没有我家，或一套房里住着两家", "15 分钟"):
        assert offered in text
    assert "下过单" not in text
    assert "household" not in str(exists.headers)


def test_the_page_of_every_refusal_names_a_telephone(app: Flask, town: world.World) -> None:
    for number, line in (("0571-8800 1234", town.points[0]), ("0571-8800 9999", town.subdistrict)):
        setattr(line, "phone" if line is town.points[0] else "help_phone", number)
        db.session.commit()
        for page in (ask(app.test_client(), town, "101"), ask(app.test_client(), town, "909")):
            assert f'href="tel:{number.replace(" ", "").replace("-", "")}"' in page.get_data(as_text=True)
        town.points[0].phone = ""


def test_the_code_of_another_household_does_not_open_this_one(app: Flask, town: world.World) -> None:
    assert ask(app.test_client(), town, "201", order_code=code_of(town)).status_code == 422


def test_twenty_four_rooms_from_one_address_open_no_more_than_five(app: Flask, town: world.World) -> None:
    stairwell = town.households[0].stairwell_id
    for number in range(401, 422):
        db.session.add(Household(stairwell_id=stairwell, room_no=str(number), floor=4))
    db.session.commit()
    rooms = ["101", "201", "301", *(str(number) for number in range(401, 422))]
    statuses = [ask(app.test_client(), town, room).status_code for room in rooms]
    assert (len(rooms), statuses.count(303), statuses.count(422)) == (24, 4, 20)  # 101 has an order and took one try
    assert ask(app.test_client(), town, "421", "192.0.2.9").status_code == 303
    elsewhere = app.test_client()
    page = f"/enter/{town.buildings[1].public_code}"
    room = {"stairwell_id": str(town.households[3].stairwell_id), "room": "101"}
    elsewhere.environ_base["REMOTE_ADDR"] = "192.0.2.1"
    assert post(elsewhere, page, page, room).status_code == 303


def test_wrong_codes_of_somebody_elsewhere_lock_no_household_out(app: Flask, town: world.World) -> None:
    for _ in range(7):
        assert ask(app.test_client(), town, "101", order_code=WRONG).status_code == 422
    assert ask(app.test_client(), town, "101", order_code=code_of(town)).status_code == 422  # the tries are used up
    assert ask(app.test_client(), town, "101", "192.0.2.9", order_code=code_of(town)).status_code == 303


def test_wrong_codes_behind_the_same_address_lock_no_other_household_out(app: Flask, town: world.World) -> None:
    second = town.order(town.households[1], {0: 1})
    for _ in range(7):
        ask(app.test_client(), town, "101", order_code=WRONG)
    assert ask(app.test_client(), town, "201", order_code=second.code).status_code == 303
    assert ask(app.test_client(), town, "301").status_code == 303


def test_a_household_comes_in_by_pin_when_its_rooms_were_enumerated_from_its_own_address(
    app: Flask, town: world.World
) -> None:
    row = command(pins.issue)(town.households[1].id)
    for room in ("301", "302", "303", "304", "305", "306"):
        ask(app.test_client(), town, room)
    assert ask(app.test_client(), town, "201").status_code == 422
    assert ask(app.test_client(), town, "201", order_code=f" {pins.pin_text(row).lower()} ").status_code == 303


def test_a_phone_of_the_household_keeps_its_own_tries(app: Flask, town: world.World) -> None:
    known = app.test_client()
    assert ask(known, town, "101", order_code=code_of(town)).status_code == 303
    for _ in range(7):
        ask(app.test_client(), town, "101", order_code=WRONG)
    assert ask(known, town, "101", order_code=code_of(town)).status_code == 303


def test_a_household_that_makes_itself_new_keys_gets_no_new_tries(app: Flask, town: world.World) -> None:
    """Its own code is right and costs nothing; the codes and rooms of others stay counted for it, key after key."""
    codes, rooms = [], []
    for number in range(7):
        known = app.test_client()
        assert ask(known, town, "101", order_code=code_of(town)).status_code == 303
        before = throttled(lambda known=known: ask(known, town, "201", order_code=WRONG))
        codes.append(before)
        rooms.append(throttled(lambda known=known, number=number: ask(known, town, f"9{number:02}")))
    assert codes == rooms == [False] * 5 + [True] * 2


def test_rooms_typed_on_a_known_phone_count_for_its_address_too(app: Flask, town: world.World) -> None:
    known = app.test_client()
    assert ask(known, town, "101", order_code=code_of(town)).status_code == 303
    for room in ("901", "902", "903", "904", "905"):
        ask(known, town, room)
    assert ask(app.test_client(), town, "201").status_code == 422
    assert ask(app.test_client(), town, "201", "192.0.2.9").status_code == 303


def test_each_refusal_is_one_line_in_the_log_that_names_neither_room_nor_code(
    app: Flask, town: world.World, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        for _ in range(7):
            ask(app.test_client(), town, "909", order_code=WRONG)
        for room in ("101", "909"):
            ask(app.test_client(), town, room)
        post(app.test_client(), "/enter", "/enter", {"order_code": WRONG})
        ask(app.test_client(), town, "909", "192.0.2.9")
        ask(app.test_client(), town, "201")
    said = [record.getMessage() for record in caplog.records if record.getMessage().startswith("door")]
    lines = [re.fullmatch(r"door refused: address ([0-9a-f]{8}), request \w+", line) for line in said]
    marks = [line[1] for line in lines if line]
    assert len(marks) == len(said) == 11
    assert len(set(marks)) == 3


def test_addresses_of_one_line_share_its_tries_at_the_door(app: Flask, town: world.World) -> None:
    for number in range(1, 6):
        ask(app.test_client(), town, "909", f"2001:db8:1:2::{number}")
    assert ask(app.test_client(), town, "201", "2001:db8:1:2:ffff::9").status_code == 422
    assert ask(app.test_client(), town, "201", "2001:db8:1:3::9").status_code == 303


def throttled(try_it: Callable[[], TestResponse]) -> bool:
    """Whether a try was not even looked at: nothing was counted for it."""
    hits = select(func.sum(Throttle.hits))
    before = db.session.scalar(hits) or 0
    assert try_it().status_code == 422
    return (db.session.scalar(hits) or 0) == before


def test_the_right_code_costs_no_try(app: Flask, town: world.World) -> None:
    statuses = [ask(app.test_client(), town, "101", order_code=code_of(town)).status_code for _ in range(8)]
    assert statuses == [303] * 8


def test_forty_guesses_at_once_are_looked_at_no_more_than_five_times(
    app: Flask, town: world.World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The right PIN forty times at once, with nothing given back: as many keys as tries."""
    row = command(pins.issue)(town.households[0].id)
    pin, code = pins.pin_text(row), town.buildings[0].public_code
    home, stairwell = town.households[0].id, town.households[0].stairwell_id
    monkeypatch.setattr("app.access.service.refund_attempt", lambda _taken: None)
    app.config["WTF_CSRF_ENABLED"] = False
    barrier, statuses = Barrier(40), list[int]()

    def guess() -> None:
        client = app.test_client()
        data = {"stairwell_id": str(stairwell), "room": "101", "order_code": pin, "_key": new_key()}
        barrier.wait()
        statuses.append(client.post(f"/enter/{code}", data=data).status_code)

    db.session.remove()
    threads = [Thread(target=guess) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    app.config["WTF_CSRF_ENABLED"] = True
    assert (statuses.count(303), statuses.count(422)) == (5, 35)
    keys = select(HouseholdToken.id).where(HouseholdToken.household_id == home)
    assert len(db.session.scalars(keys).all()) == 5


def test_bare_order_codes_are_counted_by_address(app: Flask, town: world.World) -> None:
    def try_code(code: str, address: str) -> int:
        client = app.test_client()
        client.environ_base["REMOTE_ADDR"] = address
        return post(client, "/enter", "/enter", {"order_code": code}).status_code

    assert [try_code(WRONG, "192.0.2.1") for _ in range(30)] == [422] * 30
    assert try_code(code_of(town), "192.0.2.1") == 422
    assert try_code(code_of(town), "192.0.2.2") == 303


@pytest.mark.parametrize("tail", ["0001", "0002"])
def test_the_tail_of_a_telephone_opens_nothing_alone(app: Flask, town: world.World, tail: str) -> None:
    """Two families in one flat: no tail, right or wrong, four digits or one, gets another answer."""
    first = town.households[1]
    second = Household(stairwell_id=first.stairwell_id, room_no="201(2)", floor=2)
    db.session.add(second)
    db.session.flush()
    for household, phone in ((first, "19900000001"), (second, "19900000002")):
        db.session.add(HouseholdContact(household_id=household.id, phone=phone, purge_on=town.cycle.deliver_on))
    db.session.commit()
    right, wrong = ask(app.test_client(), town, "201", phone_tail=tail), ask(app.test_client(), town, "201")
    assert right.status_code == wrong.status_code == 422
    assert body(right, "201").replace(tail, "").replace(" open", "") == body(wrong, "201")
    for short in ("1", "01", "001", "00011", "000a", "０００１"):
        answer = ask(app.test_client(), town, "201", phone_tail=short)
        assert answer.status_code == 422
        assert messages.ALL_FOUR_DIGITS in answer.get_data(as_text=True), short
    pin = pins.pin_text(command(pins.issue)(second.id))
    mine = ask(app.test_client(), town, "201", "192.0.2.7", order_code=pin, phone_tail=tail)
    assert mine.status_code == (303 if tail == "0002" else 422)


@pytest.mark.parametrize("code", ["nix", "x" * 300, "../my", "B00XYZ'--"])
def test_a_poster_code_that_is_none_says_so(app: Flask, code: str) -> None:
    answer = app.test_client().get(f"/enter/{code}")
    assert answer.status_code == 404


def test_a_stairwell_of_another_building_is_no_way_in(app: Flask, town: world.World) -> None:
    foreign = str(town.households[-1].stairwell_id)
    assert ask(app.test_client(), town, "201", stairwell_id=foreign).status_code == 422
    for wrong in ({"stairwell_id": "x"}, {"stairwell_id": str(2**40)}, {"room": ""}, {"room": "1" * 50}):
        assert ask(app.test_client(), town, **{"room": "101", **wrong}).status_code == 422


def test_asking_costs_the_same_statements_whatever_the_room_is(
    app: Flask, town: world.World, count_queries: object
) -> None:
    sent = []
    ask(app.test_client(), town, "808", "192.0.2.9", order_code=WRONG)
    for room, address in (("101", "1"), ("909", "2"), ("909", "3"), ("101", "3")):
        client = app.test_client()
        for _ in range(6 if address == "3" else 0):
            ask(client, town, room, f"192.0.2.{address}", order_code=WRONG)
        with count_queries() as statements:  # type: ignore[operator]
            ask(client, town, room, f"192.0.2.{address}", order_code=WRONG)
        sent.append(len(statements))
    assert len(set(sent)) == 1, sent


def test_the_answer_takes_the_same_time_whatever_the_room_is(app: Flask, town: world.World) -> None:
    """Median of the work for an answer: an existing room, a missing one and one that was tried too often.

    Processor time of our own, since a busy machine makes the clock on the wall jump; the statements are counted above.
    """
    app.config["WTF_CSRF_ENABLED"] = False
    stairwell = town.households[0].stairwell_id
    path = f"/enter/{town.buildings[0].public_code}"
    client, took = app.test_client(), {}
    for turn in range(40):
        for name, room, address in (("exists", "101", turn), ("missing", "909", turn + 100), ("throttled", "909", 250)):
            data = {"stairwell_id": str(stairwell), "room": room, "_key": new_key()}
            began = time.thread_time()
            answer = client.post(path, data=data, environ_base={"REMOTE_ADDR": f"192.0.2.{address}"})
            took.setdefault(name, []).append(time.thread_time() - began)
            assert answer.status_code == 422
    app.config["WTF_CSRF_ENABLED"] = True
    medians = {name: statistics.median(times[10:]) for name, times in took.items()}
    assert max(medians.values()) - min(medians.values()) <= 0.010, medians


def test_rooms_of_one_building_and_of_all_are_counted_apart(app: Flask, town: world.World) -> None:
    at = entry.building_by_code(town.buildings[0].public_code)
    other = entry.building_by_code(town.buildings[1].public_code)
    assert at is not None
    assert other is not None
    typed = Enter(1, "101")
    mine, theirs = (entry.attempt_budgets(one, typed, entry.Whence("x")) for one in (at, other))
    assert mine[0] != theirs[0]
    assert mine[1] == theirs[1]

"""A client that asks for JSON runs the same commands on the same schemas as a page, and is told the same in JSON."""

from __future__ import annotations

import re
from io import BytesIO
from typing import Any

import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from app.core.db import db
from app.core.idempotency import new_key
from app.ordering.models import CycleState, HouseholdOrder
from app.places.models import Compound
from tests.world import PASSWORD, World, build, sign_in

OWN_ITEMS = "编号,名称,类别,单位,规格,单价,重量,储存,易碎,别名\nP1,,日用,提,10卷/提,19.90,1500,常温,否,\n"
JSON = {"Accept": "application/json"}
BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"}


@pytest.fixture
def world(app: Flask) -> World:
    made = build()
    db.session.commit()
    return made


class Client:
    """An account's client, with the token that a form of ours carries."""

    def __init__(self, app: Flask, world: World, name: str, accept: dict[str, str] = JSON) -> None:
        self.browser: FlaskClient = sign_in(app, world, name)
        self.accept = accept
        g.pop("csrf_token", None)
        shown = self.browser.get("/account").get_data(as_text=True)
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', shown)
        assert found
        self.token = found[1]

    def send(self, action: str, **typed: Any) -> TestResponse:
        return self.browser.post(
            action, data={"csrf_token": self.token, "_key": new_key(), **typed}, headers=self.accept
        )


def refusal(answer: TestResponse) -> tuple[int, str, set[str]]:
    """Status, code and the fields with problems; every refusal says in a sentence what is wrong."""
    assert answer.mimetype == "application/json", answer.get_data(as_text=True)[:300]
    said = answer.get_json()
    assert said["status"] == answer.status_code
    assert said["message"]
    assert all(sentence for sentences in said["problems"].values() for sentence in sentences)
    return answer.status_code, said["code"], set(said["problems"])


def order_page(world: World) -> str:
    return f"/cycles/{world.cycle.id}/households/{world.households[0].id}/order"


def compound_of(world: World) -> Compound:
    return db.session.get_one(Compound, world.buildings[0].compound_id)


def test_an_outcome_says_where_it_leads_and_its_sentence(app: Flask, world: World) -> None:
    client = Client(app, world, "captain")
    answer = client.send(order_page(world), step="place", **{f"qty_{world.offers[0].id}": 2})
    order = db.session.scalars(select(HouseholdOrder)).one()
    there = f"/cycles/{world.cycle.id}/desk/{world.buildings[0].id}"
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    said = answer.get_json()
    assert (said["location"], said["is_repeat"]) == (there, False)
    assert order.code in said["message"]
    with client.browser.session_transaction() as session:
        assert "_flashes" not in session  # it was told already


def test_the_same_form_again_takes_effect_once(app: Flask, world: World) -> None:
    client, key = Client(app, world, "captain"), new_key()
    first, second = (
        client.send(order_page(world), step="place", _key=key, **{f"qty_{world.offers[0].id}": 2}) for _ in range(2)
    )
    assert [one.get_json()["is_repeat"] for one in (first, second)] == [False, True]
    assert first.get_json()["location"] == second.get_json()["location"]
    assert db.session.scalar(select(func.count(HouseholdOrder.id))) == 1


def test_a_key_of_another_form_and_a_missing_key_are_refused(app: Flask, world: World) -> None:
    client, key = Client(app, world, "captain"), new_key()
    client.send(order_page(world), step="place", _key=key, **{f"qty_{world.offers[0].id}": 2})
    other = client.send(order_page(world), step="place", _key=key, **{f"qty_{world.offers[0].id}": 3})
    assert refusal(other)[:2] == (422, "invalid")
    bare = client.send(order_page(world), step="place", _key="", **{f"qty_{world.offers[0].id}": 3})
    assert refusal(bare)[:2] == (400, "bad_request")


@pytest.mark.parametrize("typed", [{"qty": "x"}, {"nothing_of_ours": "1"}])
def test_wrong_fields_are_named_where_the_view_shows_its_page_again(
    app: Flask, world: World, typed: dict[str, str]
) -> None:
    name = f"qty_{world.offers[0].id}" if "qty" in typed else "nothing_of_ours"
    answer = Client(app, world, "captain").send(order_page(world), step="place", **{name: next(iter(typed.values()))})
    assert refusal(answer) == (422, "invalid", {name})


def test_wrong_fields_are_named_where_the_page_leaves_it_to_the_form(app: Flask, world: World) -> None:
    compound = compound_of(world)
    client = Client(app, world, "admin")
    answer = client.send(f"/places/compounds/{compound.id}/edit", name="", version=compound.version)
    assert refusal(answer) == (422, "invalid", {"name"})


def test_what_a_command_refuses_is_named_too(app: Flask, world: World) -> None:
    twin = f"/places/compounds/{compound_of(world).id}/aliases"
    client = Client(app, world, "admin")
    assert client.send(twin, alias="别名").status_code == 200
    assert refusal(client.send(twin, alias="别名")) == (422, "invalid", {"alias"})


def test_a_stale_edit_brings_what_is_stored_now(app: Flask, world: World) -> None:
    compound = compound_of(world)
    action, version = f"/places/compounds/{compound.id}/edit", compound.version
    client = Client(app, world, "admin")
    assert client.send(action, name="新名", version=version, address="一号").status_code == 200
    answer = client.send(action, name="别名", version=version, address="一号", _page=f"/places/compounds/{compound.id}")
    assert refusal(answer) == (409, "stale_edit", set())
    assert "新名" in answer.get_json()["stored"].values()


def test_a_conflict_is_told_with_its_sentence(app: Flask, world: World) -> None:
    answer = Client(app, world, "supplies").send(f"/cycles/{world.cycle.id}/open", _page=f"/cycles/{world.cycle.id}")
    assert refusal(answer) == (409, "conflict", set())
    assert world.cycle.state == CycleState.OPEN


@pytest.mark.parametrize("method", ["get", "post"])
def test_who_is_not_signed_in_is_told_so_and_not_led_away(app: Flask, world: World, method: str) -> None:
    browser = app.test_client()
    for action in (order_page(world), "/my"):
        answer = getattr(browser, method)(action, headers=JSON)
        if answer.status_code != 405:
            assert refusal(answer) == (401, "not_signed_in", set())


def test_out_of_scope_looks_like_missing_and_a_missing_permission_is_named(app: Flask, world: World) -> None:
    other, missing = order_page(world), f"/cycles/{world.cycle.id}/households/999999/order"
    client = Client(app, world, "leader2")
    answers = [client.send(page, step="place", **{f"qty_{world.offers[0].id}": 1}) for page in (other, missing)]
    assert [refusal(one)[:2] for one in answers] == [(404, "not_found")] * 2
    assert answers[0].get_json()["message"] == answers[1].get_json()["message"]
    assert refusal(client.send(f"/cycles/{world.cycle.id}/open")) == (403, "forbidden", set())
    assert db.session.scalar(select(func.count(HouseholdOrder.id))) == 0


def test_a_form_without_its_token_is_refused(app: Flask, world: World) -> None:
    client = Client(app, world, "captain")
    answer = client.send(order_page(world), csrf_token="x", step="place")
    assert refusal(answer)[:2] == (400, "bad_request")


def test_who_must_change_a_password_first_and_who_tried_too_often_are_told_so(app: Flask, world: World) -> None:
    client = Client(app, world, "captain")
    with client.browser.session_transaction() as session:
        session["must_change"] = True
    assert refusal(client.send(order_page(world), step="place")) == (403, "forbidden", set())
    guessing = Client(app, world, "captain")
    answers = [guessing.send("/sign-in", username="captain", password=f"wrong {n}") for n in range(7)]
    assert {refusal(one)[1] for one in answers} <= {"invalid", "not_signed_in", "too_many_requests"}
    assert refusal(answers[-1])[:2] == (429, "too_many_requests")


def asked(client: FlaskClient, action: str, **typed: Any) -> TestResponse:
    """Send a form in JSON without the token of a page."""
    return client.post(action, data={"_key": new_key(), **typed}, headers=JSON)


@pytest.fixture
def tokenless(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", False)


@pytest.mark.usefixtures("tokenless")
def test_views_that_lead_on_by_themselves_say_where_instead(app: Flask, world: World) -> None:
    browser = app.test_client()
    entered = asked(browser, "/sign-in", username="captain", password=PASSWORD, next="/account")
    assert (entered.status_code, entered.get_json()["location"]) == (200, "/account")
    assert browser.get("/account").status_code == 200  # the cookie of the session came along
    desk = f"/cycles/{world.cycle.id}/telephone"
    found = asked(browser, desk, home="桂花苑 2-101")
    assert found.get_json()["location"] == f"{desk}/{world.households[0].id}?source=telephone"
    world.order(world.households[0], {0: 1})
    kept = asked(browser, f"{desk}/{world.households[0].id}", how="keep")
    assert kept.get_json()["location"] == f"{desk}?source=telephone"
    left = asked(browser, "/sign-out")
    assert (left.status_code, left.get_json()["location"]) == (200, "/sign-in")
    assert "Location" not in left.headers
    assert browser.get("/account").status_code == 302


@pytest.mark.usefixtures("tokenless")
def test_what_a_page_only_asks_about_is_a_refusal(app: Flask, world: World) -> None:
    """The resident's form and the telephone desk show a question and no form problem; nothing is ordered."""
    world.offers[0].limit_per_household, world.offers[0].is_soft_limit = 1, True
    db.session.commit()
    browser = app.test_client()
    door = f"/enter/{world.buildings[0].public_code}"
    entered = asked(browser, door, stairwell_id=world.households[0].stairwell_id, room="101")
    there = f"/my/cycles/{world.cycle.id}/order"
    assert (entered.status_code, entered.get_json()["location"]) == (200, there)
    name = f"qty_{world.offers[0].id}"
    assert refusal(asked(browser, there, step="place", **{name: 3})) == (422, "invalid", {name})
    call = f"/cycles/{world.cycle.id}/telephone/{world.households[1].id}"
    answer = asked(sign_in(app, world, "captain"), call, goods=f"{world.offers[0].name}3")
    assert refusal(answer)[:2] == (422, "invalid")
    assert answer.get_json()["problems"]
    assert db.session.scalar(select(func.count(HouseholdOrder.id))) == 0


@pytest.mark.usefixtures("tokenless")
def test_a_door_that_stays_shut_says_the_same_whatever_the_reason(app: Flask, world: World) -> None:
    world.order(world.households[0], {0: 1})
    door = f"/enter/{world.buildings[0].public_code}"
    stairwell = world.households[0].stairwell_id
    said = [asked(app.test_client(), door, stairwell_id=stairwell, room=room) for room in ("101", "999")]
    assert [refusal(one) for one in said] == [(422, "invalid", set())] * 2
    first, second = ({**one.get_json(), "request_id": ""} for one in said)
    assert first == second


@pytest.mark.usefixtures("tokenless")
def test_after_the_cut_off_the_sentence_of_the_command_is_told(app: Flask, world: World) -> None:
    browser = app.test_client()
    door = f"/enter/{world.buildings[0].public_code}"
    asked(browser, door, stairwell_id=world.households[0].stairwell_id, room="101")
    world.lock()
    answer = asked(browser, f"/my/cycles/{world.cycle.id}/order", step="place", **{f"qty_{world.offers[0].id}": 1})
    assert refusal(answer) == (409, "conflict", set())
    assert "截单" in answer.get_json()["message"]


@pytest.mark.parametrize(
    ("page", "table"),
    [("/catalog/import/preview", OWN_ITEMS), ("/places/import/preview", "小区,楼栋\n,12号楼\n")],
)
@pytest.mark.usefixtures("tokenless")
def test_the_rows_of_a_file_that_are_wrong_are_named(app: Flask, world: World, page: str, table: str) -> None:
    file = (BytesIO(table.encode()), "table.csv")
    answer = asked(sign_in(app, world, "admin"), page, file=file)
    assert refusal(answer) == (422, "invalid", {"file"})
    assert "行" in answer.get_json()["message"]


@pytest.mark.parametrize("accept", [BROWSER, {}, {"Accept": "*/*"}, {"Accept": "text/html, application/json"}])
def test_a_browser_gets_pages_as_before(app: Flask, world: World, accept: dict[str, str]) -> None:
    client = Client(app, world, "captain", accept)
    wrong = client.send(order_page(world), step="place", **{f"qty_{world.offers[0].id}": "x"})
    assert (wrong.status_code, wrong.mimetype) == (422, "text/html")
    placed = client.send(order_page(world), step="place", **{f"qty_{world.offers[0].id}": 2})
    assert placed.status_code == 303

"""The door: who gets in, who does not, and where it leads."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.access.models import Account
from app.access.permissions import Permission, Staff
from app.access.rules import password_weakness, path_within
from app.core.db import db
from app.core.events import Event
from tests import messages
from tests.world import PASSWORD, World, build, post, sign_in

DOOR = "/sign-in"


@pytest.fixture
def world(app: Flask) -> World:
    made = build()
    db.session.commit()
    return made


def enter(client: FlaskClient, name: str, password: str, **more: str) -> TestResponse:
    return post(client, DOOR, DOOR, {"username": name, "password": password, **more})


def test_the_right_password_opens_the_door_and_is_logged(client: FlaskClient, world: World) -> None:
    answer = enter(client, "admin", PASSWORD)
    assert answer.status_code == 303
    assert client.get("/account").status_code == 200
    last = db.session.scalars(select(Event).order_by(Event.id.desc())).first()
    assert last is not None
    assert (last.verb, last.actor_id) == ("sign_in", world.accounts["admin"].id)


@pytest.mark.parametrize(("name", "password"), [("admin", "wrong-horse-battery"), ("nobody", PASSWORD), ("admin", " ")])
def test_a_wrong_name_or_password_gets_one_and_the_same_sentence(
    client: FlaskClient, world: World, name: str, password: str
) -> None:
    answer = enter(client, name, password)
    assert answer.status_code == 422
    assert messages.WRONG_ACCOUNT_OR_PASSWORD in answer.get_data(as_text=True)
    assert client.get("/account").status_code == 302


def test_a_disabled_account_stays_outside(client: FlaskClient, world: World) -> None:
    world.accounts["admin"].is_active = False
    db.session.commit()
    assert enter(client, "admin", PASSWORD).status_code == 422


def test_the_sixth_try_is_refused_even_with_the_right_password_but_the_account_gets_in_from_elsewhere(
    app: Flask, world: World
) -> None:
    client = app.test_client()
    for _ in range(5):
        assert enter(client, "admin", "wrong-horse-battery").status_code == 422
    refused = enter(client, "admin", PASSWORD)
    assert refused.status_code == 429
    assert "15 分钟" in refused.get_data(as_text=True)
    assert enter(app.test_client(), "leader", PASSWORD).status_code == 303  # a colleague behind the same address
    elsewhere = app.test_client()
    elsewhere.environ_base["REMOTE_ADDR"] = "203.0.113.9"
    assert enter(elsewhere, "admin", PASSWORD).status_code == 303


def test_an_address_that_guesses_at_many_accounts_has_to_wait(app: Flask, world: World) -> None:
    client = app.test_client()
    statuses = [enter(client, f"nobody{number}", "wrong-horse-battery").status_code for number in range(31)]
    assert statuses == [422] * 30 + [429]


def test_the_name_is_taken_without_regard_to_case(client: FlaskClient, world: World) -> None:
    assert enter(client, " Admin ", PASSWORD).status_code == 303


def test_signing_in_starts_a_fresh_session(client: FlaskClient, world: World) -> None:
    with client.session_transaction() as session:
        session["planted"] = "before"
    enter(client, "admin", PASSWORD)
    with client.session_transaction() as session:
        assert "planted" not in session
        assert session["account"] == world.accounts["admin"].id


@pytest.mark.parametrize("to", ["//evil.example/x", "https://evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_a_sign_in_never_leads_to_another_site(client: FlaskClient, world: World, to: str) -> None:
    location = enter(client, "admin", PASSWORD, next=to).headers["Location"]
    assert location.startswith("/")
    assert "evil" not in location


def test_a_sign_in_leads_back_to_the_page_that_was_wanted(client: FlaskClient, world: World) -> None:
    shown = client.get("/account")
    assert shown.headers["Location"] == "/sign-in?next=/account"
    assert 'name="next" value="/account"' in client.get("/sign-in?next=/account").get_data(as_text=True)
    assert enter(client, "admin", PASSWORD, next="/account").headers["Location"] == "/account"


def test_paths_of_this_site_only() -> None:
    assert path_within("/cycles/3/tally?page=2") == "/cycles/3/tally?page=2"
    for wanted in ("", None, "cycles", "//x", "/\\x", "/a b", "/\tx", "http://x/", "/" + "a" * 600):
        assert path_within(wanted) is None


def test_signing_out_needs_a_post_and_ends_the_session(app: Flask, world: World) -> None:
    client = sign_in(app, world, "admin")
    assert client.get("/sign-out").status_code == 405
    assert post(client, "/account", "/sign-out", {}).status_code == 303
    assert client.get("/account").status_code == 302


def change(client: FlaskClient, **typed: str) -> TestResponse:
    data = {"present": PASSWORD, "password": "three-blue-bicycles", "again": "three-blue-bicycles"}
    return post(client, "/account", "/account", {**data, **typed})


def test_a_new_password_holds_and_ends_the_other_sessions(app: Flask, world: World) -> None:
    here, there = sign_in(app, world, "admin"), sign_in(app, world, "admin")
    assert change(here).status_code == 303
    assert messages.PASSWORD_CHANGED in here.get("/account").get_data(as_text=True)
    assert there.get("/account").status_code == 302
    assert enter(app.test_client(), "admin", "three-blue-bicycles").status_code == 303


@pytest.mark.parametrize(
    "typed",
    [
        {"present": "not-my-password-at-all"},
        {"password": "short", "again": "short"},
        {"again": "three-red-bicycles"},
        {"password": PASSWORD, "again": PASSWORD},
        {"password": "password1234", "again": "password1234"},
        {"password": "", "again": ""},
    ],
)
def test_a_bad_change_of_password_is_refused_and_changes_nothing(
    app: Flask, world: World, typed: dict[str, str]
) -> None:
    client = sign_in(app, world, "admin")
    before = world.accounts["admin"].password_hash
    assert change(client, **typed).status_code == 422
    assert db.session.get_one(Account, world.accounts["admin"].id, populate_existing=True).password_hash == before
    assert client.get("/account").status_code == 200


def test_a_password_made_by_another_opens_only_the_page_that_changes_it(app: Flask, world: World) -> None:
    world.accounts["leader"].must_change_password = True
    db.session.commit()
    client = app.test_client()
    assert enter(client, "leader", PASSWORD).headers["Location"] == "/account"
    assert client.get("/").headers["Location"] == "/account"
    assert messages.PASSWORD_WORKS_ONCE in client.get("/account").get_data(as_text=True)
    change(client)
    with client.session_transaction() as session:
        assert "must_change" not in session


@pytest.mark.parametrize(
    "password",
    [
        "elevenchars",
        "aaaaaaaaaaaaaa",
        "abcdefghijkl",
        "qwertyuiopas",
        "Password2022!",
        "P@ssw0rd!2022",
        "wang-wang-2022",
    ],
)
def test_easy_passwords_are_refused(password: str) -> None:
    assert password_weakness(password, "wang") is not None


@pytest.mark.parametrize("password", ["correct-horse-9", "今天楼下有十二棵桂花树吗", "Qx7!admin-tree-lamp"])
def test_phrases_are_accepted(password: str) -> None:
    assert password_weakness(password, "wang") is None


def test_home_asks_strangers_to_sign_in_and_leads_staff_to_work(app: Flask, world: World) -> None:
    assert app.test_client().get("/").headers["Location"] == "/sign-in"
    for name in world.accounts:
        client = sign_in(app, world, name)
        assert client.get("/", follow_redirects=True).status_code == 200, name


def test_health_answers_without_a_session(client: FlaskClient) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json["ok"], answer.json["database"]) == (200, True, True)


def test_an_account_without_a_role_may_do_nothing_but_with_itself() -> None:
    nobody = Staff("staff", 1, "x", ())
    assert [permission for permission in Permission if nobody.may(permission)] == [Permission.SELF]


def test_the_privacy_notice_is_public(client: FlaskClient) -> None:
    text = client.get("/privacy").get_data(as_text=True)
    assert re.search("身份证", text)

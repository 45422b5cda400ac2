"""A token opens the API and nothing else, for as long and as much as its owner said."""

from __future__ import annotations

import logging
import re
from datetime import timedelta

import pytest
from flask import Flask
from flask_babel import refresh
from sqlalchemy import select, update

from app.access.models import Account, Role, RoleGrant, Throttle
from app.access.tokens.models import ApiToken
from app.access.tokens.service import OF_A_TOKEN, new_secret
from app.core import clock
from app.core.db import db
from app.core.events import Event
from tests.api.client import Program, program
from tests.world import World, build, post, sign_in


@pytest.fixture
def world(app: Flask) -> World:
    made = build()
    db.session.commit()
    return made


def test_the_page_shows_a_new_token_once_and_keeps_its_hash(app: Flask, world: World) -> None:
    browser = sign_in(app, world, "leader")
    typed = {"name": "社区系统", "scopes": ["read", "orders"], "days": "30", "grant": "0"}
    shown = post(browser, "/account/tokens/", "/account/tokens/", typed).get_data(as_text=True)
    (secret,) = set(re.findall(r"louda_[A-Za-z0-9_-]{43}", shown))
    again = browser.get("/account/tokens/").get_data(as_text=True)
    assert "社区系统" in again
    assert secret not in again
    row = db.session.scalars(select(ApiToken)).one()
    assert secret not in row.token_sha256
    assert not [entry for entry in db.session.scalars(select(Event)) if secret in str(entry.data)]
    me = Program(app, secret).get("/me").get_json()
    assert (me["account_id"], me["scopes"]) == (world.accounts["leader"].id, ["read", "orders"])
    post(browser, "/account/tokens/", f"/account/tokens/{row.id}/revoke", {})
    assert Program(app, secret).get("/me").status_code == 401


def test_a_form_without_a_scope_or_for_too_long_makes_no_token(app: Flask, world: World) -> None:
    browser = sign_in(app, world, "leader")
    for wrong in ({"scopes": ["read"], "days": "366"}, {"days": "30"}, {"scopes": ["all"], "days": "30"}):
        answer = post(browser, "/account/tokens/", "/account/tokens/", {"name": "x", "grant": "0", **wrong})
        assert answer.status_code == 422
    assert db.session.scalars(select(ApiToken)).all() == []


def test_a_token_is_over_with_its_time_its_account_and_its_sign_ins(app: Flask, world: World) -> None:
    account = world.accounts["leader"]
    for over in (
        update(ApiToken).values(expires_at=clock.now()),
        update(ApiToken).values(revoked_at=clock.now()),
        update(Account).where(Account.id == account.id).values(session_epoch=Account.session_epoch + 1),
        update(Account).where(Account.id == account.id).values(is_active=False),
    ):
        db.session.refresh(account)
        asks = program(app, account)
        assert asks.get("/me").status_code == 200
        db.session.execute(over)
        db.session.commit()
        answer = asks.get("/me")
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")


def test_neither_a_cookie_opens_the_api_nor_a_token_a_page(app: Flask, world: World) -> None:
    browser = sign_in(app, world, "admin")
    assert browser.get("/api/v1/me").status_code == 401
    asks = program(app, world.accounts["admin"])
    assert asks.client.get("/account", headers=asks.headers).status_code == 302


def test_a_token_does_what_it_was_made_for_and_the_log_says_what_was_refused(
    app: Flask, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    reads = program(app, world.accounts["leader"], ("read",))
    with caplog.at_level(logging.WARNING):
        answer = reads.post(f"/cycles/{world.cycle.id}/orders", {})
        assert (answer.status_code, answer.mimetype) == (403, "application/problem+json")
        assert program(app, world.accounts["runner"]).get("/points").status_code == 403
    assert [record.message for record in caplog.records if "lacks orders" in record.message]
    assert [record.message for record in caplog.records if "was refused api_places.list_points" in record.message]


def test_a_token_of_one_role_sees_what_that_role_sees(app: Flask, world: World) -> None:
    account, point = world.accounts["leader"], world.points[1].id
    more = RoleGrant(account_id=account.id, role=Role.POINT_LEADER, service_point_id=point)
    more.starts_at = clock.now() - timedelta(days=1)
    db.session.add(more)
    db.session.commit()
    whole, narrow = program(app, account), program(app, account, grant_id=more.id)
    assert [one["id"] for one in whole.get("/points").get_json()["items"]] == [one.id for one in world.points]
    assert [one["id"] for one in narrow.get("/points").get_json()["items"]] == [point]
    assert narrow.get(f"/buildings/{world.buildings[0].id}/households").status_code == 404
    more.ends_at = clock.now()
    db.session.commit()
    assert narrow.get("/points").status_code == 403


def test_unknown_tokens_close_the_address_and_one_that_is_used_too_often_waits(app: Flask, world: World) -> None:
    asks, good = Program(app, new_secret()), program(app, world.accounts["leader"])
    answers = [asks.get("/me").status_code for _ in range(31)]
    assert answers == [401] * 30 + [429]
    assert good.get("/me").status_code == 200  # whoever has a good token is not held up
    db.session.execute(update(Throttle).values(hits=OF_A_TOKEN))
    db.session.commit()
    answer = good.get("/me")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "60")


def test_every_refusal_is_a_problem(app: Flask, world: World) -> None:
    asks = program(app, world.accounts["leader"])
    orders = f"/cycles/{world.cycle.id}/orders"
    huge = {"CONTENT_LENGTH": str(10**9)}
    for status, answer in (
        (400, asks.post("/orders/1/withdraw", key="nonsense")),
        (400, asks.client.get("/api/v1/me?x=%00", headers=asks.headers)),
        (400, asks.client.post(f"/api/v1{orders}", data="{", content_type="application/json", headers=asks.headers)),
        (401, Program(app, "").get("/me")),
        (404, asks.get("/nowhere")),
        (404, asks.get("/cycles/999999")),
        (405, asks.client.delete("/api/v1/me", headers=asks.headers)),
        (413, asks.client.post(f"/api/v1{orders}", headers=asks.headers, environ_overrides=huge)),
        (415, asks.client.post(f"/api/v1{orders}", data={"a": "b"}, headers=asks.headers)),
        (422, asks.get("/points", limit=0)),
        (422, asks.get("/points", cursor="abc")),
        (422, asks.get("/points", lang="en")),
        (422, asks.post(orders, {"picks": [{"offer_id": 1, "qty": "x"}]})),
    ):
        assert (answer.status_code, answer.mimetype) == (status, "application/problem+json"), answer.get_data()
        said = answer.get_json()
        assert said["status"] == status
        assert said["type"].startswith("urn:louda:problem:")
        assert said["detail"]
    assert set(said["problems"]) == {"picks.0.qty", "household_id"}
    refresh()  # the language is kept with the context, which a test's requests share
    english = asks.client.get("/api/v1/nowhere", headers={**asks.headers, "Accept-Language": "en"})
    assert english.get_json()["title"].isascii()

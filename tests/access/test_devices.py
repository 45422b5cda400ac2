"""Where an account is signed in: each sign-in is a row, and ending it ends every copy of its cookie."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.access.models import Account, RoleGrant, StaffSession
from app.access.rules import device_name
from app.access.sessions import token_digest
from app.core import clock
from app.core.db import db
from app.core.events import Event
from app.core.queue.worker import drain
from app.oversight.purge.service import ask_purge
from tests import messages
from tests.world import PASSWORD, World, build, post

PHONE = (
    "Mozilla/5.0 (Linux; Android 13; V2217A) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/107.0.5304.141"
    " Mobile Safari/537.36 XWEB/5317 MicroMessenger/8.0.47"
)
DESK = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36"


@pytest.fixture
def world(app: Flask) -> World:
    made = build()
    db.session.commit()
    return made


def entered(app: Flask, name: str, agent: str = DESK) -> FlaskClient:
    """A browser in which somebody signed in with the password."""
    browser = app.test_client()
    browser.environ_base["HTTP_USER_AGENT"] = agent
    assert post(browser, "/sign-in", "/sign-in", {"username": name, "password": PASSWORD}).status_code == 303
    return browser


def copy_of(app: Flask, browser: FlaskClient) -> FlaskClient:
    """Another browser with the same cookie."""
    held = browser.get_cookie("louda")
    assert held is not None
    other = app.test_client()
    other.set_cookie("louda", held.value)
    return other


def is_in(browser: FlaskClient) -> bool:
    return browser.get("/account").status_code == 200


def test_a_copied_cookie_opens_nothing_after_the_sign_out(app: Flask, world: World) -> None:
    here = entered(app, "leader")
    thief, elsewhere = copy_of(app, here), entered(app, "leader")
    assert is_in(thief)
    assert post(here, "/account", "/sign-out", {}).status_code == 303
    assert [is_in(one) for one in (here, thief, elsewhere)] == [False, False, True]


def test_the_database_holds_a_hash_of_the_session_and_no_more_of_the_browser_than_its_kind(
    app: Flask, world: World
) -> None:
    browser = entered(app, "leader", PHONE)
    with browser.session_transaction() as session:
        token = session["sid"]
    row = db.session.scalars(select(StaffSession)).one()
    assert (row.token_sha256, row.account_id) == (token_digest(token), world.accounts["leader"].id)
    assert row.device == "微信 · Android"
    assert abs((row.seen_at - clock.now()).total_seconds()) < 60


def test_my_devices_lists_each_sign_in_and_ends_one_or_all(app: Flask, world: World) -> None:
    desk, phone, other = entered(app, "leader"), entered(app, "leader", PHONE), entered(app, "leader2")
    page = desk.get("/account/devices").get_data(as_text=True)
    assert "Chrome · Windows" in page
    assert "微信 · Android" in page
    assert messages.THIS_DEVICE in page
    there = db.session.scalars(select(StaffSession).where(StaffSession.device == "微信 · Android")).one()
    assert post(other, "/account/devices", f"/account/devices/{there.id}/end", {}).status_code == 404
    assert is_in(phone)
    assert post(desk, "/account/devices", f"/account/devices/{there.id}/end", {}).status_code == 303
    assert [is_in(one) for one in (desk, phone)] == [True, False]
    phone = entered(app, "leader", PHONE)
    answer = post(desk, "/account/devices", "/account/devices/end-all", {})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in")
    assert messages.ALL_DEVICES in desk.get("/sign-in").get_data(as_text=True)
    assert [is_in(one) for one in (desk, phone, other)] == [False, False, True]
    assert db.session.scalars(select(Event.verb).order_by(Event.id.desc())).first() == "sign_out"


def test_a_sign_in_lasts_half_an_hour_unused_and_twelve_hours_used(app: Flask, world: World) -> None:
    browser = entered(app, "leader")
    with clock.shifted_by(timedelta(minutes=29)):
        assert is_in(browser)
    with clock.shifted_by(timedelta(minutes=60)):
        answer = browser.get("/account", follow_redirects=True)
        assert "30 分钟" in answer.get_data(as_text=True)
        assert not is_in(browser)
    browser = entered(app, "leader")
    for minutes in range(20, 721, 20):
        with clock.shifted_by(timedelta(minutes=minutes)):
            assert is_in(browser) == (minutes < 720), minutes


def test_when_a_sign_in_was_seen_last_is_noted_without_waiting_for_a_writer(app: Flask, world: World) -> None:
    browser = entered(app, "leader")
    with clock.shifted_by(timedelta(minutes=20)):
        assert is_in(browser)
        db.session.rollback()
        seen = db.session.scalar(select(StaffSession.seen_at))
        assert seen is not None
        assert abs((seen - clock.now()).total_seconds()) < 60
    db.session.rollback()
    blocker = db.engine.connect().execution_options(immediate=True)
    with blocker, blocker.begin():
        blocker.execute(StaffSession.__table__.update().values(device="x"))
        with clock.shifted_by(timedelta(minutes=40)):
            assert is_in(browser)  # busy_timeout is 15 s, and this test has no time


def test_disabling_an_account_ends_its_sign_ins_at_the_next_request(app: Flask, world: World) -> None:
    browser, admin = entered(app, "leader"), entered(app, "admin")
    number = world.accounts["leader"].id
    assert post(admin, f"/accounts/{number}", f"/accounts/{number}/disable", {}).status_code == 303
    assert not is_in(browser)
    assert post(admin, f"/accounts/{number}", f"/accounts/{number}/enable", {}).status_code == 303
    assert not is_in(browser)


def test_somebody_without_any_role_sees_the_own_account_and_signs_out(app: Flask, world: World) -> None:
    for grant in db.session.scalars(select(RoleGrant).where(RoleGrant.account_id == world.accounts["runner"].id)):
        db.session.delete(grant)
    db.session.commit()
    browser = entered(app, "runner")
    page = browser.get("/", follow_redirects=True)
    assert page.status_code == 200
    assert messages.NO_ROLE_YET in page.get_data(as_text=True)
    assert browser.get("/cycles").status_code == 403
    assert post(browser, "/account", "/sign-out", {}).status_code == 303
    assert not is_in(browser)


def test_a_failed_sign_in_leaves_a_line_without_password_or_unknown_name(
    app: Flask, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    def line(name: str) -> str:
        caplog.clear()
        browser = app.test_client()
        post(browser, "/sign-in", "/sign-in", {"username": name, "password": "wrong-horse-battery"})
        found = [record.getMessage() for record in caplog.records if "sign-in" in record.getMessage()]
        assert len(found) == 1, found
        assert "wrong-horse" not in found[0]
        assert "127.0.0.1" not in found[0]
        return found[0]

    with caplog.at_level(logging.WARNING):
        assert f"account {world.accounts['leader'].id}" in line("leader")
        unknown = line("hunter2-is-my-password")
        assert "unknown" in unknown
        assert "hunter2" not in unknown
        for _time in range(4):
            line("leader")
        assert "blocked" in line("leader")


def test_ended_and_outlived_sign_ins_are_forgotten(app: Flask, world: World) -> None:
    entered(app, "leader")
    with clock.shifted_by(timedelta(hours=13)):
        ask_purge_and_run()
    assert db.session.scalar(select(func.count()).select_from(StaffSession)) == 0
    assert db.session.get_one(Account, world.accounts["leader"].id).is_active


def ask_purge_and_run() -> None:
    from app.core.events import SYSTEM

    ask_purge(SYSTEM)
    drain()


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (PHONE, "微信 · Android"),
        (DESK, "Chrome · Windows"),
        (DESK + " Edg/120.0.0.0", "Edge · Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Version/17.0 Mobile Safari/604.1", "Safari · iPhone"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:120.0) Gecko/20100101 Firefox/120.0", "Firefox · Linux"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) Version/17 Safari/605", "Safari · macOS"),
        ("Mozilla/5.0 (Phone; OpenHarmony 5.0) ArkWeb/4.1 Mobile", "HarmonyOS"),
        ("curl/8", ""),
        ("x" * 5000, ""),
        ("", ""),
    ],
)
def test_a_browser_is_called_by_its_kind(agent: str, name: str) -> None:
    assert device_name(agent) == name

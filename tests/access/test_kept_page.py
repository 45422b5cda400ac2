"""A refused form comes back on its page with what was typed, and an ended sign-in loses nothing."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from sqlalchemy.exc import OperationalError
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from app.access.forms.kept_page import deserialized_form
from app.access.forms.refill import refill_page, with_notice
from app.access.models import Account
from app.core import clock
from app.core.db import db
from app.ordering.models import Cycle
from tests import messages
from tests.access.test_devices import entered
from tests.security.forms import Sent, forms_of
from tests.world import PASSWORD, World, build

SECRET = "P@ss!word#9"
REMARK = "“阿婆”<b>眼睛</b>不好，\n敲门重一点 & 轻放"


@pytest.fixture
def world(app: Flask) -> World:
    made = build()
    db.session.commit()
    return made


def form_on(browser: FlaskClient, page: str, action: str) -> Sent:
    """The form of a page that goes to `action`, as a browser would send it."""
    g.pop("csrf_token", None)
    return next(form for form in forms_of(page, browser.get(page).get_data(as_text=True)) if form.action == action)


def send(browser: FlaskClient, form: Sent, **typed: str) -> TestResponse:
    g.pop("csrf_token", None)
    fields = [(name, typed.pop(name, value)) for name, value in form.fields]
    return browser.post(form.action, data=MultiDict([*fields, *typed.items()]))


def edit_form(browser: FlaskClient, world: World) -> Sent:
    page = f"/cycles/{world.cycle.id}/edit"
    return form_on(browser, page, page)


def value_of(answer: TestResponse, name: str) -> str:
    found = re.search(rf'<input[^>]* name="{name}"[^>]* value="([^"]*)"', answer.get_data(as_text=True))
    assert found, name
    return found[1]


def test_each_posting_form_says_which_page_it_is_on(app: Flask, world: World) -> None:
    browser = entered(app, "admin")
    for page in ("/accounts/", "/accounts/new", "/account", f"/cycles/{world.cycle.id}", "/places/?q=%E6%A1%82"):
        for form in forms_of(page, browser.get(page).get_data(as_text=True)):
            if form.action != "/sign-out" and "_page" not in dict(form.fields):
                raise AssertionError(f"{page}: {form.action}")
            assert dict(form.fields).get("_page", page) == page


def test_a_stale_edit_shows_what_is_stored_now_keeps_what_was_typed_and_can_be_sent_again(
    app: Flask, world: World
) -> None:
    browser = entered(app, "admin")
    form = edit_form(browser, world)
    db.session.execute(update(Cycle).values(version=Cycle.version + 1, name="别人改的名"))
    db.session.commit()
    answer = send(browser, form, name="我改的名")
    text = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert value_of(answer, "name") == "我改的名"
    assert "别人改的名" in text
    assert "ld-notice-code" not in text
    mine = next(f for f in forms_of(form.action, text) if f.action == form.action)
    assert send(browser, mine).status_code == 303
    assert db.session.scalar(select(Cycle.name)) == "我改的名"


def test_a_token_of_an_earlier_sign_in_costs_nothing_typed(app: Flask, world: World) -> None:
    browser = entered(app, "admin")
    form = edit_form(browser, world)
    stale = [(name, "outlived" if name == "csrf_token" else value) for name, value in form.fields]
    answer = send(browser, Sent(form.action, True, stale), name="第一批，改了名")
    assert answer.status_code == 400
    assert value_of(answer, "name") == "第一批，改了名"
    assert messages.SEND_ONCE_MORE in answer.get_data(as_text=True)
    fields = next(f for f in forms_of(form.action, answer.get_data(as_text=True)) if f.action == form.action)
    assert send(browser, fields).status_code == 303
    assert db.session.scalar(select(Cycle.name)) == "第一批，改了名"


def idle(browser: FlaskClient, form: Sent, **typed: str) -> TestResponse:
    with clock.shifted_by(timedelta(minutes=31)):
        return send(browser, form, **typed)


def again(browser: FlaskClient, door: TestResponse, name: str, password: str = PASSWORD) -> TestResponse:
    form = next(f for f in forms_of("/sign-in", door.get_data(as_text=True)) if f.action == "/sign-in")
    return send(browser, form, username=name, password=password)


def test_half_an_hour_over_a_form_leads_to_the_sign_in_and_back_with_all_that_was_typed(
    app: Flask, world: World
) -> None:
    browser = entered(app, "admin")
    form = edit_form(browser, world)
    door = idle(browser, form, name=REMARK.replace("\n", " "))
    assert door.status_code == 401
    text = door.get_data(as_text=True)
    assert messages.SIGNED_OUT_AFTER_HALF_AN_HOUR in text
    assert messages.FORM_IS_NOT_LOST in text
    refused = again(browser, door, "admin", "wrong-horse-battery")
    assert refused.status_code == 422
    back = again(browser, refused, "admin")
    assert back.status_code == 200
    assert "“阿婆”&lt;b&gt;眼睛&lt;/b&gt;不好， 敲门重一点 &amp; 轻放" in back.get_data(as_text=True)
    assert db.session.scalar(select(Cycle.name)) == "第一批"
    fields = next(f for f in forms_of(form.action, back.get_data(as_text=True)) if f.action == form.action)
    assert send(browser, fields).status_code == 303
    assert db.session.scalar(select(Cycle.name)) == REMARK.replace("\n", " ")


def test_no_password_rides_along_in_a_sign_in_page(app: Flask, world: World) -> None:
    browser = entered(app, "admin")
    form = form_on(browser, "/account", "/account")
    door = idle(browser, form, present=SECRET, password=SECRET, again=SECRET)
    assert door.status_code == 401
    assert SECRET not in door.get_data(as_text=True)
    kept = next(f for f in forms_of("/sign-in", door.get_data(as_text=True)) if f.action == "/sign-in")
    with app.test_request_context():
        held = deserialized_form(dict(kept.fields).get("_kept"))
    assert held is None or not {"present", "password", "again"} & {name for name, _value in held.typed}


def test_no_password_comes_back_when_the_database_does_not_answer(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_username: str, _password: str) -> None:
        raise OperationalError("SELECT 1", {}, Exception("database is away"))

    monkeypatch.setattr("app.access.service.account_with", away)
    monkeypatch.setattr("app.access.forms.kept_page.HOPS", -1)  # nor for the page of the form: it cannot be made again
    browser = app.test_client()
    answer = send(browser, form_on(browser, "/sign-in", "/sign-in"), username="admin", password=SECRET)
    assert answer.status_code == 503
    assert SECRET not in answer.get_data(as_text=True)


def test_what_one_account_typed_is_not_shown_to_the_next(app: Flask, world: World) -> None:
    browser = entered(app, "admin")
    door = idle(browser, edit_form(browser, world), name="只给自己看")
    answer = again(browser, door, "admin2")
    assert answer.status_code == 303
    assert "只给自己看" not in browser.get(answer.headers["Location"]).get_data(as_text=True)


def test_a_kept_form_that_was_changed_or_made_elsewhere_is_ignored(app: Flask, world: World) -> None:
    browser = app.test_client()
    door = browser.get("/sign-in?next=/account")
    form = next(f for f in forms_of("/sign-in", door.get_data(as_text=True)))
    answer = send(browser, form, username="admin", password=PASSWORD, _kept="W10.x.y")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/account")


@pytest.mark.parametrize(
    "page",
    ["//evil.example/x", "https://evil.example/", "/\\evil.example", "/nowhere", "/sign-out", "", "javascript:1"],
)
def test_a_page_that_is_none_of_ours_is_never_shown(app: Flask, world: World, page: str) -> None:
    browser = entered(app, "admin")
    form = edit_form(browser, world)
    wrong = [(name, "x" if name == "csrf_token" else page if name == "_page" else value) for name, value in form.fields]
    answer = send(browser, Sent(form.action, True, wrong), name="写了的话")
    text = answer.get_data(as_text=True)
    assert answer.status_code == 400
    assert "evil" not in text
    assert "ld-notice-code" in text
    assert "写了的话" in text  # to be copied


def test_a_form_that_another_site_sent_shows_nothing_of_ours(app: Flask, world: World) -> None:
    browser = entered(app, "admin")
    form = edit_form(browser, world)
    fields = [(name, "x" if name == "csrf_token" else value) for name, value in form.fields]
    answer = browser.post(form.action, data=MultiDict(fields), headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 400
    assert "ld-notice-code" in answer.get_data(as_text=True)


def test_nothing_typed_is_stored_when_a_form_is_refused(app: Flask, world: World) -> None:
    browser = entered(app, "admin")
    door = idle(browser, edit_form(browser, world), name="不入库的话")
    assert "不入库" not in " ".join(door.headers.getlist("Set-Cookie"))
    from tests.security.test_every_endpoint import fingerprint

    assert fingerprint()
    with db.engine.connect() as connection:
        for table in db.metadata.sorted_tables:
            assert "不入库" not in str(connection.execute(select(table)).all())
    assert db.session.scalar(select(func.count()).select_from(Account)) == 9


# --- the text work alone ----------------------------------------------------------------------------------------------
PAGE = """<html><body class="x"><main id="main"><a href="?q=1">w</a>
<details><summary>s</summary><form action="/rows/1" method="post"><input type="hidden" name="row" value="1">
<input name="n" value="a" id="f-n"></form></details>
<details><summary>s</summary><form action="/rows/1" method="post"><input type="hidden" name="row" value="2">
<input name="n" value="b"><input name="n" value="c"><input type="password" name="p" value="">
<textarea name="t">
old</textarea><input type="checkbox" name="c" value="1" checked><input type="checkbox" name="c" value="2">
<input type="radio" name="r" value="x" checked><input type="radio" name="r" value="y">
<select name="s"><option value="">-</option><option value="1" selected>one</option><option>two</option></select>
<input type="file" name="f"></form></details><form method="post"><input name="z"></form></main></body></html>"""


def test_the_form_that_was_sent_is_told_from_its_neighbours_and_filled() -> None:
    typed = [("row", "2"), ("n", 'x"><i>'), ("n", "y"), ("t", "</textarea>&"), ("c", "2"), ("r", "y"), ("s", "two")]
    got = refill_page(PAGE, "/rows?page=2", "/rows/1", [*typed, ("p", "secret")], {"n": ["太长"]})
    assert (got.found, got.asks_file) == (True, True)
    assert '<input name="n" value="a" id="f-n">' in got.html
    assert 'value="x&quot;&gt;&lt;i&gt;" aria-invalid="true"' in got.html or (
        'aria-invalid="true"' in got.html and 'value="x&quot;&gt;&lt;i&gt;"' in got.html
    )
    assert 'value="y"' in got.html
    assert '<span class="ld-error">太长</span>' in got.html
    assert '<textarea name="t">\n&lt;/textarea&gt;&amp;</textarea>' in got.html
    assert '<input type="checkbox" name="c" value="1"><input type="checkbox" name="c" value="2" checked>' in got.html
    assert '<input type="radio" name="r" value="x"><input' in got.html.replace("\n", "")
    assert '<option value="1">one</option><option selected>two</option>' in got.html
    assert "secret" not in got.html
    assert got.html.count("<details open>") == 1
    assert '<a href="/rows?q=1">' in got.html
    assert '<form method="post" action="/rows?page=2">' in got.html


def test_a_form_that_is_gone_is_said_to_be_gone() -> None:
    got = refill_page(PAGE, "/rows", "/elsewhere", [("n", "x")])
    assert (got.found, got.asks_file) == (False, False)
    shown = with_notice(got.html, "<p>why</p>", "/rows?a=1&b=2")
    assert '<main id="main"><p>why</p>' in shown
    assert '<body class="x" data-address="/rows?a=1&amp;b=2">' in shown

"""Every form of every page, refused: it comes back on a page that says why, with all that was typed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from app.access.forms.refill import PageReader, Tag, form_sent
from app.core import db as database
from app.core.errors import Conflict, Invalid
from tests.security.day import Day
from tests.security.forms import pages_of

WORDS = "试填的话，有两句。"
BY_TYPE = {
    "number": "3", "date": "2026-12-24", "datetime-local": "2026-12-24T09:30", "time": "09:30", "tel": "19900000001"
}  # fmt: skip
KEPT = ("text", "search", "tel", "number", "date", "datetime-local", "time", "")
# What is typed there is a secret, or the page asks for one thing and shows what it found.
NOTHING_TO_KEEP = {"access.sign_in", "access.sign_out"}

Form = tuple[bool, str, str, list[tuple[str, str]]]  # known, page, action, fields as typed


@pytest.fixture(scope="module")
def forms(day: Day) -> list[Form]:
    """Each form of the day once, with something typed in every field that takes words, numbers or days."""
    found: dict[tuple[str, frozenset[str]], Form] = {}
    for is_known, page, html in pages_of(day):
        read = PageReader(html)
        for form in (one for one in read.forms if one.has("method").lower() == "post"):
            action = form.has("action") or page
            endpoint = day.app.url_map.bind("localhost").match(action.partition("?")[0], method="POST")[0]
            fields = typed_in(read.fields_of(form))
            if endpoint not in NOTHING_TO_KEEP:
                names = frozenset(re.sub(r"\d+", "#", name) for name, _value in fields)
                found.setdefault((endpoint, names), (is_known, page, action, fields))
    return list(found.values())


def who(day: Day, is_known: bool) -> FlaskClient:
    return day.browser("everything", resident=True) if is_known else day.browser()


def typed_in(fields: list[Tag]) -> list[tuple[str, str]]:
    """What a person sends who fills in everything: first choices, every box, words where words go."""
    typed, chosen = [], set()
    for one in fields:
        kind = one.has("type").lower() if one.name == "input" else one.name
        if not one.key or kind in ("file", "submit", "button"):
            continue
        if kind == "radio":
            if one.key in chosen:
                continue
            chosen.add(one.key)
        value = one.has("value")
        if one.name == "select":
            options = [value_of(option) for option in one.options]
            value = options[-1] if options else ""
        elif kind in ("checkbox", "radio"):
            value = one.attrs.get("value") or "on"
        elif kind == "textarea":
            value = WORDS
        elif kind != "hidden":
            value = BY_TYPE.get(kind, value or WORDS) if one.has("inputmode") != "numeric" else value or "3"
        typed.append((one.key, value))
    return typed


def value_of(option: Tag) -> str:
    return option.has("value") if "value" in option.attrs else option.text.strip()


@pytest.fixture
def refusing(day: Day, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Exception], None]]:
    """Let every command refuse, as if somebody else had just changed what it speaks of."""
    day.app.config["WTF_CSRF_ENABLED"] = False

    def refuse(error: Exception) -> None:
        def once(*_what: Any) -> Any:
            raise error

        monkeypatch.setattr(database, "run_in_transaction", once)

    yield refuse
    day.app.config["WTF_CSRF_ENABLED"] = True


def post(day: Day, form: Form) -> TestResponse:
    is_known, _page, action, fields = form
    before = day.version()
    answer = who(day, is_known).post(action, data=MultiDict(fields))
    if day.version() != before:
        day.restore()
    return answer


def lost(answer: TestResponse, form: Form) -> list[str]:
    """Fields of the form that no longer show what was typed."""
    _known, page, action, fields = form
    html = answer.get_data(as_text=True)
    read = PageReader(html)
    again = form_sent(read, page.partition("?")[0], action.partition("?")[0], fields)
    if again is None:
        again = form_sent(read, action.partition("?")[0], action.partition("?")[0], fields)
    if again is None:
        return ["the form itself"]
    typed: dict[str, list[str]] = {}
    for name, value in fields:
        typed.setdefault(name, []).append(value)
    missing = []
    for one in read.fields_of(again):
        values = typed.get(one.key, [])
        shown = html[one.end : one.close].strip() if one.name == "textarea" else one.has("value")
        kind = one.has("type").lower()
        if one.name == "textarea" or (one.name == "input" and kind in KEPT):
            if values and shown not in values:
                missing.append(one.key)
        elif kind in ("checkbox", "radio") and (one.attrs.get("value") or "on") in values:
            missing += [] if "checked" in one.attrs else [one.key]
        elif one.name == "select" and values and values[0]:
            picked = [value_of(option) for option in one.options if "selected" in option.attrs]
            missing += [] if values[0] in picked else [one.key]
    return missing


def check(day: Day, forms: list[Form], status: int, sentence: str) -> dict[str, Any]:
    wrong, reached = {}, 0
    for form in forms:
        answer = post(day, form)
        text = answer.get_data(as_text=True)
        reached += sentence in text
        if answer.status_code in (200, 303):
            continue
        where = f"{form[1]} -> {form[2]} {sorted({n for n, _v in form[3]})}: {answer.status_code}"
        if answer.status_code not in (status, 409, 422):
            wrong[where] = "status"
        elif "ld-notice-code" in text:
            wrong[where] = "a bare page"
        elif 'role="alert"' not in text:
            wrong[where] = "no alert"
        elif missing := lost(answer, form):
            wrong[where] = missing
    assert reached >= len(forms) // 2, f"only {reached} of {len(forms)}"
    return wrong


def test_a_refused_form_comes_back_on_its_page_with_all_that_was_typed(
    day: Day, forms: list[Form], refusing: Callable[[Exception], None]
) -> None:
    """Each form meets a conflict, and a sentence about what it holds."""
    refusing(Conflict("刚才有人改过这里"))
    wrong = check(day, forms, 409, "刚才有人改过这里")
    refusing(Invalid("这样不行，请改一改"))
    assert wrong | check(day, forms, 422, "这样不行，请改一改") == {}

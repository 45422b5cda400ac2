"""Every form of every page, sent by a client that asks for JSON: it gets the answer of a browser, told in JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import cycle
from typing import Any

import pytest
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from app.core.errors import Conflict, Invalid, StaleEdit
from app.core.idempotency import new_key
from tests.security.day import Day
from tests.security.test_refused_forms import Form, forms, refusing, who

__all__ = ["forms", "refusing"]  # fixtures
JSON = {"Accept": "application/json"}
# What a step before a command answers with is a page to look at; no command has run and none was refused.
LOOKS = {200}


def sent(day: Day, form: Form, fields: list[tuple[str, str]], headers: dict[str, str]) -> TestResponse:
    """Send the form, then put the day back if that changed it."""
    is_known, _page, action, _fields = form
    before = day.version()
    answer = who(day, is_known).post(action, data=MultiDict(fields), headers=headers)
    if day.version() != before:
        day.restore()
    return answer


def wrong_with(page: TestResponse, told: TestResponse) -> list[str]:
    """How what is told in JSON differs from what a browser is shown."""
    if page.status_code in LOOKS and page.mimetype == "text/html":
        return [] if told.status_code == 200 else [f"a page for a browser, but {told.status_code}"]
    if told.mimetype != "application/json":
        return [f"{told.status_code} {told.mimetype}"]
    said = told.get_json()
    if page.status_code in (302, 303):
        here = page.headers["Location"]
        wrong = [] if told.status_code == 200 else [f"answers {told.status_code}"]
        return wrong + ([] if said.get("location") == here else [f"leads to {said.get('location')}, not {here}"])
    wrong = [] if told.status_code == page.status_code else [f"answers {told.status_code}, not {page.status_code}"]
    if "Location" in told.headers:
        wrong.append("leads on")
    if said.get("status") != told.status_code or not said.get("message"):
        wrong.append(f"says {said}")
    return wrong


def every(day: Day, forms: list[Form], fields: Callable[[Form], list[tuple[str, str]]]) -> dict[str, Any]:
    """Address → what is wrong with its JSON, of each form that has any."""
    found: dict[str, Any] = {}
    for form in forms:
        typed = fields(form)
        page, told = (sent(day, form, typed, headers) for headers in ({}, JSON))
        if wrong := wrong_with(page, told):
            found[form[2]] = wrong
    return found


def without_csrf(day: Day, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(day.app.config, "WTF_CSRF_ENABLED", False)


def test_a_form_as_typed_is_told_as_it_is_shown(day: Day, forms: list[Form], monkeypatch: pytest.MonkeyPatch) -> None:
    without_csrf(day, monkeypatch)
    wrong = every(day, forms, lambda form: form[3])
    assert wrong == {}, "\n".join(f"{action}: {what}" for action, what in wrong.items())


def test_an_empty_form_is_told_as_it_is_shown(day: Day, forms: list[Form], monkeypatch: pytest.MonkeyPatch) -> None:
    without_csrf(day, monkeypatch)
    wrong = every(day, forms, lambda form: [("_key", new_key())])
    assert wrong == {}, "\n".join(f"{action}: {what}" for action, what in wrong.items())


REFUSED: tuple[Any, ...] = (Conflict("先别改。"), Invalid({"": ["先别改。"]}), StaleEdit({"名称": "新名"}))


def test_what_a_command_refuses_is_told_with_its_sentence(
    day: Day, forms: list[Form], refusing: Callable[[Exception], None]
) -> None:
    """The same sentence as on the page; after a stale edit what is stored now, whatever its view makes of it.

    Each form meets one of the errors, by turns: what is made of them is the same for all forms.
    """
    wrong: dict[str, Any] = {}
    reached: Counter[type[Exception]] = Counter()
    for form, error in zip(forms, cycle(REFUSED), strict=False):
        refusing(error)
        page, told = (sent(day, form, form[3], headers) for headers in ({}, JSON))
        if differences := wrong_with(page, told):
            wrong[form[2]] = differences
            continue
        if str(error.sentence) not in page.text or page.status_code not in (409, 422):
            continue
        reached[type(error)] += 1
        said = told.get_json()
        spoken = [said["message"], *(one for sentences in said["problems"].values() for one in sentences)]
        if not any(str(error.sentence) in one for one in spoken):
            wrong[form[2]] = said
        if isinstance(error, StaleEdit) and (said["code"], said["stored"]) != ("stale_edit", error.theirs):
            wrong[form[2]] = said
    assert min(reached[type(error)] for error in REFUSED) >= len(forms) // 7, reached
    assert sum(reached.values()) >= len(forms) // 2
    assert wrong == {}, "\n".join(f"{action}: {what}" for action, what in wrong.items())

"""Nothing of nine other subdistricts shows on any page, list, file or answer of the API, for anybody of the first."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from zipfile import ZipFile

import pytest
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from app.access.guard import PUBLIC, access_of
from app.access.permissions import Permission
from app.core.idempotency import new_key
from tests.api.client import EVERY_SCOPE, Program, token_of
from tests.page_rules import api_rules, page_rules
from tests.security.day import STAFF, Day
from tests.security.day_kinds import kind_of
from tests.security.ten import CANARY, copy_nine_times, foreign
from tests.security.test_roles import held

REFUSED = (302, 400, 401, 403, 404, 422)  # 302: to the door; 422: what was sent is no form, whatever it is about
WORDS = {"kind", "text", "name", "version", "part", "rule"}  # arguments that name no object of a subdistrict
FOREIGN_ID = r"(?<![\w.])[1-9]0000(?!00)\d\d(?![\w.])"  # of a copy of one of the first hundred rows of a table
OPEN_BY_CODE = {"resident.enter"}  # a poster at a building speaks to whoever reads it


@pytest.fixture(scope="module")
def ten(day: Day) -> Iterator[Day]:
    copy_nine_times(day.file)
    yield day
    day.restore()


@pytest.fixture(scope="module")
def programs(ten: Day) -> dict[str, Program]:
    with ten.app.app_context():
        return {name: Program(ten.app, token_of(*ten.accounts[name], EVERY_SCOPE)) for name in STAFF}


def addresses(day: Day, rule: Rule) -> Iterator[tuple[str, str]]:
    """(the argument that is foreign, or nothing; path): the own objects, then each of them in turn of another."""
    parts = [(is_argument, text) for is_argument, text in rule._trace]
    own = {text: day.own[kind_of(rule.endpoint, text)] for is_argument, text in parts if is_argument}
    for strange in ("", *own) if rule.endpoint not in OPEN_BY_CODE else ("",):
        if strange and kind_of(rule.endpoint, strange) in WORDS:
            continue
        shown = {**own, **({strange: foreign(own[strange])} if strange else {})}
        yield strange, "".join(shown[text] if is_argument else text for is_argument, text in parts).partition("|")[2]


def is_let_in(day: Day, actor: str, rule: Rule) -> bool:
    """Whether the gate lets the actor in; whom it does not, it tells nothing (test_roles.py)."""
    mark = access_of(day.app, rule.endpoint)
    if actor in ("anonymous", "resident"):
        return mark == {"anonymous": PUBLIC, "resident": Permission.OWN_HOUSEHOLD}[actor]
    return mark in {*held(actor), Permission.SELF}


def readable(rules: list[Rule]) -> list[Rule]:
    return sorted((rule for rule in rules if "GET" in (rule.methods or ())), key=lambda rule: rule.rule)


def told(answer: TestResponse) -> str:
    """What an answer says, whether it is a page, a table, a workbook or JSON, whose letters are escaped."""
    body = answer.get_data()
    if body.startswith(b"PK"):
        with ZipFile(BytesIO(body)) as book:
            return " ".join(book.read(name).decode("utf-8", "ignore") for name in book.namelist())
    text = body.decode("utf-8", "ignore")
    return re.sub(r"\\u([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), text)


def leaks(answer: TestResponse, strange: str, rule: Rule, path: str) -> Iterator[str]:
    sign = CANARY if strange else f"(?:{CANARY}|{FOREIGN_ID})"  # an id that was asked for may be said again
    found = re.search(f".{{0,60}}{sign}.{{0,40}}", told(answer).replace(path, ""))
    if found:
        yield f"{rule.rule} ({strange or 'own'}) shows {found[0]!r}"
    if strange and answer.status_code == 200:
        yield f"{rule.rule} answers for another's {strange}"


@pytest.mark.parametrize("actor", ["anonymous", "resident", *STAFF])
def test_no_page_shows_another_subdistrict(ten: Day, actor: str) -> None:
    browser = ten.browser(*([actor] if actor in STAFF else []), resident=actor == "resident")
    found: list[str] = []
    for rule in readable(page_rules(ten.app)):
        if not is_let_in(ten, actor, rule):
            continue
        for strange, path in addresses(ten, rule):
            answer = browser.get(path)
            found += leaks(answer, strange, rule, path)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("actor", ["resident", *STAFF])
def test_no_form_reaches_another_subdistrict(ten: Day, actor: str) -> None:
    """An object of another subdistrict in any place of an address: nothing is written, nothing is said about it."""
    ten.app.config["WTF_CSRF_ENABLED"] = False
    browser = ten.browser(*([actor] if actor in STAFF else []), resident=actor == "resident")
    found: list[str] = []
    before = ten.version()
    for rule in sorted(page_rules(ten.app), key=lambda rule: rule.rule):
        if "POST" not in (rule.methods or ()) or not is_let_in(ten, actor, rule):
            continue
        for strange, path in addresses(ten, rule):
            answer = browser.post(path, data={"_key": new_key()}) if strange else None
            if answer is not None:
                found += leaks(answer, strange, rule, path)
                if answer.status_code not in REFUSED or ten.version() != before:
                    found.append(f"{rule.rule} answers {answer.status_code} for another's {strange}")
                    before = ten.version()
    assert not found, "\n".join(found)


@pytest.mark.parametrize("actor", STAFF)
def test_no_answer_of_the_api_shows_another_subdistrict(ten: Day, programs: dict[str, Program], actor: str) -> None:
    found: list[str] = []
    for rule in readable(api_rules(ten.app)):
        if not is_let_in(ten, actor, rule):
            continue
        for strange, path in addresses(ten, rule):
            answer = programs[actor].get(path.removeprefix("/api/v1"))
            found += leaks(answer, strange, rule, path)
    assert not found, "\n".join(found)

"""Every endpoint, every actor, objects of the own point and of another: computed answers, kept in matrix.csv.

Write the table anew after adding an endpoint: ``WRITE_MATRIX=1 pytest tests/security/test_roles.py`` — and read what
has changed before it is committed.
"""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from app.access.guard import PUBLIC, access_of
from app.access.models import Role
from app.access.page_registry import registry
from app.access.permissions import GRANTED, Permission
from app.core.idempotency import new_key
from tests.page_rules import page_rules
from tests.security.day import STAFF, Day

MATRIX = Path(__file__).with_name("matrix.csv")
ROLES = {
    "captain": Role.BUILDING_CAPTAIN,
    "leader": Role.POINT_LEADER,
    "leader2": Role.POINT_LEADER,
    "runner": Role.RUNNER,
    "supplies": Role.SUPPLIES_TEAM,
    "admin": Role.SUBDISTRICT_ADMIN,
    "auditor": Role.AUDITOR,
    "desk": Role.ORDER_DESK,  # of the first point
}
ACTORS = ("anonymous", "resident", *STAFF)
SCOPES = ("own", "other")
HEAD = ("method", "path", "permission", "scope", *ACTORS)


@pytest.fixture(scope="module")
def seen(day: Day) -> dict[tuple[str, str, str], dict[str, str]]:
    """(method, path, scope) → actor → what was answered, for the whole table."""
    day.app.config["WTF_CSRF_ENABLED"] = False  # the tokens have a test of their own; here it is about who may
    found = {}
    for method, rule in cells(day):
        for scope in SCOPES if rule.arguments else SCOPES[:1]:
            answers = {name: answered(day, name, method, rule, scope) for name in ACTORS}
            found[method, rule.rule, scope] = answers
    return found


def cells(day: Day) -> Iterator[tuple[str, Rule]]:
    for rule in sorted(page_rules(day.app), key=lambda rule: (rule.rule, rule.endpoint)):
        for method in sorted(set(rule.methods or ()) - {"OPTIONS", "HEAD"}):
            yield method, rule


def ask(day: Day, actor: str, method: str, path: str, accept: str = "text/html") -> TestResponse:
    """Open or post an empty form, then put the day back if that changed it."""
    before = day.version()
    data = {"_key": new_key()} if method == "POST" else None
    browser = day.browser(*([actor] if actor in STAFF else []), resident=actor == "resident")
    answer = browser.open(path, method=method, data=data, headers={"Accept": accept})
    if day.version() != before:
        day.restore()
    return answer


def answered(day: Day, actor: str, method: str, rule: Rule, scope: str) -> str:
    """in (the view spoke about the object), form (what was sent is no form of it), none, refused, door.

    Asked as a program asks: the same gate decides, and a refusal is a few words instead of a page with all its menus.
    Refusals as pages are looked at below and in test_every_endpoint.py.
    """
    answer = ask(day, actor, method, day.address(rule, scope), accept="application/json")
    status = answer.status_code
    if status == 401 or (status == 302 and re.match(r"/(sign-in|enter)\?", answer.headers["Location"])):
        return "door"
    assert status in {200, 302, 303, 400, 403, 404, 409, 422}, f"{method} {rule.rule} answered {status}"
    return {400: "form", 403: "refused", 404: "none", 422: "form"}.get(status, "in")


@cache
def held(actor: str) -> frozenset[Permission]:
    return GRANTED[ROLES[actor]] if actor in ROLES else frozenset()


def test_the_matrix_is_what_the_application_answers(day: Day, seen: dict[tuple[str, str, str], dict[str, str]]) -> None:
    marks = {rule.rule: str(access_of(day.app, rule.endpoint)) for _method, rule in cells(day)}
    rows = [[m, path, marks[path], scope, *(a[n] for n in ACTORS)] for (m, path, scope), a in seen.items()]
    if os.environ.get("WRITE_MATRIX"):
        with MATRIX.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerows([HEAD, *rows])
    with MATRIX.open(newline="", encoding="utf-8") as file:
        kept = list(csv.reader(file))
    assert kept[0] == list(HEAD)
    assert [row for row in rows if row not in kept] == []
    assert [row for row in kept[1:] if row not in rows] == []


def test_the_matrix_and_the_registered_pages_name_the_same_permissions(day: Day) -> None:
    """What staff may open is registered by its slice, with the permission that stands in the matrix."""
    with MATRIX.open(newline="", encoding="utf-8") as file:
        rows = {(row["method"], row["path"]): row["permission"] for row in csv.DictReader(file)}
    known = registry(day.app)
    registered = {**known.frameless, **{name: page.permission for name, page in known.pages.items()}}
    for method, rule in cells(day):
        mark = rows[method, rule.rule]
        if method == "GET" and mark not in (PUBLIC, Permission.OWN_HOUSEHOLD):
            assert registered.get(rule.endpoint) == mark, rule.endpoint


def test_the_door_and_the_mark_decide_before_the_object_does(
    day: Day, seen: dict[tuple[str, str, str], dict[str, str]]
) -> None:
    for method, rule in cells(day):
        mark = access_of(day.app, rule.endpoint)
        for scope in SCOPES if rule.arguments else SCOPES[:1]:
            for actor, answer in seen[method, rule.rule, scope].items():
                where = f"{actor}: {method} {rule.rule} ({scope}) is {answer}"
                if mark == PUBLIC:
                    assert answer not in ("refused", "door") or rule.endpoint == "access.home", where
                elif mark == Permission.OWN_HOUSEHOLD:
                    assert (answer == "door") == (actor != "resident"), where
                elif actor in ("anonymous", "resident"):
                    assert answer == "door", where
                else:
                    assert (answer == "refused") == (mark not in held(actor)), where


def test_an_object_of_another_point_is_not_there_for_leader_captain_and_resident(
    day: Day, seen: dict[tuple[str, str, str], dict[str, str]]
) -> None:
    """Whoever holds a permission for one point, building or household only finds nothing elsewhere."""
    for (method, path, scope), answers in seen.items():
        rule = next(rule for _m, rule in cells(day) if rule.rule == path)
        if not rule.arguments or day.address(rule, "own") == day.address(rule, "other"):
            continue
        if access_of(day.app, rule.endpoint) == PUBLIC:
            continue
        narrow = ("leader", "captain", "resident", "desk") if scope == "other" else ("leader2",)
        for actor in narrow:
            if scope == "own" and path.startswith("/cycles/<int:cycle_id>") and rule.arguments == {"cycle_id"}:
                continue  # both points take part in the cycle
            assert answers[actor] != "in", f"{actor}: {method} {path} ({scope})"


def test_out_of_scope_answers_as_if_there_were_no_such_object(
    day: Day, seen: dict[tuple[str, str, str], dict[str, str]]
) -> None:
    """Same status and same page, apart from the id of the request and the address that was asked for."""
    for method, rule in cells(day):
        for scope in SCOPES:
            if scope == "own" and rule.arguments == {"cycle_id"}:
                continue  # the cycle is theirs, only this page of it is not
            for actor in ("leader", "leader2", "captain", "supplies") if rule.arguments else ():
                if seen[method, rule.rule, scope][actor] != "none":
                    continue  # a form refused before its object is looked for says nothing about the object
                pages = [page_of(day, actor, method, rule, which) for which in (scope, "missing")]
                assert pages[0] == pages[1], f"{actor}: {method} {rule.rule} ({scope})"


def page_of(day: Day, actor: str, method: str, rule: Rule, scope: str) -> tuple[int, str]:
    path = day.address(rule, scope)
    answer = ask(day, actor, method, path)
    text = answer.get_data(as_text=True).replace(path, "")
    return answer.status_code, re.sub(r"[0-9a-f]{12}|name=\"(csrf_token|_key)\" value=\"[^\"]+\"", "", text)

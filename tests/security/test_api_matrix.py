"""Every endpoint of the JSON API, a token of every role, objects of the own point and of another; see api_matrix.csv.

Write the table anew after adding an endpoint: ``WRITE_MATRIX=1 pytest tests/security/test_api_matrix.py``, and read
what has changed before it is committed.
"""

from __future__ import annotations

import csv
import os
import re
from pathlib import Path
from typing import Any

import pytest
from werkzeug.routing import Rule

from app.access.guard import access_of
from app.access.permissions import GRANTED, Permission
from app.core.errors import PROBLEM_JSON
from tests.api.client import EVERY_SCOPE, Program, token_of
from tests.page_rules import api_rules
from tests.security.api_bodies import BODIES
from tests.security.day import STAFF, Day
from tests.security.test_roles import ROLES

MATRIX = Path(__file__).with_name("api_matrix.csv")
HEAD = ("method", "path", "permission", "scope", "anonymous", *STAFF)
ANSWERS = {400: "form", 401: "door", 403: "refused", 404: "none", 422: "form"}
WIDE = ("supplies", "admin", "auditor", "runner")  # of the whole subdistrict; the others have one point or building

Seen = dict[tuple[str, str, str], dict[str, str]]


@pytest.fixture(scope="module")
def programs(day: Day) -> dict[str, Program]:
    """A program of every role, and one without a token."""
    with day.app.app_context():
        secrets = {name: token_of(number, epoch, EVERY_SCOPE) for name, (number, epoch) in day.accounts.items()}
    day.keep()
    return {"anonymous": Program(day.app, ""), **{name: Program(day.app, secrets[name]) for name in STAFF}}


def rules(day: Day) -> list[Rule]:
    return sorted(api_rules(day.app), key=lambda rule: (rule.rule, rule.endpoint))


def method_of(rule: Rule) -> str:
    (method,) = set(rule.methods or ()) - {"OPTIONS", "HEAD"}
    return method


def ask(day: Day, asks: Program, rule: Rule, scope: str) -> tuple[int, dict[str, Any]]:
    """Ask with a body that would do; put the day back if that changed it."""
    path = day.address(rule, scope).removeprefix("/api/v1")
    body = BODIES.get(rule.endpoint.partition(".")[2], dict)
    answer = asks.get(path) if method_of(rule) == "GET" else asks.post(path, body(day.own) if body is not dict else {})
    assert answer.status_code in {200, 400, 401, 403, 404, 409, 422}, f"{rule.rule}: {answer.get_data(as_text=True)}"
    if answer.status_code >= 400:
        assert answer.mimetype == PROBLEM_JSON
    elif method_of(rule) == "POST":
        day.restore()
    return answer.status_code, (answer.get_json(silent=True) or {})


@pytest.fixture(scope="module")
def seen(day: Day, programs: dict[str, Program]) -> Seen:
    """(method, path, scope) → actor → what was answered."""
    found: Seen = {}
    for rule in rules(day):
        for scope in ("own", "other") if rule.arguments else ("own",):
            answers = {name: ask(day, asks, rule, scope)[0] for name, asks in programs.items()}
            found[method_of(rule), rule.rule, scope] = {
                name: ANSWERS.get(status, "in") for name, status in answers.items()
            }
    return found


def test_the_matrix_is_what_the_api_answers(day: Day, seen: Seen) -> None:
    marks = {(method_of(rule), rule.rule): str(access_of(day.app, rule.endpoint)) for rule in rules(day)}
    rows = [
        [method, path, marks[method, path], scope, *(answers[name] for name in ("anonymous", *STAFF))]
        for (method, path, scope), answers in seen.items()
    ]
    if os.environ.get("WRITE_MATRIX"):
        with MATRIX.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerows([HEAD, *rows])
    with MATRIX.open(newline="", encoding="utf-8") as file:
        kept = list(csv.reader(file))
    assert kept == [list(HEAD), *rows]


def test_the_permission_decides_before_the_object_does(day: Day, seen: Seen) -> None:
    for rule in rules(day):
        needed = access_of(day.app, rule.endpoint)
        assert isinstance(needed, Permission)
        for scope in ("own", "other") if rule.arguments else ("own",):
            answers = seen[method_of(rule), rule.rule, scope]
            assert answers["anonymous"] == "door"
            for name in STAFF:
                is_refused = answers[name] == "refused"
                assert is_refused == (needed not in GRANTED[ROLES[name]]), f"{name}: {rule.rule} ({scope})"


def test_what_lies_out_of_reach_is_as_what_does_not_exist(day: Day, seen: Seen, programs: dict[str, Program]) -> None:
    """For a token of one point whatever lies at the other one, for every token the neighbouring subdistrict."""
    for rule in (rule for rule in rules(day) if rule.arguments):
        if day.address(rule, "own") == day.address(rule, "other"):
            continue
        answers = seen[method_of(rule), rule.rule, "other"]
        for name in STAFF:
            is_far = rule.arguments == {"cycle_id"} or name not in WIDE
            if answers[name] == "refused" or not is_far or name == "leader2":
                continue
            assert answers[name] in ("none", "form"), f"{name}: {rule.rule}"
            if answers[name] == "none":
                told = [told_without_id(ask(day, programs[name], rule, scope)) for scope in ("other", "missing")]
                assert told[0] == told[1], f"{name}: {rule.rule}"


def told_without_id(answer: tuple[int, dict[str, Any]]) -> tuple[int, str]:
    return answer[0], re.sub(r"'request_id': '[^']*'", "", str(answer[1]))

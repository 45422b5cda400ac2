"""Before the first cycle: each account reaches every page that it may open, by links alone."""

from __future__ import annotations

import re
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.access.guard import access_of
from app.access.models import Account, Role, RoleGrant
from app.access.permissions import GRANTED, Permission
from app.core.db import db
from app.places.models import Subdistrict
from tests.world import sign_in_as

LINK = re.compile(r'<a [^>]*href="(/[^"#?]*)')
IN_ITS_CYCLE = {"/print/find"}  # a field on the page of sheets; there is no sheet without a cycle


def browser(app: Flask, role: Role | None) -> FlaskClient:
    office = Subdistrict(code="演示街道", name="演示街道")
    account = Account(username="somebody", password_hash="x", display_name="值班")
    db.session.add_all([office, account])
    db.session.flush()
    if role is not None:
        db.session.add(RoleGrant(account_id=account.id, role=role, subdistrict_id=office.id))
    db.session.commit()
    return sign_in_as(app, account)


def may_open(app: Flask, role: Role | None) -> set[str]:
    """The addresses without an argument that the role may open."""
    held = GRANTED[role] if role else frozenset({Permission.SELF})
    rules = [rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ()) and not rule.arguments]
    return {rule.rule for rule in rules if access_of(app, rule.endpoint) in held} - IN_ITS_CYCLE


@pytest.mark.parametrize("role", [*Role, None])
def test_every_page_of_an_account_is_reached_by_links_without_a_cycle(app: Flask, role: Role | None) -> None:
    client, wanted, seen = browser(app, role), may_open(app, role), set[str]()
    waiting = [client.get("/").headers["Location"]]
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        answer = client.get(path)
        assert answer.status_code == 200, path
        text = unescape(answer.get_data(as_text=True))
        assert 'action="/sign-out"' in text, path
        waiting += [found for found in LINK.findall(text) if found in wanted]
    assert sorted(wanted - seen) == []

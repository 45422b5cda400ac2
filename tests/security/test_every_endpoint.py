"""Walk the URL map: every endpoint has its mark, every change its token, every answer its headers."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.routing import Rule

from app.access.guard import PUBLIC, access_of
from app.access.models import Role, RoleGrant, StaffSession
from app.access.permissions import GRANTED, Permission
from app.access.sessions import issue_token
from app.core import clock
from app.core.db import db
from tests.page_rules import api_rules, page_rules
from tests.world import World, build, sign_in

ALLOWED_TO_ALL = {
    "access.home",  # leads strangers to the door
    "access.sign_in",
    "access.privacy",
    "access.health",
    "assets.file",
    "resident.enter",
}
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
STRANGE = ("0", "999999", "2147483648", "-1", "abc")


@pytest.fixture
def world(app: Flask) -> World:
    made = build()
    db.session.commit()
    return made


@pytest.fixture
def everything(app: Flask, world: World) -> FlaskClient:
    """A browser that holds every role of staff in the whole subdistrict, and a household's token."""
    for role in Role:
        db.session.add(
            RoleGrant(
                account_id=world.accounts["admin"].id,
                role=role,
                subdistrict_id=world.subdistrict.id,
                starts_at=clock.now() - timedelta(days=1),
            )
        )
    token = issue_token(world.households[0].id, clock.now() + timedelta(days=1))
    db.session.commit()
    client = sign_in(app, world, "admin")
    client.set_cookie("household", token)
    return client


def rules(app: Flask) -> Iterator[Rule]:
    return iter(sorted(page_rules(app), key=lambda rule: (rule.endpoint, rule.rule)))


def address(rule: Rule, value: str = "1") -> str:
    """The rule's path with every argument filled in."""
    return "".join(value if is_argument else text for is_argument, text in rule._trace).partition("|")[2]


def changing(rule: Rule) -> set[str]:
    return set(rule.methods or ()) - {"GET", "HEAD", "OPTIONS"}


def fingerprint() -> str:
    """Everything in the database, as one number."""
    found = hashlib.sha256()
    with db.engine.connect() as connection:
        for table in db.metadata.sorted_tables:
            rows = sorted(repr(tuple(row)) for row in connection.execute(select(table)))
            found.update(f"{table.name}{rows}".encode())
    return found.hexdigest()


def test_every_endpoint_is_public_or_takes_exactly_one_permission(app: Flask) -> None:
    for endpoint in app.view_functions:
        mark = access_of(app, endpoint)
        assert mark == PUBLIC or mark in set(Permission), f"{endpoint} is marked {mark!r}"


def test_six_endpoints_are_open_to_everybody_and_no_more(app: Flask) -> None:
    assert {endpoint for endpoint in app.view_functions if access_of(app, endpoint) == PUBLIC} == ALLOWED_TO_ALL


def test_every_permission_is_held_by_some_role_and_no_role_holds_the_residents() -> None:
    held = frozenset().union(*GRANTED.values())
    assert held == set(Permission) - {Permission.OWN_HOUSEHOLD}
    assert all(Permission.SELF in permissions for permissions in GRANTED.values())


def test_strangers_see_nothing_but_the_open_endpoints(app: Flask, world: World) -> None:
    client = app.test_client()
    for rule in rules(app):
        if rule.endpoint in ALLOWED_TO_ALL:
            continue
        for method in sorted(set(rule.methods or ()) - {"OPTIONS", "HEAD"}):
            answer = client.open(address(rule), method=method)
            door = answer.status_code == 302 and answer.headers["Location"].split("?")[0] in ("/sign-in", "/enter")
            assert answer.status_code == 401 or door, f"{method} {rule.rule} answered {answer.status_code}"


@pytest.mark.parametrize("name", ["supplies", "leader", "captain", "runner", "auditor"])
def test_a_role_without_the_permission_is_refused_before_the_view_runs(app: Flask, world: World, name: str) -> None:
    client = sign_in(app, world, name)
    actor = world.actor(name)
    for rule in rules(app):
        needed = access_of(app, rule.endpoint)
        if not isinstance(needed, Permission) or needed == Permission.OWN_HOUSEHOLD or actor.may(needed):
            continue
        for method in sorted(set(rule.methods or ()) - {"OPTIONS", "HEAD"}):
            answer = client.open(address(rule), method=method)
            assert answer.status_code == 403, f"{name}: {method} {rule.rule} answered {answer.status_code}"


def test_no_change_is_taken_without_the_forms_token(app: Flask, everything: FlaskClient) -> None:
    protection = app.extensions["csrf"]
    assert not protection._exempt_views
    exempt = {blueprint.name for blueprint in protection._exempt_blueprints}
    assert {rule.endpoint.partition(".")[0] for rule in api_rules(app)} == exempt  # no cookie opens these
    before = fingerprint()
    for rule in rules(app):
        for method in sorted(changing(rule)):
            g.pop("csrf_token", None)
            answer = everything.open(address(rule), method=method, data={"_key": "0" * 32})
            assert answer.status_code == 400, f"{method} {rule.rule} answered {answer.status_code}"
    assert fingerprint() == before


def test_opening_every_page_changes_nothing_and_never_fails(app: Flask, everything: FlaskClient) -> None:
    before = fingerprint()
    for rule in rules(app):
        if "GET" in (rule.methods or ()):
            answer = everything.get(address(rule))
            assert answer.status_code < 500, f"{rule.rule} answered {answer.status_code}"
    assert fingerprint() == before


def test_strange_numbers_in_an_address_are_unknown_addresses(app: Flask, everything: FlaskClient) -> None:
    for rule in rules(app):
        if "GET" in (rule.methods or ()) and rule.arguments:
            for value in STRANGE:
                answer = everything.get(address(rule, value))
                assert answer.status_code < 500, f"{rule.rule} with {value} answered {answer.status_code}"


def test_strange_filters_are_harmless(app: Flask, everything: FlaskClient) -> None:
    queries = ("page=abc", "page=99999999999999999999&q=%00", "page=-1&q=%25", "q=" + "x" * 3000)
    for rule in rules(app):
        if "GET" in (rule.methods or ()) and not rule.arguments - {"cycle_id"}:
            for query in queries:
                answer = everything.get(f"{address(rule)}?{query}")
                assert answer.status_code < 500, f"{rule.rule}?{query[:20]} answered {answer.status_code}"


def test_every_answer_carries_the_headers(app: Flask, everything: FlaskClient) -> None:
    pages = [address(rule) for rule in rules(app) if "GET" in (rule.methods or ())]
    stranger = app.test_client()
    asked = [(everything, page) for page in [*pages, "/nowhere", "/assets/x/y"]]
    for client, page in [*asked, *((stranger, page) for page in ("/", "/sign-in", "/enter", "/nowhere", "/healthz"))]:
        answer = client.get(page)
        for name, value in HEADERS.items():
            assert answer.headers.get(name) == value, f"{page} {name}"
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        if not page.startswith("/assets/"):
            assert answer.headers["Cache-Control"] == "no-store", page


def test_pages_hold_no_inline_script_or_style(app: Flask, everything: FlaskClient) -> None:
    for rule in rules(app):
        if "GET" not in (rule.methods or ()):
            continue
        answer = everything.get(address(rule))
        if answer.mimetype == "text/html":
            text = answer.get_data(as_text=True).lower()
            assert "<style" not in text, rule.rule
            assert " style=" not in text, rule.rule
            assert " onclick=" not in text, rule.rule
            assert "javascript:" not in text, rule.rule
            assert text.count("<script") == text.count("<script src="), rule.rule


def test_a_revoked_role_and_a_disabled_account_act_on_the_next_request(app: Flask, world: World) -> None:
    client = sign_in(app, world, "leader")
    assert client.get("/places/").status_code == 200
    grant = db.session.scalars(select(RoleGrant).where(RoleGrant.account_id == world.accounts["leader"].id)).one()
    grant.ends_at = clock.now()
    db.session.commit()
    assert client.get("/places/").status_code == 403
    world.accounts["leader"].is_active = False
    db.session.commit()
    assert client.get("/places/").status_code == 302


def test_a_session_ends_after_half_an_hour_of_silence_and_after_twelve_hours(app: Flask, world: World) -> None:
    silent, old = sign_in(app, world, "admin"), sign_in(app, world, "admin")
    with silent.session_transaction() as session:
        session.update(seen=clock.now().timestamp() - 31 * 60)
    row = db.session.scalars(select(StaffSession).order_by(StaffSession.id.desc())).first()
    assert row is not None
    row.created_at = clock.now() - timedelta(hours=12, minutes=1)
    db.session.commit()
    for client in (silent, old):
        assert client.get("/account").status_code == 302


def test_a_forged_session_is_no_session(app: Flask, world: World) -> None:
    client = app.test_client()
    client.set_cookie("louda", "eyJhY2NvdW50IjoxfQ.aaaa.bbbb")
    assert client.get("/account").status_code == 302

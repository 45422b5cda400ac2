"""Every staff page is registered, lights its place in the navigation, and has breadcrumbs that lead back."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from flask import Flask, url_for
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from app.access.guard import PUBLIC, access_of
from app.access.page_registry import NavigationSection, registry
from app.access.permissions import Permission
from tests.e2e import day
from tests.e2e.day import Day
from tests.page_rules import page_rules
from tests.world import World, post, sign_in_as

NOT_ON_THAT_DAY = {"printing.by_number"}  # nothing was printed
ROLES = ("admin", "supplies", "leader", "captain", "runner", "auditor")
FRAME = re.compile(
    r'<nav class="ld-navigation-side".*?</nav>|<details class="ld-menu" data-account>.*?</details>', re.S
)
CRUMBS = re.compile(r'<ol class="ld-crumbs">.*?</ol>', re.S)
LINK = re.compile(r'<a href="([^"]+)"')


@pytest.fixture
def lived(app: Flask) -> tuple[World, Day]:
    return day.build()


def staff_rules(app: Flask) -> Iterator[tuple[Rule, Permission]]:
    """What an account may open and is not registered as something else than a page, with the permission it takes."""
    for rule in sorted(page_rules(app), key=lambda rule: rule.rule):
        mark = access_of(app, rule.endpoint)
        is_file = rule.endpoint in registry(app).frameless
        if "GET" in (rule.methods or ()) and not is_file and mark not in (PUBLIC, Permission.OWN_HOUSEHOLD):
            assert isinstance(mark, Permission), rule.endpoint
            yield rule, mark


def address(app: Flask, lived: Day, rule: Rule) -> str:
    with app.test_request_context():
        return url_for(rule.endpoint, **{name: lived.fill(rule.endpoint, name) for name in rule.arguments})


def wrong_with(text: str, client: FlaskClient, opened: dict[str, int]) -> Iterator[str]:
    """What the page of an account lacks; `opened`: address → status, of what its breadcrumbs led to so far."""
    lit = sum(part.count('aria-current="page"') for part in FRAME.findall(text))
    if lit != 1:
        yield f"lights {lit} places"
    crumbs = CRUMBS.search(text)
    if crumbs is None:
        yield "has no breadcrumbs"
        return
    if crumbs[0].count('aria-current="page"') != 1:
        yield "does not name itself"
    if not LINK.findall(crumbs[0]):
        yield "leads nowhere"
    for link in LINK.findall(crumbs[0]):
        if link not in opened:
            opened[link] = client.get(link).status_code
        if opened[link] not in (200, 302):
            yield f"leads back to {link}, which answers {opened[link]}"


def test_the_registry_says_of_each_endpoint_what_its_view_says(app: Flask) -> None:
    """Pages and frameless answers together are all that staff can open, each with the permission of its view."""
    registered = {page.endpoint: page.permission for page in registry(app).pages.values()}
    registered |= registry(app).frameless
    assert [name for name, needed in registered.items() if access_of(app, name) != needed] == []
    assert sorted({rule.endpoint for rule, _permission in staff_rules(app)} - set(registered)) == []


def test_pages_hang_together(app: Flask) -> None:
    """Parents are pages, positions are taken once, and a station of the loop takes a cycle and nothing else."""
    pages = registry(app).pages
    assert [page.endpoint for page in pages.values() if not set(page.parents) <= set(pages)] == []
    for section in NavigationSection:
        ranks = [page.position.rank for page in registry(app).in_section(section) if page.position]
        assert ranks
        assert len(ranks) == len(set(ranks)), section
    with_cycle = {page.endpoint for page in registry(app).in_section(NavigationSection.STAGES)}
    for name in with_cycle:
        assert [rule.arguments for rule in app.url_map.iter_rules(name)] == [{"cycle_id"}], name


def test_a_form_that_is_refused_stays_in_its_place(app: Flask, lived: tuple[World, Day]) -> None:
    here, ids = lived
    client = sign_in_as(app, here.accounts["admin"])
    page = f"/places/buildings/{ids.ids['building_id']}"
    answer = post(client, page, f"{page}/edit", {"label": "", "_page": page})
    assert answer.status_code == 422
    assert list(wrong_with(answer.text, client, {})) == []
    assert f'<a href="{page}">' not in CRUMBS.findall(answer.text)[0]


def test_an_account_sees_no_breadcrumb_that_would_refuse_it(app: Flask, lived: tuple[World, Day]) -> None:
    here, ids = lived
    text = sign_in_as(app, here.accounts["runner"]).get(f"/rounds/{ids.ids['round_id']}").text
    assert LINK.findall(CRUMBS.findall(text)[0]) == ["/my-rounds"]
    text = sign_in_as(app, here.accounts["supplies"]).get(f"/rounds/{ids.ids['round_id']}").text
    assert f"/plans/{ids.ids['plan_id']}" in LINK.findall(CRUMBS.findall(text)[0])


def test_every_page_lights_one_place_and_has_breadcrumbs_that_lead_back(app: Flask, lived: tuple[World, Day]) -> None:
    here, ids = lived
    problems, seen = [], set()
    for role in ROLES:
        client = sign_in_as(app, here.accounts[role])
        opened: dict[str, int] = {}
        for rule, permission in staff_rules(app):
            if not here.actor(role).may(permission) or rule.endpoint in NOT_ON_THAT_DAY:
                continue
            answer = client.get(address(app, ids, rule))
            if answer.status_code != 200 or answer.mimetype != "text/html" or "<main" not in answer.text:
                continue  # of another point, led on, or a file
            seen.add(rule.endpoint)
            problems += [f"{rule.endpoint} for {role} {what}" for what in wrong_with(answer.text, client, opened)]
    assert problems == [], "\n".join(problems)
    assert len(seen) > 110, sorted({rule.endpoint for rule, _permission in staff_rules(app)} - seen)

"""Every page that a role may open, in a real browser: it answers, runs without an error, fits, and is accessible."""

from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import axe_core_python
import pytest
from flask import Flask, url_for
from werkzeug.routing import Rule
from werkzeug.serving import make_server

from app.access.guard import PUBLIC, access_of
from app.access.permissions import Permission
from app.core.db import db
from app.factory import create_app
from tests.conftest import settings_for
from tests.e2e import day
from tests.e2e.conftest import Person, Site
from tests.e2e.day import Day
from tests.page_rules import page_rules

pytestmark = pytest.mark.browser

AXE = "(() => {" + (Path(axe_core_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8") + "\n})()"
LOOK = """() => ({h1: document.querySelectorAll('h1').length, title: document.title.trim(),
  main: document.querySelector('main').outerHTML})"""
# Contrast takes most of an audit, and depends on nothing but the text's element and those around it, so that it is
# asked only about texts that stand in surroundings which no page before had.
SURROUNDINGS = """const surroundings = element => { const chain = [];
    for (let each = element; each && chain.length < 6; each = each.parentElement)
      chain.push(each.tagName + '.' + each.className + each.getAttribute('style') + each.hasAttribute('disabled'));
    return chain.join('<'); };
  const texts = part => [...(part ? document.querySelector(part) : document.body).querySelectorAll('*')]
    .filter(each => [...each.childNodes].some(node => node.nodeType === 3 && node.data.trim()));"""
STANDING = f"part => {{ {SURROUNDINGS} return [...new Set(texts(part).map(surroundings))]; }}"
AUDIT = f"""async ([part, fresh]) => {{ {SURROUNDINGS}
  const told = found => found.violations
    .map(v => `${{v.id}}: ${{v.nodes.slice(0, 3).map(n => n.target.join(' ')).join(' | ')}}`);
  const quick = {{resultTypes: ['violations'], preload: false}};
  const found = told(await axe.run(part || document, {{...quick, rules: {{'color-contrast': {{enabled: false}}}}}}));
  const strange = new Set(fresh), nodes = texts(part).filter(each => strange.has(surroundings(each)));
  const seen = nodes.length ? await axe.run(nodes, {{...quick, runOnly: ['color-contrast']}}) : {{violations: []}};
  return [...found, ...told(seen)]; }}"""
CHANGING = re.compile(r'value="[^"]*"|\d')  # tokens, keys, clocks
FRAMES = 3  # pages of each role that are audited whole and whatever they hold, for the sake of the role's own menus
OVERHANG = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
WIDTHS = (360, 1280)  # the last is the one in which the next page is opened

NO_PAGE = {
    "adjust.index": "for drafts; the plan of the walk is published, so it leads on to the plan",
    "api_reference.openapi": "a download",
    "print_files.everything": "a download",
    "print_files.of_kind": "a download",
    "print_files.building": "a download",
    "print_files.round_": "a download",
    "order_template.download": "a download",
    "own_sheets.by_number": "a download",
    "own_sheets.route_sheet": "a download",
    "own_sheets.drop_off_sheet": "a download",
    "own_sheets.hand_out_list": "a download",
    "ordering.void_order": "asks about an order that can be voided; leads back to any other, as in the walk",
    "doors.rest": "asks about the doors still to do, and leads back where there is none, as in the walk",
    "access.home": "leads on to the page on which a role starts",
    "access.health": "one line for a monitor",
    "access.sign_in": "leads on who is signed in; walked by the stranger",
    "assets.file": "style, script and icons",
    "printing.by_number": "leads on from a code on paper to its page",
    "printing.find": "leads on from a number typed in to its page",
    "printing.kind_file": "a download",
    "printing.sheet_file": "a download",
    "printing.workbook": "a download",
    "telephone.basket": "a part of a page, asked for while somebody types",
}
# Pages about a whole subdistrict are as unknown to the leader of one point as a captain's own is to all others.
OUT_OF_REACH = {
    "supplies": {"captaincy.duty_number"},
    "leader": {
        "captaincy.duty_number",
        "oversight.loop",
        "paper.settings",
        "oversight.equations",
        "settlement.suppliers",
    },
}
ROLES = ("admin", "supplies", "leader", "captain", "runner", "auditor", "resident", "stranger")


@dataclass
class Walk:
    """A role on its way through the pages; `problems` names each page with what is wrong with it."""

    person: Person
    audited: set[str]  # what `main` held on the pages that the audit has seen, of this role or another
    stood: set[str]  # the surroundings of texts whose contrast was looked at, by this role or another
    problems: list[str] = field(default_factory=list)
    visits: int = 0

    def visit(self, path: str) -> None:
        page, here = self.person.page, self.person.problems
        here.clear()
        answer = page.goto(self.person.site.address + path)
        landed = page.url.removeprefix(self.person.site.address)
        if answer is None or answer.status != 200 or landed != path:
            self.problems.append(f"{path} answered {answer and answer.status} at {landed}")
            return
        seen = page.evaluate(LOOK)
        found = [f"axe {violation}" for violation in self.audit(CHANGING.sub("", seen["main"]))]
        found += [f"{seen['h1']} h1"] if seen["h1"] != 1 else []
        found += [] if seen["title"] else ["no title"]
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            over = page.evaluate(OVERHANG)
            found += [f"{over} px too wide at {width}"] if over > 0 else []
        self.problems += [f"{path} {what}" for what in [*found, *here]]

    def audit(self, main: str) -> list[str]:
        """Violations on the page, which holds `main`; a page like one of another role differs only in its frame.

        The frame of a role, all its menus, is audited on its first pages and takes more than half of an audit's time.
        """
        self.visits += 1
        is_whole = self.visits <= FRAMES
        if main in self.audited and not is_whole:
            return []
        self.audited.add(main)
        part = None if is_whole else "main"
        fresh = set(self.person.page.evaluate(STANDING, part)) - self.stood
        self.stood |= fresh
        self.person.page.evaluate(AXE)
        return list(self.person.page.evaluate(AUDIT, [part, sorted(fresh)]))


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, template_database: Path) -> Iterator[tuple[Site, Day]]:
    """The running day on a free port. Nobody writes to it, so that all roles walk the same one."""
    folder = tmp_path_factory.mktemp("pages")
    shutil.copy(template_database, folder / "louda.db")
    app = create_app(settings_for(folder, f"sqlite:///{folder / 'louda.db'}"))
    with app.app_context():
        here, lived = day.build()
        db.session.expunge_all()
        db.session.remove()
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Site(f"http://127.0.0.1:{server.server_port}", app, here), lived
    server.shutdown()
    thread.join(timeout=30)


def arrive(browser: Any, site: Site, lived: Day, role: str) -> Person:
    """A browser of the role: an account signs in, a resident carries the household's token, a stranger has nothing."""
    person = Person(browser, site)

    def listen(said: Any) -> None:
        if said.type == "error":
            person.problems.append(said.text)

    person.page.on("console", listen)
    if role == "resident":
        name = site.app.extensions["louda_settings"].cookie_name("household")
        person.context.add_cookies([{"name": name, "value": lived.token, "url": site.address}])
    elif role != "stranger":
        person.sign_in(role)
        person.page.wait_for_url(lambda url: "/sign-in" not in url)
    return person


def is_open_to(site: Site, role: str, endpoint: str) -> bool:
    """Whether the role may open the page."""
    needed = access_of(site.app, endpoint)
    if needed == PUBLIC:
        return role == "stranger" or endpoint not in ("resident.enter", "access.sign_in")
    if needed == Permission.OWN_HOUSEHOLD:
        return role == "resident"
    return role in site.world.accounts and isinstance(needed, Permission) and site.world.actor(role).may(needed)


def pages(app: Flask) -> list[Rule]:
    """The addresses that can be opened, in order."""
    rules = sorted(page_rules(app), key=lambda rule: rule.rule)
    return [rule for rule in rules if "GET" in (rule.methods or ()) and rule.endpoint not in NO_PAGE]


def address(app: Flask, lived: Day, rule: Rule) -> str:
    """The page's address on the running day."""
    with app.test_request_context():
        return url_for(rule.endpoint, **{name: lived.fill(rule.endpoint, name) for name in rule.arguments})


def test_what_is_no_page_is_still_there(running: tuple[Site, Day]) -> None:
    site, _lived = running
    assert set(NO_PAGE) <= set(site.app.view_functions)


@pytest.fixture(scope="module")
def audited() -> set[str]:
    return set()


@pytest.fixture(scope="module")
def stood() -> set[str]:
    return set()


@pytest.mark.parametrize("role", ROLES)
def test_every_page_answers_fits_and_is_accessible(
    chromium: Any, running: tuple[Site, Day], audited: set[str], stood: set[str], role: str
) -> None:
    site, lived = running
    walk = Walk(arrive(chromium, site, lived, role), audited, stood)
    with site.app.app_context():
        wanted = [rule for rule in pages(site.app) if is_open_to(site, role, rule.endpoint)]
        wanted = [rule for rule in wanted if rule.endpoint not in OUT_OF_REACH.get(role, set())]
        db.session.remove()
    for rule in wanted:
        walk.visit(address(site.app, lived, rule))
    walk.person.context.close()
    assert walk.problems == [], "\n".join(walk.problems)
    assert wanted

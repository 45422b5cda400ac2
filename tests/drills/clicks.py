"""`louda drill clicks`: each role in each state of a cycle clicks every control that changes something, in Chromium.

A cycle of the demo is lived through once and kept in each state. In each, each role walks through all its pages; every
control that sends a form is then pressed by mouse, and the database put back. Between two states, in the short moments
of `BETWEEN`, only what no other state shows to the role is pressed. What fails is listed with page, control, role and
state; so is every control that no page ever showed to anybody. The site's clock goes on from the moment of the state,
so nothing depends on the hour of the drill. `--no-browser` sends the forms as the pages show them, without Chromium:
minutes instead of hours, and no script of a page is run.
"""

from __future__ import annotations

import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
from flask import Flask
from sqlalchemy import select
from werkzeug.serving import WSGIRequestHandler, make_server

from app.access.models import Account
from app.core import clock
from app.core.db import db
from app.core.queue.worker import run_next
from tests.drills import stages
from tests.drills.browser import Hand, Pressed, chromium
from tests.drills.excused import CHOICE_WANTED, NEVER_SHOWN, is_excused
from tests.drills.page_forms import Button, ShownForm
from tests.drills.walk import UNKNOWN, DrillRole, SiteCopy, Walk, household_browser, row_pattern, staff_browser
from tests.drills.words import stored_words
from tests.page_rules import page_rules

UNSIGNED = ("resident", "stranger")
"""Their pages keep something in the browser, so each control is pressed in a fresh one."""


@dataclass(frozen=True)
class ClickTarget:
    """One control: on which page it was found, what it sends where, and what is written on it."""

    page: str
    endpoint: str
    action: str
    name: str
    value: str
    label: str

    def __str__(self) -> str:
        return f"{self.page} [{self.label or self.value}→{self.endpoint}]"

    @property
    def kind(self) -> tuple[str, ...]:
        """The same for the like control of another row or another state."""
        return (self.endpoint, row_pattern(self.name), row_pattern(self.value), row_pattern(self.label))


@dataclass
class Finder(Walk):
    """A walk that notes the controls instead of sending anything."""

    controls: list[ClickTarget] = field(default_factory=list)

    def _post(self, landed: str, form: ShownForm, button: Button, action: str) -> None:
        endpoint = self._endpoint(action, "POST") or ""
        self.controls.append(
            ClickTarget(landed, endpoint, urlsplit(action).path, button.name, button.value, button.label)
        )


@dataclass
class Report:
    """What the drill saw."""

    clicked: int = 0
    faults: list[str] = field(default_factory=list)
    shown: set[str] = field(default_factory=set)
    kinds: set[tuple[str, ...]] = field(default_factory=set)
    """(role, *kind) of what was pressed."""

    def note(self, state: str, role: str, control: ClickTarget, what: str) -> None:
        """Print a finding at once and keep it for the end."""
        self.faults.append(f"{state} {role} {control} {what}")
        click.echo(f"  ✗ {self.faults[-1]}")


class Quiet(WSGIRequestHandler):
    """Says nothing about each request."""

    def log_request(self, *_said: Any) -> None:
        return


def set_clock(app: Flask, at: datetime) -> Callable[[], datetime]:
    """From now on the site answers each request as if its clock had shown `at` at this instant; what it shows."""
    answer, began = app.extensions.setdefault("louda_drill_wsgi", app.wsgi_app), time.monotonic()

    def shows() -> datetime:
        return at + timedelta(seconds=time.monotonic() - began)

    def at_its_time(environ: Any, start: Any) -> Any:
        with clock.frozen_at(shows()):
            found = answer(environ, start)
            try:
                return list(found)  # some of it is worked out only while it is sent
            finally:
                getattr(found, "close", lambda: None)()

    app.wsgi_app = at_its_time  # type: ignore[method-assign, assignment]
    return shows


@contextmanager
def serving(app: Flask, lock: threading.Lock, shows: Callable[[], datetime]) -> Iterator[str]:
    """The application on a free port, with a worker for its jobs; the lock keeps the worker off while files change."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    stop = threading.Event()

    def work() -> None:
        while not stop.is_set():
            with lock, clock.frozen_at(shows()), app.app_context():
                ran = run_next()
                db.session.remove()
            if not ran:
                time.sleep(0.3)

    threads = [threading.Thread(target=server.serve_forever, daemon=True), threading.Thread(target=work, daemon=True)]
    for thread in threads:
        thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    stop.set()
    server.shutdown()
    for thread in threads:
        thread.join(timeout=30)


@click.command()
@click.option("--state", "states", multiple=True, help="只走这些状态 Only these states (repeat)")
@click.option("--role", "roles", multiple=True, help="只走这些角色 Only these roles (repeat)")
@click.option("--browser/--no-browser", "has_browser", default=True, help="用不用浏览器 With Chromium, or without")
def clicks(states: tuple[str, ...], roles: tuple[str, ...], has_browser: bool) -> None:
    """每个角色在每个状态下点每个会改变数据的按钮。 Every role clicks every control that changes something."""
    report, begins = Report(), stages.morning()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="louda-clicks-")))
        browser = stack.enter_context(chromium()) if has_browser else None
        later = []
        for state in stages.build(folder, begins):
            if states and state not in states:
                continue
            if state in stages.BETWEEN:
                later.append(state)  # when it is known what the others show
            else:
                _in_state(folder, (state, stages.moment(state, begins)), (browser, roles, report))
            sys.stdout.flush()
        for state in later:
            _in_state(folder, (state, stages.moment(state, begins)), (browser, roles, report))
            sys.stdout.flush()
        if not states and not roles:
            _never_shown(report, folder)
    click.echo(
        f"点了 {report.clicked} 次，{len(report.faults)} 处不对。 {report.clicked} clicks, {len(report.faults)} wrong."
    )
    if report.faults:
        raise SystemExit(1)


def _in_state(folder: Path, when: tuple[str, datetime], how: tuple[Any, tuple[str, ...], Report]) -> None:
    browser, wanted, report = how
    state, at = when
    settings = stages.installation_at(folder, state)
    app = stages.create_app(settings)
    app.config["WTF_CSRF_TIME_LIMIT"] = None
    assert settings.sqlite_path is not None
    site, lock = SiteCopy(app, settings.sqlite_path), threading.Lock()
    with app.app_context():
        known = [role for role, _username in stages.people()]
        db.session.remove()
    for name in [*known, "resident", "stranger"]:
        if wanted and name not in wanted:
            continue
        with clock.frozen_at(at), app.app_context():
            role = role_in(app, name)  # signed in now: a sign-in does not outlast the clicks of several roles
            db.session.remove()
        if role is None:
            continue
        site.keep()
        set_clock(app, at)
        finder: Walk = (Finder if browser else Walk)(site, role, is_excused, stored_words())
        with clock.frozen_at(at):
            finder.run()
        app.config["WTF_CSRF_ENABLED"] = True
        report.shown |= finder.shown
        for fault in finder.faults:
            report.faults.append(f"{state} {fault}")
            click.echo(f"  ✗ {state} {fault}")
        controls = finder.controls if isinstance(finder, Finder) else []
        if state in stages.BETWEEN:
            controls = [one for one in controls if (role.name, *one.kind) not in report.kinds]
        report.kinds |= {(role.name, *one.kind) for one in controls}
        if browser:
            shows = set_clock(app, at)
            with serving(app, lock, shows) as address:
                _click_all(address, site, (lock, shows), (browser, role, state, controls, report))
        else:
            report.clicked += finder.sent
        click.echo(f"{state} {role.name}: {finder.pages} 页 pages, {len(controls) or finder.sent} 个按钮 controls")


def role_in(app: Flask, name: str) -> DrillRole | None:
    """Somebody of the present database; None where it has nobody of the kind yet."""
    if name == "stranger":
        code = stages.door_code()
        return DrillRole(
            name, lambda app: app.test_client(), ("/sign-in", "/enter", *([f"/enter/{code}"] if code else []))
        )
    if name == "resident":
        key = stages.household_key()
        return DrillRole(name, household_browser(key)) if key else None
    account = db.session.scalars(select(Account).filter_by(username=dict(stages.people())[name])).one()
    stages.second_device(account)
    typed = [app.url_map.bind("").build(endpoint, values) for endpoint, values in stages.lookup_pages(name)]
    return DrillRole(name, staff_browser(account), ("/", *typed))


def _click_all(
    address: str,
    site: SiteCopy,
    server: tuple[threading.Lock, Callable[[], datetime]],
    what: tuple[Any, DrillRole, str, list[ClickTarget], Report],
) -> None:
    lock, shows = server
    browser, role, state, controls, report = what
    day = (clock.to_local(shows()).date() + timedelta(days=1)).isoformat()
    context = None
    for control in controls:
        if context is None or role.name in UNSIGNED:
            context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="zh-CN")
        context.clear_cookies()  # a control may have signed the role out
        with clock.frozen_at(shows()):
            context.add_cookies(_cookies(site.app, role, address))
        hand = Hand(context)
        before = site.version()
        where = (control.action, control.name, control.value, control.label)
        ticks_all = any(endpoint == control.endpoint for endpoint, _status in CHOICE_WANTED)
        done = hand.press(address + control.page, where, day, ticks_all)
        report.clicked += 1
        for said in [done.problem, *hand.errors]:
            if said:
                report.note(state, role.name, control, said)
        if any(words in done.text for words in UNKNOWN):
            report.note(state, role.name, control, "不认识的字段")
        elif done.status >= 400 and not (_is_guess(done) or is_excused(control.endpoint, done.status)):
            report.note(state, role.name, control, f"{done.status} {' '.join(done.text.split())[:200]}")
        if site.version() != before:
            with lock:
                site.restore()
        if role.name in UNSIGNED:
            context.close()
    if context is not None:
        context.close()


def _is_guess(done: Pressed) -> bool:
    """Whether what was refused is what the drill had to fill in at random."""
    return done.status == 422 and done.was_filled


def _cookies(app: Flask, role: DrillRole, address: str) -> list[dict[str, str]]:
    """The cookies of the role's test browser, for a real one."""
    client = role.arrive(app)
    return [
        {"name": cookie.key, "value": cookie.value, "url": address}
        for cookie in (client._cookies or {}).values()  # the only way to what a test client carries
    ]


def _never_shown(report: Report, folder: Path) -> None:
    """Endpoints that change something and that no page of any role in any state offered."""
    app = stages.create_app(stages.settings_in(folder / "life"))
    for rule in sorted(page_rules(app), key=lambda one: one.endpoint):
        if "POST" in (rule.methods or ()) and rule.endpoint not in report.shown | set(NEVER_SHOWN):
            report.faults.append(f"没有出现过 never shown: {rule.endpoint} {rule.rule}")
            click.echo(f"  ✗ {report.faults[-1]}")

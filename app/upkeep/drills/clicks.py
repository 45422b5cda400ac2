"""`louda drill clicks`: each role in each state of a cycle clicks every control that changes something, in Chromium.

A cycle of the demo is lived through once and kept in each state. In each, each role walks through all its pages; every
control that sends a form is then pressed by mouse, and the database put back. What fails is listed with page, control,
role and state; so is every control that no page ever showed to anybody.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from importlib import import_module
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
from app.core.jobs import run_next
from app.upkeep.drills.browser import Hand, Pressed, chromium
from app.upkeep.drills.excused import CHOICE_WANTED, NEVER_SHOWN, is_excused
from app.upkeep.drills.shown import Button, ShownForm
from app.upkeep.drills.walk import UNKNOWN, Role, Site, Walk, household_browser, staff_browser
from app.upkeep.drills.words import stored_words

STAGES = "app.demo.stages"  # it is built from every slice, so it is asked for by name


@dataclass(frozen=True)
class Control:
    """One control: on which page it was found, what it sends where, and what is written on it."""

    page: str
    endpoint: str
    action: str
    name: str
    value: str
    label: str

    def __str__(self) -> str:
        return f"{self.page} [{self.label or self.value}→{self.endpoint}]"


@dataclass
class Finder(Walk):
    """A walk that notes the controls instead of sending anything."""

    controls: list[Control] = field(default_factory=list)

    def _post(self, landed: str, form: ShownForm, button: Button, action: str) -> None:
        endpoint = self._endpoint(action, "POST") or ""
        self.controls.append(Control(landed, endpoint, urlsplit(action).path, button.name, button.value, button.label))


@dataclass
class Report:
    """What the drill saw."""

    clicked: int = 0
    faults: list[str] = field(default_factory=list)
    shown: set[str] = field(default_factory=set)

    def note(self, state: str, role: str, control: Control, what: str) -> None:
        """Print a finding at once and keep it for the end."""
        self.faults.append(f"{state} {role} {control} {what}")
        click.echo(f"  ✗ {self.faults[-1]}")


class Quiet(WSGIRequestHandler):
    """Says nothing about each request."""

    def log_request(self, *_said: Any) -> None:
        return


@contextmanager
def serving(app: Flask, lock: threading.Lock) -> Iterator[str]:
    """The application on a free port, with a worker for its jobs; the lock keeps the worker off while files change."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    stop = threading.Event()

    def work() -> None:
        while not stop.is_set():
            with lock, app.app_context():
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
def clicks(states: tuple[str, ...], roles: tuple[str, ...]) -> None:
    """每个角色在每个状态下点每个会改变数据的按钮。 Every role clicks every control that changes something."""
    stages: Any = import_module(STAGES)
    report = Report()
    with tempfile.TemporaryDirectory(prefix="louda-clicks-") as folder, chromium() as browser:
        for state in stages.build(Path(folder)):
            if not states or state in states:
                _in_state(Path(folder), stages, state, (browser, roles, report))
            sys.stdout.flush()
        if not states and not roles:
            _never_shown(report, Path(folder), stages)
    click.echo(
        f"点了 {report.clicked} 次，{len(report.faults)} 处不对。 {report.clicked} clicks, {len(report.faults)} wrong."
    )
    if report.faults:
        raise SystemExit(1)


def _in_state(folder: Path, stages: Any, state: str, how: tuple[Any, tuple[str, ...], Report]) -> None:
    browser, wanted, report = how
    here = folder / f"at_{state}"
    settings = stages.settings_in(here)
    shutil.copyfile(folder / f"{state}.db", here / "louda.db")
    app = stages.create_app(settings)
    app.config["WTF_CSRF_TIME_LIMIT"] = None
    with app.app_context():
        known = [role for role, _username in stages.people()]
        db.session.remove()
    site, lock = Site(app, here / "louda.db"), threading.Lock()
    for name in [*known, "resident", "stranger"]:
        if wanted and name not in wanted:
            continue
        with app.app_context():
            role = _role(stages, name)  # signed in now: a sign-in does not outlast the clicks of several roles
            db.session.remove()
        if role is None:
            continue
        site.keep()
        finder = Finder(site, role, is_excused, stored_words())
        finder.run()
        app.config["WTF_CSRF_ENABLED"] = True
        report.shown |= finder.shown
        for fault in finder.faults:
            report.faults.append(f"{state} {fault}")
            click.echo(f"  ✗ {state} {fault}")
        with serving(app, lock) as address:
            _click_all(address, site, lock, (browser, role, state, finder.controls, report))
        click.echo(f"{state} {role.name}: {finder.pages} 页 pages, {len(finder.controls)} 个按钮 controls")


def _role(stages: Any, name: str) -> Role | None:
    """Somebody of the present database; None where it has nobody of the kind yet."""
    if name == "stranger":
        code = stages.door_code()
        return Role(name, lambda app: app.test_client(), ("/sign-in", "/enter", *([f"/enter/{code}"] if code else [])))
    if name == "resident":
        key = stages.household_key()
        return Role(name, household_browser(key)) if key else None
    username = dict(stages.people())[name]
    return Role(name, staff_browser(db.session.scalars(select(Account).filter_by(username=username)).one()))


def _click_all(
    address: str, site: Site, lock: threading.Lock, what: tuple[Any, Role, str, list[Control], Report]
) -> None:
    browser, role, state, controls, report = what
    day = (clock.today() + timedelta(days=1)).isoformat()
    for control in controls:
        context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="zh-CN")
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
        context.close()
        if site.version() != before:
            with lock:
                site.restore()


def _is_guess(done: Pressed) -> bool:
    """Whether what was refused is what the drill had to fill in at random."""
    return done.status == 422 and done.was_filled


def _cookies(app: Flask, role: Role, address: str) -> list[dict[str, str]]:
    """The cookies of the role's test browser, for a real one."""
    client = role.arrive(app)
    return [
        {"name": cookie.key, "value": cookie.value, "url": address}
        for cookie in (client._cookies or {}).values()  # the only way to what a test client carries
    ]


def _never_shown(report: Report, folder: Path, stages: Any) -> None:
    """Endpoints that change something and that no page of any role in any state offered."""
    app = stages.create_app(stages.settings_in(folder / "life"))
    for rule in sorted(app.url_map.iter_rules(), key=lambda one: one.endpoint):
        if "POST" in (rule.methods or ()) and rule.endpoint not in report.shown | set(NEVER_SHOWN):
            report.faults.append(f"没有出现过 never shown: {rule.endpoint} {rule.rule}")
            click.echo(f"  ✗ {report.faults[-1]}")

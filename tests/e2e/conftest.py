"""A real server with a worker, and a real Chromium in front of it."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from werkzeug.serving import make_server

from app.catalog.models import Storage
from app.core.db import db
from app.core.errors import Busy
from app.core.queue.worker import run_next
from app.stock.models import RestRule
from tests import world
from tests.chromium import find
from tests.conftest import POSTGRES
from tests.world import PASSWORD, World

CHROMIUM = find()
# The journeys run on SQLite; the commands behind them have tests that run on both.
collect_ignore_glob = ["test_*.py"] if POSTGRES else []


@dataclass
class Site:
    """A running site: its address, its application, and the world in it."""

    address: str
    app: Flask
    world: World


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A headless Chromium, or a skip that says how to get one."""
    if not CHROMIUM:
        pytest.skip("no Chromium: install the package chromium or set LOUDA_CHROMIUM")
    from playwright.sync_api import sync_playwright

    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield browser
        browser.close()


@pytest.fixture
def site(app: Flask) -> Iterator[Site]:
    """The small world, served on a free port, with a worker that runs its jobs."""
    with app.app_context():
        here = build_world()
        db.session.expunge_all()
        db.session.remove()
    with served(app, here) as running:
        yield running


def build_world() -> World:
    """The small world, in which nothing rests: a journey cannot wait half an hour."""
    here = world.build()
    for storage in Storage:
        db.session.add(RestRule(storage=storage, minutes=0))
    db.session.commit()
    return here


@contextmanager
def served(app: Flask, here: World) -> Iterator[Site]:
    """The application on a free port, with a worker that runs its jobs."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    stop = threading.Event()

    def work() -> None:
        with app.app_context():
            while not stop.is_set():
                with suppress(Busy):  # a test that lets nobody write
                    is_done = run_next()
                    db.session.remove()
                    if is_done:
                        continue
                time.sleep(0.2)

    threads = [threading.Thread(target=server.serve_forever, daemon=True), threading.Thread(target=work, daemon=True)]
    for thread in threads:
        thread.start()
    yield Site(f"http://127.0.0.1:{server.server_port}", app, here)
    stop.set()
    server.shutdown()
    for thread in threads:
        thread.join(timeout=30)


class Person:
    """Somebody in front of a browser."""

    def __init__(self, browser: Any, site: Site, width: int = 1280) -> None:
        self.site = site
        self.context = browser.new_context(viewport={"width": width, "height": 900}, locale="zh-CN")
        self.page = self.context.new_page()
        self.page.set_default_timeout(20_000)
        self.problems: list[str] = []
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))

    def sign_in(self, name: str) -> Person:
        self.go("/sign-in")
        self.page.fill("input[name=username]", name)
        self.page.fill("input[name=password]", PASSWORD)
        self.page.click("main button[type=submit]")
        return self

    def go(self, path: str) -> None:
        self.page.goto(self.site.address + path)

    def click(self, label: str) -> None:
        """Press the button or link that is called so (the first that is visible)."""
        self.page.locator(f"main >> :is(button, a, summary):has-text('{label}') >> visible=true").first.click()

    def press(self, label: str) -> None:
        """Press a button that asks first, and say yes."""
        self.click(label)
        self.page.locator(f":is(dialog[open], details[open]) button[type=submit]:has-text('{label}')").last.click()

    def click_bar(self, label: str) -> None:
        """Press the button in the bar at the foot of a resident's page."""
        self.page.locator(f"button:has-text('{label}') >> visible=true").last.click()

    def sees(self, text: str) -> None:
        self.page.locator(f"text={text}").first.wait_for()


@pytest.fixture
def person(chromium: Any, site: Site) -> Iterator[Any]:
    """`person()` or `person("leader", width=360)`: a fresh browser, signed in if a name is given."""
    people: list[Person] = []

    def come(name: str = "", width: int = 1280) -> Person:
        one = Person(chromium, site, width)
        people.append(one)
        return one.sign_in(name) if name else one

    yield come
    if os.environ.get("LOUDA_E2E_PICTURES"):
        for number, one in enumerate(people):
            one.page.screenshot(path=f"{os.environ['LOUDA_E2E_PICTURES']}/{number}.png")
    for one in people:
        one.context.close()
        assert one.problems == [], one.problems

"""SQLite's log of writes stays short while people write and jobs wait, because nobody keeps a snapshot open."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, text

from app.core import wal
from app.core.db import command, db
from app.core.errors import Conflict
from app.core.events import SYSTEM, record
from app.core.jobs import Running
from app.core.queue import worker
from app.dispatch.planning import jobs as planning_jobs
from app.printing.centre import jobs as printing
from app.printing.renderer import warm_pool
from app.settings import Settings
from app.upkeep.serving import keeper, lane
from tests import world

BATCH = 40  # pages of one commit, about what an order takes


@contextmanager
def open_reads() -> Iterator[dict[int, float]]:
    """Seconds for which each connection has been in a transaction, at its longest."""
    begun: dict[int, float] = {}
    longest: dict[int, float] = {}

    def begin(connection: Any) -> None:
        begun[id(connection)] = time.monotonic()

    def end(connection: Any) -> None:
        since = begun.pop(id(connection), None)
        if since is not None:
            longest[id(connection)] = max(longest.get(id(connection), 0.0), time.monotonic() - since)

    hooks = (("begin", begin), ("commit", end), ("rollback", end))
    for name, hook in hooks:
        event.listen(db.engine, name, hook)
    yield longest
    for name, hook in hooks:
        event.remove(db.engine, name, hook)
    longest.update({key: max(longest.get(key, 0.0), time.monotonic() - since) for key, since in begun.items()})


@contextmanager
def readers(path: Path, number: int) -> Iterator[None]:
    """Pages that are read one after the other by so many people, so that there is always somebody who reads."""
    stop = threading.Event()

    def read() -> None:
        with closing(sqlite3.connect(path, isolation_level=None)) as database:
            while not stop.is_set():
                database.execute("BEGIN")
                database.execute("SELECT count(*) FROM filler").fetchall()
                stop.wait(0.03)
                database.execute("COMMIT")

    threads = [threading.Thread(target=read) for _ in range(number)]
    for thread in threads:
        thread.start()
        time.sleep(0.015)
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


@command
def write_pages(number: int) -> None:
    """As many pages as an order, in one transaction."""
    db.session.execute(text("INSERT INTO filler VALUES (:n, zeroblob(:size))"), {"n": number, "size": BATCH * 4096})
    record(SYSTEM, "place", ("household_order", number))


def test_the_log_stays_short_while_orders_are_written_and_the_quick_lane_waits(app: Flask) -> None:
    settings: Settings = app.extensions["louda_settings"]
    path = settings.sqlite_path
    if path is None:
        pytest.skip("PostgreSQL has no such file; its idle limit is in the test below")
    with db.engine.begin() as connection:
        connection.execute(text("CREATE TABLE filler (number INTEGER PRIMARY KEY, body BLOB) STRICT"))
    stop, largest = threading.Event(), 0
    with pytest.MonkeyPatch.context() as patched, open_reads() as reads:
        patched.setattr(warm_pool, "keep_warm", lambda _limits: None)
        patched.setattr(lane, "LOOK_EVERY_S", 0.05)
        with keeper.keeper_running(app, stop), lane.open_lane(app, stop), readers(path, 2):
            for number in range(1, 200):
                write_pages(number)
                largest = max(largest, wal.wal_size(path))
            time.sleep(1)  # quiet
            quiet = wal.wal_size(path)
    transaction = (BATCH + 20) * 4096
    assert largest <= 2 * wal.CHECKPOINT_BYTES + transaction
    assert quiet <= wal.CHECKPOINT_BYTES
    assert max(reads.values()) < 5


def test_no_snapshot_is_held_after_a_look_for_waiting_jobs(app: Flask) -> None:
    for look in (worker.is_waiting, lambda: worker.is_waiting(worker.QUICK_ONLY), worker.run_next):
        look()
        assert not db.session().in_transaction()


def test_no_snapshot_is_held_while_a_sheet_is_rendered(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    here = world.build()
    here.order(here.households[0], {0: 2})
    held: list[bool] = []

    def render(*_args: Any, **_more: Any) -> Any:
        held.append(db.session().in_transaction())
        raise printing.RenderTooLarge("enough")

    monkeypatch.setattr(printing, "render_to_file", render)
    order = printing.Order(here.cycle.id, 0, ("poster",), None, "a4-3x8", 0, here.cycle.opens_at)
    with pytest.raises(Conflict):
        printing.print_sheets(Running(0, here.cycle.id, {}), order)
    assert held == [False]


def test_no_snapshot_is_held_while_the_solver_works(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    here = world.build()
    held: list[bool] = []

    class Enough(Exception):
        pass

    def solve(*_args: Any, **_more: Any) -> Any:
        held.append(db.session().in_transaction())
        raise Enough

    monkeypatch.setattr(planning_jobs, "read_work", lambda *_: type("Work", (), {"buildings": [], "held": {1: 1}})())
    monkeypatch.setattr(planning_jobs, "state_problem", lambda _work, **_more: type("Stated", (), {"problem": None})())
    monkeypatch.setattr(planning_jobs, "problem_hash", lambda _problem: "0")
    monkeypatch.setattr(planning_jobs, "full_plan", solve)
    payload = {"cycle_id": here.cycle.id, "wave": 1, "day": "2022-04-13", "seconds": 1, "seed": 1}
    with pytest.raises(Enough):
        planning_jobs.make_plan(Running(0, here.cycle.id, payload))
    assert held == [False]


def test_postgresql_ends_a_connection_that_forgets_its_transaction(app: Flask) -> None:
    from sqlalchemy import create_engine

    from app.core.database.engines import limit_idle

    settings: Settings = app.extensions["louda_settings"]
    if settings.is_sqlite:
        pytest.skip("SQLite has no such limit; the tests above look at each snapshot")
    engine = create_engine(settings.database_url)
    limit_idle(engine)
    with engine.connect() as connection:
        assert connection.execute(text("SHOW idle_in_transaction_session_timeout")).scalar() == "5s"
    engine.dispose()

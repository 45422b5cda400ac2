"""Orders and print jobs for an hour beside a worker: how long SQLite's log gets, for how long anybody reads."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from importlib import import_module
from typing import Any

import click
from flask import Flask
from sqlalchemy import event, select, text
from sqlalchemy.exc import OperationalError

from app.access.permissions import Resident
from app.core import clock, wal
from app.core.db import db
from app.core.errors import LoudaError
from app.ordering import service as ordering_service
from app.ordering.models import Offer
from app.ordering.orders import IfExists, OfferPick, PlaceOrder
from app.places.models import Household
from app.printing.centre import service as printing
from app.settings import ROOT, Settings
from tests.drills import sandbox

READ_S = 5.0
QUIET_S = 60.0
PRINT_EVERY_S = 10.0
IDLE = text(
    "SELECT coalesce(max(extract(epoch FROM now() - xact_start)), 0) FROM pg_stat_activity"
    " WHERE datname = current_database() AND state LIKE 'idle in transaction%' AND pid <> pg_backend_pid()"
)


@dataclass
class WorstSeen:
    """The worst that was seen: bytes of the log, seconds of a read transaction, bytes of one commit, orders."""

    longest_log: int = 0
    longest_read_s: float = 0.0
    largest_commit: int = 0
    orders: int = 0
    stop: threading.Event = field(default_factory=threading.Event)


@click.command("wal")
@click.option("--minutes", default=60.0, show_default=True)
@click.option("--writers", default=2, show_default=True)
@click.option("--database-url", default="", help="空的 PostgreSQL 数据库 An empty PostgreSQL database")
def wal_drill(minutes: float, writers: int, database_url: str) -> None:
    """下单和打印，量数据库日志。 Orders and prints; exit status 1 if the log grows or somebody keeps reading."""
    with sandbox.installation(database_url) as (app, settings):
        cast, cycle_id = _open_day()
        seen = WorstSeen()
        _watch_reads(seen)
        command = [sys.executable, "-m", "app.cli", "work"]
        worker = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **sandbox.environment(settings)})
        threads = [threading.Thread(target=_order, args=(app, cycle_id, seed, seen)) for seed in range(writers)]
        threads.append(threading.Thread(target=_print, args=(app, cast, cycle_id, seen)))
        try:
            for thread in threads:
                thread.start()
            _watch_log(settings, seen, minutes * 60)
        finally:
            seen.stop.set()
            for thread in threads:
                thread.join()
        quiet = _after_quiet(settings)
        worker.terminate()
        worker.wait(timeout=60)
        db.session.remove()
        db.engine.dispose()
    _report(settings, seen, quiet)


def _report(settings: Settings, seen: WorstSeen, quiet: int) -> None:
    limit = 2 * wal.CHECKPOINT_BYTES + seen.largest_commit
    mib = 2**20
    click.echo(f"订单 orders {seen.orders}")
    click.echo(f"日志最长 longest log {seen.longest_log / mib:.1f} MiB（上限 limit {limit / mib:.1f}）")
    click.echo(f"静默后 after quiet {quiet / mib:.1f} MiB（上限 limit {wal.CHECKPOINT_BYTES / mib:.1f}）")
    click.echo(f"最长的读 longest read {seen.longest_read_s:.1f} s（上限 limit {READ_S:.0f}）")
    is_short = seen.longest_log <= limit and quiet <= wal.CHECKPOINT_BYTES
    if (settings.is_sqlite and not is_short) or seen.longest_read_s > READ_S:
        raise SystemExit(1)


def _open_day() -> tuple[Any, int]:
    life, subdistrict = import_module("app.demo.day"), import_module("app.demo.subdistrict")
    cast = subdistrict.set_up()
    cutoff = clock.now() + timedelta(hours=12)
    day = life.open_day(cast, "演练", clock.today() + timedelta(days=1), cutoff)
    db.session.remove()
    return cast, int(day.cycle_id)


def _watch_reads(seen: WorstSeen) -> None:
    begun: dict[int, float] = {}

    def begin(connection: Any) -> None:
        if not connection.get_execution_options().get("immediate"):
            begun[id(connection)] = time.monotonic()

    def end(connection: Any) -> None:
        since = begun.pop(id(connection), None)
        if since is not None:
            seen.longest_read_s = max(seen.longest_read_s, time.monotonic() - since)

    for name, hook in (("begin", begin), ("commit", end), ("rollback", end)):
        event.listen(db.engine, name, hook)


def _order(app: Flask, cycle_id: int, seed: int, seen: WorstSeen) -> None:
    """Households order, and order again in place of what they ordered."""
    chance = random.Random(seed)
    with app.app_context():
        offers = list(db.session.scalars(select(Offer.id).where(Offer.cycle_id == cycle_id)))
        homes = list(db.session.scalars(select(Household.id)))
        while not seen.stop.is_set():
            home = chance.choice(homes)
            picks = tuple(OfferPick(offer, 1) for offer in sorted(chance.sample(offers, 4)))
            wanted = PlaceOrder(cycle_id=cycle_id, household_id=home, picks=picks, if_exists=IfExists.REPLACE)
            with suppress(LoudaError, OperationalError):  # SQLite is not fair: somebody may wait for too long
                ordering_service.place(Resident("household", home), wanted)
                seen.orders += 1
            db.session.remove()


def _print(app: Flask, cast: Any, cycle_id: int, seen: WorstSeen) -> None:
    """Somebody prints the posters and order forms again and again."""
    with app.app_context():
        while not seen.stop.wait(PRINT_EVERY_S):
            with suppress(LoudaError, OperationalError):
                printing.request_printing(cast.buyer, cycle_id, printing.PrintRequest(("poster", "order_form")))
            db.session.remove()


def _watch_log(settings: Settings, seen: WorstSeen, seconds: float) -> None:
    until, last = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        if settings.sqlite_path is not None:
            length = wal.wal_size(settings.sqlite_path)
            seen.longest_log = max(seen.longest_log, length)
            seen.largest_commit = max(seen.largest_commit, min(length - last, wal.CHECKPOINT_BYTES))
            last = length
        else:
            seen.longest_read_s = max(seen.longest_read_s, float(db.session.scalar(IDLE) or 0))
            db.session.remove()
        time.sleep(0.05)


def _after_quiet(settings: Settings) -> int:
    """The length of the log once it is short, or after a minute."""
    if settings.sqlite_path is None:
        return 0
    until = time.monotonic() + QUIET_S
    while wal.wal_size(settings.sqlite_path) > wal.CHECKPOINT_BYTES and time.monotonic() < until:
        time.sleep(1)
    return wal.wal_size(settings.sqlite_path)

"""A thread of the worker that never runs a job: it writes the worker's tick each minute, seals the event log and keeps
SQLite's log of writes short, whatever the jobs do."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from app.core import clock_trust, wal
from app.core.db import db
from app.core.errors import Busy
from app.core.log import seals
from app.settings import Settings

TICK_EVERY_S = 60.0
TRY_AGAIN_S = 5.0
SEAL_EVERY_S = 5.0
LOOK_EVERY_S = 0.25
log = logging.getLogger("louda.keeper")


@contextmanager
def keeper_running(app: Flask, stop: threading.Event) -> Iterator[None]:
    """Keep until `stop` is set. The first tick is written before the block is entered, if the database answers."""
    keeper = Keeper(app.extensions["louda_settings"])
    with app.app_context():
        keeper.look()
    thread = threading.Thread(target=_drive, args=(app, stop, keeper), name="keeper")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


class Keeper:
    """What is to be kept, and when it is due; the first tick that succeeds is the one of a start."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._is_start = True
        self._log_length = 0
        self._tick_at = time.monotonic()
        self._seal_at = self._tick_at

    def look(self) -> None:
        """Do what is due."""
        now = time.monotonic()
        if now >= self._tick_at:
            self._tick_at = now + (TICK_EVERY_S if self.tick() else TRY_AGAIN_S)
        if now >= self._seal_at:
            self._seal()
            self._seal_at = time.monotonic() + SEAL_EVERY_S
        if self._settings.sqlite_path is not None:
            length, before = wal.wal_size(self._settings.sqlite_path), self._log_length
            self._log_length = length
            if length == before:  # nobody writes; whoever writes makes the checkpoint itself
                wal.checkpoint_if_large(self._settings.sqlite_path)

    def _seal(self) -> None:
        try:
            seals.seal_waiting()
        except (SQLAlchemyError, Busy, OSError) as error:  # what waits is sealed the next time; too late is an alarm
            log.warning("the event log was not sealed: %s", type(error).__name__)
        finally:
            db.session.remove()

    def tick(self) -> bool:
        """Write a tick; says once in the log when the date is in doubt. Returns whether the database took it."""
        try:
            trouble = clock_trust.tick(is_start=self._is_start)
        except SQLAlchemyError as error:  # a full disk or a database that restarts: the next one comes
            log.warning("no tick was written: %s", type(error).__name__)
            return False
        finally:
            db.session.remove()
        if trouble is not None and self._is_start:
            log.warning("the date is in doubt (%s): nothing is purged until it is confirmed", trouble.reason.value)
        self._is_start = False
        return True


def _drive(app: Flask, stop: threading.Event, keeper: Keeper) -> None:
    with app.app_context():
        while not stop.wait(LOOK_EVERY_S):
            keeper.look()

"""A thread of the worker that never runs a job: it writes the worker's tick each minute, whatever the jobs do."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from app.core import clock_trust
from app.core.db import db

TICK_EVERY_S = 60.0
TRY_AGAIN_S = 5.0
log = logging.getLogger("louda.keeper")


@contextmanager
def keeping(app: Flask, stop: threading.Event) -> Iterator[None]:
    """Tick until `stop` is set. The first tick is written before the block is entered, if the database answers."""
    keeper = Keeper()
    with app.app_context():
        keeper.tick()
    thread = threading.Thread(target=_drive, args=(app, stop, keeper), name="keeper")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


class Keeper:
    """Writes ticks; the first that succeeds is the one of a start."""

    def __init__(self) -> None:
        self._is_start = True

    def tick(self) -> bool:
        """Write a tick; says once in the log when the date is in doubt. Returns whether the database took it."""
        try:
            trouble = clock_trust.tick(is_start=self._is_start)
        except SQLAlchemyError as error:  # a full disk or a database that restarts: the next one comes
            log.warning("no tick was written: %s", type(error).__name__)
            return False
        if trouble is not None and self._is_start:
            log.warning("the date is in doubt (%s): nothing is purged until it is confirmed", trouble.reason.value)
        self._is_start = False
        return True


def _drive(app: Flask, stop: threading.Event, keeper: Keeper) -> None:
    with app.app_context():
        wait = TICK_EVERY_S
        while not stop.wait(wait):
            wait = TICK_EVERY_S if keeper.tick() else TRY_AGAIN_S
            db.session.remove()

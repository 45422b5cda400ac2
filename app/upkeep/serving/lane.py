"""A lane for jobs that somebody stands and waits for: they are run beside the long ones, in a thread of the worker."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from app.core.queue import worker

LOOK_EVERY_S = 0.25
WARM_EVERY_S = 30.0
log = logging.getLogger("louda.lane")


@contextmanager
def open_lane(app: Flask, stop: threading.Event) -> Iterator[None]:
    """Run quick jobs in a thread until `stop` is set; the one in hand is finished first."""
    thread = threading.Thread(target=_drive, args=(app, stop), name="quick jobs")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _drive(app: Flask, stop: threading.Event) -> None:
    with app.app_context():
        _warm()
        looked = 0
        while not stop.wait(LOOK_EVERY_S):
            try:
                while worker.run_next(worker.QUICK_ONLY):
                    looked = 0
            except SQLAlchemyError:  # a full disk or a database that restarts: wait, do not give up
                log.warning("quick jobs wait: the database does not answer")
                stop.wait(1)
            looked += 1
            if looked * LOOK_EVERY_S >= WARM_EVERY_S:
                looked = 0
                _warm()


def _warm() -> None:
    """Have a render process ready, so that the first sheet of the day does not wait for fonts."""
    from app.printing.centre.jobs import quick_limits
    from app.printing.limits import RenderError
    from app.printing.renderer.warm_pool import keep_warm

    try:
        keep_warm(quick_limits())
    except (RenderError, OSError) as error:
        log.warning("no render process could be made ready: %s", error)

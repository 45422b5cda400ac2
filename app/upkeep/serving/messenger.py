"""A thread of the worker that tells other systems what happened, whatever the jobs do."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from app.api.webhooks import service
from app.core.db import db
from app.core.errors import LoudaError

LOOK_EVERY_S = 2.0
FORGET_EVERY = 1800  # looks: an hour
log = logging.getLogger("louda.messenger")


@contextmanager
def messenger_running(app: Flask, stop: threading.Event) -> Iterator[None]:
    """Send messages until `stop` is set; the one in hand is finished first."""
    thread = threading.Thread(target=_drive, args=(app, stop), name="messenger")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _drive(app: Flask, stop: threading.Event) -> None:
    looks = 0
    with app.app_context():
        while not stop.wait(LOOK_EVERY_S):
            try:
                service.send_due(stop.is_set)
                looks += 1
                if looks % FORGET_EVERY == 0:
                    service.forget_old_messages()
            except (SQLAlchemyError, LoudaError) as error:  # a database that restarts, a race: the next look goes on
                log.warning("messages wait: %s", type(error).__name__)
            finally:
                db.session.remove()

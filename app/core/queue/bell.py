"""Tell workers at once that a job waits, where the database can: LISTEN and NOTIFY of PostgreSQL.

A bell that nobody hears costs nothing: workers look by themselves every few seconds, too. Source: PostgreSQL manual,
"NOTIFY": what is sent inside a transaction is delivered when it is committed, and not if it is rolled back.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import Any

import psycopg
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session, scoped_session

CHANNEL = "louda_jobs"
LOOK_EVERY_S = 1.0  # so often a worker looks where nobody rings, and whether it is to stop
log = logging.getLogger("louda.bell")


def ring(session: Session | scoped_session[Any]) -> None:
    """Inside a command: those who wait for jobs look once it is committed. Nothing on SQLite."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text(f"NOTIFY {CHANNEL}"))


class Bell:
    """What a worker waits at between two looks; on SQLite, or while the connection is away, only time passes."""

    def __init__(self, engine: Engine, stop: threading.Event) -> None:
        self._engine, self._stop = engine, stop
        self._line: psycopg.Connection[Any] | None = None

    def wait(self, seconds: float = LOOK_EVERY_S) -> None:
        """Return when somebody rings, when the time is over, or soon after the worker is told to stop."""
        until = time.monotonic() + seconds
        while not self._stop.is_set() and (rest := until - time.monotonic()) > 0:
            line = self._connected()
            if line is None:
                self._stop.wait(rest)
                return
            try:
                for _note in line.notifies(timeout=min(rest, LOOK_EVERY_S), stop_after=1):
                    return
            except psycopg.Error as error:  # a database that restarts: the next look finds it, or not
                log.warning("nobody rings for now: %s", type(error).__name__)
                self.close()
                self._stop.wait(min(rest, LOOK_EVERY_S))
                return

    def close(self) -> None:
        """Give the connection back."""
        if self._line is not None:
            self._line.close()
            self._line = None

    def _connected(self) -> psycopg.Connection[Any] | None:
        if self._engine.dialect.name != "postgresql":
            return None
        if self._line is None or self._line.closed:
            url = self._engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
            try:
                self._line = psycopg.connect(url, autocommit=True, connect_timeout=5)
                self._line.execute(f"LISTEN {CHANNEL}")
            except psycopg.Error as error:
                log.warning("nobody can ring: %s", type(error).__name__)
                self.close()
        return self._line

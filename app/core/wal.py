"""Keeping SQLite's write-ahead log short: a checkpoint copies it into the file as soon as it passes its usual size.

SQLite makes a checkpoint by itself after so many pages, but starts the log anew only when nobody happens to read at
that instant; under many short reads that can take arbitrarily long while the log grows. So whoever commits looks at its
length, and the worker does when all is quiet.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path

CHECKPOINT_PAGES = 1000  # after so many pages SQLite makes one by itself
CHECKPOINT_BYTES = CHECKPOINT_PAGES * 4096
WAIT_MS = 500  # for readers to finish; writers wait meanwhile
CHECKPOINT_AT_BYTES = CHECKPOINT_BYTES * 3 // 4  # before SQLite does, so that there is room for further tries
REST_S = (0.01, 2.0)  # after readers were too slow: doubled from try to try, so that a long backup stops nobody


class _Checkpointer:
    """One checkpoint at a time in a process; a second one at the same instant would fail and count as slow readers."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rest_s = REST_S[0]
        self._next_try = 0.0

    def run(self, database: Path) -> None:
        if time.monotonic() < self._next_try or not self._lock.acquire(blocking=False):
            return
        try:
            if checkpoint(database):
                self._rest_s, self._next_try = REST_S[0], 0.0
            else:
                self._next_try = time.monotonic() + self._rest_s
                self._rest_s = min(2 * self._rest_s, REST_S[1])
        finally:
            self._lock.release()


_checkpointer = _Checkpointer()


def wal_size(database: Path) -> int:
    """Bytes of the log of a database file; 0 where there is none."""
    try:
        return database.with_name(f"{database.name}-wal").stat().st_size
    except OSError:
        return 0


def checkpoint_if_large(database: Path) -> None:
    """Make a checkpoint if the log is nearly as long as SQLite lets it grow before it makes one."""
    if wal_size(database) > CHECKPOINT_AT_BYTES:
        _checkpointer.run(database)


def checkpoint(database: Path) -> bool:
    """Copy the log into the file and empty it; returns whether it is empty now. False where readers were too slow."""
    try:
        with closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=rw", uri=True)) as connection:
            connection.execute(f"PRAGMA busy_timeout={WAIT_MS}")
            is_busy, *_pages = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            return not is_busy
    except sqlite3.Error:  # a full disk or a writer that takes long: the next look tries again
        return False

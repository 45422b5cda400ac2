"""Keeping SQLite's log of writes (the WAL) short: it is folded into the file as soon as it passes its usual size.

SQLite folds by itself after so many pages, but starts the log anew only when nobody happens to read at that instant;
under many short reads that can take arbitrarily long while the log grows. So whoever commits looks at its length, and
the worker does when all is quiet.
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path

CHECKPOINT_PAGES = 1000  # after so many pages SQLite folds by itself
CHECKPOINT_BYTES = CHECKPOINT_PAGES * 4096
WAIT_MS = 500  # for readers to finish; writers wait meanwhile
REST_S = 2.0  # after readers were too slow (a backup): writers go on before the next try
_next_try = 0.0


def size(database: Path) -> int:
    """Bytes of the log of a database file; 0 where there is none."""
    try:
        return database.with_name(f"{database.name}-wal").stat().st_size
    except OSError:
        return 0


def fold_if_long(database: Path) -> None:
    """Fold the log if it is longer than SQLite lets it grow before it folds it."""
    global _next_try
    if size(database) > CHECKPOINT_BYTES and time.monotonic() >= _next_try and not fold(database):
        _next_try = time.monotonic() + REST_S


def fold(database: Path) -> bool:
    """Fold the log into the file and empty it; returns whether it is empty now. False where readers were too slow."""
    try:
        with closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=rw", uri=True)) as connection:
            connection.execute(f"PRAGMA busy_timeout={WAIT_MS}")
            is_busy, *_pages = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            return not is_busy
    except sqlite3.Error:  # a full disk or a writer that takes long: the next look tries again
        return False

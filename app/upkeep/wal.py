"""Keeping SQLite's log of writes (the WAL) short: it is folded into the file as soon as it passes its usual size.

SQLite folds by itself after so many pages, but starts the log anew only when nobody happens to read at that instant;
under many short reads that can take arbitrarily long while the log grows.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing

from app.core.db import CHECKPOINT_BYTES
from app.settings import Settings

WAIT_MS = 1000  # for readers to finish; writers wait meanwhile


def size(settings: Settings) -> int:
    """Bytes of the log; 0 where there is none, and on PostgreSQL."""
    path = settings.sqlite_path
    try:
        return 0 if path is None else path.with_name(f"{path.name}-wal").stat().st_size
    except OSError:
        return 0


def is_long(settings: Settings) -> bool:
    """Whether the log is longer than SQLite lets it grow before it folds it."""
    return size(settings) > CHECKPOINT_BYTES


def fold(settings: Settings) -> bool:
    """Fold the log into the file and empty it; returns whether it is empty now. False where readers were too slow."""
    path = settings.sqlite_path
    if path is None:
        return True
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True)) as database:
            database.execute(f"PRAGMA busy_timeout={WAIT_MS}")
            is_busy, *_pages = database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            return not is_busy
    except sqlite3.Error:  # a full disk or a writer that takes long: the next look tries again
        return False

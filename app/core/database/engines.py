"""Engines: how connections are set up, so that both databases give the same promises."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from typing import Any

from sqlalchemy import Dialect, Engine, Update, event, text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from app.core import wal
from app.core.errors import Busy

BUSY_MS = 15_000
LOOK_EVERY_S = 0.004  # for the file lock of SQLite
READ_IDLE_MS = 5_000
READ_STATEMENT_MS = 120_000  # one statement of a page or a job reads no longer: it would hold a thread and a snapshot


def prepare_engine(engine: Engine) -> None:
    """SQLite: WAL, full sync, foreign keys, secure delete, and BEGIN sent by ourselves."""
    if engine.dialect.name != "sqlite":
        return

    @event.listens_for(engine, "do_connect")
    def refuse_missing(_dialect: Dialect, _record: Any, args: list[Any], _parameters: dict[str, Any]) -> None:
        """SQLite makes a file that is missing, and people would be served an empty database."""
        name = str(args[0]) if args else ":memory:"
        if name not in ("", ":memory:") and not name.startswith("file:") and not Path(name).exists():
            raise sqlite3.OperationalError(f"there is no database {name}")

    @event.listens_for(engine, "connect")
    def configure(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None  # sqlite3 begins at the first write only: what was read before may be old
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",  # NORMAL may lose the last commits at a power cut: orders that were answered
            "foreign_keys=ON",
            f"busy_timeout={BUSY_MS}",
            "secure_delete=ON",  # what a purge deletes is overwritten, not only unlinked
            "cache_size=-32000",
            "temp_store=MEMORY",
            f"wal_autocheckpoint={wal.CHECKPOINT_PAGES}",
            f"journal_size_limit={wal.CHECKPOINT_BYTES}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        raw = connection.connection.driver_connection
        if options.get("immediate", False) and isinstance(raw, sqlite3.Connection):
            _begin_writing(raw, options.get("wait_ms", BUSY_MS))
        else:
            connection.exec_driver_sql("BEGIN")


def _begin_writing(connection: sqlite3.Connection, wait_ms: int) -> None:
    """BEGIN IMMEDIATE, asked for often: SQLite itself sleeps up to a tenth of a second between two looks, so that a
    process which comes back at once after each commit keeps the others out for as long as it likes. Raises Busy."""
    until = time.monotonic() + wait_ms / 1000
    connection.execute("PRAGMA busy_timeout=0")
    try:
        while True:
            try:
                connection.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                    raise
                if time.monotonic() >= until:
                    raise Busy from error
            time.sleep(LOOK_EVERY_S)
    finally:
        connection.execute(f"PRAGMA busy_timeout={BUSY_MS}")


def limit_idle(engine: Engine) -> None:
    """PostgreSQL ends a connection that sits in a transaction for five seconds: a forgotten snapshot keeps dead rows.

    It ends a statement, too, that reads for two minutes. A command, which may think between two statements while it
    holds its turn and writes for many buildings in one, has longer: see core/database/turns.
    """
    if engine.dialect.name != "postgresql":
        return

    @event.listens_for(engine, "do_connect")
    def configure(_dialect: Dialect, _record: Any, _args: Any, parameters: dict[str, Any]) -> None:
        limits = (
            f"-c idle_in_transaction_session_timeout={READ_IDLE_MS}",
            f"-c statement_timeout={READ_STATEMENT_MS}",
        )
        parameters["options"] = " ".join([parameters.get("options", ""), *limits]).strip()


def update_if_idle(engine: Engine, statement: Update) -> bool:
    """Run one small UPDATE if the database is free this instant: for what is good to know and may be lost.

    A page must never wait behind a writer for such a note, nor fail for it. Returns whether it was written.
    """
    try:
        with engine.connect().execution_options(immediate=True, wait_ms=0) as connection, connection.begin():
            if connection.dialect.name == "postgresql":
                connection.execute(text("SET LOCAL lock_timeout = '50ms'"))
            connection.execute(statement)
    except (Busy, DBAPIError):
        return False
    return True

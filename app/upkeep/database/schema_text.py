"""What the checks, triggers, guard functions and column types of a database say, and what a fresh one says.

Names alone do not tell an older list of allowed values from the present one: such a database would start and fail at
the first row with a new value. What is right is asked of a database that the migrations have just made, in a file of
its own or in a schema beside the present one, so that each engine writes both texts itself.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from app.settings import Settings
from app.upkeep.database import postgres, schema

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

BESIDE = "louda_checking"
LOCK = 2_204_121  # an advisory lock, so that two programs that start do not make the schema at once
SQLITE_COLUMNS = (
    "SELECT 'column ' || m.name || '.' || p.name, p.type FROM sqlite_master AS m JOIN pragma_table_info(m.name) AS p"
    " WHERE m.type = 'table'"
)
SQLITE_TRIGGERS = "SELECT 'trigger ' || name, sql FROM sqlite_master WHERE type = 'trigger'"
POSTGRES_TEXTS = """
SELECT 'column ' || c.relname || '.' || a.attname, format_type(a.atttypid, a.atttypmod)
  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
  WHERE c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped AND c.relnamespace = current_schema()::regnamespace
UNION ALL SELECT 'check ' || conname, pg_get_constraintdef(oid)
  FROM pg_constraint WHERE contype = 'c' AND connamespace = current_schema()::regnamespace
UNION ALL SELECT 'trigger ' || t.tgname, pg_get_triggerdef(t.oid, true)
  FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
  WHERE NOT t.tgisinternal AND c.relnamespace = current_schema()::regnamespace
UNION ALL SELECT 'function ' || proname, prosrc FROM pg_proc WHERE pronamespace = current_schema()::regnamespace
"""
SPACE_OR_LITERAL = re.compile(r"('(?:[^']|'')*')|\s+|\"")
VALUES = re.compile(r"'[^']*'(?:::\w+)?(?:, '[^']*'(?:::\w+)?)+")


def changed(connection: Connection) -> list[str]:
    """What is there under the right name and says something else than in a fresh database, by kind and name."""
    present = _texts(connection)
    with _fresh(connection) as fresh:
        wanted = _texts(fresh) if fresh is not None else {}
    return [f"alter {name}" for name in sorted(wanted) if name in present and present[name] != wanted[name]]


def _texts(connection: Connection) -> dict[str, str]:
    from sqlalchemy import inspect, text

    if connection.dialect.name != "sqlite":
        return {name: normalized(said) for name, said in connection.execute(text(POSTGRES_TEXTS))}
    rows = [*connection.execute(text(SQLITE_COLUMNS)), *connection.execute(text(SQLITE_TRIGGERS))]
    for checks in inspect(connection).get_multi_check_constraints().values():
        rows += [(f"check {check['name']}", str(check["sqltext"])) for check in checks]
    return {name: normalized(said) for name, said in rows}


def normalized(said: str) -> str:
    """Without what means nothing: spaces, quotes around names, the order in which allowed values are listed."""
    even = SPACE_OR_LITERAL.sub(lambda found: found[1] or ("" if found[0] == '"' else " "), said).strip()
    return VALUES.sub(lambda found: ", ".join(sorted(found[0].split(", "))), even)


@contextmanager
def _fresh(connection: Connection) -> Iterator[Connection | None]:
    """A connection to an empty database that the migrations have just made; None where the role may make no schema:
    a restore would not be possible either, and a start is not refused for it."""
    url = connection.engine.url.render_as_string(hide_password=False)
    if connection.dialect.name == "sqlite":
        with (
            tempfile.TemporaryDirectory(prefix="louda-schema-") as folder,
            _migrated(f"sqlite:///{folder}/l.db") as own,
        ):
            yield own
        return
    from sqlalchemy import create_engine, text
    from sqlalchemy.exc import ProgrammingError

    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as beside:
            beside.execute(text(f"SELECT pg_advisory_lock({LOCK})"))
            try:
                beside.execute(text(f"DROP SCHEMA IF EXISTS {BESIDE} CASCADE"))  # a killed comparison left it there
                beside.execute(text(f"CREATE SCHEMA {BESIDE}"))
            except ProgrammingError:
                yield None
                return
            try:
                with _migrated(postgres.within(url, BESIDE)) as own:
                    yield own
            finally:
                beside.execute(text(f"DROP SCHEMA IF EXISTS {BESIDE} CASCADE"))
    finally:
        engine.dispose()


@contextmanager
def _migrated(url: str) -> Iterator[Connection]:
    from sqlalchemy import create_engine

    settings = Settings.from_env({"LOUDA_ENV": "testing", "LOUDA_DATA_DIR": tempfile.gettempdir()})
    schema.upgrade(replace(settings, database_url=url))
    engine = create_engine(url)
    try:
        with engine.connect() as own:
            yield own
    finally:
        engine.dispose()

"""Taking a UNIQUE key off a table that holds rows and putting it back, on both engines. For migrations only.

SQLite cannot alter the keys of a table: the table is made anew beside the old one and takes its place, as in
check_constraints.py. Once a released migration has called it, this file is as fixed as the migration.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

PARTS = sa.text("SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL AND type IN ('index', 'trigger')")
TABLE = sa.text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = :name")


def drop_unique(table: str, name: str) -> None:
    """Let `table` no longer have the UNIQUE key called `name` (its full name, as in the database).

    Raises LookupError where the table has none.
    """
    if op.get_bind().dialect.name != "sqlite":
        op.drop_constraint(op.f(name), table, type_="unique")
        return
    made = _made(table)
    kept, count = re.subn(rf',\s*CONSTRAINT "?{name}"? UNIQUE \([^)]*\)', "", made)
    if count != 1:
        raise LookupError(f"no UNIQUE {name}")
    _make_anew(table, kept)


def add_unique(table: str, name: str, columns: Sequence[str]) -> None:
    """Let `table` have a UNIQUE key called `name`; rows that break it make the engine raise IntegrityError."""
    if op.get_bind().dialect.name != "sqlite":
        op.create_unique_constraint(op.f(name), table, list(columns))
        return
    head, bracket, tail = _made(table).rpartition(")")
    _make_anew(table, f"{head}, CONSTRAINT {name} UNIQUE ({', '.join(columns)}){bracket}{tail}")


def _made(table: str) -> str:
    return str(op.get_bind().execute(TABLE, {"name": table}).scalar_one())


def _make_anew(table: str, made: str) -> None:
    """Put the table that `made` makes in the place of `table`, its rows, own indexes and triggers with it."""
    connection = op.get_bind()
    anew = f"{table}_anew"
    statement = re.sub(rf'^CREATE TABLE "?{table}"?', f"CREATE TABLE {anew}", made)
    about = re.compile(rf"\b{table}\b")
    own = [(kind, part, sql) for kind, part, sql in connection.execute(PARTS) if about.search(sql)]
    for kind, part, _sql in own:
        connection.exec_driver_sql(f'DROP {kind.upper()} "{part}"')
    connection.exec_driver_sql(statement)
    columns = ", ".join(f'"{row[1]}"' for row in connection.exec_driver_sql(f"PRAGMA table_info({table})"))
    connection.exec_driver_sql(f"INSERT INTO {anew} ({columns}) SELECT {columns} FROM {table}")
    connection.exec_driver_sql(f"DROP TABLE {table}")
    connection.exec_driver_sql(f"ALTER TABLE {anew} RENAME TO {table}")
    for _kind, _part, sql in own:
        connection.exec_driver_sql(sql)

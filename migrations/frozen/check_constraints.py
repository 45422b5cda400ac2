"""Replacing a CHECK of a table that holds rows, on both engines. For migrations only.

SQLite cannot alter a CHECK: the table is made anew beside the old one and takes its place (the procedure of
https://www.sqlite.org/lang_altertable.html#otheralter; foreign keys are off while migrations run). Its own indexes and
every trigger that speaks of it are taken down and put back word for word.

Once a released migration has called it, this file is as fixed as the migration: what has to differ goes into a new one.
"""

from __future__ import annotations

import re

import sqlalchemy as sa
from alembic import op

PARTS = sa.text("SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL AND type IN ('index', 'trigger')")
TABLE = sa.text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = :name")


def replace_check(table: str, name: str, condition: str) -> None:
    """Let the CHECK called `name` (its full name, as in the database) of `table` say `condition` from now on.

    Raises LookupError where the table has no such CHECK; rows that break the new condition make the engine raise
    IntegrityError. Either way nothing is changed, since a migration is one transaction.
    """
    connection = op.get_bind()
    if name not in {check["name"] for check in sa.inspect(connection).get_check_constraints(table)}:
        raise LookupError(f"no CHECK {name}")
    if connection.dialect.name != "sqlite":
        op.drop_constraint(op.f(name), table, type_="check")
        op.create_check_constraint(op.f(name), table, condition)
        return
    made = connection.execute(TABLE, {"name": table}).scalar_one()
    anew = f"{table}_anew"
    start, end = _condition_of(made, name)
    statement = re.sub(rf'^CREATE TABLE "?{table}"?', f"CREATE TABLE {anew}", made[:start] + condition + made[end:])
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


def _condition_of(made: str, name: str) -> tuple[int, int]:
    """Where the condition of a CHECK begins and ends in the text that made its table."""
    head = re.search(rf'CONSTRAINT "?{name}"? CHECK \(', made)
    if head is None:
        raise LookupError(f"no CHECK {name}")
    depth, quoted = 1, False
    for place in range(head.end(), len(made)):
        letter = made[place]
        quoted ^= letter == "'"
        depth += 0 if quoted else (letter == "(") - (letter == ")")
        if depth == 0:
            return head.end(), place
    raise LookupError(f"CHECK {name} has no end")

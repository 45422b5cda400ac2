"""Ten subdistricts in one database: the attacked day and nine copies of each of its rows, whose words are canaries.

A copy of a row has the id of the row and a million for each copy, and refers to copies; whatever people wrote or read
in it begins with the canary of its subdistrict. So a page of the first subdistrict that shows a canary, or an id of a
copy, has looked beyond its subdistrict, whichever table it came from; tables that are added later are copied as well.
"""

from __future__ import annotations

import sqlite3
from typing import Any

from sqlalchemy import Column, Table

from app.core.db import Json, db

COPIES = 9
STEP = 1_000_000
CANARY = "鱻"  # in no sentence and no sample
# Of the installation: one for all subdistricts.
SHARED = {
    "clock_doubt", "event_anchor", "event_seal", "rest_rule", "shelf_stamp", "staff_session", "submission", "throttle",
    "worker_tick", "zone_level",
}  # fmt: skip
# Words with a meaning for the program, and what is derived from others.
KEPT = {
    "actor_kind", "asked_by_kind", "by_kind", "cause_kind", "context_sha256", "from_kind", "from_stage", "input_sha256",
    "kind", "placed_by_kind", "policy", "role", "scope_kind", "sha256", "solver", "sort_key", "source", "state",
    "subject_type", "text_sha256", "to_kind", "to_stage", "verb", "mode", "outcome", "prev_sha256", "storage", "base",
    "hand_before", "source_before", "sheet_stock", "roll_stock", "stock", "counted_as", "words_sha256", "salt",
    "statistics", "request_id",
}  # fmt: skip

# Numbers that each subdistrict gives by itself: the same in all of them.
OWN_NUMBERS = {("building", "code"), ("bundle", "sku"), ("compound", "code"), ("item", "sku")}


def copy_nine_times(file: Any) -> None:
    """Add the nine copies to a SQLite file that holds the first subdistrict; its neighbour is copied with it."""
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        guards = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _sql in guards:
            connection.execute(f'DROP TRIGGER "{name}"')
        for table in db.metadata.sorted_tables:
            if table.name not in SHARED:
                _copy(connection, table)
        for _name, sql in guards:
            connection.execute(sql)
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    connection.close()


def _copy(connection: sqlite3.Connection, table: Table) -> None:
    names = [column.name for column in table.columns]
    quoted = ", ".join(f'"{name}"' for name in names)
    places = ", ".join("?" for _name in names)
    rows = connection.execute(f'SELECT {quoted} FROM "{table.name}"').fetchall()
    for number in range(1, COPIES + 1):
        connection.executemany(
            f'INSERT INTO "{table.name}" ({quoted}) VALUES ({places})',
            [
                [_copied(column, value, number) for column, value in zip(table.columns, row, strict=True)]
                for row in rows
            ],
        )


def _copied(column: Column[Any], value: Any, number: int) -> Any:
    if isinstance(value, int):
        is_id = column.name == "id" or column.name.endswith("_id")
        targets = {key.column.table.name for key in column.foreign_keys}
        return value + number * STEP if is_id and value and not targets & SHARED else value
    if not isinstance(value, str) or column.name in KEPT or "choices" in column.info:
        return value
    if (column.table.name, column.name) in OWN_NUMBERS:
        return value
    if isinstance(column.type, Json) or "privacy" not in column.info:
        return value
    is_personal = column.info["privacy"] != "none"
    return f"{CANARY}{number}{value}" if value or is_personal else value


def foreign(value: str) -> str:
    """The same object in the first copy: its id, or its code."""
    return str(int(value) + STEP) if value.isdigit() else f"{CANARY}1{value}"

"""Long lists, a part at a time, from a cursor: rows that come in between are neither left out nor told twice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select

from app.api.schemas import CursorQuery
from app.core.db import db
from app.core.errors import Invalid


def part_of(
    statement: Select[*tuple[Any, ...]], column: Any, asked: CursorQuery, *more: ColumnElement[bool]
) -> tuple[list[Any], str | None]:
    """Rows of `statement` after the cursor in order of `column` (an id), and the cursor of the next part, if any.

    Rows are scalars where the statement selects one column or entity, else Row objects; `column` is then the first.
    Raises Invalid for a cursor that none of our answers gave.
    """
    after = read_cursor(asked.cursor)
    found = statement.where(column > after, *more).order_by(None).order_by(column).limit(asked.limit + 1)
    answer = db.session.execute(found)
    rows: Sequence[Any] = answer.scalars().all() if len(statement.column_descriptions) == 1 else answer.all()
    kept = list(rows[: asked.limit])
    return kept, str(_id_of(kept[-1])) if len(rows) > asked.limit else None


def _id_of(row: Any) -> int:
    return int(row.id if hasattr(row, "id") else row[0])


def read_cursor(cursor: str) -> int:
    """The id that a cursor stands for. Raises Invalid."""
    if not cursor:
        return 0
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 19):
        raise Invalid({"cursor": [_("这个游标不是上一次返回的。")]})
    return int(cursor)


def part_of_list(rows: Sequence[Any], asked: CursorQuery) -> tuple[list[Any], str | None]:
    """The same of a short list that is read whole; the cursor is how many were told."""
    start = read_cursor(asked.cursor)
    end = start + asked.limit
    return list(rows[start:end]), str(end) if end < len(rows) else None

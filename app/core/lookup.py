"""A row that must be there: without it the request is about something that does not exist."""

from __future__ import annotations

from typing import Any, TypeVar

from app.core.db import db
from app.core.errors import NotFound

T = TypeVar("T")


def row_or_not_found(kind: type[T], key: Any, **options: Any) -> T:
    """The row of this primary key; `options` are those of `Session.get`. Raises NotFound."""
    return or_not_found(db.session.get(kind, key, **options))


def or_not_found(row: T | None) -> T:
    """What was looked up. Raises NotFound where there is nothing."""
    if row is None:
        raise NotFound
    return row

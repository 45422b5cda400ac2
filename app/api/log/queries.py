"""The log since a cursor, for readers that must miss nothing and get nothing twice."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select, text

from app.core.db import db
from app.core.events import Event


def settled() -> ColumnElement[bool] | None:
    """A condition on Event: no entry with a smaller id can still appear. None where that holds of every entry.

    SQLite has one writer. On PostgreSQL ids are given out before a transaction commits, so an entry of a long command
    may appear after later ones; what is as young as the oldest writer that is still at work is told next time.
    """
    if db.session.get_bind().dialect.name != "postgresql":
        return None
    oldest: datetime | None = db.session.scalar(
        text(
            "SELECT min(xact_start) FROM pg_stat_activity"
            " WHERE datname = current_database() AND backend_xid IS NOT NULL AND pid <> pg_backend_pid()"
        )
    )
    return None if oldest is None else Event.at < oldest


def entries_since(after: int, limit: int, *within: ColumnElement[bool]) -> list[Any]:
    """At most `limit` entries with a larger id than `after` that meet the conditions, in order."""
    ready = settled()
    found = select(Event).where(Event.id > after, *within, *(() if ready is None else (ready,)))
    return list(db.session.scalars(found.order_by(Event.id).limit(limit)))

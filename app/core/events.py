"""The event log: who did what to what, append-only, each entry sealed with a hash over the one before.

Entries carry no personal data: `data` holds numbers, states and public codes only.
Source of the construction: hash-chained audit logs (Schneier & Kelsey, "Secure audit logs to support computer
forensics", ACM TISSEC 2(2), 1999), without their encryption.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, select, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.db import STRICT, Base, UtcDateTime, canonical_json, db, json_column, plain_text
from app.core.errors import request_id

# PostgreSQL advisory lock: one writer at the end of the chain. A `command` has its turn already (core/db); this holds
# where an entry is written without one.
CHAIN_LOCK = 0x10DA


@dataclass(frozen=True)
class Actor:
    """Whoever acts. `kind`: staff (an account), household (a token), system (a job or the command line)."""

    kind: str
    id: int
    label: str = ""


SYSTEM = Actor("system", 0, "系统")


class Event(Base):
    """An entry of the log. Triggers refuse UPDATE and DELETE (migrations/guards): the seals would show a change, but
    could not bring back what stood there."""

    __tablename__ = "event"
    __table_args__ = STRICT

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor_kind: Mapped[str] = plain_text()
    actor_id: Mapped[int] = mapped_column(Integer)
    request_id: Mapped[str] = plain_text(default="")
    verb: Mapped[str] = plain_text(index=True)
    subject_type: Mapped[str] = plain_text()
    subject_id: Mapped[int] = mapped_column(Integer, index=True)
    cycle_id: Mapped[int | None] = mapped_column(Integer, index=True)
    data: Mapped[Any] = json_column()
    prev_sha256: Mapped[str] = plain_text()
    sha256: Mapped[str] = plain_text()


def record(by: Actor, verb: str, subject: Any, *, cycle_id: int | None = None, **data: Any) -> None:
    """Append one entry in the present transaction. `subject` is a row that already has its id (flush first), or a
    (type, id) pair. `verb` is one of the glossary's command verbs."""
    subject_type, subject_id = subject if isinstance(subject, tuple) else (subject.__tablename__, subject.id)
    session = db.session
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": CHAIN_LOCK})
    session.flush()
    last = session.execute(select(Event.sha256).order_by(Event.id.desc()).limit(1)).scalar()
    entry = Event(
        at=clock.now(),
        actor_kind=by.kind,
        actor_id=by.id,
        request_id=request_id(),
        verb=verb,
        subject_type=subject_type,
        subject_id=subject_id,
        cycle_id=cycle_id,
        data=data,
        prev_sha256=last or "",
    )
    entry.sha256 = seal(entry)
    session.add(entry)
    session.flush()


def seal(entry: Event) -> str:
    """SHA-256 over everything in the entry and the seal before it, as hex."""
    parts = [
        entry.prev_sha256,
        entry.at.isoformat(timespec="microseconds"),
        entry.actor_kind,
        entry.actor_id,
        entry.request_id,
        entry.verb,
        entry.subject_type,
        entry.subject_id,
        entry.cycle_id,
        entry.data,
    ]
    return hashlib.sha256(canonical_json(parts).encode()).hexdigest()


def broken_links() -> Iterator[int]:
    """Ids of entries whose seal, or link to the entry before, does not hold."""
    before = ""
    for entry in db.session.scalars(select(Event).order_by(Event.id).execution_options(yield_per=1000)):
        if entry.prev_sha256 != before or entry.sha256 != seal(entry):
            yield entry.id
        before = entry.sha256

"""The event log: who did what to what, append-only, each entry sealed afterwards (core/log/seals).

Entries carry no personal data: `data` holds numbers, states and public codes only.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Integer
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.database.turns import current_subdistrict
from app.core.db import STRICT, Base, UtcDateTime, db, json_column, plain_text
from app.core.errors import request_id
from app.core.log import figures


@dataclass(frozen=True)
class Actor:
    """Whoever acts. `kind`: staff (an account), household (a token), system (a job or the command line)."""

    kind: str
    id: int
    label: str = ""


SYSTEM = Actor("system", 0, "系统")


class Event(Base):
    """An entry of the log. Triggers refuse UPDATE and DELETE (migrations/guards): the seals would show a change, but
    could not bring back what stood there.

    `subdistrict_id`: to whom it belongs, None for the installation. `prev_sha256` and `sha256` are the seals that
    entries carried themselves before seals had a table; empty in every entry since.
    """

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
    prev_sha256: Mapped[str] = plain_text(default="")
    sha256: Mapped[str] = plain_text(default="")
    subdistrict_id: Mapped[int | None] = mapped_column(Integer, index=True)


def record(by: Actor, verb: str, subject: Any, *, cycle_id: int | None = None, **data: Any) -> None:
    """Append one entry in the present transaction, to the log of the subdistrict whose turn it is. `subject` is a row
    that already has its id (flush first), or a (type, id) pair. `verb` is one of the glossary's command verbs."""
    subject_type, subject_id = subject if isinstance(subject, tuple) else (subject.__tablename__, subject.id)
    db.session.add(
        Event(
            at=clock.now(),
            actor_kind=by.kind,
            actor_id=by.id,
            request_id=request_id(),
            verb=verb,
            subject_type=subject_type,
            subject_id=subject_id,
            cycle_id=cycle_id,
            data=data,
            subdistrict_id=current_subdistrict.get() or None,
        )
    )
    db.session.flush()
    figures.note(verb, subject_type)

"""What was printed: numbered, versioned, found again by its content."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Index, Integer, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import STRICT, Base, Created, UtcDateTime, choice, fk, json_column, plain_text
from app.core.labels import Labelled
from app.core.states import steps


class DocumentState(Labelled):
    RENDERED = "rendered", "可打印"
    PRINTED = "printed", "已打印"
    SUPERSEDED = "superseded", "已作废"


class Document(Created, Base):
    __tablename__ = "document"
    __table_args__ = (
        UniqueConstraint("kind", "subject_type", "subject_id", "revision"),
        UniqueConstraint("number"),
        Index("ix_document_cycle_id", "cycle_id"),
        STRICT,
    )
    LEGAL: ClassVar[dict[str, frozenset[str]]] = steps(rendered="printed superseded", printed="superseded")

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    kind: Mapped[str] = plain_text()
    subject_type: Mapped[str] = plain_text()
    subject_id: Mapped[int] = mapped_column(Integer)
    cycle_id: Mapped[int | None] = fk("cycle.id")
    revision: Mapped[int] = mapped_column(Integer, default=1)
    number: Mapped[str] = plain_text()
    state: Mapped[str] = choice("state", DocumentState, default=DocumentState.RENDERED)
    context_sha256: Mapped[str] = plain_text()
    sha256: Mapped[str] = plain_text()  # of the file, which is also its name
    pages: Mapped[int] = mapped_column(Integer, default=0)
    totals: Mapped[Any] = json_column(default=dict)
    superseded_by_id: Mapped[int | None] = fk("document.id")
    returned_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

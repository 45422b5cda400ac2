"""Errands: something fetched from a place for one household."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from sqlalchemy import Index, Integer
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import (
    STRICT,
    Base,
    BooleanFlag,
    Created,
    UtcDateTime,
    Versioned,
    choice_column,
    fk,
    personal_text,
    plain_text,
    sensitive_text,
)
from app.core.labels import Labelled
from app.core.states import steps


class ErrandKind(Labelled):
    MEDICINE = "medicine", "代开药/取药"
    PARCEL = "parcel", "取快递"
    DOCUMENT = "document", "送文件"
    BILL = "bill", "代缴费"
    OTHER = "other", "其他代办"


class ErrandState(Labelled):
    ASKED = "asked", "待接收"
    SEEN = "seen", "已接收"
    STARTED = "started", "办理中"
    DONE = "done", "已办好"
    DECLINED = "declined", "无法办理"


class Errand(Created, Versioned, Base):
    __tablename__ = "errand"
    __table_args__ = (Index("ix_errand_household_id", "household_id"), STRICT)
    LEGAL: ClassVar[dict[str, frozenset[str]]] = steps(
        asked="seen started declined", seen="started declined", started="done declined"
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    household_id: Mapped[int] = fk("household.id")
    kind: Mapped[str] = choice_column("kind", ErrandKind)
    place: Mapped[str] = personal_text()
    what: Mapped[str] = sensitive_text(default="")
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    is_sensitive: Mapped[bool] = mapped_column(BooleanFlag, default=False)
    state: Mapped[str] = choice_column("state", ErrandState, default=ErrandState.ASKED)
    seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    asked_by_kind: Mapped[str] = plain_text(default="household")  # household, or staff who took the call
    hand: Mapped[str] = plain_text(default="")  # the mark of the phone that asked by its room alone
    assigned_to_id: Mapped[int | None] = fk("account.id")
    handled_by_id: Mapped[int | None] = fk("account.id")
    answer: Mapped[str] = personal_text(default="")

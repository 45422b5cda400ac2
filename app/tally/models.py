"""The signed tally of a point: numbered, frozen, equal to its locked orders."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from sqlalchemy import Integer, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import STRICT, Base, UtcDateTime, Versioned, check_at_least, choice_column, fk, plain_text
from app.core.labels import Labelled
from app.core.states import steps


class TallyState(Labelled):
    DRAFT = "draft", "待签"
    CONFIRMED = "confirmed", "已签"


class Tally(Versioned, Base):
    __tablename__ = "tally"
    __table_args__ = (UniqueConstraint("cycle_id", "service_point_id"), STRICT)
    LEGAL: ClassVar[dict[str, frozenset[str]]] = steps(draft="confirmed", confirmed="draft")

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    cycle_id: Mapped[int] = fk("cycle.id")
    service_point_id: Mapped[int] = fk("service_point.id")
    number: Mapped[int] = mapped_column(Integer, default=0)  # raised by one at each signature
    state: Mapped[str] = choice_column("state", TallyState, default=TallyState.DRAFT)
    confirmed_by_id: Mapped[int | None] = fk("account.id")
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reopen_reason: Mapped[str] = plain_text(default="")
    lines: Mapped[list[TallyLine]] = relationship(cascade="all, delete-orphan")


class TallyLine(Base):
    __tablename__ = "tally_line"
    __table_args__ = (check_at_least("qty", 0), STRICT)

    tally_id: Mapped[int] = fk("tally.id", primary_key=True)
    building_id: Mapped[int] = fk("building.id", primary_key=True)
    item_id: Mapped[int] = fk("item.id", primary_key=True)
    qty: Mapped[int] = mapped_column(Integer)

"""Standing orders, and what became of each in a cycle."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, Index, Integer, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import STRICT, Base, Created, LocalDate, Versioned, check_at_least, choice_column, fk, json_column
from app.core.labels import Labelled
from app.core.states import steps


class StandingState(Labelled):
    ACTIVE = "active", "进行中"
    PAUSED = "paused", "已暂停"
    ENDED = "ended", "已结束"


class StandingOrder(Created, Versioned, Base):
    """Goods for somebody who cannot order: every so many days or on certain weekdays, with a named carer."""

    __tablename__ = "standing_order"
    __table_args__ = (
        Index(
            "uq_standing_order_live",
            "household_id",
            unique=True,
            sqlite_where=text("state <> 'ended'"),
            postgresql_where=text("state <> 'ended'"),
        ),
        CheckConstraint("(every_days IS NULL) <> (weekdays IS NULL)", name="one_rhythm"),
        CheckConstraint("weekdays IS NULL OR (weekdays > 0 AND weekdays < 128)", name="known_weekdays"),
        CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name="ends_after_start"),
        check_at_least("every_days", 1),
        STRICT,
    )
    LEGAL: ClassVar[dict[str, frozenset[str]]] = steps(active="paused ended", paused="active ended")

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    household_id: Mapped[int] = fk("household.id")
    every_days: Mapped[int | None] = mapped_column(Integer)
    weekdays: Mapped[int | None] = mapped_column(Integer)  # bit 0 is Monday … bit 6 is Sunday
    starts_on: Mapped[date] = mapped_column(LocalDate)
    ends_on: Mapped[date | None] = mapped_column(LocalDate)
    carer_id: Mapped[int | None] = fk("account.id")
    state: Mapped[str] = choice_column("state", StandingState, default=StandingState.ACTIVE)
    lines: Mapped[list[StandingLine]] = relationship(cascade="all, delete-orphan", order_by="StandingLine.item_id")


class StandingLine(Base):
    __tablename__ = "standing_line"
    __table_args__ = (check_at_least("qty", 1), STRICT)

    standing_order_id: Mapped[int] = fk("standing_order.id", primary_key=True)
    item_id: Mapped[int] = fk("item.id", primary_key=True)
    qty: Mapped[int] = mapped_column(Integer)


class BookingOutcome(Labelled):
    BOOKED = "booked", "已下单"
    PARTLY = "partly", "部分下单"
    HAD_ORDER = "had_order", "已有订单，未重复下"
    NOTHING = "nothing", "这一批没有可订的"


class StandingBooking(Created, Base):
    """What became of a standing order in a cycle: once for each, so that booking again changes nothing."""

    __tablename__ = "standing_booking"
    __table_args__ = (Index("ix_standing_booking_cycle_id", "cycle_id"), STRICT)

    standing_order_id: Mapped[int] = fk("standing_order.id", primary_key=True)
    cycle_id: Mapped[int] = fk("cycle.id", primary_key=True)
    order_id: Mapped[int | None] = fk("household_order.id")
    outcome: Mapped[str] = choice_column("outcome", BookingOutcome)
    left_out: Mapped[Any] = json_column(default=list)  # [{"item_id", "qty", "why": "not_offered" | "limit"}]

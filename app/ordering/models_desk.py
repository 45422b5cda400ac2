"""What the point's desk keeps beside orders: its last entries, standing orders, and packs given to a whole scope."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, Index, Integer, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import (
    STRICT,
    Base,
    Created,
    Flag,
    LocalDate,
    UtcDateTime,
    Versioned,
    at_least,
    choice,
    fk,
    json_column,
    personal_text,
    plain_text,
    sensitive_text,
)
from app.core.labels import Labelled
from app.core.states import steps


class DeskEntry(Created, Base):
    """One order taken at the desk, with what stood there before, so that the last one can be taken back.

    Words, hand, code and door of before are kept no longer than they can still be put back: until the next entry for
    the order, the undo, or the purge of the cycle's texts.
    """

    __tablename__ = "desk_entry"
    __table_args__ = (Index("ix_desk_entry_account", "account_id", "cycle_id"), STRICT)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    account_id: Mapped[int] = fk("account.id")
    cycle_id: Mapped[int] = fk("cycle.id")
    order_id: Mapped[int] = fk("household_order.id")
    before: Mapped[Any] = json_column(nullable=True)  # [[offer_id, qty, is_substitutable]]; none: there was no order
    source_before: Mapped[str | None] = plain_text()
    door_note_before: Mapped[str] = personal_text(default="")
    remark_before: Mapped[str] = sensitive_text(default="")
    hand_before: Mapped[str] = plain_text(default="")  # of the phone whose order it was
    code_before: Mapped[str] = plain_text(default="")
    door_before_id: Mapped[int | None] = mapped_column(Integer)  # the household of an OtherDoor
    version_after: Mapped[int] = mapped_column(Integer)
    undone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SettledWords(Base):
    """The leader has dealt with what a household wrote beside its goods; other words than these wait again."""

    __tablename__ = "settled_words"
    __table_args__ = STRICT

    order_id: Mapped[int] = fk("household_order.id", primary_key=True)
    words_sha256: Mapped[str] = plain_text()
    settled_by_id: Mapped[int] = fk("account.id")
    settled_at: Mapped[datetime] = mapped_column(UtcDateTime)


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
        at_least("every_days", 1),
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
    state: Mapped[str] = choice("state", StandingState, default=StandingState.ACTIVE)
    lines: Mapped[list[StandingLine]] = relationship(cascade="all, delete-orphan", order_by="StandingLine.item_id")


class StandingLine(Base):
    __tablename__ = "standing_line"
    __table_args__ = (at_least("qty", 1), STRICT)

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
    outcome: Mapped[str] = choice("outcome", BookingOutcome)
    left_out: Mapped[Any] = json_column(default=list)  # [{"item_id", "qty", "why": "not_offered" | "limit"}]


class PackScope(Labelled):
    SUBDISTRICT = "subdistrict", "整个街道"
    COMMUNITY = "community", "社区"
    SERVICE_POINT = "service_point", "点位"
    COMPOUND = "compound", "小区"
    BUILDING = "building", "楼栋"
    ZONE = "zone", "管控级别"


class PackState(Labelled):
    GIVING = "giving", "发放中"
    GIVEN = "given", "已发放"
    UNDOING = "undoing", "撤回中"
    UNDONE = "undone", "已撤回"


class FreePack(Created, Versioned, Base):
    """A free offer given to every household of a scope in one action."""

    __tablename__ = "free_pack"
    __table_args__ = (
        Index("ix_free_pack_cycle_id", "cycle_id"),
        at_least("per_persons", 1),
        at_least("households", 0),
        at_least("units", 0),
        STRICT,
    )
    LEGAL: ClassVar[dict[str, frozenset[str]]] = steps(giving="given undoing", given="giving undoing", undoing="undone")

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    cycle_id: Mapped[int] = fk("cycle.id")
    offer_id: Mapped[int] = fk("offer.id")
    scope_kind: Mapped[str] = choice("scope_kind", PackScope)
    scope_id: Mapped[int] = mapped_column(Integer)
    per_persons: Mapped[int | None] = mapped_column(Integer)  # none: one for each household, however large
    state: Mapped[str] = choice("state", PackState, default=PackState.GIVING)
    households: Mapped[int] = mapped_column(Integer, default=0)
    units: Mapped[int] = mapped_column(Integer, default=0)
    given_by_id: Mapped[int] = fk("account.id")
    job_id: Mapped[int | None] = fk("job.id")


class FreePackShare(Base):
    """What one order got of a pack; `is_own_order`: the order was made for the pack and goes with it."""

    __tablename__ = "free_pack_share"
    __table_args__ = (
        Index("ix_free_pack_share_order_id", "order_id"),
        at_least("qty", 1),
        STRICT,
    )

    free_pack_id: Mapped[int] = fk("free_pack.id", primary_key=True)
    order_id: Mapped[int] = fk("household_order.id", primary_key=True)
    qty: Mapped[int] = mapped_column(Integer)
    is_own_order: Mapped[bool] = mapped_column(Flag)

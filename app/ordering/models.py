"""Cycles, what they offer, household orders, and the nine counters that make losing a unit impossible."""

from __future__ import annotations

from datetime import date, datetime
from typing import ClassVar

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Integer, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import (
    STRICT,
    Base,
    BooleanFlag,
    Created,
    LocalDate,
    UtcDateTime,
    Versioned,
    check_at_least,
    choice_column,
    fk,
    personal_text,
    plain_text,
    sensitive_text,
)
from app.core.labels import Labelled
from app.core.states import steps


class CycleState(Labelled):
    DRAFT = "draft", "筹备"
    OPEN = "open", "接单中"
    LOCKED = "locked", "已截单"
    RUNNING = "running", "配送中"
    CLOSED = "closed", "已关闭"
    PURGED = "purged", "已清除"
    CANCELLED = "cancelled", "已取消"


CYCLES_UNDER_WAY = (CycleState.OPEN, CycleState.LOCKED, CycleState.RUNNING)
CYCLES_OVER = (CycleState.CLOSED, CycleState.PURGED, CycleState.CANCELLED)


class Policy(Labelled):
    EQUAL_FLOOR = "equal_floor", "每户先各一份"
    PROPORTIONAL = "proportional", "按订购比例"
    FIRST_COME = "first_come", "先到先得"
    NEED_FIRST = "need_first", "照顾户优先"


class OrderState(Labelled):
    PLACED = "placed", "已下单"
    WITHDRAWN = "withdrawn", "已撤回"
    LOCKED = "locked", "已截单"
    SETTLED = "settled", "已结清"
    VOIDED = "voided", "已作废"


# Which orders count, said once for every question. A voided order was tallied and bought for, a withdrawn one was not.
ORDERS_COUNTED = (OrderState.PLACED, OrderState.LOCKED, OrderState.SETTLED, OrderState.VOIDED)
ORDERS_KEPT = (OrderState.PLACED, OrderState.LOCKED, OrderState.SETTLED)  # nobody took them back: the household waits
ORDERS_DUE = (OrderState.LOCKED, OrderState.SETTLED)  # behind the cut-off, and kept: on sheets and lists
ORDERS_CHARGED = (OrderState.LOCKED, OrderState.SETTLED, OrderState.VOIDED)  # what a statement is made for


class Source(Labelled):
    FORM = "form", "居民自助"
    TELEPHONE = "telephone", "电话"
    DOOR = "door", "上门"
    PAPER = "paper", "纸面"
    CHAIN = "chain", "接龙"
    SHEET = "sheet", "表格导入"
    STANDING = "standing", "长期订单"
    FREE = "free", "免费包"


class RollCallOutcome(Labelled):
    """What a household's roll call ended with."""

    ORDERED = "ordered", "已下单"
    DECLINED = "declined", "不需要"
    UNREACHABLE = "unreachable", "联系不上"
    AWAY = "away", "不在家"


class Stage(Labelled):
    """Where a unit is. A unit is always in exactly one."""

    OPEN = "open", "待分配"
    ALLOCATED = "allocated", "已分配"
    PACKED = "packed", "已装袋"
    DROPPED_OFF = "dropped_off", "已到楼"
    ACCEPTED = "accepted", "已签收"
    DISPUTED = "disputed", "有异议"
    SHORT = "short", "缺货"
    CANCELLED = "cancelled", "已取消"
    REFUNDED = "refunded", "已退款"


STAGE_COLUMNS = tuple(f"qty_{stage.value}" for stage in Stage)


class Cycle(Created, Versioned, Base):
    __tablename__ = "cycle"
    __table_args__ = (
        CheckConstraint("cutoff_at > opens_at", name="cutoff_after_opening"),
        CheckConstraint("(state IN ('closed','purged')) = (closed_at IS NOT NULL)", name="closed_has_time"),
        STRICT,
    )
    LEGAL: ClassVar[dict[str, frozenset[str]]] = steps(
        draft="open cancelled", open="locked cancelled", locked="running cancelled", running="closed", closed="purged"
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    subdistrict_id: Mapped[int] = fk("subdistrict.id")
    name: Mapped[str] = plain_text()
    opens_at: Mapped[datetime] = mapped_column(UtcDateTime)
    cutoff_at: Mapped[datetime] = mapped_column(UtcDateTime)
    deliver_on: Mapped[date] = mapped_column(LocalDate)
    state: Mapped[str] = choice_column("state", CycleState, default=CycleState.DRAFT)
    policy: Mapped[str] = choice_column("policy", Policy, default=Policy.EQUAL_FLOOR)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    purge_on: Mapped[date | None] = mapped_column(LocalDate)


class CyclePoint(Base):
    """The scope of a cycle: the service points that take part."""

    __tablename__ = "cycle_point"
    __table_args__ = STRICT

    cycle_id: Mapped[int] = fk("cycle.id", primary_key=True)
    service_point_id: Mapped[int] = fk("service_point.id", primary_key=True)


class Offer(Base):
    """What a cycle sells, at a price frozen with it."""

    __tablename__ = "offer"
    __table_args__ = (
        CheckConstraint("(item_id IS NULL) <> (bundle_id IS NULL)", name="item_or_bundle"),
        UniqueConstraint("cycle_id", "item_id"),
        UniqueConstraint("cycle_id", "bundle_id"),
        check_at_least("price_fen", 0),
        check_at_least("limit_per_household", 1),
        STRICT,
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    cycle_id: Mapped[int] = fk("cycle.id")
    item_id: Mapped[int | None] = fk("item.id")
    bundle_id: Mapped[int | None] = fk("bundle.id")
    name: Mapped[str] = plain_text()  # as shown when it was offered
    price_fen: Mapped[int] = mapped_column(Integer)
    limit_per_household: Mapped[int | None] = mapped_column(Integer)
    is_soft_limit: Mapped[bool] = mapped_column(BooleanFlag, default=False)
    position: Mapped[int] = mapped_column(Integer, default=0)
    is_listed: Mapped[bool] = mapped_column(BooleanFlag, default=True)
    components: Mapped[list[OfferComponent]] = relationship(order_by="OfferComponent.item_id")


class OfferComponent(Base):
    """The items one unit of an offer stands for, frozen."""

    __tablename__ = "offer_component"
    __table_args__ = (check_at_least("qty", 1), STRICT)

    offer_id: Mapped[int] = fk("offer.id", primary_key=True)
    item_id: Mapped[int] = fk("item.id", primary_key=True)
    qty: Mapped[int] = mapped_column(Integer)


class ShelfStamp(Base):
    """What an order form lists, as one word that triggers draw anew at every change: shelf 0 is what goods are called,
    any other the offers of the cycle of that id. What a web process keeps under two stamps is what is stored."""

    __tablename__ = "shelf_stamp"
    __table_args__ = STRICT

    shelf_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    stamp: Mapped[str] = plain_text()


class HouseholdOrder(Created, Versioned, Base):
    __tablename__ = "household_order"
    __table_args__ = (
        UniqueConstraint("code"),
        UniqueConstraint("cycle_id", "household_id"),
        UniqueConstraint("id", "cycle_id"),
        Index("ix_household_order_point", "cycle_id", "service_point_id", "building_id"),
        Index("ix_household_order_household_id", "household_id"),
        check_at_least("revision", 1),
        check_at_least("total_fen", 0),
        STRICT,
    )
    # From locked back to placed only within the command that settles a claim and locks it again.
    LEGAL: ClassVar[dict[str, frozenset[str]]] = steps(
        placed="withdrawn locked", withdrawn="placed", locked="settled voided placed"
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    code: Mapped[str] = plain_text()  # what the resident keeps: 8 random characters and a check character
    cycle_id: Mapped[int] = fk("cycle.id")
    household_id: Mapped[int | None] = fk("household.id")  # emptied by the purge
    building_id: Mapped[int] = fk("building.id")  # as it was when placed, so that tallies stay true
    service_point_id: Mapped[int] = fk("service_point.id")
    state: Mapped[str] = choice_column("state", OrderState, default=OrderState.PLACED)
    revision: Mapped[int] = mapped_column(Integer, default=1)
    source: Mapped[str] = choice_column("source", Source, default=Source.FORM)
    placed_by_kind: Mapped[str] = plain_text()
    placed_by_id: Mapped[int] = mapped_column(Integer)
    placed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # The mark of the phone that made it by its room alone: unproven. Empty: the household itself, or staff.
    hand: Mapped[str] = plain_text(default="")
    total_fen: Mapped[int] = mapped_column(Integer, default=0)
    door_note: Mapped[str] = personal_text(default="")
    is_usual_note: Mapped[bool] = mapped_column(BooleanFlag, default=False)  # from the care list: nobody typed it here
    remark: Mapped[str] = sensitive_text(default="")
    other_need: Mapped[str] = sensitive_text(default="")  # 其他需要: free text kept apart
    choices: Mapped[list[OrderChoice]] = relationship(cascade="all, delete-orphan", order_by="OrderChoice.offer_id")
    lines: Mapped[list[OrderLine]] = relationship(
        cascade="all, delete-orphan", back_populates="order", order_by="OrderLine.id"
    )
    cycle: Mapped[Cycle] = relationship()


class OtherDoor(Base):
    """Another household at whose door the bags of an order are left, as a leader settled it; new bags go there."""

    __tablename__ = "other_door"
    __table_args__ = (STRICT,)

    order_id: Mapped[int] = fk("household_order.id", primary_key=True)
    household_id: Mapped[int] = fk("household.id")


class OrderChoice(Base):
    """What the household picked, as it picked it."""

    __tablename__ = "order_choice"
    __table_args__ = (check_at_least("qty", 1), check_at_least("unit_price_fen", 0), STRICT)

    order_id: Mapped[int] = fk("household_order.id", primary_key=True)
    offer_id: Mapped[int] = fk("offer.id", primary_key=True)
    qty: Mapped[int] = mapped_column(Integer)
    unit_price_fen: Mapped[int] = mapped_column(Integer)
    is_substitutable: Mapped[bool] = mapped_column(BooleanFlag, default=True)
    offer: Mapped[Offer] = relationship()


class OrderLine(Base):
    """One item of an order. Only `stages.move` changes the counters; their sum is what was ordered, always.

    A line with `substitute_for_id` was not ordered: its goods stand in for short units of that other line of the order.
    Once the order is locked, triggers keep the line and `qty_ordered`: a tally that was signed counts them.
    """

    __tablename__ = "order_line"
    __table_args__ = (
        ForeignKeyConstraint(
            ["order_id", "cycle_id"], ["household_order.id", "household_order.cycle_id"], ondelete="RESTRICT"
        ),
        UniqueConstraint("id", "cycle_id"),
        CheckConstraint(f"{' + '.join(STAGE_COLUMNS)} = qty_ordered", name="every_unit_in_one_stage"),
        check_at_least("qty_ordered", 1),
        *(check_at_least(column, 0) for column in STAGE_COLUMNS),
        Index("ix_order_line_cycle_item", "cycle_id", "item_id"),
        Index("ix_order_line_order_id", "order_id"),
        Index("ix_order_line_substitute_for_id", "substitute_for_id"),
        Index(
            "uq_order_line_ordered",
            "order_id",
            "item_id",
            unique=True,
            sqlite_where=text("substitute_for_id IS NULL"),
            postgresql_where=text("substitute_for_id IS NULL"),
        ),
        STRICT,
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    order_id: Mapped[int] = mapped_column(Integer)
    cycle_id: Mapped[int] = mapped_column(Integer)
    item_id: Mapped[int] = fk("item.id")
    is_substitutable: Mapped[bool] = mapped_column(BooleanFlag, default=True)
    substitute_for_id: Mapped[int | None] = fk("order_line.id")
    qty_ordered: Mapped[int] = mapped_column(Integer)
    qty_open: Mapped[int] = mapped_column(Integer)
    qty_allocated: Mapped[int] = mapped_column(Integer, default=0)
    qty_packed: Mapped[int] = mapped_column(Integer, default=0)
    qty_dropped_off: Mapped[int] = mapped_column(Integer, default=0)
    qty_accepted: Mapped[int] = mapped_column(Integer, default=0)
    qty_disputed: Mapped[int] = mapped_column(Integer, default=0)
    qty_short: Mapped[int] = mapped_column(Integer, default=0)
    qty_cancelled: Mapped[int] = mapped_column(Integer, default=0)
    qty_refunded: Mapped[int] = mapped_column(Integer, default=0)
    order: Mapped[HouseholdOrder] = relationship(back_populates="lines")


class LineMove(Base):
    """The memory of the counters: a cause moves a line once. Append-only by trigger, since E6 replays it: what could be
    changed here could hide a changed counter."""

    __tablename__ = "line_move"
    __table_args__ = (
        CheckConstraint("from_stage <> to_stage", name="goes_somewhere"),
        UniqueConstraint("order_line_id", "cause_kind", "cause_id", "from_stage", "to_stage"),
        check_at_least("qty", 1),
        STRICT,
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    order_line_id: Mapped[int] = fk("order_line.id")
    from_stage: Mapped[str] = choice_column("from_stage", Stage)
    to_stage: Mapped[str] = choice_column("to_stage", Stage)
    qty: Mapped[int] = mapped_column(Integer)
    cause_kind: Mapped[str] = plain_text()
    cause_id: Mapped[int] = mapped_column(Integer)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class RollCall(Base):
    __tablename__ = "roll_call"
    __table_args__ = STRICT

    cycle_id: Mapped[int] = fk("cycle.id", primary_key=True)
    household_id: Mapped[int] = fk("household.id", primary_key=True)
    outcome: Mapped[str] = choice_column("outcome", RollCallOutcome)
    is_override: Mapped[bool] = mapped_column(BooleanFlag, default=False)  # set in bulk by a named person at the lock
    recorded_by_id: Mapped[int | None] = fk("account.id")
    at: Mapped[datetime] = mapped_column(UtcDateTime)

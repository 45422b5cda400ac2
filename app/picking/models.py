"""Bags: one household, one door; what is in each, under a code that stays when it is reprinted."""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import ColumnElement, ForeignKeyConstraint, Index, Integer, UniqueConstraint, func, select
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import STRICT, Base, BooleanFlag, Created, Versioned, check_at_least, choice_column, fk, plain_text
from app.core.labels import Labelled
from app.core.states import steps
from app.ordering.models import HouseholdOrder


class BagState(Labelled):
    PACKED = "packed", "已装袋"
    LOADED = "loaded", "已装车"
    DROPPED_OFF = "dropped_off", "已到楼"
    HANDED_OUT = "handed_out", "已放门口"
    CONFIRMED = "confirmed", "已确认"
    HELD = "held", "暂存"
    MISSING = "missing", "找不到"
    WRITTEN_OFF = "written_off", "已核销"
    VOIDED = "voided", "已作废"


LIVE_BAGS = tuple(s.value for s in BagState if s not in (BagState.VOIDED, BagState.WRITTEN_OFF))


def _next_of_day(context: DefaultExecutionContext) -> int:
    """The number after the last of the building's day, for a bag that is written without one."""
    bag: dict[str, Any] = context.get_current_parameters()  # type: ignore[no-untyped-call]
    own = (Bag.cycle_id == bag["cycle_id"], Bag.building_id == bag["building_id"])
    return int(context.connection.scalar(select(func.coalesce(func.max(Bag.day_no), 0)).where(*own)) or 0) + 1


class Bag(Created, Versioned, Base):
    __tablename__ = "bag"
    __table_args__ = (
        UniqueConstraint("code"),
        UniqueConstraint("order_id", "wave", "seq"),
        UniqueConstraint("id", "cycle_id"),
        ForeignKeyConstraint(
            ["order_id", "cycle_id"], ["household_order.id", "household_order.cycle_id"], ondelete="RESTRICT"
        ),
        Index("ix_bag_cycle_wave", "cycle_id", "wave", "building_id"),
        Index("uq_bag_day_no", "cycle_id", "building_id", "day_no", unique=True),
        check_at_least("weight_g", 0),
        check_at_least("volume_ml", 0),
        STRICT,
    )
    LEGAL: ClassVar[dict[str, frozenset[str]]] = steps(
        packed="loaded held voided",
        held="packed",
        loaded="dropped_off packed missing",
        dropped_off="handed_out missing confirmed voided",  # voided: brought back and taken apart
        handed_out="confirmed missing dropped_off",  # dropped_off: the entry was taken back
        missing="dropped_off packed written_off",  # packed: it had never left the depot
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    code: Mapped[str] = plain_text()
    cycle_id: Mapped[int] = mapped_column(Integer)
    order_id: Mapped[int] = mapped_column(Integer)
    building_id: Mapped[int] = fk("building.id")  # of its door
    wave: Mapped[int] = mapped_column(Integer, default=1)
    seq: Mapped[int] = mapped_column(Integer)  # k of n within (order, wave)
    day_no: Mapped[int] = mapped_column(Integer, default=_next_of_day)  # of the building's day, see `picking.numbers`
    state: Mapped[str] = choice_column("state", BagState, default=BagState.PACKED)
    weight_g: Mapped[int] = mapped_column(Integer)
    volume_ml: Mapped[int] = mapped_column(Integer)
    is_cold: Mapped[bool] = mapped_column(BooleanFlag, default=False)
    is_fragile: Mapped[bool] = mapped_column(BooleanFlag, default=False)
    is_heavy: Mapped[bool] = mapped_column(BooleanFlag, default=False)
    lines: Mapped[list[BagLine]] = relationship(order_by="BagLine.order_line_id")


class BagDoor(Base):
    """The household at whose door a bag is left, where that is not the one that ordered; fixed when it is packed."""

    __tablename__ = "bag_door"
    __table_args__ = (STRICT,)

    bag_id: Mapped[int] = fk("bag.id", primary_key=True)
    household_id: Mapped[int] = fk("household.id")


DOOR_OF_BAG: ColumnElement[int | None] = func.coalesce(
    select(BagDoor.household_id).where(BagDoor.bag_id == Bag.id).correlate(Bag).scalar_subquery(),
    HouseholdOrder.household_id,
)
"""The household at whose door a bag is left, in a statement that joins Bag and its HouseholdOrder."""


class BagLine(Base):
    __tablename__ = "bag_line"
    __table_args__ = (UniqueConstraint("bag_id", "order_line_id", "qty"), check_at_least("qty", 1), STRICT)

    bag_id: Mapped[int] = fk("bag.id", primary_key=True)
    order_line_id: Mapped[int] = fk("order_line.id", primary_key=True, index=True)
    qty: Mapped[int] = mapped_column(Integer)


class PickKind(Labelled):
    BY_ITEM = "by_item", "播种（按商品）"
    BY_BAG = "by_bag", "摘果（按袋）"


class PickList(Created, Base):
    __tablename__ = "pick_list"
    __table_args__ = (UniqueConstraint("cycle_id", "wave", "kind", "building_id"), STRICT)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    cycle_id: Mapped[int] = fk("cycle.id")
    wave: Mapped[int] = mapped_column(Integer)
    kind: Mapped[str] = choice_column("kind", PickKind)
    building_id: Mapped[int | None] = fk("building.id")

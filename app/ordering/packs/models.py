"""Packs given to every household of a scope."""

from __future__ import annotations

from typing import ClassVar

from sqlalchemy import Index, Integer
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import STRICT, Base, BooleanFlag, Created, Versioned, check_at_least, choice_column, fk
from app.core.labels import Labelled
from app.core.states import steps


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
        check_at_least("per_persons", 1),
        check_at_least("households", 0),
        check_at_least("units", 0),
        STRICT,
    )
    LEGAL: ClassVar[dict[str, frozenset[str]]] = steps(giving="given undoing", given="giving undoing", undoing="undone")

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    cycle_id: Mapped[int] = fk("cycle.id")
    offer_id: Mapped[int] = fk("offer.id")
    scope_kind: Mapped[str] = choice_column("scope_kind", PackScope)
    scope_id: Mapped[int] = mapped_column(Integer)
    per_persons: Mapped[int | None] = mapped_column(Integer)  # none: one for each household, however large
    state: Mapped[str] = choice_column("state", PackState, default=PackState.GIVING)
    households: Mapped[int] = mapped_column(Integer, default=0)
    units: Mapped[int] = mapped_column(Integer, default=0)
    given_by_id: Mapped[int] = fk("account.id")
    job_id: Mapped[int | None] = fk("job.id")


class FreePackShare(Base):
    """What one order got of a pack; `is_own_order`: the order was made for the pack and goes with it."""

    __tablename__ = "free_pack_share"
    __table_args__ = (
        Index("ix_free_pack_share_order_id", "order_id"),
        check_at_least("qty", 1),
        STRICT,
    )

    free_pack_id: Mapped[int] = fk("free_pack.id", primary_key=True)
    order_id: Mapped[int] = fk("household_order.id", primary_key=True)
    qty: Mapped[int] = mapped_column(Integer)
    is_own_order: Mapped[bool] = mapped_column(BooleanFlag)

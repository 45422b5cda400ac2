"""Demand of a cycle and the purchase orders that cover it."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from sqlalchemy import CheckConstraint, Integer, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.catalog.models import Item, Supplier
from app.core.db import (
    STRICT,
    Base,
    BooleanFlag,
    Created,
    UtcDateTime,
    Versioned,
    check_at_least,
    choice_column,
    fk,
    plain_text,
)
from app.core.labels import Labelled
from app.core.states import steps


class PurchaseState(Labelled):
    DRAFT = "draft", "待审批"
    APPROVED = "approved", "已审批"
    SENT = "sent", "已发出"
    CLOSED = "closed", "已关闭"
    CANCELLED = "cancelled", "已取消"


DEMAND_PARTS = ("qty_demanded", "qty_purchased", "qty_from_stock", "qty_waived", "qty_surplus")


class Demand(Base):
    """What the signed points need of an item, and how it is covered."""

    __tablename__ = "demand"
    __table_args__ = (
        CheckConstraint(
            "NOT is_covered OR qty_purchased + qty_from_stock + qty_waived - qty_surplus = qty_demanded", name="covered"
        ),
        *(check_at_least(part, 0) for part in DEMAND_PARTS),
        STRICT,
    )

    cycle_id: Mapped[int] = fk("cycle.id", primary_key=True)
    item_id: Mapped[int] = fk("item.id", primary_key=True)
    qty_demanded: Mapped[int] = mapped_column(Integer)
    qty_purchased: Mapped[int] = mapped_column(Integer, default=0)
    qty_from_stock: Mapped[int] = mapped_column(Integer, default=0)
    qty_waived: Mapped[int] = mapped_column(Integer, default=0)
    qty_surplus: Mapped[int] = mapped_column(Integer, default=0)
    waive_reason: Mapped[str] = plain_text(default="")
    is_covered: Mapped[bool] = mapped_column(BooleanFlag, default=False)


class PurchaseOrder(Created, Versioned, Base):
    __tablename__ = "purchase_order"
    __table_args__ = (
        UniqueConstraint("number"),
        UniqueConstraint("cycle_id", "supplier_id", "seq"),
        CheckConstraint("approved_by_id <> created_by_id", name="two_persons"),
        STRICT,
    )
    LEGAL: ClassVar[dict[str, frozenset[str]]] = steps(
        draft="approved cancelled", approved="sent cancelled", sent="closed"
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    number: Mapped[str] = plain_text()
    cycle_id: Mapped[int] = fk("cycle.id")
    supplier_id: Mapped[int] = fk("supplier.id")
    seq: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = choice_column("state", PurchaseState, default=PurchaseState.DRAFT)
    created_by_id: Mapped[int] = fk("account.id")
    approved_by_id: Mapped[int | None] = fk("account.id")
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    supplier: Mapped[Supplier] = relationship()
    lines: Mapped[list[PurchaseOrderLine]] = relationship(
        back_populates="purchase_order", order_by="PurchaseOrderLine.id"
    )


class PurchaseOrderLine(Base):
    """Units on their way: awaited + received + undelivered = packs × pack size."""

    __tablename__ = "purchase_order_line"
    __table_args__ = (
        UniqueConstraint("purchase_order_id", "item_id"),
        CheckConstraint(
            "qty_awaited + qty_received + qty_undelivered = packs * pack_size", name="every_unit_accounted"
        ),
        check_at_least("packs", 1),
        check_at_least("pack_size", 1),
        check_at_least("price_fen", 0),
        *(check_at_least(part, 0) for part in ("qty_awaited", "qty_received", "qty_undelivered")),
        STRICT,
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    purchase_order_id: Mapped[int] = fk("purchase_order.id")
    item_id: Mapped[int] = fk("item.id")
    packs: Mapped[int] = mapped_column(Integer)
    pack_size: Mapped[int] = mapped_column(Integer)
    price_fen: Mapped[int] = mapped_column(Integer)  # per pack
    qty_demanded: Mapped[int] = mapped_column(Integer, default=0)
    qty_awaited: Mapped[int] = mapped_column(Integer)
    qty_received: Mapped[int] = mapped_column(Integer, default=0)
    qty_undelivered: Mapped[int] = mapped_column(Integer, default=0)
    is_manual: Mapped[bool] = mapped_column(BooleanFlag, default=False)
    purchase_order: Mapped[PurchaseOrder] = relationship(back_populates="lines")
    item: Mapped[Item] = relationship()

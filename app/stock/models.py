"""Goods in the depot: receipts, lots with their own closed sum, double-entry moves, rest rules, counts."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, Index, Integer, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.catalog.models import Item, Storage
from app.core.db import (
    STRICT,
    Base,
    Created,
    LocalDate,
    UtcDateTime,
    Versioned,
    check_at_least,
    choice_column,
    fk,
    json_column,
    plain_text,
)
from app.core.labels import Labelled
from app.core.states import steps


class ReceiptKind(Labelled):
    PURCHASE = "purchase", "采购到货"
    DONATION = "donation", "捐赠"
    OPENING = "opening", "期初库存"


class GoodsReceipt(Created, Base):
    """Goods that came in at one moment; never changed afterwards (a trigger refuses it): what turns out
    otherwise is a count or a write-off of its own."""

    __tablename__ = "goods_receipt"
    __table_args__ = (UniqueConstraint("number"), STRICT)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    number: Mapped[str] = plain_text()
    kind: Mapped[str] = choice_column("kind", ReceiptKind)
    subdistrict_id: Mapped[int] = fk("subdistrict.id")
    cycle_id: Mapped[int | None] = fk("cycle.id")
    purchase_order_id: Mapped[int | None] = fk("purchase_order.id")
    from_whom: Mapped[str] = plain_text(default="")
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    received_by_id: Mapped[int] = fk("account.id")
    lots: Mapped[list[Lot]] = relationship(back_populates="goods_receipt", order_by="Lot.id")


LOT_PARTS = ("qty_free", "qty_reserved", "qty_packed", "qty_damaged", "qty_returned")


class Lot(Base):
    """A line of a receipt: free + reserved + packed + damaged + returned = received."""

    __tablename__ = "lot"
    __table_args__ = (
        CheckConstraint(f"{' + '.join(LOT_PARTS)} = qty_received", name="every_unit_accounted"),
        check_at_least("qty_received", 1),
        *(check_at_least(part, 0) for part in LOT_PARTS),
        Index("ix_lot_item_id", "item_id"),
        Index("ix_lot_goods_receipt_id", "goods_receipt_id"),
        Index("ix_lot_purchase_order_line_id", "purchase_order_line_id"),
        STRICT,
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    goods_receipt_id: Mapped[int] = fk("goods_receipt.id")
    purchase_order_line_id: Mapped[int | None] = fk("purchase_order_line.id")
    item_id: Mapped[int] = fk("item.id")
    batch_no: Mapped[str] = plain_text(default="")
    expires_on: Mapped[date | None] = mapped_column(LocalDate)
    released_at: Mapped[datetime] = mapped_column(UtcDateTime)  # not loaded before
    qty_received: Mapped[int] = mapped_column(Integer)
    qty_free: Mapped[int] = mapped_column(Integer)
    qty_reserved: Mapped[int] = mapped_column(Integer, default=0)
    qty_packed: Mapped[int] = mapped_column(Integer, default=0)
    qty_damaged: Mapped[int] = mapped_column(Integer, default=0)
    qty_returned: Mapped[int] = mapped_column(Integer, default=0)
    goods_receipt: Mapped[GoodsReceipt] = relationship(back_populates="lots")
    item: Mapped[Item] = relationship()


class RestRule(Base):
    """How long goods of a storage class and category rest after disinfection."""

    __tablename__ = "rest_rule"
    __table_args__ = (UniqueConstraint("storage", "category"), check_at_least("minutes", 0), STRICT)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    storage: Mapped[str] = choice_column("storage", Storage)
    category: Mapped[str] = plain_text(default="")
    minutes: Mapped[int] = mapped_column(Integer)


class LocationKind(Labelled):
    DEPOT = "depot", "仓库"
    POINT = "point", "点位"
    OUTSIDE = "outside", "外部"


class Location(Base):
    """A place in the books. One `outside` per subdistrict stands for suppliers, donors and the bin."""

    __tablename__ = "location"
    __table_args__ = (UniqueConstraint("subdistrict_id", "name"), STRICT)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    subdistrict_id: Mapped[int] = fk("subdistrict.id")
    name: Mapped[str] = plain_text()
    kind: Mapped[str] = choice_column("kind", LocationKind)
    service_point_id: Mapped[int | None] = fk("service_point.id")


class StockMove(Created, Base):
    """Double entry: units of a lot leave one location and reach another. Append-only by trigger: what is in a place is
    the sum of its moves, so a changed move would be a changed stock."""

    __tablename__ = "stock_move"
    __table_args__ = (
        CheckConstraint("from_location_id <> to_location_id", name="goes_somewhere"),
        check_at_least("qty", 1),
        Index("ix_stock_move_lot_id", "lot_id"),
        STRICT,
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    lot_id: Mapped[int] = fk("lot.id")
    from_location_id: Mapped[int] = fk("location.id")
    to_location_id: Mapped[int] = fk("location.id")
    qty: Mapped[int] = mapped_column(Integer)
    cause_kind: Mapped[str] = plain_text()
    cause_id: Mapped[int] = mapped_column(Integer)


class WriteOffState(Labelled):
    ASKED = "asked", "待复核"
    APPROVED = "approved", "已报损"
    REJECTED = "rejected", "已驳回"


class WriteOff(Created, Versioned, Base):
    """Units that are no longer fit; another person than the author approves."""

    __tablename__ = "write_off"
    __table_args__ = (
        CheckConstraint("approved_by_id <> asked_by_id", name="two_persons"),
        check_at_least("qty", 1),
        Index("ix_write_off_lot_id", "lot_id"),
        STRICT,
    )
    LEGAL: ClassVar[dict[str, frozenset[str]]] = steps(asked="approved rejected")

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    lot_id: Mapped[int] = fk("lot.id")
    qty: Mapped[int] = mapped_column(Integer)
    reason: Mapped[str] = plain_text()
    state: Mapped[str] = choice_column("state", WriteOffState, default=WriteOffState.ASKED)
    asked_by_id: Mapped[int] = fk("account.id")
    approved_by_id: Mapped[int | None] = fk("account.id")


class StockCount(Created, Base):
    """What somebody counted, beside what the books said."""

    __tablename__ = "stock_count"
    __table_args__ = STRICT

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    subdistrict_id: Mapped[int] = fk("subdistrict.id")
    counted_by_id: Mapped[int] = fk("account.id")
    rows: Mapped[Any] = json_column()  # [{"lot_id", "qty_book", "qty_counted"}]

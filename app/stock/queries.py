"""What stock there is: the questions of later stages, and what the stock pages show."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from app.catalog.models import Item, Supplier
from app.core import clock
from app.core.db import db
from app.ordering.gate import cycle_or_not_found
from app.ordering.models import CYCLES_OVER, Cycle
from app.purchasing.models import PurchaseOrder, PurchaseOrderLine, PurchaseState
from app.stock.models import GoodsReceipt, Lot, ReceiptKind


@dataclass(frozen=True)
class FreeLot:
    """Units of a lot that may be given out, loaded not before `released_at`."""

    lot_id: int
    item_id: int
    qty_free: int
    released_at: datetime


@dataclass(frozen=True)
class LotRow:
    """A lot on a list."""

    id: int
    item: str
    spec: str
    unit: str
    receipt: str
    receipt_kind: str
    batch: str
    expires_on: date | None
    is_expired: bool
    released_at: datetime
    minutes_to_release: int  # 0 once released
    received: int
    free: int
    reserved: int
    packed: int
    damaged: int
    returned: int


@dataclass(frozen=True)
class ExpectedOrder:
    """A purchase order that still awaits units, or was approved and not yet sent."""

    id: int
    number: str
    supplier: str
    state: str
    units: int
    awaited: int
    received: int
    sent_at: datetime | None


@dataclass(frozen=True)
class ReceiptRow:
    """A goods receipt on a list."""

    id: int
    number: str
    kind_label: str
    whence: str
    received_at: datetime
    lots: int
    units: int
    damaged: int


def usable_by(cycle: Cycle) -> ColumnElement[bool]:
    """A condition on Lot joined with GoodsReceipt: what the cycle may give out.

    Left out: what other running cycles brought in for themselves, and what expires before the day of delivery.
    """
    over = select(Cycle.id).where(Cycle.state.in_(CYCLES_OVER))
    return and_(
        GoodsReceipt.subdistrict_id == cycle.subdistrict_id,
        or_(GoodsReceipt.cycle_id.is_(None), GoodsReceipt.cycle_id == cycle.id, GoodsReceipt.cycle_id.in_(over)),
        or_(Lot.expires_on.is_(None), Lot.expires_on >= cycle.deliver_on),
    )


def free_lots(cycle_id: int, item_ids: Collection[int] | None = None) -> list[FreeLot]:
    """Lots with free units that a cycle may use: what expires first comes first, then what came first. One statement
    beside the cycle's own. `item_ids`: only these. Raises NotFound for an unknown cycle."""
    cycle = cycle_or_not_found(cycle_id)
    statement = (
        select(Lot.id, Lot.item_id, Lot.qty_free, Lot.released_at)
        .join(GoodsReceipt, GoodsReceipt.id == Lot.goods_receipt_id)
        .where(usable_by(cycle), Lot.qty_free > 0)
        .order_by(Lot.expires_on.is_(None), Lot.expires_on, Lot.id)
    )
    if item_ids is not None:
        statement = statement.where(Lot.item_id.in_(list(item_ids)))
    return [FreeLot(lot, item, qty, released) for lot, item, qty, released in db.session.execute(statement)]


def lots_of(cycle: Cycle, words: str = "", only: str = "") -> Select[Lot, Item, GoodsReceipt]:
    """The lots of the cycle's subdistrict, newest first.

    `only`: ``free``, ``resting``, ``damaged`` or ``expired``; anything else shows all.
    """
    now = clock.now()
    conditions: dict[str, ColumnElement[bool]] = {
        "free": Lot.qty_free > 0,
        "resting": Lot.released_at > now,
        "damaged": Lot.qty_damaged > 0,
        "expired": and_(Lot.expires_on < clock.today(), Lot.qty_free + Lot.qty_reserved > 0),
    }
    statement = (
        select(Lot, Item, GoodsReceipt)
        .join(Item, Item.id == Lot.item_id)
        .join(GoodsReceipt, GoodsReceipt.id == Lot.goods_receipt_id)
        .where(GoodsReceipt.subdistrict_id == cycle.subdistrict_id)
        .order_by(Lot.id.desc())
    )
    if words:
        found = Item.name.contains(words, autoescape=True) | Item.sku.contains(words, autoescape=True)
        statement = statement.where(found | GoodsReceipt.number.contains(words, autoescape=True))
    return statement.where(conditions[only]) if only in conditions else statement


def lot_rows(found: Iterable[tuple[Lot, Item, GoodsReceipt]]) -> list[LotRow]:
    """Rows of `lots_of` as they are shown now. No statement."""
    now, today = clock.now(), clock.today()
    return [
        LotRow(
            id=lot.id,
            item=item.name,
            spec=item.spec,
            unit=item.sale_unit,
            receipt=receipt.number,
            receipt_kind=ReceiptKind(receipt.kind).label,
            batch=lot.batch_no,
            expires_on=lot.expires_on,
            is_expired=bool(lot.expires_on and lot.expires_on < today),
            released_at=lot.released_at,
            minutes_to_release=max(0, -int((now - lot.released_at).total_seconds() // 60)),
            received=lot.qty_received,
            free=lot.qty_free,
            reserved=lot.qty_reserved,
            packed=lot.qty_packed,
            damaged=lot.qty_damaged,
            returned=lot.qty_returned,
        )
        for lot, item, receipt in found
    ]


def resting(cycle: Cycle, limit: int = 10) -> tuple[int, list[LotRow]]:
    """How many lots may not be loaded yet, and those that are released next. Two statements."""
    found = lots_of(cycle, only="resting").order_by(None)
    count = db.session.scalar(select(func.count()).select_from(found.with_only_columns(Lot.id).subquery())) or 0
    rows = db.session.execute(found.order_by(Lot.released_at, Lot.id).limit(limit)).all()
    return count, lot_rows(rows)


def expected(cycle_id: int) -> list[ExpectedOrder]:
    """Orders of the cycle whose goods are still to come. One statement."""
    line = PurchaseOrderLine
    found = db.session.execute(
        select(
            PurchaseOrder,
            Supplier.name,
            func.coalesce(func.sum(line.packs * line.pack_size), 0),
            func.coalesce(func.sum(line.qty_awaited), 0),
            func.coalesce(func.sum(line.qty_received), 0),
        )
        .join(Supplier, Supplier.id == PurchaseOrder.supplier_id)
        .join(line, line.purchase_order_id == PurchaseOrder.id)
        .where(
            PurchaseOrder.cycle_id == cycle_id,
            PurchaseOrder.state.in_((PurchaseState.APPROVED, PurchaseState.SENT)),
        )
        .group_by(PurchaseOrder.id, Supplier.id)
        .order_by(PurchaseOrder.seq)
    )
    return [
        ExpectedOrder(order.id, order.number, name, order.state, int(units), int(due), int(got), order.sent_at)
        for order, name, units, due, got in found
    ]


def receipts_of(cycle: Cycle) -> Select[GoodsReceipt, str | None, int, int, int]:
    """Receipts of the cycle and opening stock of its subdistrict, newest first: receipt, supplier, lots, units,
    damaged."""
    mine = or_(GoodsReceipt.cycle_id == cycle.id, GoodsReceipt.kind == ReceiptKind.OPENING)
    return (
        select(
            GoodsReceipt,
            Supplier.name,
            func.count(Lot.id),
            func.coalesce(func.sum(Lot.qty_received), 0),
            func.coalesce(func.sum(Lot.qty_damaged), 0),
        )
        .outerjoin(PurchaseOrder, PurchaseOrder.id == GoodsReceipt.purchase_order_id)
        .outerjoin(Supplier, Supplier.id == PurchaseOrder.supplier_id)
        .outerjoin(Lot, Lot.goods_receipt_id == GoodsReceipt.id)
        .where(GoodsReceipt.subdistrict_id == cycle.subdistrict_id, mine)
        .group_by(GoodsReceipt.id, Supplier.id)
        .order_by(GoodsReceipt.id.desc())
    )


def receipt_rows(found: Iterable[tuple[GoodsReceipt, str | None, int, int, int]]) -> list[ReceiptRow]:
    """Rows of `receipts_of`. No statement."""
    return [
        ReceiptRow(
            id=receipt.id,
            number=receipt.number,
            kind_label=ReceiptKind(receipt.kind).label,
            whence=supplier or receipt.from_whom,
            received_at=receipt.received_at,
            lots=lots,
            units=int(units),
            damaged=int(damaged),
        )
        for receipt, supplier, lots, units, damaged in found
    ]

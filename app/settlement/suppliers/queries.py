"""Reconciliation with suppliers: what was ordered, what arrived and stayed, what is due for it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select

from app.catalog.models import Item, Supplier
from app.core.db import db
from app.purchasing.models import PurchaseOrder, PurchaseOrderLine, PurchaseState
from app.settlement.rules import SupplierAccount, SupplierDelivery, supplier_account
from app.stock.models import Lot

COUNTED = (PurchaseState.SENT, PurchaseState.CLOSED)


@dataclass(frozen=True)
class SupplierLine:
    """One item of a purchase order. `damaged`: units found unfit that were kept; they are due until sent back."""

    item: str
    packs: int
    pack_size: int
    price_fen: int
    ordered: int
    received: int
    returned: int
    damaged: int
    awaited: int
    account: SupplierAccount


@dataclass(frozen=True)
class SupplierOrder:
    """One purchase order with what is due for it."""

    number: str
    supplier: str
    state: PurchaseState
    fee_fen: int
    lines: list[SupplierLine]
    account: SupplierAccount

    @property
    def awaited(self) -> int:
        """Units that may still arrive."""
        return sum(line.awaited for line in self.lines)


@dataclass(frozen=True)
class SupplierTotals:
    """Sums over purchase orders: ordered = due + difference."""

    ordered_fen: int
    due_fen: int
    difference_fen: int


def supplier_orders(cycle_id: int) -> list[SupplierOrder]:
    """The purchase orders of a cycle that went out, by supplier. Three statements."""
    unfit = _unfit(cycle_id)
    lines: dict[int, list[tuple[SupplierLine, SupplierDelivery]]] = {}
    found = db.session.execute(
        select(PurchaseOrderLine, Item.name)
        .join(PurchaseOrder, PurchaseOrder.id == PurchaseOrderLine.purchase_order_id)
        .join(Item, Item.id == PurchaseOrderLine.item_id)
        .where(PurchaseOrder.cycle_id == cycle_id, PurchaseOrder.state.in_(COUNTED))
        .order_by(PurchaseOrderLine.purchase_order_id, Item.sku)
    )
    for line, item in found:
        lines.setdefault(line.purchase_order_id, []).append(_line(line, item, *unfit.get(line.id, (0, 0))))
    orders = db.session.execute(
        select(PurchaseOrder, Supplier)
        .join(Supplier, Supplier.id == PurchaseOrder.supplier_id)
        .where(PurchaseOrder.cycle_id == cycle_id, PurchaseOrder.state.in_(COUNTED))
        .order_by(Supplier.name, PurchaseOrder.seq)
    )
    return [_order(order, supplier, lines.get(order.id, [])) for order, supplier in orders]


def _unfit(cycle_id: int) -> dict[int, tuple[int, int]]:
    """Purchase line → units sent back, units damaged, in its lots."""
    found = db.session.execute(
        select(Lot.purchase_order_line_id, func.sum(Lot.qty_returned), func.sum(Lot.qty_damaged))
        .join(PurchaseOrderLine, PurchaseOrderLine.id == Lot.purchase_order_line_id)
        .join(PurchaseOrder, PurchaseOrder.id == PurchaseOrderLine.purchase_order_id)
        .where(PurchaseOrder.cycle_id == cycle_id)
        .group_by(Lot.purchase_order_line_id)
    )
    return {line: (int(returned), int(damaged)) for line, returned, damaged in found if line is not None}


def _line(line: PurchaseOrderLine, item: str, returned: int, damaged: int) -> tuple[SupplierLine, SupplierDelivery]:
    sent_back = min(returned, line.qty_received)
    delivery = SupplierDelivery(line.packs, line.pack_size, line.price_fen, line.qty_received, sent_back)
    row = SupplierLine(
        item=item,
        packs=line.packs,
        pack_size=line.pack_size,
        price_fen=line.price_fen,
        ordered=line.packs * line.pack_size,
        received=line.qty_received,
        returned=sent_back,
        damaged=damaged,
        awaited=line.qty_awaited,
        account=supplier_account([delivery]),
    )
    return row, delivery


def _order(
    order: PurchaseOrder, supplier: Supplier, lines: list[tuple[SupplierLine, SupplierDelivery]]
) -> SupplierOrder:
    return SupplierOrder(
        number=order.number,
        supplier=supplier.name,
        state=PurchaseState(order.state),
        fee_fen=supplier.delivery_fee_fen,
        lines=[row for row, _delivery in lines],
        account=supplier_account([delivery for _row, delivery in lines], supplier.delivery_fee_fen),
    )


def totals(orders: list[SupplierOrder]) -> SupplierTotals:
    """Add up the orders."""
    ordered = sum(order.account.ordered_fen for order in orders)
    due = sum(order.account.due_fen for order in orders)
    return SupplierTotals(ordered, due, ordered - due)

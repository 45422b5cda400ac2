"""Endpoints of demand, purchase orders and receipts."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from app.access.guard import staff
from app.access.permissions import Permission
from app.access.tokens.idempotent import once
from app.access.tokens.models import TokenScope
from app.api.cursor import part_of, part_of_list
from app.api.framework import ApiBlueprint
from app.api.schemas import CursorQuery
from app.api.supplies.schemas import (
    DemandList,
    DemandRecord,
    PurchaseList,
    PurchaseRecord,
    ReceiptList,
    ReceiptRecord,
)
from app.core.db import db
from app.core.errors import NotFound
from app.ordering.gate import require_cycle
from app.purchasing import queries, service
from app.purchasing.coverage import bought_units
from app.purchasing.models import PurchaseOrderLine
from app.purchasing.order_page import PurchaseOrderPage, order_page
from app.purchasing.schemas import Close, EditLines, SeenOrder, Waive
from app.stock import queries as stock_queries
from app.stock import service as stock_service
from app.stock.models import GoodsReceipt
from app.stock.schemas import DeliveryForm, TakeIn, Unordered

bp = ApiBlueprint("api_buying", __name__, description="Demand, purchase orders, receipts")
BUY, RECEIVE = Permission.PURCHASE, Permission.RECEIVE
SCOPE = TokenScope.SUPPLIES
ORDER = "/cycles/<int:cycle_id>/purchase-orders/<int:purchase_order_id>"


@bp.read("/cycles/<int:cycle_id>/demand", BUY, DemandList, takes=CursorQuery)
def list_demand(asked: CursorQuery, cycle_id: int) -> dict[str, Any]:
    """What the cycle needs, item by item, and what covers it."""
    cycle = require_cycle(staff(), BUY, cycle_id)
    found = [(demand, item) for demand, item in db.session.execute(queries.demand_of(cycle.id))]
    rows, following = part_of_list(found, asked)
    return {"items": queries.demand_rows(cycle.id, rows, bought_units(cycle.id)), "next": following}


@bp.act("/cycles/<int:cycle_id>/demand", BUY, SCOPE, DemandList)
def compute_demand(cycle_id: int) -> dict[str, Any]:
    """Work out the demand anew from the signed tallies; the first part of it is the answer."""
    once(lambda count: count, service.compute_demand, staff(), cycle_id)
    found = [(demand, item) for demand, item in db.session.execute(queries.demand_of(cycle_id))]
    rows, following = part_of_list(found, CursorQuery())
    return {"items": queries.demand_rows(cycle_id, rows, bought_units(cycle_id)), "next": following}


@bp.act("/cycles/<int:cycle_id>/demand/<int:item_id>/waive", BUY, SCOPE, DemandRecord, takes=Waive)
def waive_demand(wanted: Waive, cycle_id: int, item_id: int) -> Any:
    """Decide that units of an item are not bought, and why."""
    once(lambda _row: item_id, service.waive, staff(), cycle_id, item_id, wanted)
    return queries.demand_row(cycle_id, item_id)


@bp.read("/cycles/<int:cycle_id>/purchase-orders", BUY, PurchaseList, takes=CursorQuery)
def list_purchase_orders(asked: CursorQuery, cycle_id: int) -> dict[str, Any]:
    """The purchase orders of a cycle."""
    return _orders(require_cycle(staff(), BUY, cycle_id).id, asked)


def _orders(cycle_id: int, asked: CursorQuery) -> dict[str, Any]:
    rows, following = part_of_list(queries.order_rows(cycle_id), asked)
    return {"items": rows, "next": following}


@bp.act("/cycles/<int:cycle_id>/purchase-orders", BUY, SCOPE, PurchaseList)
def propose_purchase_orders(cycle_id: int) -> dict[str, Any]:
    """Write drafts that cover what is missing at the least cost; the first part of all orders is the answer."""
    once(lambda made: made.cycle_id, service.propose, staff(), cycle_id)
    return _orders(cycle_id, CursorQuery())


@bp.read(ORDER, BUY, PurchaseRecord)
def get_purchase_order(cycle_id: int, purchase_order_id: int) -> PurchaseOrderPage:
    """One purchase order with its lines."""
    return _order(cycle_id, purchase_order_id)


def _order(cycle_id: int, order_id: int) -> PurchaseOrderPage:
    require_cycle(staff(), BUY, cycle_id)
    return order_page(cycle_id, order_id)


def _decide(decision: Any, cycle_id: int, order_id: int, wanted: Any) -> PurchaseOrderPage:
    once(lambda order: order.id, decision, staff(), cycle_id, order_id, wanted)
    return _order(cycle_id, order_id)


@bp.act(f"{ORDER}/lines", BUY, SCOPE, PurchaseRecord, takes=EditLines)
def edit_purchase_order(wanted: EditLines, cycle_id: int, purchase_order_id: int) -> PurchaseOrderPage:
    """Set the packs of lines of a draft; 0 takes a line off. The account becomes its author."""
    return _decide(service.edit_lines, cycle_id, purchase_order_id, wanted)


@bp.act(f"{ORDER}/approve", BUY, SCOPE, PurchaseRecord, takes=SeenOrder)
def approve_purchase_order(wanted: SeenOrder, cycle_id: int, purchase_order_id: int) -> PurchaseOrderPage:
    """Approve a draft of another author."""
    return _decide(service.approve, cycle_id, purchase_order_id, wanted)


@bp.act(f"{ORDER}/send", BUY, SCOPE, PurchaseRecord, takes=SeenOrder)
def send_purchase_order(wanted: SeenOrder, cycle_id: int, purchase_order_id: int) -> PurchaseOrderPage:
    """Note that an approved order went to its supplier."""
    return _decide(service.send, cycle_id, purchase_order_id, wanted)


@bp.act(f"{ORDER}/cancel", BUY, SCOPE, PurchaseRecord, takes=SeenOrder)
def cancel_purchase_order(wanted: SeenOrder, cycle_id: int, purchase_order_id: int) -> PurchaseOrderPage:
    """Cancel an order that was not sent."""
    return _decide(service.cancel, cycle_id, purchase_order_id, wanted)


@bp.act(f"{ORDER}/close", BUY, SCOPE, PurchaseRecord, takes=Close)
def close_purchase_order(wanted: Close, cycle_id: int, purchase_order_id: int) -> PurchaseOrderPage:
    """Close a sent order; `gives_up`: what is still awaited will not come."""
    return _decide(service.close, cycle_id, purchase_order_id, wanted)


@bp.read("/cycles/<int:cycle_id>/receipts", RECEIVE, ReceiptList, takes=CursorQuery)
def list_receipts(asked: CursorQuery, cycle_id: int) -> dict[str, Any]:
    """What came in for the cycle, and the opening stock of its subdistrict."""
    cycle = require_cycle(staff(), RECEIVE, cycle_id)
    mine = select(GoodsReceipt.id).where(GoodsReceipt.id.in_(_receipt_ids(cycle)))
    rows, following = part_of(select(GoodsReceipt).where(GoodsReceipt.id.in_(mine)), GoodsReceipt.id, asked)
    return {"items": rows, "next": following}


def _receipt_ids(cycle: Any) -> Any:
    return stock_queries.receipts_of(cycle).order_by(None).with_only_columns(GoodsReceipt.id)


def _receipt(receipt_id: int) -> GoodsReceipt:
    return db.session.get_one(GoodsReceipt, receipt_id)


def _of_the_cycle(cycle_id: int, order_id: int) -> None:
    require_cycle(staff(), RECEIVE, cycle_id)
    order_page(cycle_id, order_id)


@bp.act(f"{ORDER}/receipts", RECEIVE, SCOPE, ReceiptRecord, takes=DeliveryForm)
def receive_delivery(wanted: DeliveryForm, cycle_id: int, purchase_order_id: int) -> GoodsReceipt:
    """Book what a delivery of a sent order brought; `id` of a row is that of the order's line."""
    _of_the_cycle(cycle_id, purchase_order_id)
    return _receipt(once(lambda row: row.id, stock_service.receive, staff(), purchase_order_id, wanted))


@bp.act(f"{ORDER}/unordered", RECEIVE, SCOPE, ReceiptRecord, takes=Unordered)
def receive_unordered(wanted: Unordered, cycle_id: int, purchase_order_id: int) -> GoodsReceipt:
    """Book goods that came with a delivery though nobody ordered them."""
    _of_the_cycle(cycle_id, purchase_order_id)
    return _receipt(once(lambda row: row.id, stock_service.receive_unordered, staff(), purchase_order_id, wanted))


@bp.act("/cycles/<int:cycle_id>/receipts", RECEIVE, SCOPE, ReceiptRecord, takes=TakeIn)
def take_in_goods(wanted: TakeIn, cycle_id: int) -> GoodsReceipt:
    """Book a donation, or stock that was there before."""
    return _receipt(once(lambda row: row.id, stock_service.take_in, staff(), cycle_id, wanted))


@bp.act(f"{ORDER}/lines/<int:purchase_order_line_id>/undelivered", RECEIVE, SCOPE, PurchaseRecord)
def mark_undelivered(cycle_id: int, purchase_order_id: int, purchase_order_line_id: int) -> PurchaseOrderPage:
    """The supplier will not bring the rest of a line."""
    _of_the_cycle(cycle_id, purchase_order_id)
    line = db.session.get(PurchaseOrderLine, purchase_order_line_id)
    if line is None or line.purchase_order_id != purchase_order_id:
        raise NotFound
    once(lambda row: row.id, stock_service.mark_undelivered, staff(), purchase_order_line_id)
    return order_page(cycle_id, purchase_order_id)

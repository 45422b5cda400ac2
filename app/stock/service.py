"""Goods in: deliveries of an order in parts, goods nobody ordered, donations, opening stock, what will never come."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select
from sqlalchemy.orm import selectinload
from sqlalchemy.orm.attributes import flag_modified

from app.access.permissions import Permission, Staff
from app.catalog.models import Item
from app.catalog.scope import within
from app.core import clock
from app.core.db import check_version, command, db
from app.core.errors import Conflict, Invalid, NotFound
from app.core.events import record
from app.core.lookup import row_or_not_found
from app.ordering.gate import require_cycle
from app.ordering.models import CYCLES_OVER, Cycle, CycleState
from app.purchasing import coverage
from app.purchasing.lines import settle_units
from app.purchasing.models import PurchaseOrder, PurchaseOrderLine, PurchaseState
from app.stock import ledger, rules
from app.stock.models import GoodsReceipt, Lot, ReceiptKind, RestRule
from app.stock.rules import ArrivalParts, LotMove
from app.stock.schemas import DeliveryForm, GoodsArrived, TakeIn, Unordered, UnorderedGoods


@dataclass(frozen=True)
class NewLot:
    """A lot to be written: of which item, for which order line (None: nobody ordered it), how many of what worth."""

    item: Item
    line_id: int | None
    parts: ArrivalParts
    source: GoodsArrived | UnorderedGoods


@command
def receive(by: Staff, purchase_order_id: int, delivery: DeliveryForm) -> GoodsReceipt:
    """Book what a delivery brought, in parts if need be; what is not named stays awaited.

    Requires: the order was sent. Ensures: a receipt that is never changed, a lot per line (units beyond the line in a
    lot of their own), release by the rest rule, E2, E3, moves that balance. Raises: NotFound, Conflict, StaleEdit;
    Invalid for `good-<line id>` where more came than is awaited and extra is not taken, or the goods have expired.
    """
    order, cycle = _order_in_reach(by, purchase_order_id)
    if delivery.version is not None:
        check_version(order, delivery.version)
    if order.state != PurchaseState.SENT:
        raise Conflict(_l("采购单已发出、还没有关闭时才能收货。"))
    lines = {line.id: line for line in order.lines}
    arrived = [row for row in delivery.rows if row.good + row.damaged + row.returned]
    if any(row.id not in lines for row in arrived) or len({row.id for row in arrived}) != len(arrived):
        raise NotFound
    if not arrived:
        raise Invalid(_l("还没有填到货数量。"))
    _refuse_expired(arrived)
    pieces = [piece for row in arrived for piece in _pieces(lines[row.id], row, delivery.takes_extra)]
    receipt = _receipt(by, ReceiptKind.PURCHASE, cycle, order)
    _write_lots(receipt, pieces)
    settle_units({piece.line_id: piece.parts.total for piece in pieces if piece.line_id is not None}, "received")
    flag_modified(order, "state")  # the version rises: a page opened before this delivery is stale
    units = sum(piece.parts.total for piece in pieces)
    record(by, "receive", receipt, cycle_id=cycle.id, units=units, order=order.id, lines=len(arrived))
    return receipt


@command
def receive_unordered(by: Staff, purchase_order_id: int, goods: Unordered) -> GoodsReceipt:
    """Book goods that came with an order's delivery though nobody ordered them. Raises: NotFound, Conflict, Invalid."""
    order, cycle = _order_in_reach(by, purchase_order_id)
    if order.state not in (PurchaseState.SENT, PurchaseState.CLOSED):
        raise Conflict(_l("采购单还没有发出，不能收货。"))
    if not goods.rows:
        raise Invalid(_l("请至少填一种商品。"))
    pieces = _unordered(goods.rows, cycle.subdistrict_id)
    receipt = _receipt(by, ReceiptKind.PURCHASE, cycle, order)
    _write_lots(receipt, pieces)
    units = sum(piece.parts.total for piece in pieces)
    record(by, "receive", receipt, cycle_id=cycle.id, units=units, order=order.id, lines=0)
    return receipt


@command
def take_in(by: Staff, cycle_id: int, goods: TakeIn) -> GoodsReceipt:
    """Book a donation for the cycle, or stock that was there before (free for any cycle).

    Ensures: lots without an order line, E2. Raises: NotFound, Conflict; Invalid, fields named `<column>-<row id>`.
    """
    cycle = _open_cycle(by, cycle_id)
    if not goods.rows:
        raise Invalid(_l("请至少填一种商品。"))
    pieces = _unordered(goods.rows, cycle.subdistrict_id)
    receipt = _receipt(by, ReceiptKind(goods.kind), cycle, None, goods.from_whom)
    _write_lots(receipt, pieces)
    units = sum(piece.parts.total for piece in pieces)
    record(by, "receive", receipt, cycle_id=cycle_id, units=units, lines=len(pieces))
    return receipt


@command
def mark_undelivered(by: Staff, purchase_order_line_id: int) -> PurchaseOrderLine:
    """The supplier will not bring the rest of a line: its awaited units become undelivered, the demand shows the gap.

    Requires: the order was sent and the line awaits units. Ensures: E3, E4. Raises: NotFound, Conflict.
    """
    line = row_or_not_found(PurchaseOrderLine, purchase_order_line_id)
    order, cycle = _order_in_reach(by, line.purchase_order_id)
    if order.state != PurchaseState.SENT or not line.qty_awaited:
        raise Conflict(_l("这一行没有待到的商品。"))
    units = line.qty_awaited
    settle_units({line.id: units}, "undelivered")
    flag_modified(order, "state")
    coverage.refresh_demand(cycle.id)
    record(by, "undelivered", order, cycle_id=cycle.id, line=line.id, units=units)
    return line


def _order_in_reach(by: Staff, order_id: int) -> tuple[PurchaseOrder, Cycle]:
    order = db.session.scalar(
        select(PurchaseOrder)
        .where(PurchaseOrder.id == order_id)
        .options(selectinload(PurchaseOrder.lines).joinedload(PurchaseOrderLine.item))
    )
    if order is None:
        raise NotFound
    return order, _open_cycle(by, order.cycle_id)


def _open_cycle(by: Staff, cycle_id: int) -> Cycle:
    under_way = [state for state in CycleState if state not in CYCLES_OVER]
    otherwise = _l("批次已经结束，不能再收货。")
    return require_cycle(by, Permission.RECEIVE, cycle_id, *under_way, otherwise=otherwise)


def _refuse_expired(rows: Iterable[GoodsArrived | UnorderedGoods]) -> None:
    expired = [row for row in rows if row.good and row.expires_on and row.expires_on < clock.today()]
    if expired:
        said = _l("已经过期，不能作为完好商品入库。")
        raise Invalid({f"expires_on-{row.id}": [said] for row in expired})


def _pieces(line: PurchaseOrderLine, row: GoodsArrived, takes_extra: bool) -> list[NewLot]:
    arrived = ArrivalParts(row.good, row.damaged, row.returned)
    booked = rules.book_arrival(line.item.name, line.qty_awaited, arrived.total, row.damaged)
    if booked.qty_extra and not takes_extra:
        said = _l(
            "比待到的 %(awaited)s 份多 %(extra)s 份。要收下请勾选“多到的也收下”。",
            awaited=line.qty_awaited,
            extra=booked.qty_extra,
        )
        raise Invalid({f"good-{line.id}": [said]})
    ordered, extra = rules.split_arrival(arrived, booked.qty_to_line)
    pieces = [NewLot(line.item, line.id, ordered, row), NewLot(line.item, None, extra, row)]
    return [piece for piece in pieces if piece.parts.total]


def _unordered(rows: list[UnorderedGoods], subdistrict_id: int) -> list[NewLot]:
    _refuse_expired(rows)
    sold = select(Item).where(Item.id.in_([row.item for row in rows]), Item.is_active)
    found = db.session.scalars(sold.where(within(Item, [subdistrict_id])))
    items = {item.id: item for item in found}
    problems = {f"item-{row.id}": [_l("没有这种商品。")] for row in rows if row.item not in items}
    problems |= {f"good-{row.id}": [_l("请填数量。")] for row in rows if not row.good + row.damaged}
    if problems:
        raise Invalid(problems)
    return [NewLot(items[row.item], None, ArrivalParts(row.good, row.damaged), row) for row in rows]


def _receipt(
    by: Staff, kind: ReceiptKind, cycle: Cycle, order: PurchaseOrder | None, from_whom: str = ""
) -> GoodsReceipt:
    own = None if kind == ReceiptKind.OPENING else cycle.id
    same = select(func.count()).select_from(GoodsReceipt)
    same = same.where(GoodsReceipt.kind == kind, GoodsReceipt.subdistrict_id == cycle.subdistrict_id)
    seq = (db.session.scalar(same if own is None else same.where(GoodsReceipt.cycle_id == own)) or 0) + 1
    receipt = GoodsReceipt(
        number=rules.receipt_number(kind.value, cycle.subdistrict_id if own is None else cycle.id, seq),
        kind=kind,
        subdistrict_id=cycle.subdistrict_id,
        cycle_id=own,
        purchase_order_id=order.id if order else None,
        from_whom=from_whom,
        received_at=clock.now(),
        received_by_id=by.id,
    )
    db.session.add(receipt)
    db.session.flush()
    return receipt


def _write_lots(receipt: GoodsReceipt, pieces: list[NewLot]) -> None:
    """The lots of a receipt, and the moves that bring them in and part of them straight back out."""
    rest = dict(rules.DEFAULT_REST_MINUTES)
    rest.update({(rule.storage, rule.category): rule.minutes for rule in db.session.scalars(select(RestRule))})
    lots = [_lot(receipt, piece, rest) for piece in pieces]
    db.session.add_all(lots)
    db.session.flush()
    kept = ledger.locations_of(receipt.subdistrict_id)
    into = [LotMove(lot.id, kept.outside.id, kept.depot.id, lot.qty_received) for lot in lots]
    back = [LotMove(lot.id, kept.depot.id, kept.outside.id, lot.qty_returned) for lot in lots if lot.qty_returned]
    ledger.write_moves([*into, *back], "goods_receipt", receipt.id)


def _lot(receipt: GoodsReceipt, piece: NewLot, rest: dict[tuple[str, str], int]) -> Lot:
    minutes = rules.rest_minutes(str(piece.item.storage), piece.item.category, rest)
    return Lot(
        goods_receipt_id=receipt.id,
        purchase_order_line_id=piece.line_id,
        item_id=piece.item.id,
        batch_no=piece.source.batch,
        expires_on=piece.source.expires_on,
        released_at=rules.released_at(receipt.received_at, minutes),
        qty_received=piece.parts.total,
        qty_free=piece.parts.good,
        qty_damaged=piece.parts.damaged,
        qty_returned=piece.parts.returned,
    )

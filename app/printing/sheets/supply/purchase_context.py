"""Purchase orders and goods receipts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace

from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from app.access.models import Account
from app.catalog.models import Item
from app.core.db import db
from app.core.sentences import N_
from app.core.units import clock_time
from app.printing.contexts.expected import ExpectedCounts
from app.printing.contexts.ground import Ground, Prepared, Subject
from app.printing.kinds import SheetKind, SheetStage, register
from app.printing.sheet import Totals
from app.printing.sheets.supply.goods_receipt import GoodsReceiptSheet, ReceiptSheetLine
from app.printing.sheets.supply.purchase_order import PurchaseLine, PurchaseOrderSheet
from app.purchasing.models import PurchaseOrder, PurchaseOrderLine, PurchaseState
from app.stock.models import GoodsReceipt, Lot, RestRule

_BY_HAND = N_("手工调整")


def _orders(ground: Ground, states: tuple[PurchaseState, ...]) -> list[PurchaseOrder]:
    found = db.session.scalars(
        select(PurchaseOrder)
        .where(PurchaseOrder.cycle_id == ground.cycle_id, PurchaseOrder.state.in_(states))
        .options(selectinload(PurchaseOrder.lines), selectinload(PurchaseOrder.supplier))
        .order_by(PurchaseOrder.number)
    )
    return list(found)


def _control(cycle_id: int) -> dict[int, Totals]:
    """Totals of each order as the database adds them up."""
    line = PurchaseOrderLine
    rows = db.session.execute(
        select(
            line.purchase_order_id,
            func.count(),
            func.sum(line.packs * line.pack_size),
            func.sum(line.packs * line.price_fen),
        )
        .join(PurchaseOrder, PurchaseOrder.id == line.purchase_order_id)
        .where(PurchaseOrder.cycle_id == cycle_id)
        .group_by(line.purchase_order_id)
    )
    return {order: Totals(lines=count, units=int(units), amount_fen=int(fen)) for order, count, units, fen in rows}


def _depot_name(ground: Ground) -> str:
    return "、".join(point.name for point in ground.points_in_order() if point.is_depot)


def _subject(order: PurchaseOrder) -> Subject:
    return Subject("purchase_order", order.id, f"{order.supplier.name} {order.number}")


def _by_item(ground: Ground, lines: list[PurchaseOrderLine]) -> list[PurchaseOrderLine]:
    return sorted(lines, key=lambda line: ground.items[line.item_id].no)


def _purchase_line(ground: Ground, number: int, line: PurchaseOrderLine) -> PurchaseLine:
    item = ground.items[line.item_id]
    return PurchaseLine(
        no=number,
        item=item.name,
        spec=item.spec,
        unit=item.unit,
        pack_size=line.pack_size,
        demand=line.qty_demanded,
        packs=line.packs,
        surplus=max(0, line.packs * line.pack_size - line.qty_demanded),
        price_fen=line.price_fen,
        amount_fen=line.packs * line.price_fen,
        note=_BY_HAND if line.is_manual else "",
    )


def purchase_orders(ground: Ground) -> Iterator[Prepared]:
    """Yield the orders that are not cancelled, lines in order of the catalogue."""
    control = _control(ground.cycle_id)
    states = tuple(state for state in PurchaseState if state != PurchaseState.CANCELLED)
    orders = _orders(ground, states)
    approvers = {order.approved_by_id for order in orders if order.approved_by_id}
    rows = db.session.execute(select(Account.id, Account.display_name).where(Account.id.in_(approvers)))
    names = dict(rows.all())
    for order in orders:
        lines = _by_item(ground, order.lines)
        sheet = PurchaseOrderSheet(
            head=ground.head(),
            control=control.get(order.id, Totals()),
            order_no=order.number,
            supplier=order.supplier.name,
            deliver_to=_depot_name(ground),
            deliver_on=ground.deliver_on,
            deliver_window="",
            lines=tuple(_purchase_line(ground, number, line) for number, line in enumerate(lines, start=1)),
            approved_by=names.get(order.approved_by_id or 0, ""),
            delivery_fee_fen=order.supplier.delivery_fee_fen,
        )
        yield Prepared(_subject(order), sheet)


@dataclass
class _Arrived:
    """What came for one purchase line so far."""

    received: int = 0
    damaged: int = 0
    returned: int = 0
    batches: tuple[str, ...] = ()
    rest_until: str = ""
    receipts: tuple[str, ...] = ()


def _arrivals(cycle_id: int) -> dict[int, _Arrived]:
    rows = db.session.execute(
        select(Lot, PurchaseOrderLine.id, GoodsReceipt.number)
        .join(GoodsReceipt, GoodsReceipt.id == Lot.goods_receipt_id)
        .join(PurchaseOrderLine, PurchaseOrderLine.id == Lot.purchase_order_line_id)
        .join(PurchaseOrder, PurchaseOrder.id == PurchaseOrderLine.purchase_order_id)
        .where(PurchaseOrder.cycle_id == cycle_id)
        .order_by(Lot.id)
    )
    found: dict[int, _Arrived] = defaultdict(_Arrived)
    for lot, line_id, number in rows:
        arrived = found[line_id]
        arrived.received += lot.qty_received
        arrived.damaged += lot.qty_damaged
        arrived.returned += lot.qty_returned
        arrived.batches += (lot.batch_no,) if lot.batch_no else ()
        arrived.rest_until = clock_time(lot.released_at)
        arrived.receipts += (number,)
    return found


def _rest_minutes() -> dict[int, int]:
    """Item → minutes it rests after disinfection; a rule of its category comes before the rule of its storage."""
    rules = {(rule.storage, rule.category): rule.minutes for rule in db.session.scalars(select(RestRule))}
    items = db.session.execute(select(Item.id, Item.storage, Item.category))
    return {item: rules.get((storage, category), rules.get((storage, ""), 0)) for item, storage, category in items}


def goods_receipts(ground: Ground) -> Iterator[Prepared]:
    """Yield a counting form for each order that was approved; what has arrived already is filled in."""
    control, arrivals, rest = _control(ground.cycle_id), _arrivals(ground.cycle_id), _rest_minutes()
    for order in _orders(ground, (PurchaseState.APPROVED, PurchaseState.SENT, PurchaseState.CLOSED)):
        lines = []
        for number, line in enumerate(_by_item(ground, order.lines), start=1):
            came = arrivals.get(line.id)
            lines.append(
                ReceiptSheetLine(
                    item=replace(ground.items[line.item_id], no=number),
                    ordered=line.packs * line.pack_size,
                    pack_note=f"{line.packs}×{line.pack_size}",
                    arrived=came.received if came else None,
                    damaged=came.damaged if came else None,
                    returned=came.returned if came else None,
                    batch=" ".join(dict.fromkeys(came.batches)) if came else "",
                    rest_until=came.rest_until if came else "",
                    rest_minutes=rest.get(line.item_id, 0),
                )
            )
        numbers = dict.fromkeys(
            number for line in order.lines if line.id in arrivals for number in arrivals[line.id].receipts
        )
        sheet = GoodsReceiptSheet(
            head=ground.head(),
            control=replace(control.get(order.id, Totals()), amount_fen=0),
            receipt_no=" ".join(numbers),
            order_no=order.number,
            supplier=order.supplier.name,
            location=_depot_name(ground),
            received_at="",
            lines=tuple(lines),
        )
        yield Prepared(_subject(order), sheet)


_APPROVED = (PurchaseState.APPROVED, PurchaseState.SENT, PurchaseState.CLOSED)


def _expected(counted: ExpectedCounts, states: tuple[PurchaseState, ...]) -> dict[None, int]:
    return {None: sum(counted.purchase_orders.get(state, 0) for state in states)}


register(
    SheetKind(
        key="purchase_order",
        code="PO",
        label_zh=N_("采购单"),
        reader_zh=N_("供应商"),
        stage=SheetStage.BOUGHT,
        place=2,
        watches="purchase_order",
        sheet=PurchaseOrderSheet,
        prepare=lambda builder: purchase_orders(builder.ground),
        expected=lambda counted: _expected(counted, (*_APPROVED, PurchaseState.DRAFT)),
        is_wide=True,
    )
)
register(
    SheetKind(
        key="goods_receipt",
        code="GR",
        label_zh=N_("收货单"),
        reader_zh=N_("仓库"),
        stage=SheetStage.BOUGHT,
        place=3,
        watches="purchase_order goods_receipt lot write_off",
        sheet=GoodsReceiptSheet,
        prepare=lambda builder: goods_receipts(builder.ground),
        expected=lambda counted: _expected(counted, _APPROVED),
        is_wide=True,
    )
)

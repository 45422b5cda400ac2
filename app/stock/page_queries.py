"""What the pages of a delivery, of one lot and of a count show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import aliased, joinedload, selectinload

from app.access.models import Account
from app.catalog.models import Item
from app.catalog.scope import within
from app.core.db import db
from app.core.errors import NotFound
from app.core.lookup import or_not_found
from app.core.sentences import N_
from app.ordering.models import Cycle
from app.purchasing.models import PurchaseOrder, PurchaseOrderLine
from app.stock import rules
from app.stock.models import GoodsReceipt, Location, LocationKind, Lot, StockMove, WriteOff, WriteOffState
from app.stock.queries import LotRow, lot_rows, lots_of

CAUSES = {
    "goods_receipt": N_("收货"),
    "write_off": N_("报损"),
    "send_back": N_("退货"),
    "carry": N_("调拨"),
}


@dataclass(frozen=True)
class AwaitedLine:
    """A line of an order that is being received."""

    id: int
    item: str
    spec: str
    unit: str
    ordered: int
    received: int
    awaited: int
    undelivered: int
    rest_minutes: int


@dataclass(frozen=True)
class DeliveryPage:
    """An order as whoever receives it needs it."""

    order_id: int
    number: str
    supplier: str
    state: str
    version: int
    lines: tuple[AwaitedLine, ...]

    @property
    def open_lines(self) -> list[AwaitedLine]:
        """Lines that still await units."""
        return [line for line in self.lines if line.awaited]


@dataclass(frozen=True)
class MoveRow:
    """One entry of the books."""

    at: datetime
    cause: str
    qty: int
    from_place: str
    to_place: str


@dataclass(frozen=True)
class LotPage:
    """A lot: where it is and what happened to it. `places`: (id, name, units) with units there."""

    row: LotRow
    places: tuple[tuple[int, str, int], ...]
    moves: tuple[MoveRow, ...]
    may_send_back: bool


@dataclass(frozen=True)
class WriteOffRow:
    """A write-off that waits, or how it ended."""

    id: int
    lot_id: int
    item: str
    unit: str
    receipt: str
    qty: int
    reason: str
    state: str
    state_label: str
    asked_by_id: int
    asked_by: str
    created_at: datetime
    version: int


def delivery_page(cycle_id: int, order_id: int) -> DeliveryPage:
    """Three statements. Raises NotFound for an order of another cycle."""
    order = db.session.scalar(
        select(PurchaseOrder)
        .where(PurchaseOrder.id == order_id, PurchaseOrder.cycle_id == cycle_id)
        .options(
            joinedload(PurchaseOrder.supplier), selectinload(PurchaseOrder.lines).joinedload(PurchaseOrderLine.item)
        )
    )
    if order is None:
        raise NotFound
    lines = sorted(order.lines, key=lambda line: (line.item.sku, line.id))
    return DeliveryPage(
        order.id, order.number, order.supplier.name, order.state, order.version, tuple(_awaited(line) for line in lines)
    )


def _awaited(line: PurchaseOrderLine) -> AwaitedLine:
    return AwaitedLine(
        id=line.id,
        item=line.item.name,
        spec=line.item.spec,
        unit=line.item.sale_unit,
        ordered=line.packs * line.pack_size,
        received=line.qty_received,
        awaited=line.qty_awaited,
        undelivered=line.qty_undelivered,
        rest_minutes=rules.rest_minutes(str(line.item.storage), line.item.category),
    )


def lot_page(cycle: Cycle, lot_id: int) -> LotPage:
    """Three statements. Raises NotFound for a lot of another subdistrict."""
    found = or_not_found(db.session.execute(lots_of(cycle).where(Lot.id == lot_id)).first())
    source, target = aliased(Location), aliased(Location)
    entered = db.session.execute(
        select(StockMove, source, target)
        .join(source, source.id == StockMove.from_location_id)
        .join(target, target.id == StockMove.to_location_id)
        .where(StockMove.lot_id == lot_id)
        .order_by(StockMove.id)
    ).all()
    there: dict[int, int] = {}
    names = {}
    for move, came_from, went_to in entered:
        for place, qty in ((came_from, -move.qty), (went_to, move.qty)):
            names[place.id] = place
            there[place.id] = there.get(place.id, 0) + qty
    inside = [(id_, names[id_].name, qty) for id_, qty in there.items() if names[id_].kind != LocationKind.OUTSIDE]
    moves = [
        MoveRow(move.created_at, CAUSES.get(move.cause_kind, move.cause_kind), move.qty, came_from.name, went_to.name)
        for move, came_from, went_to in entered
    ]
    return LotPage(
        row=lot_rows([found])[0],
        places=tuple(place for place in inside if place[2]),
        moves=tuple(moves),
        may_send_back=found[2].purchase_order_id is not None,
    )


def inside_places(subdistrict_id: int) -> list[tuple[int, str]]:
    """(id, name) of the places of a subdistrict where goods may be, the depot first."""
    found = db.session.scalars(
        select(Location)
        .where(Location.subdistrict_id == subdistrict_id, Location.kind != LocationKind.OUTSIDE)
        .order_by(Location.kind != LocationKind.DEPOT, Location.id)
    )
    return [(place.id, place.name) for place in found]


def write_offs(cycle: Cycle, state: WriteOffState | None = None, limit: int = 50) -> list[WriteOffRow]:
    """Write-offs in the cycle's subdistrict, the newest first. One statement."""
    statement = (
        select(WriteOff, Item.name, Item.sale_unit, GoodsReceipt.number, Account.display_name)
        .join(Lot, Lot.id == WriteOff.lot_id)
        .join(Item, Item.id == Lot.item_id)
        .join(GoodsReceipt, GoodsReceipt.id == Lot.goods_receipt_id)
        .join(Account, Account.id == WriteOff.asked_by_id)
        .where(GoodsReceipt.subdistrict_id == cycle.subdistrict_id)
        .order_by(WriteOff.id.desc())
        .limit(limit)
    )
    if state is not None:
        statement = statement.where(WriteOff.state == state)
    return [
        WriteOffRow(
            id=request.id,
            lot_id=request.lot_id,
            item=item,
            unit=unit,
            receipt=number,
            qty=request.qty,
            reason=request.reason,
            state=request.state,
            state_label=WriteOffState(request.state).label,
            asked_by_id=request.asked_by_id,
            asked_by=name,
            created_at=request.created_at,
            version=request.version,
        )
        for request, item, unit, number, name in db.session.execute(statement)
    ]


def countable(cycle: Cycle) -> list[LotRow]:
    """Lots of the subdistrict with loose units, by item and lot. One statement."""
    found = lots_of(cycle).where(Lot.qty_free + Lot.qty_reserved > 0).order_by(None).order_by(Item.sku, Lot.id)
    return lot_rows(db.session.execute(found).all())


def goods_options(cycle: Cycle) -> list[tuple[int, str]]:
    """(id, "name spec") of the items that may come in."""
    sold = select(Item.id, Item.name, Item.spec).where(Item.is_active, within(Item, [cycle.subdistrict_id]))
    found = db.session.execute(sold.order_by(Item.sku))
    return [(item, f"{name} {spec}".strip()) for item, name, spec in found]

"""Goods in the house: write-offs by two people, counts, goods back to the supplier, goods carried between points."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.access.permissions import Permission, Staff
from app.core.db import check_version, command, db
from app.core.errors import Conflict, Invalid, NotFound
from app.core.events import record
from app.core.lookup import row_or_not_found
from app.core.states import advance
from app.places.scope import require_subdistrict
from app.stock import ledger, rules
from app.stock.lots import move_lots
from app.stock.models import GoodsReceipt, Lot, StockCount, WriteOff, WriteOffState
from app.stock.rules import LotMove, StockCountLine
from app.stock.schemas import AskWriteOff, Carry, SendBack, StockCountForm

COUNT_REASON = "盘点少了"


@dataclass(frozen=True)
class CountResult:
    """What a count found: write-offs that now wait for a second person, and units that the books do not know."""

    count_id: int
    asked: int
    qty_missing: int
    qty_over: int


@command
def ask_write_off(by: Staff, lot_id: int, wanted: AskWriteOff) -> WriteOff:
    """Ask that free units of a lot be written off; nothing moves until another person agrees.

    Raises: NotFound; Invalid for more than is free beyond what was asked before.
    """
    lot = lot_in_reach(by, lot_id)
    most = lot.qty_free - _asked_before(lot_id)
    if wanted.qty > most:
        raise Invalid({"qty": [_l("最多可以报损 %(most)s 份（可用减去待复核）。", most=max(0, most))]})
    request = WriteOff(lot_id=lot.id, qty=wanted.qty, reason=wanted.reason, asked_by_id=by.id)
    db.session.add(request)
    db.session.flush()
    record(by, "ask", request, cycle_id=lot.goods_receipt.cycle_id, lot=lot.id, units=wanted.qty)
    return request


def _asked_before(lot_id: int) -> int:
    asked = select(WriteOff.qty).where(WriteOff.lot_id == lot_id, WriteOff.state == WriteOffState.ASKED)
    return sum(db.session.scalars(asked))


@command
def approve_write_off(by: Staff, write_off_id: int, version: int) -> WriteOff:
    """Another person than the author agrees: the units leave the free stock and the house.

    Ensures: E2, moves that balance. Raises: NotFound, Conflict, StaleEdit.
    """
    request = _write_off_in_reach(by, write_off_id, version)
    if request.asked_by_id == by.id:
        raise Conflict(_l("报损要由另一个人复核：这一笔是您提出的。"))
    advance(request, WriteOffState.APPROVED)
    request.approved_by_id = by.id
    lot = db.session.get_one(Lot, request.lot_id)
    move_lots({lot.id: request.qty}, "free", "damaged")
    kept = ledger.locations_of(lot.goods_receipt.subdistrict_id)
    ledger.write_moves(ledger.moves_out(kept, lot.id, request.qty), "write_off", request.id)
    record(by, "approve", request, cycle_id=lot.goods_receipt.cycle_id, lot=lot.id, units=request.qty)
    return request


@command
def reject_write_off(by: Staff, write_off_id: int, version: int) -> WriteOff:
    """The units are fit after all, or the author takes the request back. Raises: NotFound, Conflict, StaleEdit."""
    request = _write_off_in_reach(by, write_off_id, version)
    advance(request, WriteOffState.REJECTED)
    record(by, "reject", request, lot=request.lot_id, units=request.qty)
    return request


def _write_off_in_reach(by: Staff, write_off_id: int, version: int) -> WriteOff:
    request = row_or_not_found(WriteOff, write_off_id)
    lot_in_reach(by, request.lot_id)
    check_version(request, version)
    return request


@command
def count_stock(by: Staff, subdistrict_id: int, count: StockCountForm) -> CountResult:
    """Write down what was counted beside the books; units that are missing become write-offs to be agreed upon.

    A lot's count is of its free and reserved units. Only free units can be written off; the rest of a difference is
    kept in the count. Ensures: E2. Raises: NotFound; Invalid where nothing was counted.
    """
    require_subdistrict(by, Permission.RECEIVE, subdistrict_id)
    if not count.rows:
        raise Invalid(_l("还没有填盘点数量。"))
    lots = _lots_of(subdistrict_id, [row.id for row in count.rows])
    if len(lots) != len(count.rows):
        raise NotFound
    counted = [
        StockCountLine(row.id, lots[row.id].qty_free + lots[row.id].qty_reserved, row.counted) for row in count.rows
    ]
    rows = [{"lot_id": row.lot_id, "qty_book": row.qty_book, "qty_counted": row.qty_counted} for row in counted]
    written = StockCount(subdistrict_id=subdistrict_id, counted_by_id=by.id, rows=rows)
    db.session.add(written)
    different = rules.differences(counted)
    missing = {row.lot_id: min(-row.difference, lots[row.lot_id].qty_free) for row in different if row.difference < 0}
    requests = [
        WriteOff(lot_id=lot, qty=qty, reason=COUNT_REASON, asked_by_id=by.id) for lot, qty in missing.items() if qty
    ]
    db.session.add_all(requests)
    db.session.flush()
    over = sum(row.difference for row in different if row.difference > 0)
    short = sum(-row.difference for row in different if row.difference < 0)
    record(by, "count", written, lots=len(rows), missing=short, over=over)
    return CountResult(written.id, len(requests), short, over)


def _lots_of(subdistrict_id: int, lot_ids: list[int]) -> dict[int, Lot]:
    found = (
        select(Lot)
        .join(GoodsReceipt, GoodsReceipt.id == Lot.goods_receipt_id)
        .where(GoodsReceipt.subdistrict_id == subdistrict_id, Lot.id.in_(lot_ids))
    )
    return {lot.id: lot for lot in db.session.scalars(found)}


@command
def send_back(by: Staff, lot_id: int, back: SendBack) -> Lot:
    """Free or damaged units of a bought lot go back to the supplier.

    Ensures: E2, moves that balance. Raises: NotFound, Conflict.
    """
    lot = lot_in_reach(by, lot_id)
    if lot.goods_receipt.purchase_order_id is None:
        raise Conflict(_l("捐赠和期初库存没有供应商，不能退货；不能用的请报损。"))
    move_lots({lot.id: back.qty}, "damaged" if back.part == "damaged" else "free", "returned")
    kept = ledger.locations_of(lot.goods_receipt.subdistrict_id)
    ledger.write_moves(ledger.moves_out(kept, lot.id, back.qty), "send_back", lot.id)
    record(by, "return", lot, cycle_id=lot.goods_receipt.cycle_id, units=back.qty)
    return lot


@command
def carry(by: Staff, lot_id: int, way: Carry) -> Lot:
    """Carry units of a lot from one place of the subdistrict to another (调拨).

    Requires: that many are there and free. Ensures: moves that balance. Raises: NotFound, Invalid.
    """
    lot = lot_in_reach(by, lot_id)
    kept = ledger.locations_of(lot.goods_receipt.subdistrict_id)
    inside = set(kept.places) - {kept.outside.id}
    if way.from_place not in inside or way.to_place not in inside:
        raise NotFound
    if way.from_place == way.to_place:
        raise Invalid({"to_place": [_l("请选另一个地点。")]})
    there = min(ledger.units_by_location(lot.id).get(way.from_place, 0), lot.qty_free)
    if way.qty > there:
        raise Invalid({"qty": [_l("那里能调走的只有 %(most)s 份。", most=there)]})
    ledger.write_moves([LotMove(lot.id, way.from_place, way.to_place, way.qty)], "carry", lot.id)
    record(by, "carry", lot, cycle_id=lot.goods_receipt.cycle_id, units=way.qty, to=way.to_place)
    return lot


def lot_in_reach(by: Staff, lot_id: int) -> Lot:
    """A lot of a subdistrict where the actor receives goods. Raises NotFound."""
    lot = row_or_not_found(Lot, lot_id)
    require_subdistrict(by, Permission.RECEIVE, lot.goods_receipt.subdistrict_id)
    return lot

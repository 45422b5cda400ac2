"""Write drafts: the lines of a proposal, and packs set by hand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from sqlalchemy import func, select
from sqlalchemy.orm import selectinload
from sqlalchemy.orm.attributes import flag_modified

from app.core.db import db
from app.core.states import advance
from app.ordering.models import Cycle
from app.purchasing.models import PurchaseOrder, PurchaseOrderLine, PurchaseState
from app.purchasing.optimise import Buy
from app.purchasing.rules import order_number


def write_drafts(cycle: Cycle, author_id: int, missing: Mapping[int, int], buys: Iterable[Buy]) -> list[PurchaseOrder]:
    """Inside a command: replace the proposed lines of all drafts by `buys`; lines set by hand stay.

    A supplier's draft is used again; one left without lines is cancelled. The drafts that hold lines are returned.
    """
    drafts = _cleared(cycle.id)
    by_supplier: dict[int, list[Buy]] = defaultdict(list)
    for buy in buys:
        by_supplier[buy.offer.supplier_id].append(buy)
    seq = db.session.scalar(select(func.max(PurchaseOrder.seq)).where(PurchaseOrder.cycle_id == cycle.id)) or 0
    still = dict(missing)
    for supplier_id in sorted(by_supplier):
        if supplier_id not in drafts:
            seq += 1
            drafts[supplier_id] = _new(cycle.id, supplier_id, seq, author_id)
        for buy in by_supplier[supplier_id]:
            share = min(buy.qty, still[buy.offer.item_id])
            still[buy.offer.item_id] -= share
            drafts[supplier_id].lines.append(_line(buy, share))
    for order in drafts.values():
        set_author(order, author_id)
        if not order.lines:
            advance(order, PurchaseState.CANCELLED)
    db.session.flush()
    return [order for order in drafts.values() if order.lines]


def _cleared(cycle_id: int) -> dict[int, PurchaseOrder]:
    found = db.session.scalars(
        select(PurchaseOrder)
        .where(PurchaseOrder.cycle_id == cycle_id, PurchaseOrder.state == PurchaseState.DRAFT)
        .order_by(PurchaseOrder.id)
        .options(selectinload(PurchaseOrder.lines))
    )
    drafts = {order.supplier_id: order for order in found}
    for order in drafts.values():
        for line in [line for line in order.lines if not line.is_manual]:
            remove_line(line)
    db.session.flush()
    return drafts


def _new(cycle_id: int, supplier_id: int, seq: int, author_id: int) -> PurchaseOrder:
    order = PurchaseOrder(
        number=order_number(cycle_id, seq),
        cycle_id=cycle_id,
        supplier_id=supplier_id,
        seq=seq,
        created_by_id=author_id,
        lines=[],
    )
    db.session.add(order)
    return order


def _line(buy: Buy, share: int) -> PurchaseOrderLine:
    return PurchaseOrderLine(
        item_id=buy.offer.item_id,
        packs=buy.packs,
        pack_size=buy.offer.pack_size,
        price_fen=buy.offer.pack_price_fen,
        qty_demanded=share,
        qty_awaited=buy.qty,
    )


def set_packs(line: PurchaseOrderLine, packs: int) -> None:
    """Set the packs of a draft's line by hand; 0 removes it."""
    if packs == 0:
        remove_line(line)
        return
    line.packs, line.qty_awaited, line.is_manual = packs, packs * line.pack_size, True


def remove_line(line: PurchaseOrderLine) -> None:
    """Take a line off its draft."""
    line.purchase_order.lines.remove(line)
    db.session.delete(line)


def set_author(order: PurchaseOrder, author_id: int) -> None:
    """Make somebody the author of a draft's present content: its version rises, and another person approves."""
    order.created_by_id = author_id
    flag_modified(order, "created_by_id")

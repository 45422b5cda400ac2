"""Demand rows and what covers them; what buys, cancels or gives up ends with `refresh_demand`, so E4 holds."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import BigInteger, bindparam, case, cast, delete, func, insert, select, update

from app.core.db import db
from app.ordering.models import Cycle, OrderLine
from app.purchasing import on_hand
from app.purchasing.models import Demand, PurchaseOrder, PurchaseOrderLine, PurchaseState
from app.purchasing.rules import Coverage, cover
from app.tally.models import Tally, TallyLine, TallyState


@dataclass(frozen=True)
class Bought:
    """What live orders bring of an item: units that will or did come, and their cost in fen."""

    qty: int
    cost_fen: int
    is_manual: bool


def tallied_units(cycle_id: int) -> dict[int, int]:
    """Item id → units on the signed tallies of the cycle. One statement."""
    found = db.session.execute(
        select(TallyLine.item_id, func.sum(TallyLine.qty))
        .join(Tally, Tally.id == TallyLine.tally_id)
        .where(Tally.cycle_id == cycle_id, Tally.state == TallyState.CONFIRMED)
        .group_by(TallyLine.item_id)
    )
    return {item: int(qty) for item, qty in found if qty}


def bought_units(cycle_id: int) -> dict[int, Bought]:
    """Item id → what the orders that are not cancelled bring; units that will not come are not counted."""
    line = PurchaseOrderLine
    coming = line.packs * line.pack_size - line.qty_undelivered
    found = db.session.execute(
        select(
            line.item_id,
            func.sum(coming),
            func.sum(cast(coming, BigInteger) * line.price_fen // line.pack_size),
            func.sum(case((line.is_manual, 1), else_=0)),
        )
        .join(PurchaseOrder, PurchaseOrder.id == line.purchase_order_id)
        .where(PurchaseOrder.cycle_id == cycle_id, PurchaseOrder.state != PurchaseState.CANCELLED)
        .group_by(line.item_id)
    )
    return {item: Bought(int(qty), int(cost), bool(manual)) for item, qty, cost, manual in found}


def is_allocation_begun(cycle_id: int) -> bool:
    """Whether units of the cycle's orders have left the stages open, short and cancelled."""
    line = OrderLine
    moved = select(line.id).where(
        line.cycle_id == cycle_id, line.qty_ordered != line.qty_open + line.qty_short + line.qty_cancelled
    )
    return db.session.scalar(moved.limit(1)) is not None


def rewrite_demand(cycle: Cycle) -> int:
    """Inside a command: demand rows anew from the signed tallies and the stock; how many there are.

    Waived units stay waived as far as they are still missing. Once goods are being given out, free stock says nothing
    about what there was: the figure of before stays.
    """
    before = {row.item_id: row for row in db.session.scalars(select(Demand).where(Demand.cycle_id == cycle.id))}
    stored = {item: row.qty_from_stock for item, row in before.items()}
    free = stored if is_allocation_begun(cycle.id) else on_hand.free_units(cycle)
    wanted, coming = tallied_units(cycle.id), bought_units(cycle.id)
    rows = []
    for item in sorted({*wanted, *coming}):
        qty, brought = wanted.get(item, 0), coming[item].qty if item in coming else 0
        bare = cover(qty, free.get(item, 0), brought)
        waived = min(before[item].qty_waived if item in before else 0, bare.gap)
        covered = cover(qty, bare.qty_from_stock, brought, waived)
        reason = before[item].waive_reason if waived else ""
        rows.append({"cycle_id": cycle.id, "item_id": item, "waive_reason": reason, **_columns(covered)})
    db.session.execute(delete(Demand).where(Demand.cycle_id == cycle.id))
    if rows:
        db.session.execute(insert(Demand), rows)
    return len(rows)


def _columns(covered: Coverage) -> dict[str, int | bool]:
    return {
        "qty_demanded": covered.qty_demanded,
        "qty_purchased": covered.qty_purchased,
        "qty_from_stock": covered.qty_from_stock,
        "qty_waived": covered.qty_waived,
        "qty_surplus": covered.qty_surplus,
        "is_covered": covered.gap == 0,
    }


def refresh_demand(cycle_id: int) -> None:
    """Inside a command: bring what is bought, over and covered in the demand rows up to the present purchase lines."""
    db.session.flush()
    coming = bought_units(cycle_id)
    changes = []
    for row in db.session.scalars(select(Demand).where(Demand.cycle_id == cycle_id)):
        brought = coming[row.item_id].qty if row.item_id in coming else 0
        covered = cover(row.qty_demanded, row.qty_from_stock, brought, row.qty_waived)
        changes.append({"cycle": cycle_id, "item": row.item_id, **_columns(covered)})
    if not changes:
        return
    table = Demand.__table__
    names = [name for name in changes[0] if name not in ("cycle", "item")]
    statement = (
        update(table)  # type: ignore[arg-type]
        .where(table.c.cycle_id == bindparam("cycle"), table.c.item_id == bindparam("item"))
        .values({name: bindparam(f"new_{name}") for name in names})
    )
    rows = [{key if key in ("cycle", "item") else f"new_{key}": row[key] for key in row} for row in changes]
    db.session.connection().execute(statement, rows)
    for held in list(db.session.identity_map.values()):
        if isinstance(held, Demand):
            db.session.expire(held)

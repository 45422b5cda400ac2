"""Units that were packed for a household and go back: their goods leave the allocation and return to their lots."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select

from app.allocation.models import Allocation
from app.core.db import db
from app.stock.lots import Part, move_lots


def return_packed_goods(held: Mapping[int, int], to: Part) -> None:
    """Inside a command: move the packed goods of `held` (order line id → units) to `to` ("free" or "damaged").

    The newest allocation of a line gives back first; one that gives back all is gone.
    """
    left = dict(held)
    lots: dict[int, int] = {}
    found = select(Allocation).where(Allocation.order_line_id.in_(held), Allocation.qty_packed > 0)
    for allocation in db.session.scalars(found.order_by(Allocation.id.desc())).all():
        back = min(left[allocation.order_line_id], allocation.qty_packed)
        if not back:
            continue
        left[allocation.order_line_id] -= back
        lots[allocation.lot_id] = lots.get(allocation.lot_id, 0) + back
        if back == allocation.qty:
            db.session.delete(allocation)
        else:
            allocation.qty -= back
            allocation.qty_packed -= back
    move_lots(lots, "packed", to)

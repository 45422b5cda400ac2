"""The goods of a bag that came back whole: they stay reserved for the household that they were packed for."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select

from app.allocation.models import Allocation
from app.core.db import db
from app.stock.lots import move_lots


def keep_for_household(held: Mapping[int, int]) -> None:
    """Inside a command: packed goods of `held` (order line id → units) are reserved again, in the same lots.

    The newest allocation of a line goes back first. The next packing run finds them and packs them first of all.
    """
    left = dict(held)
    lots: dict[int, int] = {}
    found = select(Allocation).where(Allocation.order_line_id.in_(held), Allocation.qty_packed > 0)
    for allocation in db.session.scalars(found.order_by(Allocation.id.desc())).all():
        back = min(left[allocation.order_line_id], allocation.qty_packed)
        left[allocation.order_line_id] -= back
        allocation.qty_packed -= back
        lots[allocation.lot_id] = lots.get(allocation.lot_id, 0) + back
    move_lots(lots, "packed", "free")
    move_lots(lots, "free", "reserved")

"""What the journal of moves says, read move by move beside the sums of the product (E6)."""

from __future__ import annotations

from sqlalchemy import select

from app.core.db import db
from app.ordering.models import LineMove, OrderLine, Stage


def replay(line_id: int) -> dict[str, int]:
    """The counters that the journal says a line should have, by stage."""
    line = db.session.get_one(OrderLine, line_id)
    counters = dict.fromkeys((stage.value for stage in Stage), 0)
    counters[Stage.OPEN.value] = line.qty_ordered
    for entry in db.session.scalars(select(LineMove).where(LineMove.order_line_id == line_id)):
        counters[entry.from_stage] -= entry.qty
        counters[entry.to_stage] += entry.qty
    return counters

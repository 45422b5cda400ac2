"""Goods already there, as far as buying needs to know.

Stock stands above purchasing, so its tables are read here by name and columns (a test holds them against the models);
nothing here writes.
"""

from __future__ import annotations

from sqlalchemy import column, func, or_, select, table

from app.core.db import LocalDate, db
from app.ordering.models import CYCLES_OVER, Cycle
from app.purchasing.models import PurchaseOrder, PurchaseOrderLine

LOT = table(
    "lot",
    *(column(name) for name in ("item_id", "qty_free", "goods_receipt_id", "purchase_order_line_id")),
    column("expires_on", LocalDate()),
)
RECEIPT = table("goods_receipt", *(column(name) for name in ("id", "subdistrict_id", "cycle_id")))


def free_units(cycle: Cycle) -> dict[int, int]:
    """Item id → free units that the cycle may use and did not buy itself.

    Left out: what other running cycles brought in for themselves, and what expires before the day of delivery.
    """
    over = select(Cycle.id).where(Cycle.state.in_(CYCLES_OVER))
    bought_now = select(PurchaseOrderLine.id).join(PurchaseOrder).where(PurchaseOrder.cycle_id == cycle.id)
    found = db.session.execute(
        select(LOT.c.item_id, func.sum(LOT.c.qty_free))
        .join(RECEIPT, RECEIPT.c.id == LOT.c.goods_receipt_id)
        .where(
            RECEIPT.c.subdistrict_id == cycle.subdistrict_id,
            or_(RECEIPT.c.cycle_id.is_(None), RECEIPT.c.cycle_id == cycle.id, RECEIPT.c.cycle_id.in_(over)),
            or_(LOT.c.purchase_order_line_id.is_(None), LOT.c.purchase_order_line_id.not_in(bought_now)),
            or_(LOT.c.expires_on.is_(None), LOT.c.expires_on >= cycle.deliver_on),
            LOT.c.qty_free > 0,
        )
        .group_by(LOT.c.item_id)
    )
    return {item: int(qty) for item, qty in found}

"""The only code that moves units between the counters of purchase lines; the buying side's counterpart of stages.move.

awaited + received + undelivered = packs × pack size (E3): one UPDATE subtracts in one column and adds in another.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from flask_babel import lazy_gettext as _l
from sqlalchemy import bindparam, update
from sqlalchemy.exc import IntegrityError

from app.core.db import db
from app.core.errors import Conflict
from app.purchasing.models import PurchaseOrderLine


def settle_units(quantities: Mapping[int, int], to: Literal["received", "undelivered"]) -> None:
    """Inside a command: move `quantities` (purchase line id → sale units) from awaited to `to`.

    Raises Conflict where a line awaits fewer.
    """
    rows = [{"line": line, "moved": qty} for line, qty in sorted(quantities.items()) if qty]
    if any(row["moved"] < 0 for row in rows):
        raise Conflict(_l("数量不能是负数。"))
    if not rows:
        return
    table = PurchaseOrderLine.__table__
    target = table.c[f"qty_{to}"]
    values = {"qty_awaited": table.c.qty_awaited - bindparam("moved"), target.name: target + bindparam("moved")}
    db.session.flush()
    try:
        statement = update(table).where(table.c.id == bindparam("line")).values(values)  # type: ignore[arg-type]
        db.session.connection().execute(statement, rows)
    except IntegrityError as error:
        raise Conflict(_l("采购单上待到的数量不够，没有写入。")) from error
    for held in list(db.session.identity_map.values()):
        if isinstance(held, PurchaseOrderLine) and held.id in quantities:
            db.session.expire(held)

"""`move_lots`: the only code that changes the counters of lots; the supply side's counterpart of stages.move."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, cast

from flask_babel import lazy_gettext as _l
from sqlalchemy import Table, bindparam, update
from sqlalchemy.exc import IntegrityError

from app.core.db import db
from app.core.errors import Conflict
from app.stock.models import Lot

Part = Literal["free", "reserved", "packed", "damaged", "returned"]
LEGAL: Mapping[str, frozenset[str]] = {
    "free": frozenset({"reserved", "damaged", "returned"}),
    "reserved": frozenset({"packed", "free"}),
    "packed": frozenset({"free", "damaged"}),
    "damaged": frozenset({"returned"}),
}


def move_lots(quantities: Mapping[int, int], frm: Part, to: Part) -> None:
    """Inside a command: move `quantities` (lot id → sale units) between two parts of each lot.

    Raises Conflict where the step is not legal or a lot has too few units in `frm`.
    """
    if to not in LEGAL.get(frm, frozenset()):
        raise Conflict(_l("库存不能这样变动。"))
    rows = [{"lot": lot, "moved": qty} for lot, qty in sorted(quantities.items()) if qty]
    if any(row["moved"] < 0 for row in rows):
        raise Conflict(_l("数量不能是负数。"))
    if not rows:
        return
    table = cast(Table, Lot.__table__)
    source, target = table.c[f"qty_{frm}"], table.c[f"qty_{to}"]
    values = {source.name: source - bindparam("moved"), target.name: target + bindparam("moved")}
    db.session.flush()
    try:
        statement = update(table).where(table.c.id == bindparam("lot")).values(values)
        db.session.connection().execute(statement, rows)
    except IntegrityError as error:
        raise Conflict(_l("库存不够，没有写入。")) from error
    for held in list(db.session.identity_map.values()):
        if isinstance(held, Lot) and held.id in quantities:
            db.session.expire(held)

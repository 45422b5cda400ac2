"""`move`: the only code that changes the stage counters of order lines.

One UPDATE subtracts in one column and adds in another; the row's CHECK refuses a negative counter or a changed sum, so
no race or crash can lose or invent a unit. Every move is written to the journal; a cause moves a line once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import cast

from flask_babel import lazy_gettext as _l
from sqlalchemy import Table, bindparam, insert, update
from sqlalchemy.exc import IntegrityError

from app.core import clock
from app.core.db import db
from app.core.errors import Conflict
from app.ordering.models import LineMove, OrderLine, Stage
from app.ordering.rules import LEGAL, TERMINAL, is_legal

__all__ = ["LEGAL", "TERMINAL", "Cause", "move", "move_each"]


@dataclass(frozen=True)
class Cause:
    """Why units move: the kind and id of the row that made them (an allocation run, a bag, a drop-off …)."""

    kind: str
    id: int


def move(quantities: Mapping[int, int], frm: Stage, to: Stage, cause: Cause) -> None:
    """Inside a command: move `quantities` (order line id → sale units > 0) from one stage to another.

    Ensures: counters and journal agree (E6). Raises Conflict where the step is not legal, a line has fewer units in
    `frm`, or this cause has moved the line before.
    """
    move_each([(line_id, qty, cause) for line_id, qty in quantities.items()], frm, to)


def move_each(moves: Iterable[tuple[int, int, Cause]], frm: Stage, to: Stage) -> None:
    """As `move`, for many (order line id, sale units, cause) at once: two statements, however many lines."""
    if not is_legal(frm, to):
        raise Conflict(_l("商品不能从这一环节直接到那一环节。"))
    wanted = sorted((entry for entry in moves if entry[1]), key=lambda entry: (entry[0], entry[2].kind, entry[2].id))
    if any(qty < 0 for _line, qty, _cause in wanted):
        raise Conflict(_l("数量不能是负数。"))
    if not wanted:
        return
    table = cast(Table, OrderLine.__table__)
    source, target = table.c[f"qty_{frm.value}"], table.c[f"qty_{to.value}"]
    change = (
        update(table)
        .where(table.c.id == bindparam("line_id"))
        .values({source.name: source - bindparam("moved"), target.name: target + bindparam("moved")})
    )
    now = clock.now()
    journal = [
        {
            "order_line_id": line_id,
            "from_stage": frm.value,
            "to_stage": to.value,
            "qty": qty,
            "cause_kind": cause.kind,
            "cause_id": cause.id,
            "at": now,
        }
        for line_id, qty, cause in wanted
    ]
    db.session.flush()
    try:
        db.session.connection().execute(change, [{"line_id": line, "moved": qty} for line, qty, _cause in wanted])
        db.session.connection().execute(insert(LineMove), journal)
    except IntegrityError as error:
        raise Conflict(_l("数量不够，或这一步已经做过。没有写入。")) from error
    _forget({line for line, _qty, _cause in wanted})


def _forget(line_ids: set[int]) -> None:
    """Objects of these lines in the session show the old counters: read them again on next use."""
    for row in list(db.session.identity_map.values()):
        if isinstance(row, OrderLine) and row.id in line_ids:
            db.session.expire(row)

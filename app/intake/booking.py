"""What lines of a paste mean for one household's order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from app.access.permissions import Staff
from app.core.db import db
from app.core.errors import Invalid
from app.intake.models import ChainLine, ChainPaste, LineOutcome
from app.ordering.models import HouseholdOrder, Offer, OrderState, Source
from app.ordering.orders import IfExists, Pick, PlaceOrder, put

OWN = (Source.CHAIN, Source.SHEET)


def wanted_goods(lines: Sequence[ChainLine]) -> dict[str, int]:
    """Item name → units after rows, amendments and cancellations in the order they were written.

    row 青菜 2            {青菜: 2}
    row 青菜 2, add 1     {青菜: 3}
    row 青菜 2, set 1     {青菜: 1}
    row 青菜 2, less 1    {青菜: 1}
    row 青菜 2, cancel    {}
    """
    goods: dict[str, int] = {}
    for line in sorted(lines, key=lambda one: (one.line_no, one.part)):
        if line.outcome == LineOutcome.CANCEL:
            _cancel(goods, line.items)
            continue
        for entry in line.items:
            qty = int(entry["qty"] or 0)
            before = goods.get(entry["item"], 0)
            if line.outcome == LineOutcome.AMEND and line.change == "set":
                goods[entry["item"]] = qty
            elif line.outcome == LineOutcome.AMEND and line.change == "less":
                goods[entry["item"]] = max(0, before - qty)
            else:
                goods[entry["item"]] = before + qty
    return {item: qty for item, qty in goods.items() if qty}


def _cancel(goods: dict[str, int], items: Sequence[dict[str, Any]]) -> None:
    named = [entry["item"] for entry in items]
    for item in named or list(goods):
        goods.pop(item, None)


def book(by: Staff, paste: ChainPaste, household_id: int, lines: Sequence[ChainLine], existing: str = "refuse") -> int:
    """Inside a command: place what the lines say for a household; returns 1 if an order stands, else 0.

    A household with an order of another source, and goods that cannot be placed, send the lines to review.
    """
    goods = wanted_goods(lines)
    present = db.session.scalar(select(HouseholdOrder).filter_by(cycle_id=paste.cycle_id, household_id=household_id))
    stands = present is not None and present.state == OrderState.PLACED
    if present is not None and stands and present.source not in OWN and existing == "refuse":
        _send_to_review(lines, "existing_order")
        return 0
    if not goods:
        return 0
    picks = _picks(paste.cycle_id, goods)
    if picks is None:
        _send_to_review(lines, "unknown_item")
        return 0
    how = IfExists(existing) if existing != "refuse" else IfExists.REPLACE
    source = Source.SHEET if paste.kind == "workbook" else Source.CHAIN
    note = "；".join(dict.fromkeys(line.note for line in lines if line.note))[:200]
    try:
        order = put(
            by,
            PlaceOrder(
                paste.cycle_id,
                household_id,
                picks,
                source=source,
                if_exists=how,
                accepts_soft_limits=True,
                remark=note,
            ),
        )
    except Invalid:
        _send_to_review(lines, "limit")
        return 0
    for line in lines:
        line.order_id = order.id
    return 1


def _picks(cycle_id: int, goods: dict[str, int]) -> tuple[Pick, ...] | None:
    offers = db.session.scalars(select(Offer).where(Offer.cycle_id == cycle_id, Offer.is_listed))
    by_name = {offer.name: offer.id for offer in offers}
    if any(item not in by_name for item in goods):
        return None
    return tuple(Pick(by_name[item], qty) for item, qty in goods.items())


def _send_to_review(lines: Sequence[ChainLine], reason: str) -> None:
    for line in lines:
        line.outcome, line.reason = LineOutcome.REVIEW.value, reason
        line.settled_at = line.settled_by_id = None

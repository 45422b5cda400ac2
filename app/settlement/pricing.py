"""Spread the chosen prices of an order over its lines: read from the database, worked out by the rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import insert, select
from sqlalchemy.orm import aliased

from app.allocation.models import Replacement
from app.catalog.models import Item
from app.core.db import db
from app.ordering.models import (
    ORDERS_CHARGED,
    HouseholdOrder,
    Offer,
    OfferComponent,
    OrderChoice,
    OrderLine,
)
from app.settlement import rules
from app.settlement.models import LineAmount

BATCH = 2000


def unpriced_orders(cycle_id: int, point_ids: Sequence[int]) -> list[int]:
    """The orders behind the lock, at these points, with a line that has no amount yet; in order of id."""
    found = (
        select(OrderLine.order_id)
        .join(HouseholdOrder, HouseholdOrder.id == OrderLine.order_id)
        .outerjoin(LineAmount, LineAmount.order_line_id == OrderLine.id)
        .where(
            HouseholdOrder.cycle_id == cycle_id,
            HouseholdOrder.service_point_id.in_(point_ids),
            HouseholdOrder.state.in_(ORDERS_CHARGED),
            LineAmount.order_line_id.is_(None),
        )
        .distinct()
        .order_by(OrderLine.order_id)
    )
    return list(db.session.scalars(found))


def line_amounts(cycle_id: int, order_ids: Iterable[int]) -> dict[int, int]:
    """Order line → fen for all its units. Six statements, however many orders; `order_ids` of one cycle."""
    wanted = list(order_ids)
    parts = _parts(cycle_id)
    chosen: dict[int, list[rules.Chosen]] = {}
    choices = select(OrderChoice.order_id, OrderChoice.offer_id, OrderChoice.qty, OrderChoice.unit_price_fen)
    for order_id, offer_id, qty, price_fen in db.session.execute(choices.where(OrderChoice.order_id.in_(wanted))):
        chosen.setdefault(order_id, []).append(rules.Chosen(qty, price_fen, parts[offer_id]))
    by_item = {order_id: rules.line_amounts(own) for order_id, own in chosen.items()}
    lines = select(OrderLine.id, OrderLine.order_id, OrderLine.item_id).where(
        OrderLine.order_id.in_(wanted), OrderLine.substitute_for_id.is_(None)
    )
    amounts = {
        line_id: by_item.get(order_id, {}).get(item_id, 0) for line_id, order_id, item_id in db.session.execute(lines)
    }
    return amounts | _substitutes(cycle_id, wanted, amounts)


def _substitutes(cycle_id: int, order_ids: list[int], amounts: Mapping[int, int]) -> dict[int, int]:
    """Substitute line → fen for all its units: never more than the units it stands in for would have cost."""
    short = aliased(OrderLine)
    found = db.session.execute(
        select(
            OrderLine.id,
            OrderLine.item_id,
            short.id,
            short.qty_ordered,
            Replacement.qty_covered,
            OrderLine.qty_ordered,
            Item.list_price_fen,
        )
        .join(Replacement, Replacement.order_line_id == OrderLine.id)
        .join(short, short.id == OrderLine.substitute_for_id)
        .join(Item, Item.id == OrderLine.item_id)
        .where(OrderLine.order_id.in_(order_ids))
    ).all()
    alone = _alone(cycle_id) if found else {}
    return {
        line: rules.substituted_fen(amounts[instead_of], ordered, covered, given, alone.get(item, listed))
        for line, item, instead_of, ordered, covered, given, listed in found
    }


def _alone(cycle_id: int) -> dict[int, int]:
    """Item → its own price in the cycle."""
    singles = select(Offer.item_id, Offer.price_fen).where(Offer.cycle_id == cycle_id, Offer.item_id.is_not(None))
    return {item_id: price_fen for item_id, price_fen in db.session.execute(singles) if item_id is not None}


def _parts(cycle_id: int) -> dict[int, tuple[rules.PricePart, ...]]:
    """Offer → what one unit of it is; an item weighs what it costs alone in the same cycle."""
    alone = _alone(cycle_id)
    components = db.session.execute(
        select(OfferComponent.offer_id, OfferComponent.item_id, OfferComponent.qty)
        .join(Offer, Offer.id == OfferComponent.offer_id)
        .where(Offer.cycle_id == cycle_id)
        .order_by(OfferComponent.offer_id, OfferComponent.item_id)
    )
    parts: dict[int, tuple[rules.PricePart, ...]] = {}
    for offer_id, item_id, qty in components:
        parts[offer_id] = (*parts.get(offer_id, ()), rules.PricePart(item_id, qty, alone.get(item_id, 0)))
    return parts


def write_amounts(cycle_id: int, order_ids: Sequence[int]) -> int:
    """Inside a command: write the amounts of these orders' lines that have none. Returns how many lines."""
    written = 0
    for start in range(0, len(order_ids), BATCH):
        some = order_ids[start : start + BATCH]
        held = select(LineAmount.order_line_id).join(OrderLine, OrderLine.id == LineAmount.order_line_id)
        known = set(db.session.scalars(held.where(OrderLine.order_id.in_(some))))
        amounts = line_amounts(cycle_id, some)
        rows = [{"order_line_id": line, "amount_fen": fen} for line, fen in amounts.items() if line not in known]
        if rows:
            db.session.execute(insert(LineAmount), rows)
        written += len(rows)
    return written

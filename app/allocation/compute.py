"""Read claims and stock of a cycle and apply the rule: what a run would do, without doing it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias

from sqlalchemy import Row, func, select

from app.allocation import rules
from app.allocation.models import ShareOverride
from app.catalog.models import Item
from app.core import clock
from app.core.db import canonical_json, db, end_read
from app.ordering.models import Cycle, HouseholdOrder, LineMove, OrderLine, OrderState, Policy, Stage
from app.places.models import CareNeed
from app.stock.queries import free_lots

_OpenLine: TypeAlias = Row[int, int, int, int, int, str, int | None, int, int]
MEMORY = timedelta(days=60)  # how long a household's shortages give it precedence among equals


@dataclass(frozen=True)
class ItemResult:
    """One item of a run: `shares` by line, `qty_stock` free before, `qty_given` by this run, `qty_short` left over."""

    item_id: int
    item: str
    sale_unit: str
    qty_wanted: int
    qty_stock: int
    qty_given: int
    qty_short: int
    short_lines: int
    shares: tuple[rules.Share, ...]


@dataclass(frozen=True)
class AllocationProposal:
    """What a run would do. Equal input gives equal `input_sha256`."""

    policy: str
    seed: str
    input_sha256: str
    items: list[ItemResult]
    lots: Mapping[int, list[tuple[int, int]]]  # item → (lot, free units), in order of use

    @property
    def short(self) -> list[tuple[ItemResult, rules.Share]]:
        """Every share that would leave a line short, with its item."""
        return [(item, share) for item in self.items for share in item.shares if share.qty_short]


def propose(cycle: Cycle) -> AllocationProposal:
    """Apply the cycle's rule to its open units and the free stock. Eight statements.

    Raises rules.NotEnoughForHands where hand-set shares exceed the stock of an item.
    """
    policy = Policy(cycle.policy)
    seed = f"cycle-{cycle.id}"
    lines = _open_lines(cycle.id)
    lots = _lots_by_item(cycle.id, {line.item_id for line in lines})
    by_item: dict[int, list[rules.LineDemand]] = {}
    for line, claim in zip(lines, _claims(cycle, lines), strict=True):
        by_item.setdefault(line.item_id, []).append(claim)
    names = {row.id: row for row in db.session.execute(select(Item.id, Item.name, Item.sale_unit))}
    end_read()
    items = []
    settled = _finished_units(cycle.id, by_item)
    for item_id, claims in sorted(by_item.items()):
        stock = sum(free for _lot, free in lots.get(item_id, []))
        situation = rules.Situation(
            names[item_id].name, stock, policy.value, policy.label_zh, seed, *settled.get(item_id, (0, 0))
        )
        items.append(_result(names[item_id], claims, situation))
    return AllocationProposal(policy.value, seed, _digest(policy, by_item, lots), items, lots)


def _result(item: Row[int, str, str], claims: list[rules.LineDemand], situation: rules.Situation) -> ItemResult:
    shares = rules.allocate(claims, situation)
    return ItemResult(
        item_id=item.id,
        item=item.name,
        sale_unit=item.sale_unit,
        qty_wanted=sum(claim.qty_ordered - claim.qty_held for claim in claims),
        qty_stock=situation.qty_stock,
        qty_given=sum(share.qty_new for share in shares),
        qty_short=sum(share.qty_short for share in shares),
        short_lines=sum(1 for share in shares if share.qty_short),
        shares=shares,
    )


def _finished_units(cycle_id: int, item_ids: Iterable[int]) -> dict[int, tuple[int, int]]:
    """Item → (units served, units ordered) of the lines that wait for nothing any more, substitutes left out."""
    served = OrderLine.qty_ordered - OrderLine.qty_cancelled - OrderLine.qty_short
    found = db.session.execute(
        select(OrderLine.item_id, func.sum(served), func.sum(OrderLine.qty_ordered - OrderLine.qty_cancelled))
        .join(HouseholdOrder, HouseholdOrder.id == OrderLine.order_id)
        .where(
            OrderLine.cycle_id == cycle_id,
            OrderLine.qty_open == 0,
            OrderLine.substitute_for_id.is_(None),
            OrderLine.item_id.in_(list(item_ids)),
            HouseholdOrder.state == OrderState.LOCKED,
        )
        .group_by(OrderLine.item_id)
    )
    return {item: (int(got), int(ordered)) for item, got, ordered in found}


def _open_lines(cycle_id: int) -> list[_OpenLine]:
    """Lines with open units of locked orders, in order of id."""
    return list(
        db.session.execute(
            select(
                OrderLine.id,
                OrderLine.item_id,
                OrderLine.qty_open,
                (OrderLine.qty_ordered - OrderLine.qty_cancelled - OrderLine.qty_short - OrderLine.qty_refunded).label(
                    "qty_due"
                ),
                HouseholdOrder.id.label("order_id"),
                HouseholdOrder.code,
                HouseholdOrder.household_id,
                (OrderLine.qty_ordered - OrderLine.qty_cancelled).label("qty_in_all"),
                OrderLine.qty_short,
            )
            .join(HouseholdOrder, HouseholdOrder.id == OrderLine.order_id)
            .where(OrderLine.cycle_id == cycle_id, OrderLine.qty_open > 0, HouseholdOrder.state == OrderState.LOCKED)
            .order_by(OrderLine.id)
        )
    )


def _claims(cycle: Cycle, lines: list[_OpenLine]) -> list[rules.LineDemand]:
    sequence = _sequence(cycle.id)
    in_need = set(db.session.scalars(select(CareNeed.household_id).distinct()))
    shortages = recent_shortages(cycle)
    overrides = db.session.scalars(
        select(ShareOverride)
        .join(OrderLine, OrderLine.id == ShareOverride.order_line_id)
        .where(OrderLine.cycle_id == cycle.id)
    )
    by_hand = {override.order_line_id: override.qty for override in overrides}
    back = _lost_on_the_way(cycle.id)
    claims = []
    for line in lines:
        held = line.qty_due - line.qty_open
        wanted = by_hand.get(line.id)
        claims.append(
            rules.LineDemand(
                line_id=line.id,
                key=line.code,
                qty_ordered=line.qty_due,
                sequence=sequence[line.order_id],
                tier=0 if line.household_id in in_need else 1,
                times_short=shortages.get(line.household_id or 0, 0),
                qty_held=held,
                qty_by_hand=None if wanted is None else min(max(wanted, held), line.qty_due),
                qty_back=min(back.get(line.id, 0), line.qty_open),
                qty_in_all=line.qty_in_all,
                qty_given_up=line.qty_short,
            )
        )
    return claims


def _lost_on_the_way(cycle_id: int) -> dict[int, int]:
    """Order line → units that were packed for it once and went back: a bag taken apart, a complaint to redeliver."""
    found = db.session.execute(
        select(LineMove.order_line_id, func.sum(LineMove.qty))
        .join(OrderLine, OrderLine.id == LineMove.order_line_id)
        .where(
            OrderLine.cycle_id == cycle_id,
            LineMove.to_stage == Stage.OPEN,
            LineMove.from_stage.in_((Stage.PACKED, Stage.DISPUTED)),
        )
        .group_by(LineMove.order_line_id)
    )
    return {line: int(qty) for line, qty in found}


def _sequence(cycle_id: int) -> dict[int, int]:
    """Order id → rank by the instant of placing."""
    placed = db.session.scalars(
        select(HouseholdOrder.id)
        .where(HouseholdOrder.cycle_id == cycle_id)
        .order_by(HouseholdOrder.placed_at, HouseholdOrder.id)
    )
    return {order_id: rank for rank, order_id in enumerate(placed)}


def recent_shortages(cycle: Cycle) -> dict[int, int]:
    """Household → how many lines were short in other cycles of late."""
    found = db.session.execute(
        select(HouseholdOrder.household_id, func.count(OrderLine.id))
        .join(OrderLine, OrderLine.order_id == HouseholdOrder.id)
        .where(
            HouseholdOrder.cycle_id != cycle.id,
            HouseholdOrder.household_id.is_not(None),
            OrderLine.qty_short > 0,
            HouseholdOrder.placed_at >= clock.now() - MEMORY,
        )
        .group_by(HouseholdOrder.household_id)
    )
    return {household: count for household, count in found if household is not None}


def _lots_by_item(cycle_id: int, item_ids: set[int]) -> dict[int, list[tuple[int, int]]]:
    """Item → (lot, free units) in order of use: what expires first, then what came first: the least is thrown away."""
    lots: dict[int, list[tuple[int, int]]] = {}
    for lot in free_lots(cycle_id):
        if lot.item_id in item_ids:
            lots.setdefault(lot.item_id, []).append((lot.lot_id, lot.qty_free))
    return lots


def _digest(
    policy: Policy, by_item: Mapping[int, list[rules.LineDemand]], lots: Mapping[int, list[tuple[int, int]]]
) -> str:
    claims = [
        [item, [[c.line_id, c.qty_ordered, c.qty_held, c.qty_by_hand, c.qty_back] for c in rows]]
        for item, rows in by_item.items()
    ]
    content = [policy.value, claims, sorted((item, rows) for item, rows in lots.items())]
    return hashlib.sha256(canonical_json(content).encode()).hexdigest()

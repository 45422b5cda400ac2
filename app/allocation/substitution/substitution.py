"""Put spare goods in the place of short ones, for lines whose household allowed it.

The short units of a line stay short. What stands in for them is a line of its own on the same order, which names the
short line; its units go the way of all units, from `open` to their end, and no tally counts it as ordered.

    ordered 3 × A, share 1, spare 5 × B, A → B 1 : 1      line A: 1 allocated, 2 short      line B for A: 2 allocated
    the same, but "do not substitute"                     line A: 1 allocated, 2 short

Spare is what is free once every open unit of that item has its share. Only whole blocks are replaced. The map is used
in the order in which it was entered; a second substitute gets what the first left short.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from sqlalchemy import insert, not_, select

from app.allocation import rules
from app.allocation.compute import AllocationProposal, recent_shortages
from app.allocation.models import Allocation, AllocationRun, Replacement, Substitution
from app.catalog.models import Item
from app.core.db import db
from app.ordering.models import Cycle, HouseholdOrder, OrderLine, Stage
from app.ordering.stages import Cause, move
from app.stock.lots import move_lots
from app.stock.queries import free_lots


@dataclass(frozen=True)
class Swap:
    """One entry of the map at work: whose short units it covers, and the (lot, units) its goods come from."""

    item: str
    substitute_id: int
    substitute: str
    replaced: tuple[rules.Replaced, ...]
    lots: list[tuple[int, int]]

    @property
    def qty_covered(self) -> int:
        return sum(one.qty_covered for one in self.replaced)

    @property
    def qty_substitute(self) -> int:
        return sum(one.qty_substitute for one in self.replaced)


def find_substitutes(cycle: Cycle, proposal: AllocationProposal) -> list[Swap]:
    """What would stand in for the units that a proposal leaves short. Five statements; none where nothing is short."""
    short = {share.line_id: (item.item_id, share.qty_short) for item, share in proposal.short}
    known = _map({item_id for item_id, _qty in short.values()})
    if not known:
        return []
    claims = _claims(cycle, short)
    spare = _spare_lots(cycle.id, proposal, {row.substitute_id for row in known})
    names = _names({item for row in known for item in (row.item_id, row.substitute_id)})
    found = []
    for row in known:
        own = [claims[line] for line in sorted(claims) if short[line][0] == row.item_id]
        rule = rules.Substitute(names[row.substitute_id], row.ratio_from, row.ratio_to)
        stock = spare[row.substitute_id]
        replaced = rules.substitute(own, rule, sum(qty for _lot, qty in stock), f"{proposal.seed}-{row.id}")
        if replaced:
            used, spare[row.substitute_id] = _take_units(stock, sum(one.qty_substitute for one in replaced))
            found.append(Swap(names[row.item_id], row.substitute_id, rule.substitute_name, replaced, used))
            _reduce_claims(claims, replaced)
    return found


def _map(item_ids: Iterable[int]) -> list[Substitution]:
    """The entries for some items, first entered first; a sensitive item neither has nor is a substitute."""
    harmless = select(Item.id).where(not_(Item.is_sensitive))
    found = select(Substitution).where(
        Substitution.item_id.in_(item_ids),
        Substitution.item_id.in_(harmless),
        Substitution.substitute_id.in_(harmless),
    )
    return list(db.session.scalars(found.order_by(Substitution.id)))


def _claims(cycle: Cycle, short: Mapping[int, tuple[int, int]]) -> dict[int, rules.LineDemand]:
    """The short lines that may be substituted, each claiming what it is short of."""
    memory = recent_shortages(cycle)
    allowed = (
        select(OrderLine.id, HouseholdOrder.code, HouseholdOrder.household_id)
        .join(HouseholdOrder, HouseholdOrder.id == OrderLine.order_id)
        .where(
            OrderLine.cycle_id == cycle.id,
            OrderLine.qty_open > 0,
            OrderLine.is_substitutable,
            OrderLine.substitute_for_id.is_(None),
        )
    )
    return {
        line: rules.LineDemand(line, code, short[line][1], times_short=memory.get(household or 0, 0))
        for line, code, household in db.session.execute(allowed)
        if line in short
    }


def _spare_lots(cycle_id: int, proposal: AllocationProposal, item_ids: set[int]) -> dict[int, list[tuple[int, int]]]:
    """Item → (lot, units) that are left once the proposal has given out its own."""
    lots: dict[int, list[tuple[int, int]]] = {item: [] for item in item_ids}
    for lot in free_lots(cycle_id, item_ids):
        lots[lot.item_id].append((lot.lot_id, lot.qty_free))
    for item in proposal.items:
        if item.item_id in lots:
            _used, lots[item.item_id] = _take_units(lots[item.item_id], item.qty_given)
    return lots


def _take_units(lots: list[tuple[int, int]], qty: int) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """The first `qty` units of some lots, and the rest."""
    used, left = [], []
    for lot, free in lots:
        taken = min(qty, free)
        qty -= taken
        used += [(lot, taken)] if taken else []
        left += [(lot, free - taken)] if free > taken else []
    return used, left


def _reduce_claims(claims: dict[int, rules.LineDemand], replaced: Iterable[rules.Replaced]) -> None:
    for one in replaced:
        claim = claims[one.line_id]
        claims[one.line_id] = replace(claim, qty_ordered=claim.qty_ordered - one.qty_covered)


def _names(item_ids: Iterable[int]) -> dict[int, str]:
    found = select(Item.id, Item.name).where(Item.id.in_(item_ids))
    return {item: name for item, name in db.session.execute(found)}  # noqa: C416


def substitution_notes(found: Iterable[Swap]) -> dict[int, str]:
    """Line → what to add to the sentence that tells its shortage."""
    told: dict[int, str] = {}
    for swap in found:
        for one in swap.replaced:
            told[one.line_id] = told.get(one.line_id, "") + one.said.zh
    return told


def apply_substitutes(run: AllocationRun, found: Iterable[Swap]) -> int:
    """Inside a command: add the substitute lines, give them their goods, and keep what they stand in for.

    Ensures: units allocated = units reserved in lots (as for any share). Returns how many units of substitutes.
    """
    return sum(_apply_substitute(run, swap) for swap in found)


def _apply_substitute(run: AllocationRun, swap: Swap) -> int:
    by_line = {one.line_id: one for one in swap.replaced}
    orders = {
        line: order
        for line, order in db.session.execute(
            select(OrderLine.id, OrderLine.order_id).where(OrderLine.cycle_id == run.cycle_id, OrderLine.qty_open > 0)
        )
        if line in by_line
    }
    rows = [
        {
            "order_id": orders[line],
            "cycle_id": run.cycle_id,
            "item_id": swap.substitute_id,
            "is_substitutable": False,
            "substitute_for_id": line,
            "qty_ordered": one.qty_substitute,
            "qty_open": one.qty_substitute,
        }
        for line, one in sorted(by_line.items())
    ]
    made = db.session.scalars(insert(OrderLine).returning(OrderLine.id, sort_by_parameter_order=True), rows).all()
    units = {line: one.qty_substitute for line, (_short, one) in zip(made, sorted(by_line.items()), strict=True)}
    covered = [
        {"order_line_id": line, "run_id": run.id, "qty_covered": one.qty_covered}
        for line, (_short, one) in zip(made, sorted(by_line.items()), strict=True)
    ]
    db.session.execute(insert(Replacement), covered)
    move_lots(dict(swap.lots), "free", "reserved")
    move(units, Stage.OPEN, Stage.ALLOCATED, Cause("allocation_run", run.id))
    taken = rules.from_lots(units.items(), swap.lots)
    db.session.execute(
        insert(Allocation),
        [{"order_line_id": line, "lot_id": lot, "run_id": run.id, "qty": qty} for line, lot, qty in taken],
    )
    return sum(units.values())

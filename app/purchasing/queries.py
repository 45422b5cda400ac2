"""What the purchasing pages show. Every function sends a fixed number of statements, however many items there are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import BigInteger, ColumnElement, Select, case, cast, false, func, select

from app.catalog.models import Item, Supplier, SupplierItem
from app.core.db import db
from app.core.lookup import or_not_found
from app.core.sentences import Sentence
from app.ordering.models import CyclePoint
from app.purchasing.coverage import Bought, bought_units, tallied_units
from app.purchasing.models import Demand, PurchaseOrder, PurchaseOrderLine, PurchaseState
from app.purchasing.rules import Supply, surplus_fen, why_uncovered
from app.tally.models import Tally, TallyState

GAP = Demand.qty_demanded - Demand.qty_from_stock - Demand.qty_purchased - Demand.qty_waived + Demand.qty_surplus


@dataclass(frozen=True)
class DemandRow:
    """One item: what is needed, what covers it, and why something is missing."""

    item_id: int
    name: str
    spec: str
    unit: str
    demanded: int
    from_stock: int
    purchased: int
    waived: int
    surplus: int
    gap: int
    surplus_fen: int
    is_manual: bool
    waive_reason: str
    said: Sentence | None


@dataclass(frozen=True)
class DemandTotals:
    """The whole demand of a cycle, whatever the page shows of it."""

    items: int
    demanded: int
    from_stock: int
    purchased: int
    waived: int
    surplus: int
    surplus_fen: int
    uncovered_items: int
    uncovered_units: int


@dataclass(frozen=True)
class PurchaseOrderRow:
    """One purchase order of a cycle."""

    id: int
    number: str
    supplier: str
    state: str
    state_label: str
    lines: int
    units: int
    awaited: int
    received: int
    amount_fen: int
    fee_fen: int
    min_order_fen: int

    @property
    def is_below_minimum(self) -> bool:
        """The supplier would not bring so little."""
        return self.state in ("draft", "approved") and self.amount_fen < self.min_order_fen

    @property
    def total_fen(self) -> int:
        """Goods and delivery."""
        return self.amount_fen + self.fee_fen


@dataclass(frozen=True)
class InTheWay:
    """What keeps buying from being finished."""

    unsigned_points: int
    is_tallied: bool  # some point has signed goods: the demand can be worked out
    is_computed: bool
    is_stale: bool  # the tallies say something else than the demand
    uncovered: tuple[Sentence, ...]
    drafts: int
    unsent: int


def amount_fen(lines: Iterable[PurchaseOrderLine]) -> int:
    """What the goods of an order cost."""
    return sum(line.packs * line.price_fen for line in lines)


SAID_AT_ONCE = 10  # sentences about missing items at the head of the page; the list has them all


def demand_of(cycle_id: int, words: str = "", only: str = "") -> Select[Demand, Item]:
    """The demand rows of a cycle, uncovered first.

    `only`: ``uncovered``, ``surplus``, ``waived`` or ``stock``; anything else shows all.
    """
    conditions: dict[str, ColumnElement[bool]] = {
        "uncovered": GAP > 0,
        "surplus": Demand.qty_surplus > 0,
        "waived": Demand.qty_waived > 0,
        "stock": Demand.qty_from_stock > 0,
    }
    statement = select(Demand, Item).join(Item, Item.id == Demand.item_id).where(Demand.cycle_id == cycle_id)
    if words:
        statement = statement.where(
            Item.name.contains(words, autoescape=True) | Item.sku.contains(words, autoescape=True)
        )
    if only in conditions:
        statement = statement.where(conditions[only])
    return statement.order_by(case((GAP > 0, 0), else_=1), Item.sku)


def demand_rows(cycle_id: int, found: Iterable[tuple[Demand, Item]], coming: Mapping[int, Bought]) -> list[DemandRow]:
    """Rows of `demand_of` with their money and sentences. `coming`: what is bought. One statement."""
    pairs = list(found)
    supplies = supplies_of([item.id for row, item in pairs if not row.is_covered], cycle_id)
    return [_demand_row(row, item, coming.get(item.id), supplies.get(item.id)) for row, item in pairs]


def _demand_row(row: Demand, item: Item, coming: Bought | None, supply: Supply | None) -> DemandRow:
    gap = row.qty_demanded - row.qty_from_stock - row.qty_purchased - row.qty_waived + row.qty_surplus
    return DemandRow(
        item_id=item.id,
        name=item.name,
        spec=item.spec,
        unit=item.sale_unit,
        demanded=row.qty_demanded,
        from_stock=row.qty_from_stock,
        purchased=row.qty_purchased,
        waived=row.qty_waived,
        surplus=row.qty_surplus,
        gap=gap,
        surplus_fen=surplus_fen(row.qty_surplus, coming.qty, coming.cost_fen) if coming else 0,
        is_manual=bool(coming and coming.is_manual),
        waive_reason=row.waive_reason,
        said=why_uncovered(item.name, gap, supply) if gap > 0 else None,
    )


def supplies_of(item_ids: list[int], cycle_id: int) -> dict[int, Supply]:
    """Item id → what active suppliers can still bring beyond the cycle's live orders. Nobody: the item is left out."""
    promised = (
        select(PurchaseOrder.supplier_id, PurchaseOrderLine.item_id, func.sum(PurchaseOrderLine.packs).label("packs"))
        .join(PurchaseOrder, PurchaseOrder.id == PurchaseOrderLine.purchase_order_id)
        .where(PurchaseOrder.cycle_id == cycle_id, PurchaseOrder.state != PurchaseState.CANCELLED)
        .group_by(PurchaseOrder.supplier_id, PurchaseOrderLine.item_id)
        .subquery()
    )
    sold = SupplierItem
    found = db.session.execute(
        select(
            sold.item_id,
            func.count(sold.id),
            func.sum(case((sold.max_packs.is_(None), 1), else_=0)),
            func.sum((func.coalesce(sold.max_packs, 0) - func.coalesce(promised.c.packs, 0)) * sold.pack_size),
        )
        .join(Supplier, Supplier.id == sold.supplier_id)
        .outerjoin(promised, (promised.c.supplier_id == sold.supplier_id) & (promised.c.item_id == sold.item_id))
        .where(sold.item_id.in_(item_ids) if item_ids else false(), Supplier.is_active)
        .group_by(sold.item_id)
    )
    return {item: Supply(count, None if endless else max(0, int(most))) for item, count, endless, most in found}


def totals(cycle_id: int, coming: Mapping[int, Bought]) -> DemandTotals:
    """The sums over all demand rows. `coming`: what is bought. Two statements."""
    parts = (Demand.qty_demanded, Demand.qty_from_stock, Demand.qty_purchased, Demand.qty_waived, Demand.qty_surplus)
    sums = db.session.execute(
        select(
            func.count(),
            *(func.coalesce(func.sum(part), 0) for part in parts),
            func.coalesce(func.sum(case((GAP > 0, 1), else_=0)), 0),
            func.coalesce(func.sum(case((GAP > 0, GAP), else_=0)), 0),
        ).where(Demand.cycle_id == cycle_id)
    ).one()
    count, demanded, from_stock, purchased, waived, surplus, uncovered, missing = (int(value) for value in sums)
    return DemandTotals(
        count, demanded, from_stock, purchased, waived, surplus, _surplus_fen(cycle_id, coming), uncovered, missing
    )


def _surplus_fen(cycle_id: int, coming: Mapping[int, Bought]) -> int:
    rows = db.session.execute(
        select(Demand.item_id, Demand.qty_surplus).where(Demand.cycle_id == cycle_id, Demand.qty_surplus > 0)
    )
    return sum(surplus_fen(qty, coming[item].qty, coming[item].cost_fen) for item, qty in rows if item in coming)


def order_rows(cycle_id: int) -> list[PurchaseOrderRow]:
    """All purchase orders of a cycle with their sums, cancelled ones last. One statement."""
    line = PurchaseOrderLine
    found = db.session.execute(
        select(
            PurchaseOrder,
            Supplier,
            func.count(line.id),
            *(
                func.coalesce(func.sum(part), 0)
                for part in (
                    line.packs * line.pack_size,
                    line.qty_awaited,
                    line.qty_received,
                    cast(line.packs, BigInteger) * line.price_fen,
                )
            ),
        )
        .join(Supplier, Supplier.id == PurchaseOrder.supplier_id)
        .outerjoin(line, line.purchase_order_id == PurchaseOrder.id)
        .where(PurchaseOrder.cycle_id == cycle_id)
        .group_by(PurchaseOrder.id, Supplier.id)
        .order_by(case((PurchaseOrder.state == PurchaseState.CANCELLED, 1), else_=0), PurchaseOrder.seq)
    )
    return [
        PurchaseOrderRow(
            id=order.id,
            number=order.number,
            supplier=supplier.name,
            state=order.state,
            state_label=PurchaseState(order.state).label,
            lines=lines,
            units=int(units),
            awaited=int(awaited),
            received=int(received),
            amount_fen=int(fen),
            fee_fen=supplier.delivery_fee_fen,
            min_order_fen=supplier.min_order_fen,
        )
        for order, supplier, lines, units, awaited, received, fen in found
    ]


def in_the_way(cycle_id: int, orders: list[PurchaseOrderRow], coming: Mapping[int, Bought]) -> InTheWay:
    """What keeps buying from being finished. `coming`: what is bought. Five statements."""
    points = select(func.count()).select_from(CyclePoint).where(CyclePoint.cycle_id == cycle_id)
    signed = select(func.count()).select_from(Tally)
    signed = signed.where(Tally.cycle_id == cycle_id, Tally.state == TallyState.CONFIRMED)
    unsigned = db.session.scalar(select(points.scalar_subquery() - signed.scalar_subquery()))
    uncovered = db.session.execute(demand_of(cycle_id, only="uncovered").limit(SAID_AT_ONCE)).all()
    computed = dict(
        db.session.execute(select(Demand.item_id, Demand.qty_demanded).where(Demand.cycle_id == cycle_id)).all()
    )
    signed_goods = tallied_units(cycle_id)
    return InTheWay(
        unsigned_points=unsigned or 0,
        is_tallied=bool(signed_goods),
        is_computed=bool(computed),
        is_stale=bool(computed) and signed_goods != {item: qty for item, qty in computed.items() if qty},
        uncovered=tuple(row.said for row in demand_rows(cycle_id, uncovered, coming) if row.said),
        drafts=sum(order.state == PurchaseState.DRAFT for order in orders),
        unsent=sum(order.state == PurchaseState.APPROVED for order in orders),
    )


def demand_row(cycle_id: int, item_id: int) -> DemandRow:
    """The demand for one item. Raises NotFound."""
    found = or_not_found(db.session.execute(demand_of(cycle_id).where(Demand.item_id == item_id)).first())
    return demand_rows(cycle_id, [found], bought_units(cycle_id))[0]

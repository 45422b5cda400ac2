"""What is still to be bought, written down as a problem for the optimiser."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import select

from app.catalog.models import Item, Supplier, SupplierItem
from app.catalog.scope import within
from app.core.db import db
from app.ordering.models import Cycle
from app.purchasing.models import Demand, PurchaseOrder, PurchaseOrderLine, PurchaseState
from app.purchasing.optimise import PurchaseProblem, SupplierTerms, SupplyOffer

LIVE = (PurchaseState.DRAFT, PurchaseState.APPROVED, PurchaseState.SENT, PurchaseState.CLOSED)


@dataclass(frozen=True)
class Kept:
    """Lines that a new proposal leaves alone: those of approved orders, and those set by hand."""

    qty: dict[int, int]  # item → units that they bring
    packs: dict[tuple[int, int], int]  # (supplier, item) → packs
    by_hand: frozenset[tuple[int, int]]  # (supplier, item) on a draft
    draft_fen: dict[int, int]  # supplier → amount already on its draft


def kept_lines(cycle_id: int) -> Kept:
    """One statement."""
    qty: dict[int, int] = defaultdict(int)
    packs: dict[tuple[int, int], int] = defaultdict(int)
    draft_fen: dict[int, int] = defaultdict(int)
    by_hand: set[tuple[int, int]] = set()
    found = db.session.execute(
        select(PurchaseOrder.supplier_id, PurchaseOrder.state, PurchaseOrderLine)
        .join(PurchaseOrder, PurchaseOrder.id == PurchaseOrderLine.purchase_order_id)
        .where(PurchaseOrder.cycle_id == cycle_id, PurchaseOrder.state.in_(LIVE))
    )
    for supplier, state, line in found:
        is_draft = state == PurchaseState.DRAFT
        if is_draft and not line.is_manual:
            continue
        qty[line.item_id] += line.packs * line.pack_size - line.qty_undelivered
        packs[(supplier, line.item_id)] += line.packs
        if is_draft:
            by_hand.add((supplier, line.item_id))
            draft_fen[supplier] += line.packs * line.price_fen
    return Kept(qty, packs, frozenset(by_hand), draft_fen)


def uncovered_units(cycle_id: int, kept: Kept) -> dict[int, int]:
    """Item id → units that neither stock, a waiver nor a kept line covers."""
    missing = {}
    for row in db.session.scalars(select(Demand).where(Demand.cycle_id == cycle_id).order_by(Demand.item_id)):
        gap = row.qty_demanded - row.qty_from_stock - row.qty_waived - kept.qty.get(row.item_id, 0)
        if gap > 0:
            missing[row.item_id] = gap
    return missing


def purchase_problem(cycle: Cycle, missing: dict[int, int], kept: Kept) -> PurchaseProblem:
    """Active suppliers of the subdistrict, or shared, and their packs for what is missing.

    A draft that keeps lines has its delivery paid and a part of its minimum order reached; what a supplier has
    promised already is no longer available; an item set by hand on a draft is left as it was set.
    """
    found = db.session.scalars(
        select(SupplierItem)
        .join(Supplier, Supplier.id == SupplierItem.supplier_id)
        .where(SupplierItem.item_id.in_(list(missing)), Supplier.is_active, within(Supplier, [cycle.subdistrict_id]))
        .order_by(SupplierItem.id)
    ).all()
    sold = [row for row in found if (row.supplier_id, row.item_id) not in kept.by_hand]
    ids = {row.supplier_id for row in sold}
    suppliers = db.session.scalars(select(Supplier).where(Supplier.id.in_(ids)).order_by(Supplier.id)).all()
    return PurchaseProblem(
        demand=missing,
        suppliers=tuple(_terms(supplier, kept.draft_fen.get(supplier.id, 0)) for supplier in suppliers),
        offers=tuple(_offer(row, kept.packs.get((row.supplier_id, row.item_id), 0)) for row in sold),
        item_names=dict(db.session.execute(select(Item.id, Item.name).where(Item.id.in_(list(missing)))).all()),
    )


def _terms(supplier: Supplier, kept_fen: int) -> SupplierTerms:
    return SupplierTerms(
        supplier.id,
        supplier.name,
        min_order_fen=max(0, supplier.min_order_fen - kept_fen),
        delivery_fee_fen=0 if kept_fen else supplier.delivery_fee_fen,
    )


def _offer(row: SupplierItem, promised: int) -> SupplyOffer:
    return SupplyOffer(
        supplier_id=row.supplier_id,
        item_id=row.item_id,
        pack_size=row.pack_size,
        pack_price_fen=row.price_fen,
        min_packs=row.min_packs,
        packs_available=None if row.max_packs is None else max(0, row.max_packs - promised),
    )

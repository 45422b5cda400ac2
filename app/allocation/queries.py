"""What the allocation pages show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import aliased

from app.allocation.models import AllocationRun, ShareNote, ShareOverride, Substitution
from app.catalog.models import Item
from app.catalog.scope import within
from app.core.db import db
from app.ordering.models import Cycle, HouseholdOrder, OrderLine
from app.places.finder.queries import building_called
from app.places.models import Building, Compound, Household, Stairwell
from app.stock.models import GoodsReceipt, Lot
from app.stock.queries import usable_by


@dataclass(frozen=True)
class AllocationItemRow:
    """One item of the cycle: where its units are, and what is free in stock.

    Ordered + substituting (units that stand in for another item) = open + given + short + cancelled.
    """

    item_id: int
    item: str
    sale_unit: str
    qty_ordered: int
    qty_substituting: int
    qty_open: int
    qty_given: int
    qty_short: int
    qty_cancelled: int
    qty_free: int


def item_rows(cycle_id: int) -> list[AllocationItemRow]:
    """Items of the locked orders of a cycle, by number. Two statements."""
    given = (
        OrderLine.qty_ordered
        - OrderLine.qty_open
        - OrderLine.qty_short
        - OrderLine.qty_cancelled
        - OrderLine.qty_refunded
    )
    found = db.session.execute(
        select(
            Item.id,
            Item.name,
            Item.sale_unit,
            func.sum(case((OrderLine.substitute_for_id.is_(None), OrderLine.qty_ordered), else_=0)),
            func.sum(case((OrderLine.substitute_for_id.is_not(None), OrderLine.qty_ordered), else_=0)),
            func.sum(OrderLine.qty_open),
            func.sum(given),
            func.sum(OrderLine.qty_short),
            func.sum(OrderLine.qty_cancelled + OrderLine.qty_refunded),
        )
        .join(OrderLine, OrderLine.item_id == Item.id)
        .where(OrderLine.cycle_id == cycle_id)  # a withdrawn order has no lines
        .group_by(Item.id, Item.name, Item.sale_unit, Item.sku)
        .order_by(Item.sku)
    ).all()
    stock = db.session.execute(
        select(Lot.item_id, func.sum(Lot.qty_free))
        .join(GoodsReceipt, GoodsReceipt.id == Lot.goods_receipt_id)
        .where(usable_by(db.session.get_one(Cycle, cycle_id)))
        .group_by(Lot.item_id)
    )
    free: dict[int, int] = {item: int(qty) for item, qty in stock}
    rows = []
    for item, name, unit, *sums in found:
        ordered, substituting, open_, given_, short, ended = (int(number) for number in sums)
        counts = (ordered, substituting, open_, given_, short, ended, free.get(item, 0))
        rows.append(AllocationItemRow(item, name, unit, *counts))
    return rows


@dataclass(frozen=True)
class SubstitutionRow:
    """One entry of the map: what stands in for what, at which price in the catalogue."""

    id: int
    item: str
    item_price_fen: int
    substitute: str
    substitute_price_fen: int
    ratio_from: int
    ratio_to: int


def substitutions(subdistrict_ids: Sequence[int]) -> list[SubstitutionRow]:
    """The map of these subdistricts in the order in which it is used: by item, entered first first. One statement."""
    short, instead = aliased(Item), aliased(Item)
    found = db.session.execute(
        select(
            Substitution.id,
            short.name,
            short.list_price_fen,
            instead.name,
            instead.list_price_fen,
            Substitution.ratio_from,
            Substitution.ratio_to,
        )
        .join(short, short.id == Substitution.item_id)
        .join(instead, instead.id == Substitution.substitute_id)
        .where(within(short, subdistrict_ids), within(instead, subdistrict_ids))
        .order_by(short.sku, Substitution.id)
    )
    return [SubstitutionRow(*row) for row in found]


def runs(cycle_id: int) -> list[AllocationRun]:
    """The runs of a cycle, newest first."""
    return list(
        db.session.scalars(
            select(AllocationRun).where(AllocationRun.cycle_id == cycle_id).order_by(AllocationRun.id.desc())
        )
    )


def short_count(cycle_id: int, item_id: int | None = None) -> Select[int]:
    """How many lines `short_lines` has, without the joins that only name their doors."""
    counted = select(func.count()).select_from(ShareNote).join(OrderLine, OrderLine.id == ShareNote.order_line_id)
    counted = counted.where(OrderLine.cycle_id == cycle_id)
    return counted if item_id is None else counted.where(OrderLine.item_id == item_id)


def short_lines(cycle_id: int, item_id: int | None = None, search: str = "") -> Select[*tuple[Any, ...]]:
    """Lines that get less than ordered, with their sentence, in order of door: a statement for paging."""
    statement: Select[*tuple[Any, ...]] = (
        select(
            OrderLine.id.label("line_id"),
            Compound.name.label("compound"),
            Building.label.label("building"),
            Stairwell.label.label("stairwell"),
            Household.room_no.label("room"),
            Item.name.label("item"),
            OrderLine.qty_ordered,
            OrderLine.qty_open,
            OrderLine.qty_short,
            ShareNote.qty_share,
            ShareNote.sentence,
            ShareOverride.qty.label("qty_by_hand"),
        )
        .join(ShareNote, ShareNote.order_line_id == OrderLine.id)
        .join(HouseholdOrder, HouseholdOrder.id == OrderLine.order_id)
        .join(Building, Building.id == HouseholdOrder.building_id)
        .join(Compound, Compound.id == Building.compound_id)
        .join(Item, Item.id == OrderLine.item_id)
        .outerjoin(Household, Household.id == HouseholdOrder.household_id)
        .outerjoin(Stairwell, Stairwell.id == Household.stairwell_id)
        .outerjoin(ShareOverride, ShareOverride.order_line_id == OrderLine.id)
        .where(OrderLine.cycle_id == cycle_id)
        .order_by(Compound.name, Building.sort_key, Stairwell.label, Household.sort_key, Item.sku)
    )
    if item_id is not None:
        statement = statement.where(OrderLine.item_id == item_id)
    if search:
        statement = statement.where(
            (Household.room_no == search) | Compound.name.contains(search, autoescape=True) | building_called(search)
        )
    return statement

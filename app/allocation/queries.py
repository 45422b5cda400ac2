"""What the allocation pages show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select

from app.allocation.models import AllocationRun, ShareNote, ShareOverride
from app.catalog.models import Item
from app.core.db import db
from app.ordering.models import Cycle, HouseholdOrder, OrderLine
from app.places.models import Building, Compound, Household, Stairwell
from app.stock.models import GoodsReceipt, Lot
from app.stock.queries import usable_by


@dataclass(frozen=True)
class ItemRow:
    """One item of the cycle: where its units are, and what is free in stock."""

    item_id: int
    item: str
    sale_unit: str
    qty_ordered: int
    qty_open: int
    qty_given: int
    qty_short: int
    qty_cancelled: int
    qty_free: int


def item_rows(cycle_id: int) -> list[ItemRow]:
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
            func.sum(OrderLine.qty_ordered),
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
    return [
        ItemRow(item, name, unit, int(ordered), int(open_), int(given_), int(short), int(ended), free.get(item, 0))
        for item, name, unit, ordered, open_, given_, short, ended in found
    ]


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
            (Household.room_no == search) | Compound.name.contains(search, autoescape=True) | (Building.label == search)
        )
    return statement

"""What waits at the point's desk: lines to settle, goods that came in twice, and how far the point is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, case, func, select

from app.core.db import db
from app.intake.models import ChainPaste, PasteLine
from app.ordering.models import HouseholdOrder, Offer, OrderChoice, OrderState, Source
from app.ordering.standing.models import BookingOutcome, StandingBooking, StandingOrder
from app.places.labels import address_label
from app.places.models import Building, Compound, Household, ServicePoint, Stairwell
from app.tally.queries import open_reviews_at

TWICE = "existing_order"  # intake's reason for a line of a household that has an order from elsewhere


@dataclass(frozen=True)
class QuantityClash:
    """One item of a household: what stands, what came in, and what adding would make."""

    item: str
    qty_stands: int
    qty_comes: int

    @property
    def is_double(self) -> bool:
        return bool(self.qty_stands and self.qty_comes)

    @property
    def qty_both(self) -> int:
        return self.qty_stands + self.qty_comes


@dataclass(frozen=True)
class Duplicate:
    """A line that came in for a household with an order from another source."""

    line_id: int
    household_id: int
    paste_id: int
    address: str
    code: str
    stands_from: str
    comes_from: str
    clashes: tuple[QuantityClash, ...]


def _open_lines(cycle_id: int, in_scope: ColumnElement[bool], *columns: Any) -> Any:
    found: Any = select(*columns)
    return (
        found.select_from(PasteLine)
        .join(ChainPaste, ChainPaste.id == PasteLine.paste_id)
        .join(ServicePoint, ServicePoint.id == ChainPaste.service_point_id)
        .where(open_reviews_at(cycle_id), in_scope)
    )


def waiting_lines(cycle_id: int, in_scope: ColumnElement[bool]) -> tuple[int, int]:
    """(lines to settle, households that came in twice) of the points within a scope. One statement."""
    twice = func.count(case((PasteLine.reason == TWICE, PasteLine.household_id)).distinct())
    reviews, doubles = db.session.execute(_open_lines(cycle_id, in_scope, func.count(PasteLine.id), twice)).one()
    return int(reviews), int(doubles)


def duplicates(cycle_id: int, in_scope: ColumnElement[bool]) -> list[Duplicate]:
    """Lines of households that have an order from elsewhere, by address. Two statements."""
    columns = (PasteLine, ChainPaste.kind, HouseholdOrder, Compound.name, Building.label, Stairwell.label)
    found = (
        _open_lines(cycle_id, in_scope, *columns, Household.room_no)
        .join(Household, Household.id == PasteLine.household_id)
        .join(Stairwell, Stairwell.id == Household.stairwell_id)
        .join(Building, Building.id == Stairwell.building_id)
        .join(Compound, Compound.id == Building.compound_id)
        .join(
            HouseholdOrder,
            (HouseholdOrder.household_id == Household.id) & (HouseholdOrder.cycle_id == cycle_id),
        )
        .where(PasteLine.reason == TWICE, HouseholdOrder.state == OrderState.PLACED)
        .order_by(Compound.name, Building.sort_key, Household.sort_key, PasteLine.id)
    )
    rows = db.session.execute(found).all()
    goods = _goods([row[2].id for row in rows])
    return [
        Duplicate(
            line.id,
            line.household_id,
            line.paste_id,
            address_label(*address),
            order.code,
            Source(order.source).label,
            (Source.SHEET if kind == "workbook" else Source.CHAIN).label,
            clashes(goods[order.id], {one["item"]: int(one["qty"] or 0) for one in line.items or []}),
        )
        for line, kind, order, *address in rows
    ]


def _goods(order_ids: Sequence[int]) -> dict[int, dict[str, int]]:
    found = select(OrderChoice.order_id, Offer.name, OrderChoice.qty).join(Offer, Offer.id == OrderChoice.offer_id)
    goods: dict[int, dict[str, int]] = defaultdict(dict)
    for order_id, name, qty in db.session.execute(found.where(OrderChoice.order_id.in_(order_ids))):
        goods[order_id][name] = qty
    return goods


def clashes(stands: dict[str, int], comes: dict[str, int]) -> tuple[QuantityClash, ...]:
    """Item by item, what is in both first."""
    names = dict.fromkeys((*comes, *stands))
    every = [QuantityClash(name, stands.get(name, 0), comes.get(name, 0)) for name in names]
    return tuple(sorted(every, key=lambda one: not one.is_double))


def standing_counts(cycle_id: int, in_scope: ColumnElement[bool]) -> tuple[int, int]:
    """(standing orders that fell due in a cycle, of those not booked in full) within a scope on Building."""
    short = func.coalesce(func.sum(case((StandingBooking.outcome != BookingOutcome.BOOKED, 1), else_=0)), 0)
    found: Any = select(func.count(StandingBooking.standing_order_id), short)
    found = (
        found.join(StandingOrder, StandingOrder.id == StandingBooking.standing_order_id)
        .join(Household, Household.id == StandingOrder.household_id)
        .join(Stairwell, Stairwell.id == Household.stairwell_id)
        .join(Building, Building.id == Stairwell.building_id)
        .where(StandingBooking.cycle_id == cycle_id, in_scope)
    )
    due, not_in_full = db.session.execute(found).one()
    return int(due), int(not_in_full)

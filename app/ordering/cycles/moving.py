"""The orders under way, and the claims that may become some, of a building that gets another service point."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from app.core.db import db
from app.ordering.claims.models import ClaimState, RoomClaim
from app.ordering.models import (
    CYCLES_UNDER_WAY,
    ORDERS_COUNTED,
    Cycle,
    CyclePoint,
    CycleState,
    HouseholdOrder,
    OrderState,
)
from app.places.models import Household, Stairwell

BEFORE_TALLY = (CycleState.OPEN, CycleState.LOCKED)


@dataclass(frozen=True)
class MovingOrder:
    code: str
    room: str
    state: OrderState


@dataclass(frozen=True)
class MovingCycle:
    """A cycle that is not over, with the building's orders in it, and the rooms of claims that nobody has settled.

    has_point: whether the new point takes part. points: those that the orders and claims belong to now.
    """

    id: int
    name: str
    state: CycleState
    has_point: bool
    orders: list[MovingOrder]
    claims: list[str]
    points: frozenset[int]


def buildings_with_orders(building_ids: Collection[int]) -> set[int]:
    """Those of the buildings that have orders in a cycle that is not over, or a claim that may still become one."""
    waiting = _waiting(select(RoomClaim.building_id)).distinct()
    found = select(HouseholdOrder.building_id).join(Cycle, Cycle.id == HouseholdOrder.cycle_id).distinct()
    found = found.where(Cycle.state.in_(CYCLES_UNDER_WAY), HouseholdOrder.state.in_(ORDERS_COUNTED))
    ids = list(building_ids)
    parts = (ids[start : start + 5000] for start in range(0, len(ids), 5000))
    return {
        row
        for part in parts
        for one in (found.where(HouseholdOrder.building_id.in_(part)), waiting.where(RoomClaim.building_id.in_(part)))
        for row in db.session.scalars(one)
    }


def _waiting(found: Any) -> Any:
    joined = found.join(Cycle, Cycle.id == RoomClaim.cycle_id)
    return joined.where(Cycle.state.in_(BEFORE_TALLY), RoomClaim.state == ClaimState.OPEN)


def cycles_under_way(building_id: int, point_id: int) -> list[MovingCycle]:
    """The cycles that are not over in which the building has orders or claims, newest first. Three statements."""
    found = (
        select(Cycle, HouseholdOrder, Stairwell.label, Household.room_no)
        .join(HouseholdOrder, HouseholdOrder.cycle_id == Cycle.id)
        .outerjoin(Household, Household.id == HouseholdOrder.household_id)
        .outerjoin(Stairwell, Stairwell.id == Household.stairwell_id)
        .where(HouseholdOrder.building_id == building_id, Cycle.state.in_(CYCLES_UNDER_WAY))
        .where(HouseholdOrder.state.in_(ORDERS_COUNTED))
        .order_by(Cycle.id.desc(), Stairwell.label, Household.sort_key, HouseholdOrder.id)
    )
    rows = db.session.execute(found).all()
    of_building = _waiting(select(Cycle, RoomClaim).select_from(RoomClaim)).where(RoomClaim.building_id == building_id)
    claims = db.session.execute(of_building.order_by(RoomClaim.id)).all()
    cycles = {cycle.id: cycle for cycle, *_rest in [*rows, *claims]}
    takes = select(CyclePoint.cycle_id).where(CyclePoint.service_point_id == point_id)
    taking = set(db.session.scalars(takes.where(CyclePoint.cycle_id.in_(list(cycles)))))
    return [
        MovingCycle(
            id=cycle.id,
            name=cycle.name,
            state=CycleState(cycle.state),
            has_point=cycle.id in taking,
            orders=[
                MovingOrder(order.code, f"{well or ''} {room or ''}".strip(), OrderState(order.state))
                for of, order, well, room in rows
                if of.id == cycle.id
            ],
            claims=[claim.room for of, claim in claims if of.id == cycle.id],
            points=frozenset(one.service_point_id for of, one, *_rest in [*rows, *claims] if of.id == cycle.id),
        )
        for _id, cycle in sorted(cycles.items(), reverse=True)
    ]

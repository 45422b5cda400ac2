"""What a resident's own pages show."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import and_, or_, select

from app.core.db import db
from app.core.errors import NotFound
from app.ordering.models import Cycle, CyclePoint, CycleState, HouseholdOrder, OrderState
from app.places.models import Building, Household, Stairwell

SHOWN = (CycleState.OPEN, CycleState.LOCKED, CycleState.RUNNING, CycleState.CLOSED, CycleState.CANCELLED)


@dataclass(frozen=True)
class CycleCard:
    """One cycle as the household sees it, with its order there, if any."""

    cycle: Cycle
    order: HouseholdOrder | None

    @property
    def has_order(self) -> bool:
        return self.order is not None and self.order.state != OrderState.WITHDRAWN


def cards(household_id: int) -> list[CycleCard]:
    """The cycles that concern a household: open ones at its point, and those in which it ordered; newest first."""
    found = (
        select(Cycle, HouseholdOrder)
        .select_from(Household)
        .join(Stairwell, Household.stairwell_id == Stairwell.id)
        .join(Building, Stairwell.building_id == Building.id)
        .join(CyclePoint, CyclePoint.service_point_id == Building.service_point_id)
        .join(Cycle, Cycle.id == CyclePoint.cycle_id)
        .outerjoin(
            HouseholdOrder, and_(HouseholdOrder.cycle_id == Cycle.id, HouseholdOrder.household_id == Household.id)
        )
        .where(
            Household.id == household_id,
            Cycle.state.in_(SHOWN),
            or_(Cycle.state == CycleState.OPEN, HouseholdOrder.id.is_not(None)),
        )
        .order_by(Cycle.deliver_on.desc(), Cycle.id.desc())
        .limit(12)
    )
    return [CycleCard(cycle, order) for cycle, order in db.session.execute(found)]


def card(household_id: int, cycle_id: int) -> CycleCard:
    """One of the household's cycles. Raises NotFound."""
    for found in cards(household_id):
        if found.cycle.id == cycle_id:
            return found
    raise NotFound


def units_by_stage(order_id: int) -> dict[str, int]:
    """Stage → units of one order, in the order of the loop, zeros left out."""
    from app.ordering.queries_orders import lines

    sums: dict[str, int] = {}
    for line in lines(order_id):
        for stage, qty in line.stages:
            sums[stage] = sums.get(stage, 0) + qty
    return sums

"""Who lives in the scope of a cycle, and how each household's roll call ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, case, exists, func, or_, select

from app.core.db import db
from app.ordering.models import ORDERS_COUNTED, CyclePoint, HouseholdOrder, RollCall, RollCallOutcome
from app.places.models import Building, Compound, Household, ServicePoint, Stairwell

HOUSEHOLD_ID = Household.id


def households_in_scope(cycle_id: int, *columns: Any) -> Select[Any]:
    """Select `columns` over the active households of a cycle's points (Household, Stairwell, Building joined)."""
    return (
        select(*columns)
        .select_from(Household)
        .join(Stairwell, Household.stairwell_id == Stairwell.id)
        .join(Building, Stairwell.building_id == Building.id)
        .join(CyclePoint, CyclePoint.service_point_id == Building.service_point_id)
        .where(CyclePoint.cycle_id == cycle_id, Household.is_active)
    )


def has_order(cycle_id: int) -> ColumnElement[bool]:
    """Whether the household has an order that counts: not one that was withdrawn."""
    return exists(
        select(HouseholdOrder.id).where(
            HouseholdOrder.cycle_id == cycle_id,
            HouseholdOrder.household_id == Household.id,
            HouseholdOrder.state.in_(ORDERS_COUNTED),
        )
    )


def has_outcome(cycle_id: int) -> ColumnElement[bool]:
    """Whether the household's roll call has ended: an order that counts, or an outcome noted by a person."""
    ordered = select(HouseholdOrder.household_id).where(
        HouseholdOrder.cycle_id == cycle_id,
        HouseholdOrder.state.in_(ORDERS_COUNTED),
        HouseholdOrder.household_id.is_not(None),
    )
    noted = select(RollCall.household_id).where(
        RollCall.cycle_id == cycle_id, RollCall.outcome != RollCallOutcome.ORDERED
    )
    return or_(Household.id.in_(ordered), Household.id.in_(noted))


def missing_count(cycle_id: int) -> int:
    """How many active households in scope have no outcome yet."""
    return int(db.session.scalar(households_in_scope(cycle_id, func.count()).where(~has_outcome(cycle_id))) or 0)


@dataclass(frozen=True)
class RollCallBuildingRow:
    """The roll call of one building: households, how many ordered, noted otherwise, and without an outcome."""

    id: int
    point_id: int
    point: str
    compound: str
    label: str
    households: int
    ordered: int
    declined: int
    unreachable: int
    away: int

    @property
    def missing(self) -> int:
        return self.households - self.ordered - self.declined - self.unreachable - self.away


def _own_order(cycle_id: int) -> ColumnElement[bool]:
    """The order of a household that counts in the cycle."""
    own = (HouseholdOrder.cycle_id == cycle_id) & (HouseholdOrder.household_id == Household.id)
    return own & HouseholdOrder.state.in_(ORDERS_COUNTED)


def _own_note(cycle_id: int) -> ColumnElement[bool]:
    """What was noted of a household that did not order."""
    own = (RollCall.cycle_id == cycle_id) & (RollCall.household_id == Household.id)
    return own & (RollCall.outcome != RollCallOutcome.ORDERED)


def by_building(cycle_id: int, in_scope: ColumnElement[bool]) -> list[RollCallBuildingRow]:
    """Each building of the cycle within `in_scope`, a condition on Building, in the order people know."""
    ordered = case((HouseholdOrder.id.is_not(None), "ordered"), else_=RollCall.outcome)
    counted = households_in_scope(
        cycle_id,
        Building.id,
        ServicePoint.id,
        ServicePoint.name,
        Compound.name,
        Building.label,
        func.count(),
        *(func.coalesce(func.sum(case((ordered == outcome.value, 1), else_=0)), 0) for outcome in RollCallOutcome),
    )
    counted = (
        counted.join(ServicePoint, ServicePoint.id == Building.service_point_id)
        .join(Compound, Compound.id == Building.compound_id)
        .outerjoin(HouseholdOrder, _own_order(cycle_id))
        .outerjoin(RollCall, _own_note(cycle_id))
        .where(in_scope)
        .group_by(Building.id, ServicePoint.id, ServicePoint.name, Compound.name, Building.label)
        .order_by(ServicePoint.name, Compound.name, Building.sort_key, Building.id)
    )
    return [RollCallBuildingRow(*row) for row in db.session.execute(counted)]


@dataclass(frozen=True)
class RoomRow:
    """One household of a building: its room, and how its roll call stands ("" if open)."""

    id: int
    stairwell: str
    room_no: str
    outcome: str
    order_id: int | None
    source: str

    @property
    def label(self) -> str:
        return f"{self.stairwell} {self.room_no}".strip()


def rooms(cycle_id: int, building_id: int) -> list[RoomRow]:
    """The active households of a building in the order of their rooms. One statement."""
    found = (
        select(
            Household.id,
            Stairwell.label,
            Household.room_no,
            func.coalesce(
                case((HouseholdOrder.id.is_not(None), RollCallOutcome.ORDERED.value), else_=RollCall.outcome), ""
            ),
            HouseholdOrder.id,
            func.coalesce(HouseholdOrder.source, ""),
        )
        .join(Stairwell, Household.stairwell_id == Stairwell.id)
        .outerjoin(HouseholdOrder, _own_order(cycle_id))
        .outerjoin(RollCall, _own_note(cycle_id))
        .where(Stairwell.building_id == building_id, Household.is_active)
        .order_by(Stairwell.label, Household.sort_key, Household.id)
    )
    return [RoomRow(*row) for row in db.session.execute(found)]

"""What the settlement pages show. The accounts of a whole cycle are worked out in one statement.

The amount of a line is `amount × accepted ÷ ordered`, rounded down (see the rules), in SQL as in Python.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Select, Subquery, case, cast, func, select

from app.access.permissions import Permission, Staff
from app.core.db import db
from app.core.errors import NotFound
from app.ordering.models import Cycle, CyclePoint, HouseholdOrder, OrderLine, OrderState
from app.places.models import Building, Compound, Household, ServicePoint, Stairwell
from app.places.queries import household_label
from app.places.scope import points_in_scope, require_part_of
from app.settlement.models import LineAmount, Payment
from app.settlement.pricing import PRICED_STATES
from app.settlement.rules import Account

PENDING = (
    OrderLine.qty_ordered
    - OrderLine.qty_accepted
    - OrderLine.qty_short
    - OrderLine.qty_cancelled
    - OrderLine.qty_refunded
)


@dataclass(frozen=True)
class OrderRow:
    """One household's account. `unpriced`: lines whose amount has not been worked out."""

    order_id: int
    code: str
    state: OrderState
    point_id: int
    building_id: int
    stairwell: str
    room: str
    units_pending: int
    unpriced: int
    account: Account

    @property
    def can_settle(self) -> bool:
        """Every unit has reached its end and the order is not settled yet."""
        return self.state == OrderState.LOCKED and self.units_pending == 0

    @property
    def door(self) -> str:
        """The door inside its building; the order's code where the household has been purged."""
        return household_label("", self.stairwell, self.room) or self.code


@dataclass(frozen=True)
class Place:
    """A building as the pages name it."""

    building_id: int
    point_id: int
    compound: str
    building: str
    point: str

    @property
    def name(self) -> str:
        return f"{self.compound} {self.building}"


def cycle_in_reach(actor: Staff, cycle_id: int) -> Cycle:
    """The cycle, where the actor settles anywhere within its subdistrict. Raises NotFound."""
    cycle = db.session.get(Cycle, cycle_id)
    if cycle is None:
        raise NotFound
    require_part_of(actor, Permission.SETTLE, cycle.subdistrict_id)
    return cycle


def points_of(actor: Staff, cycle_id: int) -> dict[int, str]:
    """The points of a cycle where the actor settles: id → name, by name."""
    found = (
        select(ServicePoint.id, ServicePoint.name)
        .join(CyclePoint, CyclePoint.service_point_id == ServicePoint.id)
        .where(CyclePoint.cycle_id == cycle_id, points_in_scope(actor, Permission.SETTLE))
        .order_by(ServicePoint.name)
    )
    return {point_id: name for point_id, name in db.session.execute(found)}  # noqa: C416


def places_of(point_ids: Collection[int]) -> dict[int, Place]:
    """The buildings of these points in natural order: id → place. One statement."""
    found = db.session.execute(
        select(Building.id, Building.service_point_id, Compound.name, Building.label, ServicePoint.name)
        .join(Compound, Compound.id == Building.compound_id)
        .join(ServicePoint, ServicePoint.id == Building.service_point_id)
        .where(Building.service_point_id.in_(point_ids))
        .order_by(Compound.name, Building.sort_key, Building.id)
    )
    return {building: Place(building, *rest) for building, *rest in found}


def _sums(cycle_id: int) -> Subquery:
    """Order → its lines added up."""
    amount = cast(LineAmount.amount_fen, BigInteger)
    return (
        select(
            OrderLine.order_id.label("id"),
            func.coalesce(func.sum(amount), 0).label("ordered"),
            func.coalesce(func.sum(amount * OrderLine.qty_accepted // OrderLine.qty_ordered), 0).label("accepted"),
            func.coalesce(
                func.sum(amount * (OrderLine.qty_accepted + PENDING) // OrderLine.qty_ordered), 0
            ).label("at_most"),
            func.sum(PENDING).label("pending"),
            func.sum(case((LineAmount.order_line_id.is_(None), 1), else_=0)).label("unpriced"),
        )
        .outerjoin(LineAmount, LineAmount.order_line_id == OrderLine.id)
        .where(OrderLine.cycle_id == cycle_id)
        .group_by(OrderLine.order_id)
        .subquery()
    )  # fmt: skip


def _accounts(cycle_id: int, point_ids: Collection[int]) -> Select[Any]:
    sums = _sums(cycle_id)
    columns: Any = (
        select(
            HouseholdOrder.id,
            HouseholdOrder.code,
            HouseholdOrder.state,
            HouseholdOrder.service_point_id,
            HouseholdOrder.building_id,
            Stairwell.label,
            Household.room_no,
            sums.c.pending,
            sums.c.unpriced,
            sums.c.ordered,
            sums.c.accepted,
            sums.c.at_most,
        )
        .join(sums, sums.c.id == HouseholdOrder.id)
        .outerjoin(Household, Household.id == HouseholdOrder.household_id)
        .outerjoin(Stairwell, Stairwell.id == Household.stairwell_id)
        .where(
            HouseholdOrder.cycle_id == cycle_id,
            HouseholdOrder.service_point_id.in_(point_ids),
            HouseholdOrder.state.in_(PRICED_STATES),
        )
        .order_by(Household.sort_key, HouseholdOrder.id)
    )
    statement: Select[Any] = columns
    return statement


def order_rows(cycle_id: int, point_ids: Collection[int], building_id: int | None = None) -> list[OrderRow]:
    """The accounts of a cycle at these points, by room. Two statements, however many orders."""
    statement = _accounts(cycle_id, point_ids)
    if building_id is not None:
        statement = statement.where(HouseholdOrder.building_id == building_id)
    paid = paid_by_order(cycle_id)
    return [
        OrderRow(
            order_id=order_id,
            code=code,
            state=OrderState(state),
            point_id=point_id,
            building_id=building,
            stairwell=stairwell or "",
            room=room or "",
            units_pending=int(pending),
            unpriced=int(unpriced),
            account=Account(int(ordered), int(accepted), int(at_most) - int(accepted), paid.get(order_id, 0)),
        )
        for (
            order_id, code, state, point_id, building, stairwell, room, pending, unpriced, ordered, accepted, at_most
        ) in db.session.execute(statement)
    ]  # fmt: skip


def paid_by_order(cycle_id: int) -> dict[int, int]:
    """Order → what stayed with us: payments, less refunds, with corrections."""
    found = db.session.execute(
        select(Payment.household_order_id, func.sum(Payment.amount_fen))
        .join(HouseholdOrder, HouseholdOrder.id == Payment.household_order_id)
        .where(HouseholdOrder.cycle_id == cycle_id)
        .group_by(Payment.household_order_id)
    )
    return {order_id: int(fen) for order_id, fen in found}

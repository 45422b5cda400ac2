"""What the settlement pages show. Sums over many orders are worked out in SQL.

The amount of a line is `amount × accepted ÷ ordered`, rounded down (see the rules), in SQL as in Python.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Select, cast, func, or_, select

from app.access.permissions import Permission, Staff
from app.core.codes import normalise
from app.core.db import db
from app.core.text.natural import natural_key
from app.ordering.models import ORDERS_CHARGED, CyclePoint, HouseholdOrder, OrderLine, OrderState
from app.places.labels import building_label, household_label
from app.places.models import Building, Compound, Household, ServicePoint, Stairwell
from app.places.scope import points_in_scope
from app.settlement.models import LineAmount, Payment
from app.settlement.rules import HouseholdAccount

PENDING = (
    OrderLine.qty_ordered
    - OrderLine.qty_accepted
    - OrderLine.qty_short
    - OrderLine.qty_cancelled
    - OrderLine.qty_refunded
)


class OrderSum(NamedTuple):
    """One household's account as plain numbers. `unpriced`: lines without an amount."""

    order_id: int
    building_id: int
    point_id: int
    state: str
    units_pending: int
    unpriced: int
    ordered_fen: int
    accepted_fen: int
    pending_fen: int
    paid_fen: int

    @property
    def account(self) -> HouseholdAccount:
        """The account as the rules know it."""
        return HouseholdAccount(self.ordered_fen, self.accepted_fen, self.pending_fen, self.paid_fen)

    @property
    def can_settle(self) -> bool:
        """Every unit has reached its end and the order is not settled yet."""
        return self.units_pending == 0 and self.state == OrderState.LOCKED.value


@dataclass(frozen=True)
class SettlementOrderRow:
    """One household's account with its door."""

    sums: OrderSum
    code: str
    stairwell: str
    room: str

    @property
    def order_id(self) -> int:
        return self.sums.order_id

    @property
    def account(self) -> HouseholdAccount:
        return self.sums.account

    @property
    def state(self) -> OrderState:
        return OrderState(self.sums.state)

    @property
    def door(self) -> str:
        """The door inside its building; the order's code where the household has been purged."""
        return household_label("", self.stairwell, self.room) or self.code


@dataclass(frozen=True)
class SettlementPlace:
    """A building as the pages name it."""

    building_id: int
    point_id: int
    compound: str
    building: str
    point: str

    @property
    def name(self) -> str:
        return building_label(self.compound, self.building)


def points_of(actor: Staff, cycle_id: int) -> dict[int, str]:
    """The points of a cycle where the actor settles: id → name, by name."""
    found = (
        select(ServicePoint.id, ServicePoint.name)
        .join(CyclePoint, CyclePoint.service_point_id == ServicePoint.id)
        .where(CyclePoint.cycle_id == cycle_id, points_in_scope(actor, Permission.SETTLE))
        .order_by(ServicePoint.name)
    )
    return {point_id: name for point_id, name in db.session.execute(found)}  # noqa: C416


def places_of(point_ids: Collection[int]) -> dict[int, SettlementPlace]:
    """The buildings of these points, and those that ordered there before they left, in natural order: id → place."""
    ordered = select(HouseholdOrder.building_id).where(HouseholdOrder.service_point_id.in_(point_ids))
    found = db.session.execute(
        select(Building.id, Building.service_point_id, Compound.name, Building.label, ServicePoint.name)
        .join(Compound, Compound.id == Building.compound_id)
        .join(ServicePoint, ServicePoint.id == Building.service_point_id)
        .where(or_(Building.service_point_id.in_(point_ids), Building.id.in_(ordered)))
        .order_by(Compound.name, Building.sort_key, Building.id)
    )
    return {row[0]: SettlementPlace(row[0], row[1], row[2], row[3], row[4]) for row in found}


def sums_of(cycle_id: int, order_ids: Collection[int]) -> list[OrderSum]:
    """The accounts of some orders of a cycle, in order of id. Three statements."""
    sums = {row[0]: row for row in db.session.execute(line_sums().where(OrderLine.order_id.in_(order_ids)))}
    paid = _paid(order_ids)
    wanted = select(
        HouseholdOrder.id, HouseholdOrder.building_id, HouseholdOrder.service_point_id, HouseholdOrder.state
    ).where(
        HouseholdOrder.cycle_id == cycle_id,
        HouseholdOrder.id.in_(order_ids),
        HouseholdOrder.state.in_(ORDERS_CHARGED),
    )
    merged = []
    for order_id, building_id, point_id, state in db.session.execute(wanted.order_by(HouseholdOrder.id)):
        if order_id in sums:
            _id, pending, unpriced, ordered, accepted, at_most = sums[order_id]
            own = (int(ordered), int(accepted), int(at_most) - int(accepted), paid.get(order_id, 0))
            merged.append(OrderSum(order_id, building_id, point_id, state, int(pending), int(unpriced), *own))
    return merged


def line_sums() -> Select[Any]:
    """A statement: each order's lines added up; the caller says which lines."""
    amount = cast(LineAmount.amount_fen, BigInteger)
    at_most = amount * (OrderLine.qty_accepted + PENDING) // OrderLine.qty_ordered
    columns: Any = (
        select(
            OrderLine.order_id,
            func.sum(PENDING).label("pending"),
            (func.count() - func.count(LineAmount.order_line_id)).label("unpriced"),
            func.coalesce(func.sum(amount), 0).label("ordered"),
            func.coalesce(func.sum(amount * OrderLine.qty_accepted // OrderLine.qty_ordered), 0).label("accepted"),
            func.coalesce(func.sum(at_most), 0).label("at_most"),
        )
        .outerjoin(LineAmount, LineAmount.order_line_id == OrderLine.id)
        .group_by(OrderLine.order_id)
    )
    statement: Select[Any] = columns
    return statement


def with_doors(sums: Collection[OrderSum]) -> list[SettlementOrderRow]:
    """The accounts with their doors, in the order given. One statement."""
    found = db.session.execute(
        select(HouseholdOrder.id, HouseholdOrder.code, Stairwell.label, Household.room_no)
        .outerjoin(Household, Household.id == HouseholdOrder.household_id)
        .outerjoin(Stairwell, Stairwell.id == Household.stairwell_id)
        .where(HouseholdOrder.id.in_([one.order_id for one in sums]))
    )
    doors = {order_id: (code, stairwell or "", room or "") for order_id, code, stairwell, room in found}
    return [SettlementOrderRow(one, *doors[one.order_id]) for one in sums]


def by_room(cycle_id: int, building_ids: Collection[int]) -> dict[int, int]:
    """Order → its rank by room within its building, for the orders of these buildings. One statement."""
    found = db.session.scalars(
        select(HouseholdOrder.id)
        .outerjoin(Household, Household.id == HouseholdOrder.household_id)
        .outerjoin(Stairwell, Stairwell.id == Household.stairwell_id)
        .where(HouseholdOrder.cycle_id == cycle_id, HouseholdOrder.building_id.in_(building_ids))
        .order_by(Stairwell.label, Household.sort_key, HouseholdOrder.id)
    )
    return {order_id: rank for rank, order_id in enumerate(found)}


def building_orders(cycle_id: int, building_id: int) -> list[SettlementOrderRow]:
    """The accounts of one building, by room. Five statements."""
    rank = by_room(cycle_id, [building_id])
    return with_doors(sorted(sums_of(cycle_id, list(rank)), key=lambda one: rank[one.order_id]))


def matching(cycle_id: int, text: str) -> set[int]:
    """The orders whose code or room is `text`, or whose whole door inside its compound."""
    found = (
        select(HouseholdOrder.id)
        .join(Building, Building.id == HouseholdOrder.building_id)
        .outerjoin(Household, Household.id == HouseholdOrder.household_id)
        .where(HouseholdOrder.cycle_id == cycle_id)
        .where(
            (HouseholdOrder.code == normalise(text))
            | (Household.room_no == text)
            | (Building.sort_key + "\x1f" + Household.sort_key == natural_key(text))
        )
    )
    return set(db.session.scalars(found))


def ready_orders(cycle_id: int, point_ids: Collection[int], limit: int | None = None) -> list[int]:
    """Locked orders at these points whose units have all reached their end, in order of id."""
    on_their_way = select(OrderLine.id).where(OrderLine.order_id == HouseholdOrder.id, PENDING > 0).exists()
    found = select(HouseholdOrder.id).where(
        HouseholdOrder.cycle_id == cycle_id,
        HouseholdOrder.service_point_id.in_(point_ids),
        HouseholdOrder.state == OrderState.LOCKED,
        ~on_their_way,
    )
    return list(db.session.scalars(found.order_by(HouseholdOrder.id).limit(limit)))


def _paid(order_ids: Collection[int]) -> dict[int, int]:
    """Order → what stayed with us: payments, less refunds, with corrections."""
    found = db.session.execute(
        select(Payment.household_order_id, func.sum(Payment.amount_fen))
        .where(Payment.household_order_id.in_(order_ids))
        .group_by(Payment.household_order_id)
    )
    return {order_id: int(fen) for order_id, fen in found}

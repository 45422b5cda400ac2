"""Endpoints of cycles and orders. An order is placed, amended and withdrawn on behalf of a household."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from app.access.guard import staff
from app.access.permissions import Permission
from app.access.tokens.idempotent import once
from app.access.tokens.models import TokenScope
from app.api.cursor import part_of, part_of_list
from app.api.framework import ApiBlueprint
from app.api.ordering.schemas import (
    AmendedOrder,
    CycleList,
    CycleRecord,
    NewOrder,
    OfferList,
    OrderList,
    OrderQuery,
    OrderStatusRecord,
)
from app.api.schemas import CursorQuery
from app.core.errors import Conflict
from app.core.lookup import or_not_found
from app.ordering import orders, queries, service
from app.ordering.cycles import queries as cycles_queries
from app.ordering.gate import readable_cycle
from app.ordering.models import Cycle, HouseholdOrder
from app.ordering.orders import PlaceOrder
from app.ordering.schemas import Withdraw
from app.places.models import Building
from app.places.scope import buildings_in_scope

bp = ApiBlueprint("api_ordering", __name__, description="Cycles and orders")


@bp.read("/cycles", Permission.CYCLE_READ, CycleList, takes=CursorQuery)
def list_cycles(asked: CursorQuery) -> dict[str, Any]:
    """Cycles of the subdistricts within reach."""
    within = queries.subdistricts_in_reach(staff(), Permission.CYCLE_READ)
    rows, following = part_of(select(Cycle).where(Cycle.subdistrict_id.in_(within)), Cycle.id, asked)
    return {"items": rows, "next": following}


@bp.read("/cycles/<int:cycle_id>", Permission.CYCLE_READ, CycleRecord)
def get_cycle(cycle_id: int) -> Cycle:
    """One cycle."""
    return readable_cycle(staff(), Permission.CYCLE_READ, cycle_id)


@bp.read("/cycles/<int:cycle_id>/offers", Permission.CYCLE_READ, OfferList, takes=CursorQuery)
def list_offers(asked: CursorQuery, cycle_id: int) -> dict[str, Any]:
    """What the cycle sells."""
    cycle = readable_cycle(staff(), Permission.CYCLE_READ, cycle_id)
    rows, following = part_of_list(queries.offers(cycle.id), asked)
    return {"items": rows, "next": following}


@bp.read("/cycles/<int:cycle_id>/orders", Permission.ORDER_READ, OrderList, takes=OrderQuery)
def list_orders(asked: OrderQuery, cycle_id: int) -> dict[str, Any]:
    """The orders of a cycle within reach."""
    cycle = readable_cycle(staff(), Permission.ORDER_READ, cycle_id)
    found = (
        select(HouseholdOrder)
        .join(Building, Building.id == HouseholdOrder.building_id)
        .where(HouseholdOrder.cycle_id == cycle.id, buildings_in_scope(staff(), Permission.ORDER_READ))
    )
    for column, wanted in (
        (HouseholdOrder.service_point_id, asked.point),
        (HouseholdOrder.building_id, asked.building),
        (HouseholdOrder.state, asked.state or None),
    ):
        found = found if wanted is None else found.where(column == wanted)
    rows, following = part_of(found, HouseholdOrder.id, asked)
    return {"items": rows, "next": following}


@bp.read("/orders/<int:order_id>", Permission.ORDER_READ, OrderStatusRecord)
def get_order(order_id: int) -> dict[str, Any]:
    """One order: what was picked, and where each unit of it is."""
    return _status(service.own_order(staff(), order_id, Permission.ORDER_READ))


def _status(order: HouseholdOrder) -> dict[str, Any]:
    lines = [
        {"item": line.item, "qty": line.qty, "instead_of": line.instead_of, "stages": dict(line.stages)}
        for line in cycles_queries.lines(order.id)
    ]
    return {"order": order, "picks": order.choices, "lines": lines}


@bp.read("/cycles/<int:cycle_id>/households/<int:household_id>/order", Permission.ORDER_PROXY, OrderStatusRecord)
def get_household_order(cycle_id: int, household_id: int) -> dict[str, Any]:
    """The order of one household, for those who order on behalf of it."""
    readable_cycle(staff(), Permission.ORDER_PROXY, cycle_id)
    orders.household_place(staff(), household_id, Permission.ORDER_PROXY)
    return _status(or_not_found(orders.order_of(cycle_id, household_id)))


def _written(order_id: int) -> dict[str, Any]:
    return _status(service.own_order(staff(), order_id, Permission.ORDER_PROXY))


def _place(wanted: PlaceOrder) -> dict[str, Any]:
    return _written(once(lambda order: order.id, service.place, staff(), wanted))


@bp.act("/cycles/<int:cycle_id>/orders", Permission.ORDER_PROXY, TokenScope.ORDERS, OrderStatusRecord, takes=NewOrder)
def place_order(wanted: NewOrder, cycle_id: int) -> dict[str, Any]:
    """Place an order for a household that has none in the cycle; a second one is refused (409)."""
    return _place(wanted.order(cycle_id, wanted.household_id, None))


@bp.act(
    "/orders/<int:order_id>/amend", Permission.ORDER_PROXY, TokenScope.ORDERS, OrderStatusRecord, takes=AmendedOrder
)
def amend_order(wanted: AmendedOrder, order_id: int) -> dict[str, Any]:
    """Give an order another basket before the cut-off; what it asked for before is replaced."""
    order = service.own_order(staff(), order_id, Permission.ORDER_PROXY)
    if order.household_id is None:
        raise Conflict
    return _place(wanted.order(order.cycle_id, order.household_id, wanted.version))


@bp.act("/orders/<int:order_id>/withdraw", Permission.ORDER_PROXY, TokenScope.ORDERS, OrderStatusRecord, takes=Withdraw)
def withdraw_order(wanted: Withdraw, order_id: int) -> dict[str, Any]:
    """Take an order back before the cut-off. `version` 0 takes back whatever stands."""
    seen = wanted.version or None
    return _written(once(lambda order: order.id, service.withdraw, staff(), order_id, seen))

"""What the staff pages of orders show: the list, one order, and the choices of its filters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import aliased, selectinload

from app.access.permissions import Permission, Staff
from app.catalog.models import Item
from app.core.db import db
from app.core.errors import NotFound
from app.core.events import Event
from app.core.lookup import or_not_found, row_or_not_found
from app.core.text.natural import natural_key
from app.ordering.models import CyclePoint, HouseholdOrder, OrderLine, Stage
from app.ordering.rules import read_order_code
from app.places.finder.queries import building_called
from app.places.labels import ADDRESS, address_label, building_label, with_address
from app.places.models import Building, Compound, Household, ServicePoint, Stairwell
from app.places.scope import buildings_in_scope, points_in_scope


@dataclass(frozen=True)
class OrderFilter:
    """What the list of orders is narrowed to; empty members do not narrow."""

    text: str = ""
    point_id: int | None = None
    building_id: int | None = None
    state: str = ""
    source: str = ""


@dataclass(frozen=True)
class OrderRowView:
    """One order in the list."""

    id: int
    code: str
    state: str
    source: str
    total_fen: int
    placed_at: datetime
    compound: str
    building: str
    stairwell: str
    room_no: str | None
    point: str

    @property
    def address(self) -> str:
        place = address_label(self.compound, self.building, self.stairwell)
        return f"{place} {self.room_no or '—'}"


_ORDER_COLUMNS = (
    HouseholdOrder.id,
    HouseholdOrder.code,
    HouseholdOrder.state,
    HouseholdOrder.source,
    HouseholdOrder.total_fen,
    HouseholdOrder.placed_at,
    Compound.name,
    Building.label,
    Stairwell.label,
    Household.room_no,
    ServicePoint.name,
)


def order_row(row: Sequence[Any]) -> OrderRowView:
    """A row of `orders` as the page needs it."""
    cells = [*row[:8], row[8] or "", *row[9:]]
    return OrderRowView(*cells)


def orders(by: Staff, cycle_id: int, narrowed: OrderFilter) -> Select[Any]:
    """The orders of a cycle within the reader's scope, by address. Rows go through `order_row`."""
    found: Any = (
        select(*_ORDER_COLUMNS)
        .select_from(HouseholdOrder)
        .join(Building, Building.id == HouseholdOrder.building_id)
        .join(Compound, Compound.id == Building.compound_id)
        .join(ServicePoint, ServicePoint.id == HouseholdOrder.service_point_id)
        .outerjoin(Household, Household.id == HouseholdOrder.household_id)
        .outerjoin(Stairwell, Stairwell.id == Household.stairwell_id)
        .where(HouseholdOrder.cycle_id == cycle_id, buildings_in_scope(by, Permission.ORDER_READ))
        .order_by(Compound.name, Building.sort_key, Building.id, Household.sort_key, HouseholdOrder.id)
    )
    narrow: Select[Any] = found.where(*_conditions(narrowed))
    return narrow


def _conditions(narrowed: OrderFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if narrowed.point_id:
        conditions.append(HouseholdOrder.service_point_id == narrowed.point_id)
    if narrowed.building_id:
        conditions.append(HouseholdOrder.building_id == narrowed.building_id)
    if narrowed.state:
        conditions.append(HouseholdOrder.state == narrowed.state)
    if narrowed.source:
        conditions.append(HouseholdOrder.source == narrowed.source)
    text = narrowed.text.strip()[:40]
    if text:
        conditions.append(_matches(text))
    return conditions


def _matches(text: str) -> ColumnElement[bool]:
    code = read_order_code(text)
    if code is not None:
        return HouseholdOrder.code == code
    return or_(
        Compound.name.contains(text, autoescape=True),
        building_called(text),
        Household.room_no == text,
        Building.sort_key + "\x1f" + Household.sort_key == natural_key(text),
    )


def point_options(by: Staff, permission: Permission, cycle_id: int) -> list[tuple[int, str]]:
    """The points of a cycle within reach: (id, name)."""
    found = (
        select(ServicePoint.id, ServicePoint.name)
        .join(CyclePoint, CyclePoint.service_point_id == ServicePoint.id)
        .where(CyclePoint.cycle_id == cycle_id, points_in_scope(by, permission))
        .order_by(ServicePoint.name)
    )
    return [(i, name) for i, name in db.session.execute(found)]


def building_options(by: Staff, permission: Permission, cycle_id: int, point_id: int | None) -> list[tuple[int, str]]:
    """The buildings of a cycle within reach: (id, "compound label"), of one point where given."""
    found = (
        select(Building.id, Compound.name, Building.label)
        .join(Compound, Building.compound_id == Compound.id)
        .join(CyclePoint, CyclePoint.service_point_id == Building.service_point_id)
        .where(CyclePoint.cycle_id == cycle_id, buildings_in_scope(by, permission))
        .order_by(Compound.name, Building.sort_key, Building.id)
    )
    if point_id:
        found = found.where(Building.service_point_id == point_id)
    return [(i, building_label(compound, label)) for i, compound, label in db.session.execute(found)]


@dataclass(frozen=True)
class LineView:
    """One item of an order and where its units are. `instead_of`: the item that it stands in for, empty if ordered."""

    item: str
    spec: str
    sale_unit: str
    qty: int
    is_substitutable: bool
    instead_of: str
    stages: tuple[tuple[str, int], ...]  # (stage, units), zeros left out


def lines(order_id: int) -> list[LineView]:
    """The lines of an order by item, what was ordered before what stands in for it. One statement."""
    short, instead_of = aliased(OrderLine), aliased(Item)
    found = (
        select(OrderLine, Item, instead_of.name)
        .join(Item, OrderLine.item_id == Item.id)
        .outerjoin(short, short.id == OrderLine.substitute_for_id)
        .outerjoin(instead_of, instead_of.id == short.item_id)
        .where(OrderLine.order_id == order_id)
        .order_by(OrderLine.substitute_for_id.is_not(None), Item.category, Item.id, OrderLine.id)
    )
    return [
        LineView(
            item.name,
            item.spec,
            item.sale_unit,
            line.qty_ordered,
            line.is_substitutable,
            replaced or "",
            tuple((stage.value, qty) for stage in Stage if (qty := getattr(line, f"qty_{stage.value}"))),
        )
        for line, item, replaced in db.session.execute(found)
    ]


@dataclass(frozen=True)
class HouseholdOrderPage:
    """One order with its address, lines and history."""

    row: OrderRowView
    order: HouseholdOrder
    lines: list[LineView]
    events: list[Event]


def order_page(by: Staff, order_id: int) -> HouseholdOrderPage:
    """One order within the reader's scope. Raises NotFound."""
    order = row_or_not_found(HouseholdOrder, order_id, options=[selectinload(HouseholdOrder.cycle)])
    row = db.session.execute(orders(by, order.cycle_id, OrderFilter()).where(HouseholdOrder.id == order_id)).first()
    if row is None:
        raise NotFound
    history = select(Event).where(Event.subject_type == "household_order", Event.subject_id == order_id)
    return HouseholdOrderPage(
        order_row(row), order, lines(order_id), list(db.session.scalars(history.order_by(Event.id)))
    )


def address_of(household_id: int) -> tuple[str, str]:
    """("桂花苑 12号楼", "1单元 302") of a household. Raises NotFound."""
    found = with_address(select(*ADDRESS)).where(Household.id == household_id)
    row = or_not_found(db.session.execute(found).first())
    return f"{row[0]} {row[1]}", f"{row[2]} {row[3]}".strip()

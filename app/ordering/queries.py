"""What the staff pages of cycles and orders show. Few statements each; plain values out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, select

from app.access.permissions import Grant, Permission, Staff, ids_of
from app.catalog.models import Bundle, Item
from app.catalog.scope import within
from app.core.db import db
from app.core.units import date_time
from app.ordering.models import (
    ORDERS_COUNTED,
    STAGE_COLUMNS,
    Cycle,
    CyclePoint,
    CycleState,
    HouseholdOrder,
    Offer,
    OfferComponent,
    OrderLine,
    Stage,
)
from app.places.models import Building, Community, ServicePoint, Subdistrict
from app.places.scope import buildings_in_scope

CYCLE_TONES = {"draft": "idle", "open": "todo", "locked": "todo", "running": "info", "closed": "ok", "purged": "idle"}


@dataclass(frozen=True)
class CycleRow:
    """One cycle in the list."""

    id: int
    name: str
    state: CycleState
    opens_at: datetime
    cutoff_at: datetime
    deliver_on: date
    orders: int
    points: int

    @property
    def tone(self) -> str:
        return CYCLE_TONES.get(self.state.value, "idle")


def subdistricts_in_reach(by: Staff, permission: Permission) -> list[int]:
    """Ids of the subdistricts in which `by` holds the permission anywhere."""
    grants: list[Grant] = by.scopes(permission)
    whole = ids_of(grants, "subdistrict")
    parts = select(Community.subdistrict_id).join(ServicePoint).join(Building).where(buildings_in_scope(by, permission))
    narrow = len(whole) < len(grants)
    return sorted({*whole, *(db.session.scalars(parts.distinct()) if narrow else ())})


def cycles(by: Staff) -> list[CycleRow]:
    """The cycles of the reader's subdistricts, newest first, with the number of orders that count."""
    counted = (
        select(HouseholdOrder.cycle_id, func.count().label("orders"))
        .where(HouseholdOrder.state.in_(ORDERS_COUNTED))
        .group_by(HouseholdOrder.cycle_id)
        .subquery()
    )
    pointed = select(CyclePoint.cycle_id, func.count().label("points")).group_by(CyclePoint.cycle_id).subquery()
    found = (
        select(Cycle, func.coalesce(counted.c.orders, 0), func.coalesce(pointed.c.points, 0))
        .outerjoin(counted, counted.c.cycle_id == Cycle.id)
        .outerjoin(pointed, pointed.c.cycle_id == Cycle.id)
        .where(Cycle.subdistrict_id.in_(subdistricts_in_reach(by, Permission.CYCLE_READ)))
        .order_by(Cycle.deliver_on.desc(), Cycle.id.desc())
        .limit(100)
    )
    return [
        CycleRow(c.id, c.name, CycleState(c.state), c.opens_at, c.cutoff_at, c.deliver_on, orders, points)
        for c, orders, points in db.session.execute(found)
    ]


@dataclass(frozen=True)
class PointChoice:
    """A service point that may take part in a cycle."""

    id: int
    name: str
    community: str
    is_chosen: bool


def point_choices(subdistrict_id: int, cycle_id: int | None) -> list[PointChoice]:
    """The points of a subdistrict, and which of them the cycle has."""
    chosen = set(db.session.scalars(select(CyclePoint.service_point_id).where(CyclePoint.cycle_id == cycle_id)))
    found = (
        select(ServicePoint.id, ServicePoint.name, Community.name)
        .join(Community)
        .where(Community.subdistrict_id == subdistrict_id)
        .order_by(Community.code, ServicePoint.name)
    )
    return [PointChoice(i, name, community, i in chosen) for i, name, community in db.session.execute(found)]


def subdistrict_choices(by: Staff) -> list[tuple[int, str]]:
    """The subdistricts for which `by` may make cycles."""
    ids = ids_of(by.scopes(Permission.CYCLE_EDIT), "subdistrict")
    found = select(Subdistrict.id, Subdistrict.name).where(Subdistrict.id.in_(ids)).order_by(Subdistrict.id)
    return [(i, name) for i, name in db.session.execute(found)]


@dataclass(frozen=True)
class OfferRow:
    """One offer of a cycle with what it stands for."""

    id: int
    name: str
    is_bundle: bool
    price_fen: int
    limit: int | None
    is_soft: bool
    is_listed: bool
    contents: str
    category: str


def offers(cycle_id: int) -> list[OfferRow]:
    """The offers of a cycle in their order. Two statements."""
    found = db.session.scalars(select(Offer).where(Offer.cycle_id == cycle_id).order_by(Offer.position, Offer.id)).all()
    parts: dict[int, list[tuple[str, str, str, int]]] = defaultdict(list)
    inside = (
        select(OfferComponent.offer_id, Item.name, Item.spec, Item.category, OfferComponent.qty)
        .join(Item, OfferComponent.item_id == Item.id)
        .join(Offer, OfferComponent.offer_id == Offer.id)
        .where(Offer.cycle_id == cycle_id)
        .order_by(Item.id)
    )
    for offer_id, name, spec, category, qty in db.session.execute(inside):
        parts[offer_id].append((name, spec, category, qty))
    return [
        OfferRow(
            offer.id,
            offer.name,
            offer.bundle_id is not None,
            offer.price_fen,
            offer.limit_per_household,
            offer.is_soft_limit,
            offer.is_listed,
            _contents(parts[offer.id], offer.bundle_id is not None),
            "" if offer.bundle_id is not None else next((part[2] for part in parts[offer.id]), ""),
        )
        for offer in found
    ]


def _contents(parts: Sequence[tuple[str, str, str, int]], is_bundle: bool) -> str:
    if is_bundle:
        return "、".join(f"{name}×{qty}" for name, _spec, _category, qty in parts)
    return parts[0][1] if parts else ""


def not_offered(cycle: Cycle) -> tuple[list[tuple[int, str]], list[tuple[int, str]]]:
    """Items and bundles of the catalogue that the cycle does not offer: (id, name) pairs."""
    items = select(Item.id, Item.name).where(
        Item.is_active,
        within(Item, [cycle.subdistrict_id]),
        Item.id.not_in(select(Offer.item_id).where(Offer.cycle_id == cycle.id, Offer.item_id.is_not(None))),
    )
    bundles = select(Bundle.id, Bundle.name).where(
        Bundle.is_active,
        within(Bundle, [cycle.subdistrict_id]),
        Bundle.id.not_in(select(Offer.bundle_id).where(Offer.cycle_id == cycle.id, Offer.bundle_id.is_not(None))),
    )
    return (
        [(i, name) for i, name in db.session.execute(items.order_by(Item.name))],
        [(i, name) for i, name in db.session.execute(bundles.order_by(Bundle.name))],
    )


def orders_by_state(cycle_id: int) -> dict[str, int]:
    """Order state → number of orders of the cycle."""
    counted = select(HouseholdOrder.state, func.count()).where(HouseholdOrder.cycle_id == cycle_id)
    return {state: int(n) for state, n in db.session.execute(counted.group_by(HouseholdOrder.state))}


def units_by_stage(cycle_id: int) -> dict[str, int]:
    """Stage → units of the cycle."""
    columns = OrderLine.__table__.c
    sums = select(*(func.coalesce(func.sum(columns[name]), 0) for name in STAGE_COLUMNS))
    row = db.session.execute(sums.where(OrderLine.cycle_id == cycle_id)).one()
    return {stage.value: int(qty) for stage, qty in zip(Stage, row, strict=True)}


def day_after(day: date) -> str:
    """The day after `day` as a form writes it."""
    return (day + timedelta(days=1)).isoformat()


@dataclass(frozen=True)
class FlowStep:
    """One state of the cycle as the line of stages shows it."""

    label: str
    tone: str
    active: bool
    note: str
    count: str = ""
    url: str = ""


def flow(cycle: Cycle) -> list[FlowStep]:
    """Draft → open → locked → running → closed, with where the cycle is."""
    line = [CycleState.DRAFT, CycleState.OPEN, CycleState.LOCKED, CycleState.RUNNING, CycleState.CLOSED]
    now = CycleState(cycle.state)
    if now not in line:
        return [FlowStep(now.label, "idle", True, "")]
    place = line.index(now)
    notes = {CycleState.OPEN: cycle.opens_at, CycleState.LOCKED: cycle.cutoff_at, CycleState.CLOSED: cycle.closed_at}
    return [
        FlowStep(
            state.label,
            "ok" if number < place else "todo" if number == place else "idle",
            number == place,
            date_time(notes.get(state)),
        )
        for number, state in enumerate(line)
    ]

"""Free packs: what a scope holds, who in it would get one, and the packs given so far."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, select
from sqlalchemy.orm import selectinload

from app.access.models import Account
from app.core.db import db
from app.core.jobs import Job
from app.ordering.models import CyclePoint, HouseholdOrder, Offer, OrderChoice, OrderState, Source
from app.ordering.packs.models import FreePack, FreePackShare, PackScope, PackState
from app.ordering.packs.rules import packs_for
from app.ordering.roll_call import queries as roll_call_queries
from app.places.models import Building, Community, Compound, Household, ServicePoint, ZoneDesignation, ZoneLevel

GIVEN = (Source.FREE, Source.STANDING)  # orders that a household got without asking this time


@dataclass(frozen=True)
class GivePack:
    """One offer for every household of a scope: one each, or one for every `per_persons` persons."""

    offer_id: int
    scope_kind: str
    scope_id: int
    per_persons: int | None = None
    seen_units: int = 0


@dataclass(frozen=True)
class PackPreview:
    """What giving would do: households in scope, those who have the pack, new orders, orders added to, units."""

    households: int
    have_it: int
    new_orders: int
    added_to: int
    units: int
    persons_unknown: int

    @property
    def gets(self) -> int:
        return self.new_orders + self.added_to


@dataclass(frozen=True)
class PackRecipient:
    """A household that would get the pack: where it is, and its order, if there is one."""

    household_id: int
    building_id: int
    service_point_id: int
    order_id: int | None
    order_state: str | None
    qty: int


def buildings_within(kind: str, scope_id: int) -> ColumnElement[bool]:
    """A condition on Building: those of a scope (a whole subdistrict is all that the cycle reaches)."""
    if kind == PackScope.COMMUNITY:
        return Building.service_point_id.in_(select(ServicePoint.id).where(ServicePoint.community_id == scope_id))
    if kind == PackScope.SERVICE_POINT:
        return Building.service_point_id == scope_id
    if kind == PackScope.COMPOUND:
        return Building.compound_id == scope_id
    if kind == PackScope.BUILDING:
        return Building.id == scope_id
    if kind == PackScope.ZONE:
        now_there = select(ZoneDesignation.building_id).where(
            ZoneDesignation.zone_level_id == scope_id, ZoneDesignation.ends_at.is_(None)
        )
        return Building.id.in_(now_there)
    return Building.id.is_not(None)


def _has_it(offer_id: int) -> ColumnElement[bool]:
    chosen = select(OrderChoice.order_id).where(
        OrderChoice.order_id == HouseholdOrder.id, OrderChoice.offer_id == offer_id
    )
    return exists(chosen)


def _homes(cycle_id: int, wanted: GivePack, *columns: Any) -> Select[Any]:
    own = (HouseholdOrder.cycle_id == cycle_id) & (HouseholdOrder.household_id == Household.id)
    homes = roll_call_queries.households_in_scope(cycle_id, *columns).outerjoin(HouseholdOrder, own)
    return homes.where(buildings_within(wanted.scope_kind, wanted.scope_id))


def preview(cycle_id: int, wanted: GivePack) -> PackPreview:
    """Count what giving would do now. Two statements."""
    most = db.session.scalar(select(Offer.limit_per_household).where(Offer.id == wanted.offer_id))
    rows = db.session.execute(
        _homes(cycle_id, wanted, Household.persons, HouseholdOrder.state, _has_it(wanted.offer_id))
    )
    households = have_it = new_orders = added_to = units = unknown = 0
    for persons, state, has_it in rows:
        households += 1
        if has_it:
            have_it += 1
            continue
        units += packs_for(persons, wanted.per_persons, most)
        unknown += persons is None
        if state == OrderState.PLACED:
            added_to += 1
        else:
            new_orders += 1
    return PackPreview(households, have_it, new_orders, added_to, units, unknown)


def next_recipients(cycle_id: int, wanted: GivePack, limit: int) -> list[PackRecipient]:
    """The next households that have not got the pack, in order of id. Two statements."""
    most = db.session.scalar(select(Offer.limit_per_household).where(Offer.id == wanted.offer_id))
    columns = (
        Household.id,
        Building.id,
        Building.service_point_id,
        HouseholdOrder.id,
        HouseholdOrder.state,
        Household.persons,
    )
    found = _homes(cycle_id, wanted, *columns).where(~_has_it(wanted.offer_id)).order_by(Household.id).limit(limit)
    return [
        PackRecipient(home, building, point, order_id, state, packs_for(persons, wanted.per_persons, most))
        for home, building, point, order_id, state, persons in db.session.execute(found)
    ]


def scope_options(cycle_id: int, kind: str) -> list[tuple[int, str]]:
    """What may be chosen of a kind in a cycle: (id, name)."""
    inside = select(Building.id).join(CyclePoint, CyclePoint.service_point_id == Building.service_point_id)
    inside = inside.where(CyclePoint.cycle_id == cycle_id)
    points = select(CyclePoint.service_point_id).where(CyclePoint.cycle_id == cycle_id)
    found: Any
    if kind == PackScope.COMMUNITY:
        part = select(ServicePoint.community_id).where(ServicePoint.id.in_(points))
        found = select(Community.id, Community.name).where(Community.id.in_(part)).order_by(Community.code)
    elif kind == PackScope.SERVICE_POINT:
        found = (
            select(ServicePoint.id, ServicePoint.name).where(ServicePoint.id.in_(points)).order_by(ServicePoint.name)
        )
    elif kind == PackScope.COMPOUND:
        part = select(Building.compound_id).where(Building.id.in_(inside))
        found = select(Compound.id, Compound.name).where(Compound.id.in_(part)).order_by(Compound.name)
    elif kind == PackScope.BUILDING:
        found = select(Building.id, Compound.name + " " + Building.label).join(Compound)
        found = found.where(Building.id.in_(inside)).order_by(Compound.name, Building.sort_key, Building.id)
    elif kind == PackScope.ZONE:
        part = select(ZoneDesignation.zone_level_id).where(
            ZoneDesignation.ends_at.is_(None), ZoneDesignation.building_id.in_(inside)
        )
        found = select(ZoneLevel.id, ZoneLevel.label_zh).where(ZoneLevel.id.in_(part)).order_by(ZoneLevel.round_order)
    else:
        return []
    return [(i, name) for i, name in db.session.execute(found)]


def free_offers(cycle_id: int) -> list[tuple[int, str]]:
    """The listed offers of a cycle that cost nothing: (id, name)."""
    found = select(Offer.id, Offer.name).where(Offer.cycle_id == cycle_id, Offer.is_listed, Offer.price_fen == 0)
    return [(i, name) for i, name in db.session.execute(found.order_by(Offer.position, Offer.id))]


@dataclass(frozen=True)
class PackRow:
    """One action of giving, with its job where it runs in the background."""

    id: int
    offer: str
    scope: str
    per_persons: int | None
    state: PackState
    households: int
    units: int
    by: str
    at: datetime
    job: Job | None


def packs(cycle_id: int) -> list[PackRow]:
    """The packs of a cycle, newest first."""
    found = (
        select(FreePack, Offer.name, Account.display_name, Job)
        .join(Offer, Offer.id == FreePack.offer_id)
        .join(Account, Account.id == FreePack.given_by_id)
        .outerjoin(Job, Job.id == FreePack.job_id)
        .where(FreePack.cycle_id == cycle_id)
        .order_by(FreePack.id.desc())
    )
    rows = db.session.execute(found).all()
    names = {kind: dict(scope_options(cycle_id, kind)) for kind in {pack.scope_kind for pack, *_rest in rows}}
    return [
        PackRow(
            pack.id,
            offer,
            " ".join(
                part for part in (PackScope(pack.scope_kind).label, names[pack.scope_kind].get(pack.scope_id)) if part
            ),
            pack.per_persons,
            PackState(pack.state),
            pack.households,
            pack.units,
            who,
            pack.created_at,
            job,
        )
        for pack, offer, who, job in rows
    ]


def given_of(order: HouseholdOrder) -> dict[int, int]:
    """Offer → units of an order that nobody asked for this time: free packs and a standing order. One statement."""
    held = {choice.offer_id: choice.qty for choice in order.choices}
    if order.source in GIVEN:
        return held
    shares = select(FreePack.offer_id, func.sum(FreePackShare.qty)).join(FreePackShare)
    found = db.session.execute(shares.where(FreePackShare.order_id == order.id).group_by(FreePack.offer_id))
    return {offer: min(int(qty), held[offer]) for offer, qty in found if offer in held}


def orders_with_choices(order_ids: list[int]) -> dict[int, HouseholdOrder]:
    """Orders by id with their choices, as stored now. Two statements."""
    found = select(HouseholdOrder).where(HouseholdOrder.id.in_(order_ids)).options(selectinload(HouseholdOrder.choices))
    return {order.id: order for order in db.session.scalars(found.execution_options(populate_existing=True))}

"""What there is to carry and who may carry it: rows read from the database for one wave and day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from sqlalchemy import false, func, or_, select

from app.allocation.models import Allocation
from app.core import clock
from app.core.db import db
from app.dispatch.hours.service import mode_hours
from app.dispatch.models import DeliveryRound, RoundState, Shift, Team
from app.ordering.models import HouseholdOrder
from app.picking.models import DOOR_OF_BAG, Bag, BagLine, BagState
from app.places.labels import building_label
from app.places.models import (
    Blackout,
    Building,
    Compound,
    Gate,
    Household,
    ServicePoint,
    Stairwell,
    ZoneDesignation,
    ZoneLevel,
)
from app.stock.models import Lot


@dataclass(frozen=True)
class BagLoad:
    """One bag to carry; `released_at` is when the last of its goods may leave the depot."""

    bag_id: int
    weight_g: int
    volume_ml: int
    stairwell: str
    floor: int
    household_id: int
    released_at: datetime | None


@dataclass
class BuildingWork:
    """The bags of one building and what restricts delivering them."""

    building_id: int
    label: str
    compound_id: int
    lat_e6: int | None
    lon_e6: int | None
    has_lift: bool
    mode: str
    zone: int
    bags: list[BagLoad] = field(default_factory=list)
    blackouts: list[tuple[datetime, datetime]] = field(default_factory=list)


@dataclass(frozen=True)
class TeamShift:
    """A team on duty."""

    shift_id: int
    team: str
    mode: str
    capacity_g: int
    capacity_ml: int
    capacity_bags: int
    clearance: int
    starts_at: datetime
    ends_at: datetime
    depot_id: int
    depot_lat_e6: int | None
    depot_lon_e6: int | None
    busy_until: datetime | None = None
    """When it is back from the round it is on."""


@dataclass(frozen=True)
class DayWork:
    """Everything a plan of one wave and day depends on."""

    day: date
    buildings: list[BuildingWork]
    shifts: list[TeamShift]
    gates: list[Gate]
    held: list[int]  # bags kept back by hand


def read_work(cycle_id: int, subdistrict_id: int, wave: int, day: date) -> DayWork:
    """Read the packed bags up to `wave` and the shifts of `day`. Ten statements, however many bags."""
    buildings = {work.building_id: work for work in _buildings(cycle_id, wave)}
    for bag, building_id in _bags(cycle_id, wave):
        buildings[building_id].bags.append(bag)
    found = list(buildings.values())
    shifts = shifts_of(subdistrict_id, day)
    _add_zones(found, day, shifts)
    _add_blackouts(found, day)
    compounds = {work.compound_id for work in found}
    gates = [gate for gate in db.session.scalars(select(Gate).order_by(Gate.id)) if gate.compound_id in compounds]
    held = select(Bag.id).where(Bag.cycle_id == cycle_id, Bag.wave <= wave, Bag.state == BagState.HELD)
    return DayWork(day, found, shifts, gates, list(db.session.scalars(held.order_by(Bag.id))))


def _buildings(cycle_id: int, wave: int) -> Iterable[BuildingWork]:
    rows = db.session.execute(
        select(
            Building.id,
            Compound.name,
            Building.label,
            Building.compound_id,
            func.coalesce(Building.lat_e6, Compound.lat_e6),
            func.coalesce(Building.lon_e6, Compound.lon_e6),
            Building.has_lift,
        )
        .join(Compound, Compound.id == Building.compound_id)
        .where(
            Building.id.in_(
                select(Bag.building_id).where(Bag.cycle_id == cycle_id, Bag.wave <= wave, Bag.state == BagState.PACKED)
            )
        )
        .order_by(Compound.name, Building.sort_key, Building.id)
    )
    for building_id, compound, label, compound_id, lat, lon, has_lift in rows:
        yield BuildingWork(
            building_id, building_label(compound, label), compound_id, lat, lon, has_lift, "to_building", 0
        )


def _bags(cycle_id: int, wave: int) -> Iterable[tuple[BagLoad, int]]:
    released = dict(
        db.session.execute(
            select(BagLine.bag_id, func.max(Lot.released_at))
            .join(Bag, Bag.id == BagLine.bag_id)
            .join(Allocation, Allocation.order_line_id == BagLine.order_line_id)
            .join(Lot, Lot.id == Allocation.lot_id)
            .where(Bag.cycle_id == cycle_id, Bag.wave <= wave, Bag.state == BagState.PACKED)
            .group_by(BagLine.bag_id)
        ).all()
    )
    rows = db.session.execute(
        select(Bag.id, Bag.weight_g, Bag.volume_ml, Bag.building_id, Stairwell.label, Household.floor, Household.id)
        .join(HouseholdOrder, HouseholdOrder.id == Bag.order_id)
        .outerjoin(Household, Household.id == DOOR_OF_BAG)
        .outerjoin(Stairwell, Stairwell.id == Household.stairwell_id)
        .where(Bag.cycle_id == cycle_id, Bag.wave <= wave, Bag.state == BagState.PACKED)
        .order_by(Stairwell.label, Household.sort_key, Bag.id)
    )
    for bag_id, weight_g, volume_ml, building_id, stairwell, floor, household_id in rows:
        load = BagLoad(
            bag_id, weight_g, volume_ml, stairwell or "", floor or 1, household_id or 0, released.get(bag_id)
        )
        yield load, building_id


def _add_zones(works: list[BuildingWork], day: date, shifts: list[TeamShift]) -> None:
    """The strictest level of each building in the hours that are left: whenever the team comes, it may enter."""
    since = max([clock.now(), min([shift.starts_at for shift in shifts], default=clock.local_instant(day, 0))])
    until = max([since, *(shift.ends_at for shift in shifts)])
    rows = db.session.execute(
        select(ZoneDesignation.building_id, ZoneLevel)
        .join(ZoneLevel, ZoneLevel.id == ZoneDesignation.zone_level_id)
        .where(
            ZoneDesignation.building_id.in_([work.building_id for work in works]),
            ZoneDesignation.starts_at <= until,
            or_(ZoneDesignation.ends_at.is_(None), ZoneDesignation.ends_at > since),
        )
        .order_by(ZoneLevel.round_order)
    )
    strictest = {building_id: level for building_id, level in rows}  # noqa: C416 - rows, not pairs
    for work in works:
        level = strictest.get(work.building_id)
        if level is not None:
            work.mode, work.zone = level.delivery_mode, level.round_order


def _add_blackouts(works: list[BuildingWork], day: date) -> None:
    start = clock.local_instant(day, 0)
    rows = db.session.scalars(
        select(Blackout).where(Blackout.ends_at > start, Blackout.starts_at < start + timedelta(days=1))
    ).all()
    for work in works:
        for row in rows:
            if row.building_id == work.building_id or row.compound_id == work.compound_id:
                work.blackouts.append((row.starts_at, row.ends_at))


def shifts_of(subdistrict_id: int, day: date) -> list[TeamShift]:
    """The shifts that begin on a day, in order of start and team, each cut to the hours of its kind of team."""
    start = clock.local_instant(day, 0)
    rows = db.session.execute(
        select(Shift, Team, ServicePoint)
        .join(Team, Team.id == Shift.team_id)
        .join(ServicePoint, ServicePoint.id == Shift.depot_id)
        .where(
            Team.subdistrict_id == subdistrict_id,
            Team.is_active,
            Shift.is_cancelled.is_(false()),
            Shift.starts_at >= start,
            Shift.starts_at < start + timedelta(days=1),
        )
        .order_by(Shift.starts_at, Team.name, Shift.id)
    )
    busy = _busy_until(start)
    hours = mode_hours(subdistrict_id)
    found = [
        TeamShift(
            shift.id,
            team.name,
            team.mode,
            team.capacity_g,
            team.capacity_ml,
            team.capacity_bags,
            team.zone_clearance,
            shift.starts_at,
            shift.ends_at,
            depot.id,
            depot.lat_e6,
            depot.lon_e6,
            busy.get(shift.id),
        )
        for shift, team, depot in rows
    ]
    within = (_within(one, start, *hours[one.mode]) if one.mode in hours else one for one in found)
    return [one for one in within if one.starts_at < one.ends_at]


def _within(shift: TeamShift, midnight: datetime, opens_s: int, closes_s: int) -> TeamShift:
    """The part of a shift in which its kind of team may be on the road; it may be empty."""
    opens, closes = midnight + timedelta(seconds=opens_s), midnight + timedelta(seconds=closes_s)
    return replace(shift, starts_at=max(shift.starts_at, opens), ends_at=min(shift.ends_at, closes))


def _busy_until(start: datetime) -> dict[int, datetime]:
    """Shift → when its team returns from the rounds that are under way on the day that begins at `start`."""
    found = db.session.execute(
        select(DeliveryRound.shift_id, func.max(DeliveryRound.returns_at))
        .join(Shift, Shift.id == DeliveryRound.shift_id)
        .where(DeliveryRound.state.in_((RoundState.LOADING, RoundState.DEPARTED)))
        .where(Shift.starts_at >= start, Shift.starts_at < start + timedelta(days=1))
        .group_by(DeliveryRound.shift_id)
    )
    return {shift_id: returns_at for shift_id, returns_at in found}  # noqa: C416

"""The delivery day of a wave: zones, captains, closed times, gates, and what each stop of the published plan gets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select

from app.access.models import Account
from app.core import clock
from app.core.db import db
from app.core.units import clock_time
from app.dispatch.arrivals.queries import duty_lines
from app.dispatch.models import DeliveryPlan, DeliveryRound, DeliveryStop, PlanBag, PlanState, TeamMember
from app.dispatch.rounds import conditions
from app.dispatch.rounds.staying import StayingBag, is_carried, staying_by_stop
from app.ordering.models import HouseholdOrder
from app.picking.models import DOOR_OF_BAG, LIVE_BAGS, Bag, BagLine
from app.picking.numbers import last_of_day
from app.places.models import (
    Blackout,
    Captaincy,
    DeliveryMode,
    Gate,
    Household,
    ServicePoint,
    Stairwell,
)
from app.places.serving import levels_on, serving_day
from app.printing.contexts.ground import Ground, mask_name
from app.printing.sheet import Totals


@dataclass(frozen=True)
class Zone:
    """What applies to a building on the day."""

    label: str = ""
    mode: str = DeliveryMode.TO_DOOR
    order: int = 0


@dataclass(frozen=True, slots=True)
class LoadedBag:
    """A bag of a stop: code, number of the building's day, and its door."""

    code: str
    no: int
    floor: int | None
    room: str
    marks: tuple[str, ...]


@dataclass
class StopLoad:
    """The bags of a stop by stairwell, in order of floor, room and number; where and when it is."""

    building_id: int
    at: datetime
    held: dict[str, list[LoadedBag]] = field(default_factory=lambda: defaultdict(list))
    units: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    grams: int = 0

    @property
    def bags(self) -> int:
        """Bags of the stop."""
        return sum(len(held) for held in self.held.values())

    @property
    def numbers(self) -> list[int]:
        """Their numbers of the building's day, ascending."""
        return sorted(bag.no for held in self.held.values() for bag in held)

    def marks(self) -> tuple[str, ...]:
        """The marks of any of its bags."""
        found = {mark for held in self.held.values() for bag in held for mark in bag.marks}
        return tuple(mark for mark in ("cold", "heavy", "fragile") if mark in found)


@dataclass(frozen=True)
class VisitOnPaper:
    """One of several stops at a building on the day: the `no`-th, with the numbers of its bags."""

    stop_id: int
    no: int
    at: datetime
    codes: frozenset[str]
    numbers: tuple[int, ...]


def zones(ground: Ground) -> dict[int, Zone]:
    """Building → the zone that applies on the delivery day, later on the present one."""
    levels = levels_on(serving_day(ground.deliver_on))
    return {one: Zone(level.label_zh, level.delivery_mode, level.round_order) for one, level in levels.items()}


def captains(ground: Ground) -> dict[int, str]:
    """Building → its captain as paper names one (王*); a deputy only where there is no captain."""
    day = ground.deliver_on
    rows = db.session.execute(
        select(Captaincy.building_id, Captaincy.is_deputy, Account.display_name)
        .join(Account, Account.id == Captaincy.account_id)
        .where(Captaincy.starts_on <= day, or_(Captaincy.ends_on.is_(None), Captaincy.ends_on >= day))
        .order_by(Captaincy.id)
    )
    found: dict[int, str] = {}
    for building, _, name in sorted(rows, key=lambda row: row[1]):
        found.setdefault(building, mask_name(name))
    return found


def _loads(ground: Ground) -> dict[int, StopLoad]:
    """Stop → its bags; two statements."""
    published = (
        DeliveryPlan.cycle_id == ground.cycle_id,
        DeliveryPlan.wave == ground.wave,
        DeliveryPlan.state == PlanState.PUBLISHED,
    )
    units = select(BagLine.bag_id, func.sum(BagLine.qty).label("units")).group_by(BagLine.bag_id).subquery()
    flags = {"cold": Bag.is_cold, "heavy": Bag.is_heavy, "fragile": Bag.is_fragile}
    # Columns, not bags: a building's sheet is waited for, and this reads the bags of the whole wave.
    rows = db.session.execute(
        select(
            PlanBag.stop_id,
            DeliveryStop.building_id,
            DeliveryStop.arrive_at,
            Bag.code,
            Bag.day_no,
            Bag.weight_g,
            Stairwell.label,
            Household.floor,
            Household.room_no,
            units.c.units,
            *flags.values(),
        )
        .join(DeliveryPlan, DeliveryPlan.id == PlanBag.plan_id)
        .join(DeliveryStop, DeliveryStop.id == PlanBag.stop_id)
        .join(DeliveryRound, DeliveryRound.id == DeliveryStop.round_id)
        .join(Bag, Bag.id == PlanBag.bag_id)
        .join(HouseholdOrder, HouseholdOrder.id == Bag.order_id)
        .outerjoin(Household, Household.id == DOOR_OF_BAG)
        .outerjoin(Stairwell, Stairwell.id == Household.stairwell_id)
        .outerjoin(units, units.c.bag_id == Bag.id)
        .where(*published, Bag.state.in_(LIVE_BAGS), is_carried())
        .order_by(Household.floor, Household.sort_key, Bag.day_no)
    )
    loads: dict[int, StopLoad] = {}
    for stop_id, building, at, code, no, grams, stairwell, floor, room, pieces, *applies in rows:
        load, name = loads.setdefault(stop_id, StopLoad(building, at)), stairwell or ""
        marks = tuple(mark for mark, applying in zip(flags, applies, strict=True) if applying)
        load.held[name].append(LoadedBag(code, no, floor, room or "", marks))
        load.units[name] += int(pieces or 0)
        load.grams += grams
    return loads


def _visits(loads: Mapping[int, StopLoad]) -> dict[int, tuple[VisitOnPaper, ...]]:
    """Building → its visits in order of time, where there are several that bring bags."""
    found: dict[int, list[VisitOnPaper]] = defaultdict(list)
    for stop, load in sorted(loads.items(), key=lambda one: (one[1].at, one[0])):
        codes = frozenset(bag.code for held in load.held.values() for bag in held)
        own = found[load.building_id]
        own.append(VisitOnPaper(stop, len(own) + 1, load.at, codes, tuple(load.numbers)))
    return {building: tuple(own) for building, own in found.items() if len(own) > 1}


@dataclass(frozen=True)
class DeliveryDay:
    """What the route sheets of a wave share."""

    ground: Ground
    zones: Mapping[int, Zone]
    captains: Mapping[int, str]
    loads: Mapping[int, StopLoad]
    windows: Mapping[int, str]
    gates: Mapping[int, list[Gate]]
    depots: Mapping[int, ServicePoint]
    team_sizes: Mapping[int, int]
    control: Mapping[int, Totals]
    duty: Mapping[int, str]
    staying: Mapping[int, list[StayingBag]]
    visits: Mapping[int, tuple[VisitOnPaper, ...]]
    totals: Mapping[int, int]
    """Building → the highest number of its day."""
    desks: Mapping[int, str]
    """Building → whom its captain calls: the point's line, else the office's."""
    broken: Mapping[int, str] = field(default_factory=dict)
    """Stop → why it cannot be served as published, for the place where paper says where to put the bags."""

    @property
    def modes(self) -> dict[int, str]:
        """Building → how its goods are handed over on the day."""
        return {building: zone.mode for building, zone in self.zones.items()}


def arrivals(ground: Ground) -> dict[int, datetime]:
    """Building → when the published plan brings its first bags."""
    rows = db.session.execute(
        select(DeliveryStop.building_id, func.min(DeliveryStop.arrive_at))
        .join(DeliveryPlan, DeliveryPlan.id == DeliveryStop.plan_id)
        .where(
            DeliveryPlan.cycle_id == ground.cycle_id,
            DeliveryPlan.wave == ground.wave,
            DeliveryPlan.state == PlanState.PUBLISHED,
        )
        .group_by(DeliveryStop.building_id)
    )
    return dict(rows.all())


def load_day(ground: Ground) -> DeliveryDay:
    """Load what all rounds share."""
    sizes = db.session.execute(select(TeamMember.team_id, func.count()).group_by(TeamMember.team_id))
    loads = _loads(ground)
    return DeliveryDay(
        ground=ground,
        zones=zones(ground),
        captains=captains(ground),
        loads=loads,
        windows=_windows(ground),
        gates=_gates(ground),
        depots={depot.id: depot for depot in db.session.scalars(select(ServicePoint).where(ServicePoint.is_depot))},
        team_sizes=dict(sizes.all()),
        control=_stop_control(ground),
        duty=_duty(ground),
        staying=_staying(ground),
        visits=_visits(loads),
        totals=last_of_day(ground.cycle_id),
        desks={one.id: ground.desk_of(one.point_id) for one in ground.buildings.values()},
        broken=_broken(ground),
    )


def _duty(ground: Ground) -> dict[int, str]:
    """Building → whom to call there on the day; the office's number stands in the head of the sheet already."""
    lines = duty_lines(ground.buildings, ground.deliver_on)
    return {building: line.phone for building, line in lines.items() if line.of != "office"}


def _staying(ground: Ground) -> dict[int, list[StayingBag]]:
    """Stop of the published plan → the bags meant for it that do not travel."""
    plan = select(DeliveryPlan.id).where(
        DeliveryPlan.cycle_id == ground.cycle_id,
        DeliveryPlan.wave == ground.wave,
        DeliveryPlan.state == PlanState.PUBLISHED,
    )
    plan_id = db.session.scalar(plan)
    return staying_by_stop(plan_id) if plan_id is not None else {}


def _broken(ground: Ground) -> dict[int, str]:
    found = [one for one in conditions.of_cycles([ground.cycle_id]) if one.is_blocking]
    return {one.stop.id: one.reason.zh for one in reversed(found) if one.stop is not None}


def _stop_control(ground: Ground) -> dict[int, Totals]:
    """Stop → bags and pieces as the database adds them up."""
    rows = db.session.execute(
        select(PlanBag.stop_id, func.count(func.distinct(PlanBag.bag_id)), func.sum(BagLine.qty))
        .join(DeliveryPlan, DeliveryPlan.id == PlanBag.plan_id)
        .join(DeliveryStop, DeliveryStop.id == PlanBag.stop_id)
        .join(DeliveryRound, DeliveryRound.id == DeliveryStop.round_id)
        .join(Bag, Bag.id == PlanBag.bag_id)
        .outerjoin(BagLine, BagLine.bag_id == PlanBag.bag_id)
        .where(
            Bag.state.in_(LIVE_BAGS),
            is_carried(),
            DeliveryPlan.cycle_id == ground.cycle_id,
            DeliveryPlan.wave == ground.wave,
            DeliveryPlan.state == PlanState.PUBLISHED,
        )
        .group_by(PlanBag.stop_id)
    )
    return {stop: Totals(bags=bags, units=int(units or 0)) for stop, bags, units in rows if stop is not None}


def _windows(ground: Ground) -> dict[int, str]:
    """Building → the times of the day in which nobody may deliver."""
    start = clock.local_instant(ground.deliver_on, 0)
    rows = db.session.scalars(
        select(Blackout).where(Blackout.starts_at < start + timedelta(days=1), Blackout.ends_at > start)
    )
    found: dict[int, list[str]] = defaultdict(list)
    for row in rows:
        text = f"{clock_time(row.starts_at)}–{clock_time(row.ends_at)} {row.reason}"
        for building in ground.buildings.values():
            if row.building_id == building.id or row.compound_id == building.compound_id:
                found[building.id].append(text)
    return {building: "；".join(texts) for building, texts in found.items()}


def _gates(ground: Ground) -> dict[int, list[Gate]]:
    compounds = {building.compound_id for building in ground.buildings.values()}
    found: dict[int, list[Gate]] = defaultdict(list)
    for gate in db.session.scalars(select(Gate).where(Gate.compound_id.in_(compounds), Gate.is_open).order_by(Gate.id)):
        found[gate.compound_id].append(gate)
    return found

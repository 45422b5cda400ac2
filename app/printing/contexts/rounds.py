"""Route sheets and drop-off sheets of the published plan."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import selectinload

from app.access.models import Account
from app.core import clock
from app.core.db import db
from app.core.natural import natural_key
from app.core.units import clock_time
from app.dispatch.models import Plan, PlanBag, PlanState, Round, RoundState, Shift, Stop, Team, TeamMember
from app.ordering.models import HouseholdOrder
from app.picking.models import Bag, BagLine
from app.places.models import (
    Blackout,
    Captaincy,
    DeliveryMode,
    Gate,
    Household,
    ServicePoint,
    Stairwell,
    ZoneDesignation,
    ZoneLevel,
)
from app.printing import sketch
from app.printing.contexts.ground import BuildingPlace, Ground, Prepared, Subject, mask_name
from app.printing.sheets.base import Totals
from app.printing.sheets.drop_off_sheet import DropOffSheet, DropOffStairwell
from app.printing.sheets.route_sheet import RouteHead, RouteSheet, RouteStop

SEALED = 2  # zone_level.round_order from which protective clothing is worn
_HAND_TO = {
    DeliveryMode.TO_DOOR: "楼长签收，送到门口",
    DeliveryMode.TO_STAIRWELL: "楼长签收，放单元门口",
    DeliveryMode.TO_BUILDING: "楼长签收，放楼下",
    DeliveryMode.COLLECT_BY_SLOT: "楼长签收，分时段自取",
}


@dataclass(frozen=True)
class Zone:
    """What applies to a building on the day."""

    label: str = ""
    mode: str = DeliveryMode.TO_DOOR
    order: int = 0


@dataclass
class Load:
    """The bags of a stop by stairwell."""

    codes: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    units: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    marks: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    grams: int = 0

    @property
    def bags(self) -> int:
        """Bags of the stop."""
        return sum(len(codes) for codes in self.codes.values())


def zones(ground: Ground) -> dict[int, Zone]:
    """Building → the zone that applies on the delivery day."""
    start = clock.local_instant(ground.deliver_on, 0)
    rows = db.session.execute(
        select(ZoneDesignation.building_id, ZoneLevel)
        .join(ZoneLevel, ZoneLevel.id == ZoneDesignation.zone_level_id)
        .where(
            ZoneDesignation.starts_at < start + timedelta(days=1),
            or_(ZoneDesignation.ends_at.is_(None), ZoneDesignation.ends_at > start),
        )
        .order_by(ZoneDesignation.starts_at)
    )
    return {building: Zone(level.label_zh, level.delivery_mode, level.round_order) for building, level in rows}


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


def _loads(ground: Ground) -> dict[int, Load]:
    """Stop → its bags; two statements."""
    published = (Plan.cycle_id == ground.cycle_id, Plan.wave == ground.wave, Plan.state == PlanState.PUBLISHED)
    units = select(BagLine.bag_id, func.sum(BagLine.qty).label("units")).group_by(BagLine.bag_id).subquery()
    rows = db.session.execute(
        select(PlanBag.stop_id, Bag, Stairwell.label, units.c.units)
        .join(Plan, Plan.id == PlanBag.plan_id)
        .join(Bag, Bag.id == PlanBag.bag_id)
        .join(HouseholdOrder, HouseholdOrder.id == Bag.order_id)
        .outerjoin(Household, Household.id == HouseholdOrder.household_id)
        .outerjoin(Stairwell, Stairwell.id == Household.stairwell_id)
        .outerjoin(units, units.c.bag_id == Bag.id)
        .where(*published, PlanBag.stop_id.is_not(None))
        .order_by(Bag.code)
    )
    loads: dict[int, Load] = defaultdict(Load)
    for stop_id, bag, stairwell, pieces in rows:
        load, name = loads[stop_id], stairwell or ""
        load.codes[name].append(bag.code)
        load.units[name] += int(pieces or 0)
        load.grams += bag.weight_g
        flags = {"cold": bag.is_cold, "heavy": bag.is_heavy, "fragile": bag.is_fragile}
        load.marks[name] |= {mark for mark, applies in flags.items() if applies}
    return loads


def _rounds(ground: Ground) -> list[Round]:
    found = db.session.scalars(
        select(Round)
        .join(Plan, Plan.id == Round.plan_id)
        .where(
            Plan.cycle_id == ground.cycle_id,
            Plan.wave == ground.wave,
            Plan.state == PlanState.PUBLISHED,
            Round.state != RoundState.CANCELLED,
        )
        .options(selectinload(Round.stops), selectinload(Round.shift).selectinload(Shift.team))
        .order_by(Round.seq)
    )
    return list(found)


@dataclass(frozen=True)
class Day:
    """What the route sheets of a wave share."""

    ground: Ground
    zones: Mapping[int, Zone]
    captains: Mapping[int, str]
    loads: Mapping[int, Load]
    windows: Mapping[int, str]
    gates: Mapping[int, list[Gate]]
    depots: Mapping[int, ServicePoint]
    team_sizes: Mapping[int, int]
    control: Mapping[int, Totals]


def load_day(ground: Ground) -> Day:
    """Load what all rounds share."""
    sizes = db.session.execute(select(TeamMember.team_id, func.count()).group_by(TeamMember.team_id))
    return Day(
        ground=ground,
        zones=zones(ground),
        captains=captains(ground),
        loads=_loads(ground),
        windows=_windows(ground),
        gates=_gates(ground),
        depots={depot.id: depot for depot in db.session.scalars(select(ServicePoint).where(ServicePoint.is_depot))},
        team_sizes={team: count for team, count in sizes},
        control=_stop_control(ground),
    )


def _stop_control(ground: Ground) -> dict[int, Totals]:
    """Stop → bags and pieces as the database adds them up."""
    rows = db.session.execute(
        select(PlanBag.stop_id, func.count(func.distinct(PlanBag.bag_id)), func.sum(BagLine.qty))
        .join(Plan, Plan.id == PlanBag.plan_id)
        .outerjoin(BagLine, BagLine.bag_id == PlanBag.bag_id)
        .where(
            Plan.cycle_id == ground.cycle_id,
            Plan.wave == ground.wave,
            Plan.state == PlanState.PUBLISHED,
            PlanBag.stop_id.is_not(None),
        )
        .group_by(PlanBag.stop_id)
    )
    return {stop: Totals(bags=bags, units=int(units or 0)) for stop, bags, units in rows}


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


def route_sheets(day: Day) -> Iterator[Prepared]:
    """Yield the route sheet of each round."""
    for number, round_ in enumerate(_rounds(day.ground), start=1):
        stops = [stop for stop in round_.stops if stop.building_id in day.ground.buildings]
        bags = sum(day.control.get(stop.id, Totals()).bags for stop in stops)
        sheet = RouteSheet(
            head=day.ground.head(has_wave=True),
            control=Totals(bags=bags, lines=len(stops)),
            route=_route_head(day, round_, stops),
            stops=tuple(_route_stop(day, stop) for stop in stops),
            sketch=_sketch(day, round_, stops),
        )
        label = f"{number} {round_.shift.team.name} {clock_time(round_.departs_at)}"
        yield Prepared(Subject("round", round_.id, label), sheet)


def _route_head(day: Day, round_: Round, stops: list[Stop]) -> RouteHead:
    team: Team = round_.shift.team
    is_sealed = any(_zone(day, stop).order >= SEALED for stop in stops)
    compounds = dict.fromkeys(day.ground.buildings[stop.building_id].compound_id for stop in stops)
    gates = [gate.name for compound in compounds for gate in day.gates.get(compound, [])]
    depot = day.depots.get(round_.shift.depot_id)
    minutes = round((round_.returns_at - round_.departs_at).total_seconds() / 60)
    return RouteHead(
        round_no=str(round_.seq),
        team=team.name,
        vehicle=f"{_mode_label(team)} {team.capacity_g // 1000} kg",
        depot=depot.name if depot else "",
        gates="、".join(gates[:3]),
        slot=clock_time(round_.departs_at),
        grams=sum(_load(day, stop).grams for stop in stops),
        ppe_sets=day.team_sizes.get(team.id, 0) if is_sealed else 0,
        help_number="",
        metres=round_.distance_m,
        minutes=minutes,
    )


def _mode_label(team: Team) -> str:
    return {"foot": "步行", "cart": "手推车", "e_bike": "电动车", "van": "面包车"}.get(team.mode, team.mode)


def _zone(day: Day, stop: Stop) -> Zone:
    return day.zones.get(stop.building_id, Zone())


def _load(day: Day, stop: Stop) -> Load:
    return day.loads.get(stop.id) or Load()


def _route_stop(day: Day, stop: Stop) -> RouteStop:
    building, zone, load = day.ground.buildings[stop.building_id], _zone(day, stop), _load(day, stop)
    marks = {mark for own in load.marks.values() for mark in own}
    return RouteStop(
        seq=stop.seq,
        building=building.name,
        stairwells="、".join(sorted((name for name in load.codes if name), key=natural_key)),
        bags=load.bags,
        grams=load.grams,
        zone=zone.label,
        is_sealed=zone.order >= SEALED,
        window=day.windows.get(building.id, ""),
        hint=building.drop_spot,
        hand_to=_HAND_TO.get(DeliveryMode(zone.mode), ""),
        arrive=clock_time(stop.arrive_at),
        marks=tuple(mark for mark in ("cold", "heavy", "fragile") if mark in marks),
    )


def _sketch(day: Day, round_: Round, stops: list[Stop]) -> sketch.Sketch | None:
    places = []
    depot = day.depots.get(round_.shift.depot_id)
    if depot is not None and depot.lat_e6 is not None and depot.lon_e6 is not None:
        places.append(sketch.Place("depot", depot.name, depot.lat_e6, depot.lon_e6))
    compounds: dict[int, None] = {}
    for stop in stops:
        building = day.ground.buildings[stop.building_id]
        compounds.setdefault(building.compound_id)
        if building.lat_e6 is None or building.lon_e6 is None:
            continue
        is_sealed = _zone(day, stop).order >= SEALED
        place = (building.label, building.lat_e6, building.lon_e6, stop.seq, building.compound, is_sealed)
        places.append(sketch.Place("stop", *place))
    for compound in compounds:
        places += [sketch.Place("gate", gate.name, gate.lat_e6, gate.lon_e6) for gate in day.gates.get(compound, [])]
    return sketch.draw(places)


def drop_off_sheets(day: Day) -> Iterator[Prepared]:
    """Yield the drop-off sheet of each stop, round by round."""
    for round_ in _rounds(day.ground):
        for stop in round_.stops:
            building = day.ground.buildings.get(stop.building_id)
            if building is not None:
                yield _drop_off(day, round_, stop, building)


def _drop_off(day: Day, round_: Round, stop: Stop, building: BuildingPlace) -> Prepared:
    zone, load = _zone(day, stop), _load(day, stop)
    stairwells = tuple(
        DropOffStairwell(name, tuple(load.codes[name]), load.units[name], tuple(sorted(load.marks[name])))
        for name in sorted(load.codes, key=natural_key)
    )
    sheet = DropOffSheet(
        head=day.ground.head(building.point_id, has_wave=True),
        control=day.control.get(stop.id, Totals()),
        compound=building.compound,
        building=building.label,
        captain=day.captains.get(building.id, ""),
        round_no=str(round_.seq),
        stop_seq=stop.seq,
        mode=zone.mode,
        ppe="全套防护" if zone.order >= SEALED else "口罩手套",
        drop_spot=building.drop_spot,
        stairwells=stairwells,
    )
    return Prepared(Subject("stop", stop.id, f"{round_.seq}-{stop.seq} {building.name}", building.point_id), sheet)

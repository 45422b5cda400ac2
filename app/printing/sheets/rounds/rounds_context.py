"""Route sheets and drop-off sheets of the published plan."""

from __future__ import annotations

import math
from collections.abc import Iterator

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.core.db import db
from app.core.sentences import N_, Sentence
from app.core.text.natural import natural_key
from app.core.units import clock_time
from app.dispatch.models import DeliveryPlan, DeliveryRound, DeliveryStop, PlanState, RoundState, Shift, Team
from app.handover import group_texts
from app.handover.queries_arrival import visits
from app.places.models import DeliveryMode, Gate
from app.printing.contexts.day import DeliveryDay, StopLoad, Zone, zones
from app.printing.contexts.ground import BuildingPlace, Ground, Prepared, Subject
from app.printing.contexts.streets import streets_in
from app.printing.contexts.telling import Saying
from app.printing.kinds import PLANNED, SheetKind, SheetStage, register
from app.printing.layout import sketch
from app.printing.layout.arrange import number_list, stairwell_list
from app.printing.layout.streets import PrintedGround, area_of, draw_ground
from app.printing.sheet import StayingRow, Totals
from app.printing.sheets.rounds.drop_off_sheet import DropOffBag, DropOffSheet, DropOffStairwell, DropOffVisit
from app.printing.sheets.rounds.route_sheet import RouteHead, RouteSheet, RouteStop

DAY_S = 86_400
SEALED = 2  # zone_level.round_order from which protective clothing is worn
_HAND_TO = {
    DeliveryMode.TO_DOOR: N_("楼长签收，送到门口"),
    DeliveryMode.TO_STAIRWELL: N_("楼长签收，放单元门口"),
    DeliveryMode.TO_BUILDING: N_("楼长签收，放楼下"),
    DeliveryMode.COLLECT_BY_SLOT: N_("楼长签收，分时段自取"),
}
_VEHICLES = {"foot": N_("步行"), "cart": N_("手推车"), "e_bike": N_("电动车"), "van": N_("面包车")}
_SUITS, _MASKS = N_("全套防护"), N_("口罩手套")


def _rounds(ground: Ground) -> list[DeliveryRound]:
    found = db.session.scalars(
        select(DeliveryRound)
        .join(DeliveryPlan, DeliveryPlan.id == DeliveryRound.plan_id)
        .where(
            DeliveryPlan.cycle_id == ground.cycle_id,
            DeliveryPlan.wave == ground.wave,
            DeliveryPlan.state == PlanState.PUBLISHED,
            DeliveryRound.state != RoundState.CANCELLED,
        )
        .options(selectinload(DeliveryRound.stops), selectinload(DeliveryRound.shift).selectinload(Shift.team))
        .order_by(DeliveryRound.seq)
    )
    return list(found)


def route_sheets(day: DeliveryDay) -> Iterator[Prepared]:
    """Yield the route sheet of each round."""
    for number, round_ in enumerate(_rounds(day.ground), start=1):
        stops = [stop for stop in round_.stops if stop.building_id in day.ground.buildings and _load(day, stop).bags]
        bags = sum(day.control.get(stop.id, Totals()).bags for stop in stops)
        places = _places(day, round_, stops)
        sheet = RouteSheet(
            head=day.ground.head(has_wave=True),
            control=Totals(bags=bags, lines=len(stops)),
            route=_route_head(day, round_, stops),
            stops=tuple(_route_stop(day, stop) for stop in stops),
            sketch=sketch.draw(places),
            ground=_ground(places),
            staying=tuple(row for stop in round_.stops for row in _staying(day, stop)),
        )
        label = f"{number} {round_.shift.team.name} {clock_time(round_.departs_at)}"
        yield Prepared(Subject("round", round_.id, label), sheet)


def _staying(day: DeliveryDay, stop: DeliveryStop) -> tuple[StayingRow, ...]:
    """The bags of a stop that do not come, as both sheets name them."""
    return tuple(
        StayingRow(bag.place, bag.code, bag.why.label_zh, bag.next_step.zh) for bag in day.staying.get(stop.id, [])
    )


def _route_head(day: DeliveryDay, round_: DeliveryRound, stops: list[DeliveryStop]) -> RouteHead:
    team: Team = round_.shift.team
    is_sealed = any(_zone(day, stop).order >= SEALED for stop in stops)
    compounds = dict.fromkeys(day.ground.buildings[stop.building_id].compound_id for stop in stops)
    gates = [gate.name for compound in compounds for gate in day.gates.get(compound, [])]
    depot = day.depots.get(round_.shift.depot_id)
    minutes = round((round_.returns_at - round_.departs_at).total_seconds() / 60)
    return RouteHead(
        round_no=str(round_.seq),
        team=team.name,
        vehicle=_VEHICLES.get(team.mode, team.mode),
        capacity_kg=team.capacity_g // 1000,
        depot=depot.name if depot else "",
        gates="、".join(dict.fromkeys(gates)),
        slot=clock_time(round_.departs_at),
        grams=sum(_load(day, stop).grams for stop in stops),
        ppe_sets=day.team_sizes.get(team.id, 0) if is_sealed else 0,
        help_number=day.ground.help_phone,
        metres=round_.distance_m,
        minutes=minutes,
    )


def _zone(day: DeliveryDay, stop: DeliveryStop) -> Zone:
    return day.zones.get(stop.building_id, Zone())


def _load(day: DeliveryDay, stop: DeliveryStop) -> StopLoad:
    return day.loads.get(stop.id) or StopLoad(stop.building_id, stop.arrive_at)


def _route_stop(day: DeliveryDay, stop: DeliveryStop) -> RouteStop:
    building, zone, load = day.ground.buildings[stop.building_id], _zone(day, stop), _load(day, stop)
    return RouteStop(
        seq=stop.seq,
        compound=building.compound,
        building=building.label,
        stairwells=stairwell_list(name for name in load.held if name),
        bags=load.bags,
        grams=load.grams,
        zone=zone.label,
        is_sealed=zone.order >= SEALED,
        window=day.windows.get(building.id, ""),
        hint=_hint(day, stop, building),
        hand_to=_HAND_TO.get(DeliveryMode(zone.mode), ""),
        arrive=clock_time(stop.arrive_at),
        gate=_nearest_gate(day, building),
        phone=day.duty.get(building.id, ""),
        marks=load.marks(),
        numbers=number_list(load.numbers),
        captain=day.captains.get(building.id, ""),
        address=building.address,
    )


def _hint(day: DeliveryDay, stop: DeliveryStop, building: BuildingPlace) -> str:
    """Where to put the bags; before it, in a published round that can no longer be kept, why nobody should go there."""
    why = day.broken.get(stop.id)
    return building.drop_spot if why is None else _("停送：%(why)s", why=why)


def _nearest_gate(day: DeliveryDay, building: BuildingPlace) -> str:
    """The open gate of the compound that is nearest, with its hours unless it is open all day."""
    gates = day.gates.get(building.compound_id, [])
    if not gates:
        return ""
    lat, lon = building.lat_e6, building.lon_e6
    if lat is None or lon is None:
        return gates[0].name if len(gates) == 1 else ""
    shrink = math.cos(math.radians(lat / 1e6))
    gate = min(gates, key=lambda one: (math.hypot(one.lat_e6 - lat, (one.lon_e6 - lon) * shrink), one.id))
    return gate.name if gate.closes_s - gate.opens_s >= DAY_S else f"{gate.name} {_hours(gate)}"


def _hours(gate: Gate) -> str:
    return "–".join(f"{seconds // 3600:02d}:{seconds % 3600 // 60:02d}" for seconds in (gate.opens_s, gate.closes_s))


def _ground(places: list[sketch.SketchPlace]) -> PrintedGround | None:
    """The streets and houses under the sketch, where a map of the area lies beside the database."""
    return draw_ground(places, streets_in(area_of(places))) if len(places) > 1 else None


def _places(day: DeliveryDay, round_: DeliveryRound, stops: list[DeliveryStop]) -> list[sketch.SketchPlace]:
    """What the sketch of a round shows: depot, stops, open gates."""
    places = []
    depot = day.depots.get(round_.shift.depot_id)
    if depot is not None and depot.lat_e6 is not None and depot.lon_e6 is not None:
        places.append(sketch.SketchPlace("depot", depot.name, depot.lat_e6, depot.lon_e6))
    compounds: dict[int, None] = {}
    for stop in stops:
        building = day.ground.buildings[stop.building_id]
        compounds.setdefault(building.compound_id)
        if building.lat_e6 is None or building.lon_e6 is None:
            continue
        is_sealed = _zone(day, stop).order >= SEALED
        place = (building.label, building.lat_e6, building.lon_e6, stop.seq, building.compound, is_sealed)
        places.append(sketch.SketchPlace("stop", *place))
    for compound in compounds:
        places += [
            sketch.SketchPlace("gate", gate.name, gate.lat_e6, gate.lon_e6) for gate in day.gates.get(compound, [])
        ]
    return places


def drop_off_sheets(day: DeliveryDay) -> Iterator[Prepared]:
    """Yield the drop-off sheet of each stop, round by round."""
    for round_ in _rounds(day.ground):
        for stop in round_.stops:
            building = day.ground.buildings.get(stop.building_id)
            if building is not None:
                yield _drop_off(day, round_, stop, building)


def _drop_off(day: DeliveryDay, round_: DeliveryRound, stop: DeliveryStop, building: BuildingPlace) -> Prepared:
    zone, load = _zone(day, stop), _load(day, stop)
    stairwells = tuple(
        DropOffStairwell(
            name,
            tuple(bag.code for bag in load.held[name]),
            load.units[name],
            bags=tuple(DropOffBag(bag.no, bag.floor, bag.room, bag.marks) for bag in load.held[name]),
        )
        for name in sorted(load.held, key=natural_key)
    )
    visits = tuple(
        DropOffVisit(one.no, clock_time(one.at), len(one.codes), number_list(one.numbers), one.stop_id == stop.id)
        for one in day.visits.get(building.id, ())
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
        ppe=_SUITS if zone.order >= SEALED else _MASKS,
        drop_spot=_hint(day, stop, building),
        stairwells=stairwells,
        staying=_staying(day, stop),
        day_bags=day.totals.get(building.id, 0),
        visits=visits,
        call=day.desks.get(building.id, ""),
    )
    return Prepared(Subject("stop", stop.id, f"{round_.seq}-{stop.seq} {building.name}", building.point_id), sheet)


def arrival_texts(ground: Ground) -> Saying:
    when = visits(ground.cycle_id, ground.buildings, ground.wave)
    levels = zones(ground)

    def say(at: BuildingPlace) -> Sentence | None:
        if at.id not in when:
            return None
        mode = levels[at.id].mode if at.id in levels else DeliveryMode.TO_DOOR.value
        return group_texts.arrival(at.name, [(clock_time(one.at), one.bags) for one in when[at.id]], mode)

    return say


register(
    SheetKind(
        key="route_sheet",
        code="RS",
        label_zh=N_("路线单"),
        reader_zh=N_("配送队"),
        stage=SheetStage.CARRIED,
        place=1,
        watches=PLANNED,
        sheet=RouteSheet,
        prepare=lambda builder: route_sheets(builder.day),
        group_text=lambda ground, _address: arrival_texts(ground),
        expected=lambda counted: {None: counted.rounds()},
        has_wave=True,
        is_wide=True,
        part_place=1,
    )
)
register(
    SheetKind(
        key="drop_off_sheet",
        code="DO",
        label_zh=N_("楼栋交接单"),
        reader_zh=N_("楼长和志愿者"),
        stage=SheetStage.CARRIED,
        place=2,
        watches=PLANNED,
        sheet=DropOffSheet,
        prepare=lambda builder: drop_off_sheets(builder.day),
        group_text=lambda ground, _address: arrival_texts(ground),
        expected=lambda counted: counted.stops,
        has_wave=True,
        part_place=2,
    )
)

"""From rows to a routing problem: seconds since local midnight of the day, grams, millilitres, bags.

A building whose bags exceed what one team carries at once, or whose service is longer than its hours, becomes several
stops. A bag too heavy for every team that may enter, one that cannot be served within any hours of its building, and a
building that is never open that day are held before planning, with their reason.

Windows of the routing problem bind the beginning of a service, as the literature has it; hours of a building bind all
of it. So the window that is stated closes when the latest service may begin: hours less the time the service takes.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from flask import current_app
from flask_babel import lazy_gettext as _l

from app.core import clock
from app.core.errors import Conflict
from app.core.jobs import keep_alive
from app.dispatch.models import HeldReason
from app.dispatch.planning.rules import split_into_runs
from app.dispatch.planning.work import BagLoad, BuildingWork, DayWork, TeamShift
from app.dispatch.rules import StopWork, climbed_floors, service_s
from app.settings import Settings
from routing.codec import problem_hash
from routing.locks import stability_without
from routing.model import Depot, Load, RoutingProblem, Stop, Vehicle, Window
from routing.providers import Floats, Osrm, ProviderFailure, RoadProvider, Valhalla
from routing.travel import CART, E_BIKE, FOOT, VAN, CompoundGate, TravelPlace, travel

MODES = {"foot": FOOT, "cart": CART, "e_bike": E_BIKE, "van": VAN}
DAY_S = 86_400
HALF_HOUR_S = 1800  # a plan begins at the half hour that is running, so that asking twice in it is one problem
CHANGED = _l("排完之后袋子、班次或楼栋的规定变了，不能再手工调整，请重新排。")
RELOAD_S = 600  # loading before each round
MAX_ROUND_S = 3 * 3600
MAX_SERVICE_S = 2 * 3600
"""A building that takes longer is cut: with the way there, one round could hardly hold it."""
# A metre and a second cost 1 each (see `_vehicle`), so prices read as seconds.
ROUND_COST = 300  # a departure is worth about five minutes
SHIFT_COST = 600  # and waking another team ten


@dataclass(frozen=True)
class StopBags:
    """The bags that one stop of the problem stands for."""

    building_id: int
    label: str
    bag_ids: tuple[int, ...]


@dataclass(frozen=True)
class BuildingSite:
    """A building of the problem: its bags, its row in the matrices, the hours within which all of a service must lie,
    and what each team that may enter can carry (each team at all where none may; empty where there is no team)."""

    work: BuildingWork
    location: int
    hours: tuple[tuple[int, int], ...]
    capacities: tuple[Load, ...]


@dataclass(frozen=True)
class Stated:
    """A problem, what its names stand for, and the bags that were held before planning.

    `asked` is the hash of the problem as it was first stated: cutting what is left over changes the stops, not the
    question.
    """

    problem: RoutingProblem
    stops: dict[str, StopBags]
    shifts: dict[str, int]
    midnight: datetime
    not_before_s: int
    held: dict[int, tuple[HeldReason, str]] = field(default_factory=dict)
    sites: dict[int, BuildingSite] = field(default_factory=dict)
    asked: str = ""

    @property
    def parts(self) -> dict[str, tuple[int, ...]]:
        """Name of each stop of a building that has several → its bags: with them the problem is stated again alike."""
        several = Counter(stop.building_id for stop in self.stops.values())
        return {name: stop.bag_ids for name, stop in self.stops.items() if several[stop.building_id] > 1}


def state_problem(
    work: DayWork,
    not_before_s: int | None = None,
    parts: Mapping[str, Sequence[int]] | None = None,
    roads: RoadProvider | None = None,
) -> Stated:
    """State the problem of a wave. Raises routing's IllegalProblem for data that contradict themselves.

    `not_before_s` is when the first round may begin, in seconds after midnight: the half hour that is running, unless
    the problem of an earlier moment is stated again; then `parts` is how its buildings were cut (`Stated.parts`).
    Whoever holds a turn to write gives the `roads` that were measured before it; else the road service is asked.
    """
    midnight = clock.local_instant(work.day, 0)
    not_before = not_before_s
    if not_before is None:
        not_before = _seconds(clock.now(), midnight) // HALF_HOUR_S * HALF_HOUR_S
    held: dict[int, tuple[HeldReason, str]] = dict.fromkeys(work.held, (HeldReason.HELD, ""))
    places, depots = _depots(work.shifts)
    known = _by_building(parts or {})
    sites: dict[int, BuildingSite] = {}
    stops: list[Stop] = []
    meaning: dict[str, StopBags] = {}
    for building in work.buildings:
        hours = _hours(building, work, midnight)
        if not hours:
            held |= {bag.bag_id: (HeldReason.BLACKOUT, "") for bag in building.bags}
            continue
        places.append(_place(building))
        site = BuildingSite(building, len(places) - 1, hours, _capacities(building, work.shifts))
        sites[building.building_id] = site
        held |= {bag.bag_id: (reason, "") for bag in building.bags if (reason := _undeliverable_reason(site, bag))}
        bags = [bag for bag in building.bags if bag.bag_id not in held]
        for name, part in _named_parts(site, bags, known.get(building.building_id, {})):
            stop = stop_of(site, name, part, midnight)
            if stop is None:  # only a part that was cut when the hours were longer
                held |= {bag.bag_id: (HeldReason.SHORT_WINDOW, "") for bag in part}
                continue
            stops.append(stop)
            meaning[name] = stop_bags(site, part)
    gates = [
        CompoundGate(str(gate.compound_id), gate.lat_e6 / 1e6, gate.lon_e6 / 1e6, gate.is_open) for gate in work.gates
    ]
    used = sorted({shift.mode for shift in work.shifts}) or ["foot"]
    way = travel(places, gates, [MODES[mode] for mode in used], roads or caching_road_service())
    problem = RoutingProblem(
        depots=tuple(depots),
        stops=tuple(stops),
        vehicles=tuple(_vehicle(shift, midnight, not_before) for shift in work.shifts),
        matrices=way.matrices,
        points=way.points,
        notes=way.notes,
    )
    shifts = {str(shift.shift_id): shift.shift_id for shift in work.shifts}
    return Stated(problem, meaning, shifts, midnight, not_before, held, sites, problem_hash(problem))


def with_stops(stated: Stated, stops: Mapping[str, tuple[Stop, StopBags]]) -> Stated:
    """The same question with these stops instead: the ways, teams and hours stay, nothing is measured again."""
    names = set(stops)
    problem = stated.problem.with_changes(
        stops=tuple(stop for stop, _bags in stops.values()),
        stability=stability_without(stated.problem.stability, set(stated.problem.stop_by_name) - names),
    )
    return replace(stated, problem=problem, stops={name: bags for name, (_stop, bags) in stops.items()})


def stop_bags(site: BuildingSite, bags: Iterable[BagLoad]) -> StopBags:
    """What a stop with these bags stands for."""
    return StopBags(site.work.building_id, site.work.label, tuple(bag.bag_id for bag in bags))


def _by_building(parts: Mapping[str, Sequence[int]]) -> dict[int, dict[str, Sequence[int]]]:
    result: dict[int, dict[str, Sequence[int]]] = defaultdict(dict)
    for name, bag_ids in parts.items():
        result[int(name.partition(".")[0])][name] = bag_ids
    return result


def _named_parts(
    site: BuildingSite, bags: list[BagLoad], known: Mapping[str, Sequence[int]]
) -> Iterator[tuple[str, list[BagLoad]]]:
    """The parts of a building by name: as they were cut before where that is known; bags that came since ride along
    where there is room."""
    by_id = {bag.bag_id: bag for bag in bags}
    parts = {name: [by_id.pop(bag_id) for bag_id in ids if bag_id in by_id] for name, ids in known.items()}
    for bag in by_id.values() if known else ():
        room = (name for name, part in parts.items() if part and _may_travel(site, [*part, bag], site.capacities))
        name = next(room, f"{site.work.building_id}.{len(parts) + 1}")
        parts.setdefault(name, []).append(bag)
    if not known:
        found = split_into_runs(bags, lambda run: _may_travel(site, run, site.capacities))
        parts = {f"{site.work.building_id}.{number}": part for number, part in enumerate(found, start=1)}
    return ((name, part) for name, part in parts.items() if part)


def small_parts(site: BuildingSite, bags: Sequence[BagLoad]) -> list[list[BagLoad]]:
    """Parts that any team which takes the heaviest of these bags can take, and so any that is free."""
    heaviest = Load(max(bag.weight_g for bag in bags), max(bag.volume_ml for bag in bags), 1)
    able = sorted((one for one in site.capacities if heaviest.fits(one)), key=lambda one: (one.g, one.ml, one.bags))
    return split_into_runs(bags, lambda run: _may_travel(site, run, able[:1]))


def load_of(bags: Iterable[BagLoad]) -> Load:
    """What bags weigh together."""
    return sum((Load(bag.weight_g, bag.volume_ml, 1) for bag in bags), Load())


def _may_travel(site: BuildingSite, bags: Sequence[BagLoad], capacities: Sequence[Load]) -> bool:
    """Whether one team takes all of them at once, and one visit within the hours is enough."""
    longest = max(closes - opens for opens, closes in site.hours)
    fits = not capacities or any(load_of(bags).fits(capacity) for capacity in capacities)
    return fits and _service_s(site, bags) <= min(longest, MAX_SERVICE_S)


def _undeliverable_reason(site: BuildingSite, bag: BagLoad) -> HeldReason | None:
    """Why no team could ever bring this bag by itself, if so."""
    load = Load(bag.weight_g, bag.volume_ml, 1)
    if site.capacities and not any(load.fits(capacity) for capacity in site.capacities):
        return HeldReason.OVERSIZE
    return None if stop_windows(site, [bag]) else HeldReason.SHORT_WINDOW


def road_service() -> RoadProvider | None:
    """The road service that the installation names (LOUDA_OSRM_URL or LOUDA_VALHALLA_URL), or None: then ways are
    estimated. When it does not answer, the plan says so and the estimate stands in."""
    settings: Settings = current_app.extensions["louda_settings"]
    if settings.osrm_url:
        return Osrm(settings.osrm_url)
    return Valhalla(settings.valhalla_url) if settings.valhalla_url else None


@dataclass
class CachedRoadService:
    """A road service whose answers are kept, also that it gave none. After `close` it is not asked any more.

    A command holds the one turn to write, and a road service that is slow would hold up everybody: so the times are
    measured before the command begins, and inside it only what was measured is known.
    """

    service: RoadProvider
    answers: dict[tuple[bytes, str], tuple[Floats, Floats] | ProviderFailure] = field(default_factory=dict)
    is_closed: bool = False

    def table(
        self, coordinates: Floats, metres: Floats, mode: str, detour_permille: int, speed_mm_s: int
    ) -> tuple[Floats, Floats]:
        """See `RoadProvider.table`. Raises Conflict for other places than were measured, once it is closed."""
        key = (coordinates.tobytes(), mode)
        if key not in self.answers:
            if self.is_closed:
                raise Conflict(CHANGED)
            keep_alive()
            try:
                self.answers[key] = self.service.table(coordinates, metres, mode, detour_permille, speed_mm_s)
            except ProviderFailure as failure:
                self.answers[key] = failure
        known = self.answers[key]
        if isinstance(known, ProviderFailure):
            raise known
        return known

    def close(self) -> CachedRoadService:
        """Ask the service nothing more."""
        self.is_closed = True
        return self


def caching_road_service() -> CachedRoadService | None:
    """The road service with its answers kept; None where ways are estimated."""
    service = road_service()
    return CachedRoadService(service) if service is not None else None


def _capacities(building: BuildingWork, shifts: list[TeamShift]) -> tuple[Load, ...]:
    """What the teams that may enter carry, each capacity once; of all teams where none may enter: then the planner
    says that clearance lacks. Generous where there is no team at all."""
    cleared = [shift for shift in shifts if shift.clearance >= building.zone]
    carried = {Load(one.capacity_g, one.capacity_ml, one.capacity_bags) for one in cleared or shifts}
    return tuple(sorted(carried, key=lambda one: (one.g, one.ml, one.bags))) or (Load(150_000, 500_000, 80),)


def _depots(shifts: list[TeamShift]) -> tuple[list[TravelPlace], list[Depot]]:
    places: list[TravelPlace] = []
    depots: list[Depot] = []
    for shift in shifts:
        name = str(shift.depot_id)
        if name not in [depot.name for depot in depots]:
            depots.append(Depot(name, len(places)))
            places.append(TravelPlace(f"depot {name}", _degrees(shift.depot_lat_e6), _degrees(shift.depot_lon_e6)))
    return places, depots


def _place(building: BuildingWork) -> TravelPlace:
    lat, lon = _degrees(building.lat_e6), _degrees(building.lon_e6)
    return TravelPlace(str(building.building_id), lat, lon, str(building.compound_id))


def _degrees(millionths: int | None) -> float | None:
    return None if millionths is None else millionths / 1e6


def _service_s(site: BuildingSite, bags: Sequence[BagLoad]) -> int:
    floors = {bag.household_id: bag.floor for bag in bags}
    work = StopWork(
        mode=site.work.mode,
        bags=len(bags),
        households=len(floors),
        stairwells=len({bag.stairwell for bag in bags}),
        climbed_floors=climbed_floors(floors.values(), site.work.has_lift),
    )
    return service_s(work)


def stop_windows(site: BuildingSite, bags: Sequence[BagLoad]) -> tuple[Window, ...]:
    """When the service of these bags may begin, so that it ends within the hours; empty if it never does."""
    takes_s = _service_s(site, bags)
    return tuple(Window(opens, closes - takes_s) for opens, closes in site.hours if closes - opens >= takes_s)


def stop_of(site: BuildingSite, name: str, bags: Sequence[BagLoad], midnight: datetime) -> Stop | None:
    """A stop that brings these bags to the building; None if its hours are too short for them."""
    windows = stop_windows(site, bags)
    if not windows:
        return None
    releases = [bag.released_at for bag in bags if bag.released_at is not None]
    return Stop(
        name=name,
        location=site.location,
        load=load_of(bags),
        service_s=_service_s(site, bags),
        windows=windows,
        release_s=max((max(0, _seconds(at, midnight)) for at in releases), default=0),
        zone=site.work.zone,
        clearance=site.work.zone,
    )


def _hours(building: BuildingWork, work: DayWork, midnight: datetime) -> tuple[tuple[int, int], ...]:
    """When somebody may be in the building: the hours of the open gates, less the blackouts."""
    gates = [gate for gate in work.gates if gate.compound_id == building.compound_id and gate.is_open]
    free = _merged([(gate.opens_s, gate.closes_s) for gate in gates]) if gates else [(0, DAY_S)]
    for starts_at, ends_at in building.blackouts:
        starts, ends = _seconds(starts_at, midnight), _seconds(ends_at, midnight)
        free = [part for one in free for part in ((one[0], min(one[1], starts)), (max(one[0], ends), one[1]))]
        free = [part for part in free if part[0] < part[1]]
    return tuple(free)


def _merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for starts, ends in sorted(spans):
        if merged and starts <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], ends))
        else:
            merged.append((starts, ends))
    return [span for span in merged if span[0] < span[1]]


def _seconds(instant: datetime, midnight: datetime) -> int:
    return int((instant - midnight).total_seconds())


def _vehicle(shift: TeamShift, midnight: datetime, not_before: int) -> Vehicle:
    """A team on duty. What is left of a shift that has begun counts from the half hour that is running, so that
    asking twice in it is the same problem and gets the same plan."""
    ends_s = _seconds(shift.ends_at, midnight)
    back_s = _seconds(shift.busy_until, midnight) if shift.busy_until else 0
    return Vehicle(
        name=str(shift.shift_id),
        depot=str(shift.depot_id),
        mode=shift.mode,
        capacity=Load(shift.capacity_g, shift.capacity_ml, shift.capacity_bags),
        shift_start_s=min(ends_s, max(0, not_before, back_s, _seconds(shift.starts_at, midnight))),
        shift_end_s=ends_s,
        fixed_cost=SHIFT_COST,
        round_cost=ROUND_COST,
        cost_per_m=1,
        cost_per_s=1,
        clearance=shift.clearance,
        reload_s=RELOAD_S,
        max_rounds=20,  # a bound there must be: the kernel holds a place for each
        max_round_s=MAX_ROUND_S,
    )

"""From rows to a routing problem: seconds since local midnight of the day, grams, millilitres, bags.

A building whose bags exceed what any team carries at once becomes several stops. A bag too heavy for every team, or a
building that no window of the day leaves open, is held before planning, with its reason.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from flask import current_app

from app.core import clock
from app.dispatch.models import HeldReason
from app.dispatch.rules import StopWork, climbed_floors, service_s
from app.dispatch.work import BagLoad, BuildingWork, TeamShift, Work
from app.settings import Settings
from routing.model import Depot, Load, Problem, Stop, Vehicle, Window
from routing.providers import Osrm, RoadProvider, Valhalla
from routing.travel import CART, E_BIKE, FOOT, VAN, Gate, Place, travel

MODES = {"foot": FOOT, "cart": CART, "e_bike": E_BIKE, "van": VAN}
DAY_S = 86_400
HALF_HOUR_S = 1800
RELOAD_S = 600
MAX_ROUND_S = 3 * 3600
ROUND_COST = 300  # a departure is worth about five minutes
SHIFT_COST = 600  # and waking another team ten


@dataclass(frozen=True)
class StopBags:
    """The bags that one stop of the problem stands for."""

    building_id: int
    label: str
    bag_ids: tuple[int, ...]


@dataclass(frozen=True)
class Stated:
    """A problem, what its names stand for, and the bags that were held before planning."""

    problem: Problem
    stops: dict[str, StopBags]
    shifts: dict[str, int]
    midnight: datetime
    not_before_s: int
    held: dict[int, tuple[HeldReason, str]] = field(default_factory=dict)


def state(work: Work, not_before_s: int | None = None) -> Stated:
    """State the problem of a wave. Raises routing's IllegalProblem for data that contradict themselves.

    `not_before_s` is when the first round may begin, in seconds after midnight: the half hour that is running, unless
    the problem of an earlier moment is stated again.
    """
    midnight = clock.local_instant(work.day, 0)
    not_before = not_before_s
    if not_before is None:
        not_before = _seconds(clock.now(), midnight) // HALF_HOUR_S * HALF_HOUR_S
    held: dict[int, tuple[HeldReason, str]] = dict.fromkeys(work.held, (HeldReason.HELD, ""))
    largest = _largest(work.shifts)
    places, depots = _depots(work.shifts)
    stops: list[Stop] = []
    meaning: dict[str, StopBags] = {}
    for building in work.buildings:
        windows = _windows(building, work, midnight)
        if not windows:
            held |= {bag.bag_id: (HeldReason.BLACKOUT, "") for bag in building.bags}
            continue
        places.append(_place(building))
        for part, bags in enumerate(_parts(building.bags, largest), start=1):
            name = f"{building.building_id}.{part}"
            meaning[name] = StopBags(building.building_id, building.label, tuple(bag.bag_id for bag in bags))
            stops.append(_stop(name, len(places) - 1, building, bags, windows, midnight))
    gates = [Gate(str(gate.compound_id), gate.lat_e6 / 1e6, gate.lon_e6 / 1e6, gate.is_open) for gate in work.gates]
    used = sorted({shift.mode for shift in work.shifts}) or ["foot"]
    way = travel(places, gates, [MODES[mode] for mode in used], road_service())
    problem = Problem(
        depots=tuple(depots),
        stops=tuple(stops),
        vehicles=tuple(_vehicle(shift, midnight, not_before) for shift in work.shifts),
        matrices=way.matrices,
        points=way.points,
        notes=way.notes,
    )
    shifts = {str(shift.shift_id): shift.shift_id for shift in work.shifts}
    return Stated(problem, meaning, shifts, midnight, not_before, held)


def road_service() -> RoadProvider | None:
    """The road service that the installation names (LOUDA_OSRM_URL or LOUDA_VALHALLA_URL), or None: then ways are
    estimated. When it does not answer, the plan says so and the estimate stands in."""
    settings: Settings = current_app.extensions["louda_settings"]
    if settings.osrm_url:
        return Osrm(settings.osrm_url)
    return Valhalla(settings.valhalla_url) if settings.valhalla_url else None


def _largest(shifts: list[TeamShift]) -> Load:
    """The most that any team takes in each measure; generous where there is no team at all."""
    if not shifts:
        return Load(150_000, 500_000, 80)
    return Load(
        max(shift.capacity_g for shift in shifts),
        max(shift.capacity_ml for shift in shifts),
        max(shift.capacity_bags for shift in shifts),
    )


def _depots(shifts: list[TeamShift]) -> tuple[list[Place], list[Depot]]:
    places: list[Place] = []
    depots: list[Depot] = []
    for shift in shifts:
        name = str(shift.depot_id)
        if name not in [depot.name for depot in depots]:
            depots.append(Depot(name, len(places)))
            places.append(Place(f"depot {name}", _degrees(shift.depot_lat_e6), _degrees(shift.depot_lon_e6)))
    return places, depots


def _place(building: BuildingWork) -> Place:
    lat, lon = _degrees(building.lat_e6), _degrees(building.lon_e6)
    return Place(str(building.building_id), lat, lon, str(building.compound_id))


def _degrees(millionths: int | None) -> float | None:
    return None if millionths is None else millionths / 1e6


def _parts(bags: list[BagLoad], most: Load) -> list[list[BagLoad]]:
    """Split bags, kept in the order of doors, into loads that the largest team can take at once."""
    parts: list[list[BagLoad]] = []
    total = Load()
    for bag in bags:
        load = Load(bag.weight_g, bag.volume_ml, 1)
        if not parts or not (total + load).fits(most):
            parts.append([])
            total = Load()
        parts[-1].append(bag)
        total = total + load
    return parts


def _stop(
    name: str,
    location: int,
    building: BuildingWork,
    bags: list[BagLoad],
    windows: tuple[Window, ...],
    midnight: datetime,
) -> Stop:
    floors = {bag.household_id: bag.floor for bag in bags}
    work = StopWork(
        mode=building.mode,
        bags=len(bags),
        households=len(floors),
        stairwells=len({bag.stairwell for bag in bags}),
        climbed_floors=climbed_floors(floors.values(), building.has_lift),
    )
    releases = [bag.released_at for bag in bags if bag.released_at is not None]
    return Stop(
        name=name,
        location=location,
        load=Load(sum(bag.weight_g for bag in bags), sum(bag.volume_ml for bag in bags), len(bags)),
        service_s=service_s(work),
        windows=windows,
        release_s=max((max(0, _seconds(at, midnight)) for at in releases), default=0),
        zone=building.zone,
        clearance=building.zone,
    )


def _windows(building: BuildingWork, work: Work, midnight: datetime) -> tuple[Window, ...]:
    """When service may begin: the hours of the open gates, less the blackouts."""
    gates = [gate for gate in work.gates if gate.compound_id == building.compound_id and gate.is_open]
    free = _merged([(gate.opens_s, gate.closes_s) for gate in gates]) if gates else [(0, DAY_S)]
    for starts_at, ends_at in building.blackouts:
        starts, ends = _seconds(starts_at, midnight), _seconds(ends_at, midnight)
        free = [part for one in free for part in ((one[0], min(one[1], starts)), (max(one[0], ends), one[1]))]
        free = [part for part in free if part[0] < part[1]]
    return tuple(Window(starts, ends) for starts, ends in free)


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
        max_rounds=20,
        max_round_s=MAX_ROUND_S,
    )

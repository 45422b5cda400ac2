"""Invented days of a subdistrict, as rich as real ones: the same seed gives the same day.

`rich_day`: compounds behind gates, zones, testing in the morning, goods that rest, teams of four kinds with several
rounds. `subdistrict_day`: the buildings and orders that a generator of demand wrote over real compounds.
"""

from __future__ import annotations

import csv
import random
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

from routing.model import CLEAN, CONTROLLED, SEALED, Depot, Load, RoutingProblem, Stop, Vehicle, Window
from routing.travel import CART, E_BIKE, FOOT, VAN, CompoundGate, TravelPlace, travel

HOUR = 3600
LATITUDE, LONGITUDE = 30.265, 120.195
METRES_PER_DEGREE = 111_320.0
BAG_G, BAG_ML = 4_000, 9_000

LEVELS = {"easy": 60, "full": 80, "tight": 95, "over-full": 150}
"""Expected work in percent of the hours on duty. Waiting, zones and odd loads take what is missing to a hundred."""


@dataclass(frozen=True)
class Kind:
    """A kind of team: how it moves and what it takes."""

    mode: str
    capacity: Load


CART_TEAM = Kind("cart", Load(120_000, 400_000, 60))
E_BIKE_TEAM = Kind("e_bike", Load(60_000, 200_000, 30))
VAN_TEAM = Kind("van", Load(600_000, 3_000_000, 300))
FOOT_TEAM = Kind("foot", Load(40_000, 120_000, 15))
FLEET = (CART_TEAM, VAN_TEAM, E_BIKE_TEAM, CART_TEAM, CART_TEAM, VAN_TEAM, E_BIKE_TEAM, CART_TEAM, FOOT_TEAM)


@dataclass(frozen=True)
class _Building:
    """Where a building stands and what its compound imposes on it."""

    compound: str
    lat: float
    lon: float
    zone: int
    windows: tuple[Window, ...]


def rich_day(seed: int, level: str = "full", stops: int = 300, teams: int = 12) -> RoutingProblem:
    """A day of `stops` buildings and `teams` teams; `level` (a key of `LEVELS`) says how much of their time is needed.

    A quarter of the compounds is tested from 8 to 12, a fifth opens its gates late, a tenth of the buildings is
    sealed, a third of the goods rests until 9:30 or 11:00. Costs are those of the application: a metre and a second
    cost 1, a departure 300, a team 600.
    """
    rng = random.Random(seed)
    buildings, gates = _compounds(rng, stops)
    doors = [_stop(rng, number, building) for number, building in enumerate(buildings, start=1)]
    places = [TravelPlace("depot", LATITUDE, LONGITUDE)]
    places += [TravelPlace(stop.name, b.lat, b.lon, b.compound) for stop, b in zip(doors, buildings, strict=True)]
    way = travel(places, gates, (FOOT, CART, E_BIKE, VAN))
    return RoutingProblem(
        depots=(Depot("depot", 0),),
        stops=tuple(doors),
        vehicles=_teams(rng, teams, _hours_needed(doors, teams) * 100 // LEVELS[level]),
        matrices=way.matrices,
        points=way.points,
    )


def _compounds(rng: random.Random, count: int) -> tuple[list[_Building], list[CompoundGate]]:
    """Compounds of four to sixteen buildings in rows, each behind one or two gates, over three kilometres."""
    buildings: list[_Building] = []
    gates: list[CompoundGate] = []
    while len(buildings) < count:
        name = f"c{len(gates):03d}"
        east, north = rng.gauss(0, 700), rng.gauss(0, 700)
        zone = rng.choices((CLEAN, CONTROLLED), (8, 2))[0]
        hours = _gate_hours(rng)
        for k in range(min(rng.randint(4, 16), count - len(buildings))):
            lat, lon = _degrees(east + 45 * (k % 4), north + 38 * (k // 4))
            own_zone = SEALED if rng.random() < 0.1 else zone
            buildings.append(_Building(name, lat, lon, own_zone, hours))
        for dx, dy in ((-40, 20), (170, 60))[: rng.randint(1, 2)]:
            gates.append(CompoundGate(name, *_degrees(east + dx, north + dy)))
    return buildings, gates


def _degrees(east_m: float, north_m: float) -> tuple[float, float]:
    return LATITUDE + north_m / METRES_PER_DEGREE, LONGITUDE + east_m / (METRES_PER_DEGREE * 0.8637)


def _gate_hours(rng: random.Random) -> tuple[Window, ...]:
    draw = rng.random()
    if draw < 0.25:
        return Window(7 * HOUR, 8 * HOUR), Window(12 * HOUR, 21 * HOUR)
    if draw < 0.45:
        return (Window(rng.choice((9, 10)) * HOUR, rng.choice((17, 19)) * HOUR),)
    return (Window(7 * HOUR, 21 * HOUR),)


def _stop(rng: random.Random, location: int, building: _Building) -> Stop:
    bags = max(1, min(28, round(rng.lognormvariate(2.2, 0.6))))
    doors = 40 * bags if building.zone == SEALED else 0
    return Stop(
        f"b{location:04d}",
        location,
        Load(bags * BAG_G + rng.randrange(0, 2000), bags * BAG_ML, bags),
        service_s=120 + 8 * bags + doors,
        windows=building.windows,
        release_s=rng.choices((0, 9 * HOUR + 1800, 11 * HOUR), (4, 1, 1))[0],
        zone=building.zone,
        clearance=building.zone,
    )


def _hours_needed(stops: list[Stop], teams: int) -> int:
    """Seconds of work that one team must expect: service, two minutes to the next building, half an hour a round."""
    load_g, usual_g = sum(stop.load.g for stop in stops), 150_000
    return (sum(stop.service_s + 120 for stop in stops) + load_g * 1800 // usual_g) // teams


def _teams(rng: random.Random, count: int, hours_s: int) -> tuple[Vehicle, ...]:
    """Teams on duty for about `hours_s` each; two in three may enter controlled, one in three sealed buildings."""
    result = []
    for k in range(count):
        kind = FLEET[k % len(FLEET)]
        start_s = rng.choice((7, 8, 8, 9, 10)) * HOUR
        length_s = min(21 * HOUR - start_s, max(2 * HOUR, hours_s + rng.choice((-1, 0, 0, 1)) * HOUR // 2))
        result.append(
            Vehicle(
                f"t{k + 1:02d}",
                "depot",
                mode=kind.mode,
                capacity=kind.capacity,
                shift_start_s=start_s,
                shift_end_s=start_s + length_s,
                fixed_cost=600,
                round_cost=300,
                cost_per_m=1,
                cost_per_s=1,
                clearance=(SEALED, CONTROLLED, CLEAN, SEALED, CONTROLLED)[k % 5],
                reload_s=600,
                max_rounds=20,
                max_round_s=3 * HOUR,
            )
        )
    return tuple(result)


def subdistrict_day(folder: Path, teams: int = 120) -> RoutingProblem:
    """Every building of a generated subdistrict that ordered, with teams of four kinds from six depots.

    `folder` holds `buildings_synthetic.csv` and `orders_truth.csv`. A building that no team can serve at once becomes
    several stops.
    """
    bags = Counter[str]()
    seen: set[str] = set()
    for row in _rows(folder / "orders_truth.csv"):
        if row["order_id"] not in seen:
            seen.add(row["order_id"])
            bags[row["building_id"]] += 1
    rng = random.Random(len(bags))
    buildings = [row for row in _rows(folder / "buildings_synthetic.csv") if bags[row["building_id"]]]
    depots, places = _depots(buildings)
    stops: list[Stop] = []
    for row in buildings:
        windows, zone = _gate_hours(rng), rng.choices((CLEAN, CONTROLLED, SEALED), (8, 1, 1))[0]
        building = _Building(row["compound_id"], float(row["lat"]), float(row["lon"]), zone, windows)
        places.append(TravelPlace(row["building_id"], building.lat, building.lon))
        stops += _parts(row["building_id"], bags[row["building_id"]], len(places) - 1, building)
    way = travel(places, (), (FOOT, CART, E_BIKE, VAN))
    crew = tuple(_sent_from(vehicle, depots[k % len(depots)]) for k, vehicle in enumerate(_teams(rng, teams, 8 * HOUR)))
    return RoutingProblem(tuple(depots), tuple(stops), crew, way.matrices, points=way.points)


def _depots(buildings: list[dict[str, str]]) -> tuple[list[Depot], list[TravelPlace]]:
    """Six depots beside buildings that are spread evenly over the list."""
    rows = [buildings[(2 * k + 1) * len(buildings) // 12] for k in range(6)]
    depots = [Depot(f"depot {k}", k) for k in range(6)]
    return depots, [TravelPlace(f"depot {k}", float(row["lat"]), float(row["lon"])) for k, row in enumerate(rows)]


def _parts(name: str, bags: int, location: int, building: _Building) -> list[Stop]:
    """Loads of at most thirty bags."""
    count = -(-bags // 30)
    sizes = [bags // count + (k < bags % count) for k in range(count)]
    return [
        Stop(
            f"{name}.{k}",
            location,
            Load(size * BAG_G // 2, size * BAG_ML // 2, size),
            service_s=120 + 8 * size,
            windows=building.windows,
            zone=building.zone,
            clearance=building.zone,
        )
        for k, size in enumerate(sizes, start=1)
    ]


def _sent_from(vehicle: Vehicle, depot: Depot) -> Vehicle:
    return replace(vehicle, depot=depot.name)


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))

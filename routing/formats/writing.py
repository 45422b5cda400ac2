"""Problems as files of the literature, where those have words for everything in the problem."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from routing.formats.weights import TENTHS, distances
from routing.model import HORIZON_S, UNLIMITED, Load, RoundLimits, RoutingProblem, Stability, Stop, Vehicle, Window

MOST_RELOADS = 10
"""Rounds of a vehicle that may reload: the files have no number for it, `read_vrplib` takes this one."""


class NotExpressible(ValueError):
    """The problem says something for which the format has no words; the sentence names it."""


def write_vrplib(problem: RoutingProblem, name: str) -> str:
    """Text of a `.vrp` file: CVRP, VRPTW, MTVRPTWR (several trips, windows, releases) or a fleet with costs.

    Parameters
    ----------
    problem : RoutingProblem
        One depot and one mode whose seconds equal its metres; loads in grams only.
    name : str
        What the NAME line says.

    Returns
    -------
    str
        `read_vrplib` makes the same stops, windows, fleet and matrix of it. Coordinates are given where they yield the
        matrix, else all distances are listed.

    Raises
    ------
    NotExpressible
        When the problem has zones, prizes, several windows or anything else that these files cannot say.
    """
    _require_one_depot_in_grams(problem)
    timed = _has_times(problem)
    parts = [*_header(problem, name), *_places(problem, timed=timed), *_demand(problem)]
    parts += _times(problem) if timed else []
    parts += [*_fleet(problem), "DEPOT_SECTION", "1", "-1", "EOF", ""]
    return "\n".join(parts)


def write_solomon(problem: RoutingProblem, name: str) -> str:
    """Text of a Solomon or Gehring-Homberger file: a VRPTW with like vehicles and whole coordinates.

    Raises
    ------
    NotExpressible
        When the problem has more in it than that; its distances must be those of its points, truncated to tenths.
    """
    _require_one_depot_in_grams(problem)
    _refuse(any(stop.release_s for stop in problem.stops), "release times")
    _refuse(len({_without_name(vehicle) for vehicle in problem.vehicles}) != 1, "vehicles that differ")
    _refuse(_first(problem).max_rounds != 1 or _first(problem).fixed_cost != 0, "several rounds or fixed costs")
    _refuse(_first(problem).max_round_s < HORIZON_S or _first(problem).cost_per_m != 1, "limits or prices of rounds")
    _refuse(not _points_yield_matrix(problem, tenths=True), "distances that are not those of its points")
    depot = problem.depots[0]
    windows = [Window(depot.opens_s, depot.closes_s), *(stop.windows[0] for stop in problem.stops)]
    loads = [0, *(stop.load.g for stop in problem.stops)]
    service = [0, *(stop.service_s for stop in problem.stops)]
    lines = [name, "", "VEHICLE", "NUMBER     CAPACITY", f"{len(problem.vehicles)} {_first(problem).capacity.g}", ""]
    lines += ["CUSTOMER", "CUST NO.  XCOORD.  YCOORD.  DEMAND  READY TIME  DUE DATE  SERVICE TIME", ""]
    for row, (east, north) in enumerate(problem.points):
        times = (windows[row].opens_s, windows[row].closes_s, service[row])
        lines.append(f"{row} {east} {north} {loads[row]} {' '.join(_tenths(value) for value in times)}")
    return "\n".join([*lines, ""])


def _refuse(is_there: bool, what: str) -> None:
    if is_there:
        raise NotExpressible(f"This format cannot say {what}.")


def _require_one_depot_in_grams(problem: RoutingProblem) -> None:
    """Everything that neither kind of file has words for."""
    _refuse(not problem.vehicles, "that there are no vehicles")
    _refuse(len(problem.depots) != 1 or len(problem.matrices) != 1, "several depots or modes of travel")
    matrix = problem.matrices[0]
    _refuse(not np.array_equal(matrix.metres, matrix.seconds), "travel times that differ from the distances")
    places = [problem.depots[0].location, *(stop.location for stop in problem.stops)]
    _refuse(places != list(range(matrix.size)), "stops that share a place")
    _refuse(bool(problem.locks) or problem.stability != Stability(), "what an earlier plan fixed")
    _refuse(problem.limits != RoundLimits(zones_in_order=problem.limits.zones_in_order), "limits of stops in a round")
    for number, stop in enumerate(problem.stops, start=1):
        plain = Stop(str(number), number, Load(stop.load.g), stop.service_s, stop.windows, stop.release_s)
        _refuse(stop != plain, f"all about stop {stop.name}: its name, load, zone, prize, pair or who may serve it")
        _refuse(len(stop.windows) > 1, f"that stop {stop.name} has several windows")
    for vehicle in problem.vehicles:
        plain_vehicle = Vehicle(
            vehicle.name, problem.depots[0].name, vehicle.mode, Load(vehicle.capacity.g, UNLIMITED, UNLIMITED),
            fixed_cost=vehicle.fixed_cost, cost_per_m=vehicle.cost_per_m, max_rounds=vehicle.max_rounds,
            max_round_s=vehicle.max_round_s,
        )  # fmt: skip
        _refuse(vehicle != plain_vehicle, f"all about vehicle {vehicle.name}: its shift, clearance, loading or prices")
        _refuse(vehicle.max_rounds not in (1, MOST_RELOADS), f"that vehicle {vehicle.name} has so many rounds")


def _without_name(vehicle: Vehicle) -> tuple[object, ...]:
    return vehicle.capacity, vehicle.fixed_cost, vehicle.cost_per_m, vehicle.max_rounds, vehicle.max_round_s


def _first(problem: RoutingProblem) -> Vehicle:
    return problem.vehicles[0]


def _has_times(problem: RoutingProblem) -> bool:
    """Whether the file needs time windows, so that its numbers are tenths of ours."""
    depot = problem.depots[0]
    is_open = (depot.opens_s, depot.closes_s) == (0, HORIZON_S)
    return not is_open or any(stop.windows != (Window(),) or stop.release_s for stop in problem.stops)


def _points_yield_matrix(problem: RoutingProblem, *, tenths: bool) -> bool:
    if not problem.points:
        return False
    computed = distances(np.array(problem.points, dtype=np.float64), tenths=tenths)
    return np.array_equal(computed, problem.matrices[0].metres)


def _header(problem: RoutingProblem, name: str) -> Iterator[str]:
    first = _first(problem)
    yield f"NAME : {name}"
    yield f"TYPE : {_kind(problem)}"
    yield f"DIMENSION : {len(problem.stops) + 1}"
    yield f"VEHICLES : {len(problem.vehicles)}"
    if all(vehicle.capacity == first.capacity for vehicle in problem.vehicles):
        yield f"CAPACITY : {first.capacity.g}"
    if first.max_round_s < HORIZON_S:
        _refuse(any(vehicle.max_round_s != first.max_round_s for vehicle in problem.vehicles), "unlike round limits")
        yield f"DISTANCE : {_tenths(first.max_round_s) if _has_times(problem) else first.max_round_s}"


def _kind(problem: RoutingProblem) -> str:
    """TYPE as the collections name it."""
    if len({(vehicle.capacity, vehicle.fixed_cost, vehicle.cost_per_m) for vehicle in problem.vehicles}) > 1:
        return "HFVRP"
    if _first(problem).max_rounds > 1:
        return "MTVRPTWR"
    return "VRPTW" if _has_times(problem) else "CVRP"


def _places(problem: RoutingProblem, *, timed: bool) -> Iterator[str]:
    rows = [f"{row} {east} {north}" for row, (east, north) in enumerate(problem.points, start=1)]
    if _points_yield_matrix(problem, tenths=timed):
        yield from ("EDGE_WEIGHT_TYPE : EUC_2D", "NODE_COORD_SECTION", *rows)
        return
    yield from ("EDGE_WEIGHT_TYPE : EXPLICIT", "EDGE_WEIGHT_FORMAT : FULL_MATRIX", "EDGE_WEIGHT_SECTION")
    for row in problem.matrices[0].metres.tolist():
        yield " ".join(_tenths(value) if timed else str(value) for value in row)
    if rows:
        yield from ("DISPLAY_DATA_SECTION", *rows)


def _demand(problem: RoutingProblem) -> Iterator[str]:
    yield from _section("DEMAND", [0, *(stop.load.g for stop in problem.stops)])
    if any(stop.service_s for stop in problem.stops):
        write = _tenths if _has_times(problem) else str
        yield from _section("SERVICE_TIME", ["0", *(write(stop.service_s) for stop in problem.stops)])


def _times(problem: RoutingProblem) -> Iterator[str]:
    depot = problem.depots[0]
    windows = [Window(depot.opens_s, depot.closes_s), *(stop.windows[0] for stop in problem.stops)]
    yield from _section("TIME_WINDOW", [f"{_tenths(w.opens_s)} {_tenths(w.closes_s)}" for w in windows])
    if any(stop.release_s for stop in problem.stops):
        yield from _section("RELEASE_TIME", ["0", *(_tenths(stop.release_s) for stop in problem.stops)])


def _fleet(problem: RoutingProblem) -> Iterator[str]:
    vehicles, first = problem.vehicles, _first(problem)
    if any(vehicle.capacity != first.capacity for vehicle in vehicles):
        yield from _section("CAPACITY", [vehicle.capacity.g for vehicle in vehicles])
    if any(vehicle.fixed_cost for vehicle in vehicles):
        yield from _section("VEHICLES_FIXED_COST", [vehicle.fixed_cost for vehicle in vehicles])
    if any(vehicle.cost_per_m != 1 for vehicle in vehicles):
        yield from _section("VEHICLES_UNIT_DISTANCE_COST", [vehicle.cost_per_m for vehicle in vehicles])
    if first.max_rounds > 1:
        _refuse(any(vehicle.max_rounds != first.max_rounds for vehicle in vehicles), "that some vehicles reload")
        yield from _section("VEHICLES_RELOAD_DEPOT", [1] * len(vehicles))


def _section(word: str, values: Iterable[object]) -> Iterator[str]:
    yield f"{word}_SECTION"
    yield from (f"{row} {value}" for row, value in enumerate(values, start=1))


def _tenths(value: int) -> str:
    """A number of ours in the unit of a file with time windows."""
    whole, rest = divmod(value, TENTHS)
    return f"{whole}.{rest}" if rest else str(whole)

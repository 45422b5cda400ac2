"""What must hold between the parts of a problem; each part has already judged itself."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Protocol

from routing.parts import Depot, RouteLock, Stability, Stop, Vehicle, names, require
from routing.travel_times import TravelMatrix


class ProblemFields(Protocol):
    """The fields of a `routing.model.Problem` that are compared here."""

    @property
    def depots(self) -> tuple[Depot, ...]: ...

    @property
    def stops(self) -> tuple[Stop, ...]: ...

    @property
    def vehicles(self) -> tuple[Vehicle, ...]: ...

    @property
    def matrices(self) -> tuple[TravelMatrix, ...]: ...

    @property
    def locks(self) -> tuple[RouteLock, ...]: ...

    @property
    def stability(self) -> Stability: ...

    @property
    def stop_by_name(self) -> dict[str, Stop]: ...

    @property
    def vehicle_by_name(self) -> dict[str, Vehicle]: ...

    @property
    def points(self) -> tuple[tuple[int, int], ...]: ...


def check_consistency(problem: ProblemFields) -> None:
    """Raise `IllegalProblem` with a sentence if the parts do not fit together."""
    _unique("depot", problem.depots)
    _unique("stop", problem.stops)
    _unique("vehicle", problem.vehicles)
    _check_places(problem)
    _check_vehicles(problem)
    _check_pairs(problem)
    _check_locks(problem)
    _check_stability(problem)


def _unique(kind: str, things: Iterable[Depot | Stop | Vehicle]) -> None:
    for name, count in Counter(names(things)).items():
        require(count == 1, f"There are {count} {kind}s named {name}.")


def _check_places(problem: ProblemFields) -> None:
    modes = [matrix.mode for matrix in problem.matrices]
    require(len(set(modes)) == len(modes), "Two travel matrices have the same mode.")
    sizes = {matrix.size for matrix in problem.matrices}
    require(len(sizes) <= 1, "The travel matrices differ in size.")
    size = sizes.pop() if sizes else 0
    places = [(depot.name, depot.location) for depot in problem.depots] + [
        (stop.name, stop.location) for stop in problem.stops
    ]
    for name, location in places:
        require(location < size, f"The location {location} of {name} is not in the travel matrix of {size} rows.")
    require(len(problem.points) in (0, size), f"There are {len(problem.points)} points for {size} locations.")


def _check_vehicles(problem: ProblemFields) -> None:
    depots = set(names(problem.depots))
    modes = {matrix.mode for matrix in problem.matrices}
    for vehicle in problem.vehicles:
        require(vehicle.depot in depots, f"Vehicle {vehicle.name} starts at an unknown depot {vehicle.depot}.")
        require(
            vehicle.end_depot is None or vehicle.end_depot in depots,
            f"Vehicle {vehicle.name} ends at an unknown depot.",
        )
        require(vehicle.mode in modes, f"Vehicle {vehicle.name} has a mode without travel times: {vehicle.mode}.")


def _check_pairs(problem: ProblemFields) -> None:
    pairs: dict[str, list[Stop]] = defaultdict(list)
    for stop in problem.stops:
        if stop.pair is not None:
            pairs[stop.pair].append(stop)
    for pair, members in pairs.items():
        require(len(members) == 2, f"The pair {pair} has {len(members)} stops instead of two.")
        require(sum(stop.is_pickup for stop in members) == 1, f"The pair {pair} needs one pickup and one delivery.")
        first, second = members
        require(first.load == second.load, f"The pair {pair} delivers something other than it picks up.")
        require(
            (first.prize is None) == (second.prize is None),
            f"One half of the pair {pair} is mandatory, the other is not.",
        )


def _check_locks(problem: ProblemFields) -> None:
    vehicles = problem.vehicle_by_name
    seen: set[str] = set()
    rounds: Counter[str] = Counter()
    for lock in problem.locks:
        require(lock.vehicle in vehicles, f"A locked round belongs to an unknown vehicle {lock.vehicle}.")
        rounds[lock.vehicle] += 1
        most = vehicles[lock.vehicle].max_rounds
        require(
            rounds[lock.vehicle] <= most, f"Vehicle {lock.vehicle} has more locked rounds than the {most} it may make."
        )
        for name in lock.stops:
            require(
                name in problem.stop_by_name, f"A locked round of vehicle {lock.vehicle} has an unknown stop {name}."
            )
            require(name not in seen, f"Stop {name} is locked twice.")
            seen.add(name)
    for stop in problem.stops:
        if stop.pair is not None and stop.name in seen:
            partner = next(other for other in problem.stops if other.pair == stop.pair and other.name != stop.name)
            require(partner.name in seen, f"Stop {stop.name} is locked but the other half of its pair is not.")


def _check_stability(problem: ProblemFields) -> None:
    for stop, _ in (*problem.stability.vehicle_of_stop, *problem.stability.stop_before):
        require(stop in problem.stop_by_name, f"The plan before names an unknown stop {stop}.")

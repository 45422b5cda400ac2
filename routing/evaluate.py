"""From sequences of stops to a plan: times, loads, distances and the parts of the cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from routing.codec import problem_hash
from routing.model import Load, RoutingProblem, Stop, Vehicle
from routing.plan import Cost, PlannedRound, RoutePlan, Statistics, Unserved, Visit
from routing.schedule import Times, locked_times, timetable

Sequences = Mapping[str, Sequence[Sequence[str]]]
"""Names of the stops of each round of each vehicle, locked rounds left out."""


class InfeasibleRounds(ValueError):
    """A sequence of stops for which there is no timetable."""


def build_plan(
    problem: RoutingProblem, rounds: Sequences, unserved: Sequence[Unserved], statistics: Statistics
) -> RoutePlan:
    """The plan that carries out given rounds after the locked rounds of the problem, with times, loads and cost.

    Parameters
    ----------
    problem : RoutingProblem
    rounds : mapping of vehicle to sequences of stops
        Rounds in the order in which the vehicle makes them; empty ones are dropped.
    unserved : sequence of Unserved
        All other stops, each with its reason.
    statistics : Statistics
        How the rounds were found.

    Raises
    ------
    InfeasibleRounds
        When some vehicle cannot keep the windows in this order.
    """
    built: list[PlannedRound] = []
    for vehicle in problem.vehicles:
        built += rounds_of_vehicle(problem, vehicle, [stops for stops in rounds.get(vehicle.name, ()) if stops])
    ordered_unserved = sorted(unserved, key=lambda item: item.stop)
    cost = cost_of(problem, built)
    return RoutePlan(problem_hash(problem), tuple(built), tuple(ordered_unserved), cost, statistics, problem.notes)


def rounds_of_vehicle(
    problem: RoutingProblem, vehicle: Vehicle, sequences: Sequence[Sequence[str]]
) -> list[PlannedRound]:
    """Locked rounds of the vehicle, then its other rounds with their times and loads."""
    result: list[PlannedRound] = []
    later = vehicle
    for lock in problem.locks:
        if lock.vehicle == vehicle.name:
            stops = [problem.stop_by_name[name] for name in lock.stops]
            times = locked_times(problem, vehicle, stops, lock.starts_s)
            result.append(_round(problem, vehicle, stops, times, number=len(result) + 1, is_locked=True))
            free_from_s = max(times.returns_s, later.shift_start_s)
            later = replace(later, shift_start_s=free_from_s, shift_end_s=max(free_from_s, later.shift_end_s))
    chains = [[problem.stop_by_name[name] for name in sequence] for sequence in sequences]
    times_of_rounds = timetable(problem, later, chains)
    if times_of_rounds is None:
        raise InfeasibleRounds(f"Vehicle {vehicle.name} cannot make its rounds in time.")
    for stops, times in zip(chains, times_of_rounds, strict=True):
        result.append(_round(problem, vehicle, stops, times, number=len(result) + 1, is_locked=False))
    return result


def _round(
    problem: RoutingProblem, vehicle: Vehicle, stops: list[Stop], times: Times, *, number: int, is_locked: bool
) -> PlannedRound:
    matrix = problem.matrix_by_mode[vehicle.mode]
    here = problem.depot_by_name[vehicle.depot].location
    load = departure_load(stops)
    departure, departs_s = load, times.starts_s + vehicle.reload_s
    distance, clock_s = 0, departs_s
    visits: list[Visit] = []
    for stop, begins_s in zip(stops, times.begins_s, strict=True):
        leg_m = int(matrix.metres[here, stop.location])
        arrives_s = clock_s + int(matrix.seconds[here, stop.location])
        load = load_after(load, stop)
        clock_s = begins_s + stop.service_s
        visits.append(Visit(stop.name, arrives_s, begins_s, clock_s, load, leg_m))
        distance, here = distance + leg_m, stop.location
    distance += int(matrix.metres[here, problem.end_location(vehicle)])
    times_and_load = (times.starts_s, departs_s, times.returns_s, departure)
    return PlannedRound(vehicle.name, number, *times_and_load, distance, tuple(visits), is_locked)


def departure_load(stops: Sequence[Stop]) -> Load:
    """What is on board when the round departs: everything that is delivered and not picked up on the way."""
    carried = [stop.load for stop in stops if not stop.is_pickup and stop.pair is None]
    return Load(sum(c.g for c in carried), sum(c.ml for c in carried), sum(c.bags for c in carried))


def load_after(load: Load, stop: Stop) -> Load:
    """What is on board after serving `stop`."""
    sign = 1 if stop.is_pickup else -1
    return Load(load.g + sign * stop.load.g, load.ml + sign * stop.load.ml, load.bags + sign * stop.load.bags)


def cost_of(problem: RoutingProblem, rounds: Sequence[PlannedRound]) -> Cost:
    """Parts of the cost of rounds, in the unit of the vehicles' prices.

    Parameters
    ----------
    problem : RoutingProblem
    rounds : sequence of PlannedRound
        All rounds of the plan, those of one vehicle in order; every stop they do not serve counts as left out.
    """
    distance = time = fixed = per_round = 0
    for vehicle in problem.vehicles:
        own = [round_ for round_ in rounds if round_.vehicle == vehicle.name]
        if own:
            distance += vehicle.cost_per_m * sum(round_.distance_m for round_ in own)
            time += vehicle.cost_per_s * (own[-1].returns_s - own[0].starts_s)
            fixed += vehicle.fixed_cost
            per_round += vehicle.round_cost * len(own)
    vehicle_of = {visit.stop: round_.vehicle for round_ in rounds for visit in round_.visits}
    left_out = [stop for stop in problem.stops if stop.name not in vehicle_of]
    moved = _changed_stops(problem, rounds)
    return Cost(
        distance=distance,
        time=time,
        fixed=fixed,
        rounds=per_round,
        prizes=sum(stop.prize for stop in left_out if stop.prize is not None),
        changes=problem.stability.change_cost * moved,
        missed=sum(1 for stop in left_out if stop.prize is None),
    )


def _changed_stops(problem: RoutingProblem, rounds: Sequence[PlannedRound]) -> int:
    """Served stops that have another vehicle, or follow another stop, than in the plan before."""
    usual, before = dict(problem.stability.vehicle_of_stop), dict(problem.stability.stop_before)
    changed = 0
    for round_ in rounds:
        for previous, stop in zip(("", *round_.stops), round_.stops, strict=False):
            is_elsewhere = usual.get(stop, round_.vehicle) != round_.vehicle
            changed += is_elsewhere or before.get(stop, previous) != previous
    return changed

"""From a problem to the arrays of the kernel, and from the best solution back to names."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from itertools import accumulate
from typing import Any

import numpy as np
import numpy.typing as npt

from routing.eligibility import may_serve
from routing.kernel.arrays import BANKED, I32, U8, Data, SearchState
from routing.kernel.near import Timing, nearest, neighbours_in_time
from routing.model import HORIZON_S, MISSED_COST, RoutingProblem, Vehicle
from routing.travel_times import UNREACHABLE

Array = npt.NDArray[np.int64]


def array(values: Sequence[int]) -> Array:
    """Whole numbers as a contiguous array."""
    return np.array(values, dtype=np.int64)


def build_data(problem: RoutingProblem, near_count: int = 100) -> Data:
    """Arrays for a problem with at least one stop and one vehicle, without locks and without pickups.

    `near_count` neighbours are listed: more than an insertion looks at first, for stops that find no place there.
    """
    vehicles = problem.vehicles
    slots = max(1, max(vehicle.max_rounds for vehicle in vehicles))
    own = array([stop.location for stop in problem.stops])
    near = nearest(problem.matrices[0].metres, own, near_count)
    has_time = needs_time(problem)
    leaders, followers = _in_time(problem, own, near_count) if has_time else (near, near)
    demand, capacity = _measures(problem)
    return Data(
        stops=len(problem.stops),
        slots=slots,
        vehicle_of=np.repeat(np.arange(len(vehicles)), slots),
        max_stops=problem.limits.max_stops,
        has_time=has_time,
        has_zones=_has_zones(problem),
        change_cost=problem.stability.change_cost,
        demand=demand,
        capacity=capacity,
        near=near,
        leaders=leaders,
        followers=followers,
        **_of_places(problem, own),
        **_of_stops(problem),
        **_of_vehicles(problem),
    )


def _of_places(problem: RoutingProblem, own: Array) -> dict[str, Any]:
    """Matrices, and location and zone of every vertex."""
    vehicles = problem.vehicles
    slots = max(1, max(vehicle.max_rounds for vehicle in vehicles))
    starts = array([problem.depot_by_name[vehicle.depot].location for vehicle in vehicles])
    ends = array([problem.end_location(vehicle) for vehicle in vehicles])
    zones = [stop.zone for stop in problem.stops]
    metres_to, metres_from = _both_ways([matrix.metres for matrix in problem.matrices])
    seconds_to, seconds_from = _seconds(problem, metres_to, metres_from)
    return {
        "metres_to": metres_to,
        "metres_from": metres_from,
        "seconds_to": seconds_to,
        "seconds_from": seconds_from,
        "place_out": np.concatenate([own, np.repeat(starts, slots)]),
        "place_in": np.concatenate([own, np.repeat(ends, slots)]),
        # The depot is below every zone when left and above every zone when reached, so that it never binds.
        "zone_out": array(zones + [0] * (slots * len(vehicles))),
        "zone_in": array(zones + [9] * (slots * len(vehicles))),
    }


def _of_stops(problem: RoutingProblem) -> dict[str, Any]:
    """What concerns stops one by one."""
    stops = problem.stops
    windows = [window for stop in stops for window in stop.windows]
    row = {vehicle.name: index for index, vehicle in enumerate(problem.vehicles)}
    before = dict(problem.stability.vehicle_of_stop)
    return {
        "service": array([stop.service_s for stop in stops]),
        "first_window": array([0, *accumulate(len(stop.windows) for stop in stops)]),
        "opens": array([window.opens_s for window in windows]),
        "closes": array([window.closes_s for window in windows]),
        "release": array([stop.release_s for stop in stops]),
        "prize": array([MISSED_COST if stop.prize is None else stop.prize for stop in stops]),
        "usual": array([row.get(before.get(stop.name, ""), -1) for stop in stops]),
        "usual_before": _usual_before(problem),
    }


def _of_vehicles(problem: RoutingProblem) -> dict[str, Any]:
    """What concerns vehicles one by one, and whom they may serve."""
    vehicles = problem.vehicles
    allowed = allowed_table(problem)
    profiles = {matrix.mode: index for index, matrix in enumerate(problem.matrices)}
    starts = [problem.depot_by_name[vehicle.depot] for vehicle in vehicles]
    ends = [problem.depot_by_name[vehicle.end_depot or vehicle.depot] for vehicle in vehicles]
    return {
        "allowed": allowed,
        "kind": _kinds(vehicles, allowed),
        "profile": array([profiles[vehicle.mode] for vehicle in vehicles]),
        "start_opens": array([max(v.shift_start_s, d.opens_s) for v, d in zip(vehicles, starts, strict=True)]),
        "start_closes": array([min(v.shift_end_s, d.closes_s) for v, d in zip(vehicles, starts, strict=True)]),
        "end_opens": array([max(v.shift_start_s, d.opens_s) for v, d in zip(vehicles, ends, strict=True)]),
        "end_closes": array([min(v.shift_end_s, d.closes_s) for v, d in zip(vehicles, ends, strict=True)]),
        "reload": array([vehicle.reload_s for vehicle in vehicles]),
        "max_rounds": _usable_rounds(problem),
        "max_round": array([vehicle.max_round_s for vehicle in vehicles]),
        "max_shift": array([vehicle.max_shift_s for vehicle in vehicles]),
        "fixed_cost": array([vehicle.fixed_cost for vehicle in vehicles]),
        "round_cost": array([vehicle.round_cost for vehicle in vehicles]),
        "per_metre": array([vehicle.cost_per_m for vehicle in vehicles]),
        "per_second": array([vehicle.cost_per_s for vehicle in vehicles]),
    }


def _has_zones(problem: RoutingProblem) -> bool:
    return problem.limits.zones_in_order and any(stop.zone for stop in problem.stops)


def _in_time(problem: RoutingProblem, places: Array, count: int) -> tuple[I32, I32]:
    """Leaders and followers of each stop, by the matrices of the first mode.

    One mode is enough: the lists only say where to look; times and costs are those of the vehicle that is tried.
    """
    timing = Timing(
        opens=array([stop.windows[0].opens_s for stop in problem.stops]),
        closes=array([stop.windows[-1].closes_s for stop in problem.stops]),
        service=array([stop.service_s for stop in problem.stops]),
        zone=array([stop.zone if _has_zones(problem) else 0 for stop in problem.stops]),
    )
    matrix = problem.matrices[0]
    return neighbours_in_time((matrix.metres, matrix.seconds), places, timing, count)


def _usual_before(problem: RoutingProblem) -> Array:
    """[n] stop before in the plan before; -1 if any will do, -2 for the depot, -3 for a stop that is gone."""
    number = {stop.name: index for index, stop in enumerate(problem.stops)} | {"": -2}
    before = dict(problem.stability.stop_before)
    return array([number.get(before[stop.name], -3) if stop.name in before else -1 for stop in problem.stops])


def needs_time(problem: RoutingProblem) -> bool:
    """Whether anything in the problem depends on the clock."""
    by_stop = any(
        stop.release_s > 0
        or len(stop.windows) > 1
        or stop.windows[0].opens_s > 0
        or stop.windows[0].closes_s < HORIZON_S
        for stop in problem.stops
    )
    by_vehicle = any(
        v.cost_per_s > 0 or v.shift_start_s > 0 or min(v.shift_end_s, v.max_round_s, v.max_shift_s) < HORIZON_S
        for v in problem.vehicles
    )
    by_depot = any(depot.opens_s > 0 or depot.closes_s < HORIZON_S for depot in problem.depots)
    by_way = any(matrix.size > 0 and int(matrix.seconds.max()) >= UNREACHABLE for matrix in problem.matrices)
    return by_stop or by_vehicle or by_depot or by_way


def allowed_table(problem: RoutingProblem) -> U8:
    """[v, n] whether the vehicle may serve the stop at all; rows of like vehicles are computed once."""
    named = {name for stop in problem.stops for name in stop.only_vehicles}
    rows: dict[Hashable, npt.NDArray[np.uint8]] = {}
    table = np.zeros((len(problem.vehicles), len(problem.stops)), dtype=np.uint8)
    for index, vehicle in enumerate(problem.vehicles):
        key = (vehicle.clearance, vehicle.skills, vehicle.capacity, vehicle.name if vehicle.name in named else "")
        if key not in rows:
            rows[key] = np.array([may_serve(problem, vehicle, stop) for stop in problem.stops], dtype=np.uint8)
        table[index] = rows[key]
    return table


def _usable_rounds(problem: RoutingProblem) -> Array:
    """Rounds a vehicle may make; none if shift and depot hours leave no time."""
    return array(
        [
            vehicle.max_rounds
            if max(vehicle.shift_start_s, problem.depot_by_name[vehicle.depot].opens_s)
            <= min(vehicle.shift_end_s, problem.depot_by_name[vehicle.depot].closes_s)
            else 0
            for vehicle in problem.vehicles
        ]
    )


def _kinds(vehicles: tuple[Vehicle, ...], allowed: U8) -> Array:
    """Number of the kind of each vehicle; vehicles of one kind differ only in name."""
    numbers: dict[Hashable, int] = {}
    kinds = []
    for index, v in enumerate(vehicles):
        times = (v.shift_start_s, v.shift_end_s, v.reload_s, v.max_round_s, v.max_shift_s, v.max_rounds)
        costs = (v.fixed_cost, v.round_cost, v.cost_per_m, v.cost_per_s)
        key = (v.depot, v.end_depot, v.mode, v.capacity, times, costs, allowed[index].tobytes())
        kinds.append(numbers.setdefault(key, len(numbers)))
    return array(kinds)


def _measures(problem: RoutingProblem) -> tuple[Array, Array]:
    """Loads and capacities in the measures that can bind at all (at least one is kept, for sorting)."""
    loads = np.array([(s.load.g, s.load.ml, s.load.bags) for s in problem.stops], dtype=np.int64)
    holds = np.array([(v.capacity.g, v.capacity.ml, v.capacity.bags) for v in problem.vehicles], dtype=np.int64)
    binding = [k for k in range(3) if loads[:, k].sum() > holds[:, k].min()] or [0]
    return np.ascontiguousarray(loads[:, binding]), np.ascontiguousarray(holds[:, binding])


def _both_ways(arrays: Sequence[I32]) -> tuple[I32, I32]:
    """Matrices of all modes and their transposes; nothing is copied for one symmetric matrix."""
    to = arrays[0][None] if len(arrays) == 1 else np.stack(arrays)
    to.flags.writeable = False  # the machine code is compiled for read-only matrices
    if all(np.array_equal(array_, array_.T) for array_ in arrays):
        return to, to
    back = np.ascontiguousarray(to.transpose(0, 2, 1))
    back.flags.writeable = False
    return to, back


def _seconds(problem: RoutingProblem, metres_to: I32, metres_from: I32) -> tuple[I32, I32]:
    if all(matrix.seconds is matrix.metres for matrix in problem.matrices):
        return metres_to, metres_from
    return _both_ways([matrix.seconds for matrix in problem.matrices])


def best_rounds(problem: RoutingProblem, data: Data, state: SearchState) -> dict[str, list[list[str]]]:
    """Names of the stops of each round of each vehicle in the best solution."""
    return {
        vehicle.name: [[problem.stops[c].name for c in stops] for stops in rounds]
        for vehicle, rounds in zip(problem.vehicles, best_indices(data, state), strict=True)
    }


def best_indices(data: Data, state: SearchState) -> list[list[list[int]]]:
    """Stops, by number, of each round of each vehicle in the best solution."""
    result: list[list[list[int]]] = []
    for v in range(len(data.kind)):
        rounds: list[list[int]] = []
        for z in range(int(state.best_used[v])):
            depot = data.stops + int(state.best_chain[v, z])
            stops: list[int] = []
            c = int(state.best_following[depot])
            while c != depot:
                stops.append(c)
                c = int(state.best_following[c])
            rounds.append(stops)
        result.append(rounds)
    return result


def set_rounds(data: Data, state: SearchState, rounds: Mapping[int, Sequence[Sequence[int]]]) -> None:
    """Write rounds (by numbers of vehicles and stops) into an empty state; times are for the caller to refresh."""
    for v, sequences in rounds.items():
        for z, stops in enumerate(sequences):
            r = v * data.slots + z
            a = data.stops + r
            for c in stops:
                state.following[a], state.preceding[c], state.round_of[c] = c, a, r
                a = c
            state.following[a], state.preceding[data.stops + r] = data.stops + r, a
        state.used[v] = len(sequences)
    left = np.flatnonzero(state.round_of < 0)
    state.bank_place[:] = -1
    state.bank_place[left] = np.arange(len(left))
    state.bank[: len(left)] = left
    state.total[BANKED] = len(left)

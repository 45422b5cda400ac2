"""A first plan in milliseconds: rounds are grown stop by stop, always to the stop that can be served soonest and
nearest.

Deterministic, never fails, needs neither OR-Tools nor compiled code. It is the fallback of every other method, so it
takes no risks: what does not fit stays unserved.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from routing.eligibility import may_serve
from routing.model import RoutingProblem, Stop, Vehicle
from routing.schedule import locked_times, round_ends
from routing.travel_times import UNREACHABLE

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
NEVER = np.int64(10**12)


def construct(problem: RoutingProblem) -> dict[str, list[list[str]]]:
    """A first plan in milliseconds; it never fails, but may leave stops out.

    Parameters
    ----------
    problem : RoutingProblem

    Returns
    -------
    dict
        Stops of each round of each vehicle; locked stops and rounds are left out.
    """
    pool = _Pool(problem)
    result: dict[str, list[list[str]]] = {vehicle.name: [] for vehicle in problem.vehicles}
    locked = {
        vehicle.name: [lock for lock in problem.locks if lock.vehicle == vehicle.name] for vehicle in problem.vehicles
    }
    queue: list[tuple[int, int]] = []
    for index, vehicle in enumerate(problem.vehicles):
        free_from_s = vehicle.shift_start_s
        for lock in locked[vehicle.name]:
            kept = [problem.stop_by_name[name] for name in lock.stops]
            free_from_s = max(free_from_s, locked_times(problem, vehicle, kept, lock.starts_s).returns_s)
        heapq.heappush(queue, (free_from_s, index))
    while queue and pool.open.any():
        free_from_s, index = heapq.heappop(queue)
        vehicle = problem.vehicles[index]
        rounds = result[vehicle.name]
        if len(rounds) + len(locked[vehicle.name]) >= vehicle.max_rounds or free_from_s > vehicle.shift_end_s:
            continue
        growing = _Growing(problem, replace(vehicle, shift_start_s=free_from_s), pool, pool.allowed(vehicle))
        shift_left_s = (
            vehicle.max_shift_s if not rounds else vehicle.max_shift_s - (free_from_s - growing.first_start(rounds))
        )
        stops = growing.grow(shift_left_s)
        if stops:
            rounds.append(stops)
            heapq.heappush(queue, (growing.returns_s, index))
    return result


class _Pool:
    """Stops still to be placed, as arrays; `open` marks them. Halves of pairs are marked by `pair_open`."""

    def __init__(self, problem: RoutingProblem) -> None:
        self.problem = problem
        stops = problem.stops
        most = max((len(stop.windows) for stop in stops), default=1)
        self.opens = np.full((len(stops), most), NEVER)
        self.closes = np.full((len(stops), most), -1, dtype=np.int64)
        for row, stop in enumerate(stops):
            for column, window in enumerate(stop.windows):
                self.opens[row, column], self.closes[row, column] = window.opens_s, window.closes_s
        self.location = np.array([stop.location for stop in stops], dtype=np.int64)
        self.load = np.array([(s.load.g, s.load.ml, s.load.bags) for s in stops], dtype=np.int64).reshape(len(stops), 3)
        self.service = np.array([stop.service_s for stop in stops], dtype=np.int64)
        self.release = np.array([stop.release_s for stop in stops], dtype=np.int64)
        self.zone = np.array([stop.zone for stop in stops], dtype=np.int64)
        locked = {name for lock in problem.locks for name in lock.stops}
        self.open = np.array([stop.name not in locked for stop in stops], dtype=np.bool_)
        self.single = np.array([stop.pair is None for stop in stops], dtype=np.bool_)
        rows = {stop.name: row for row, stop in enumerate(stops)}
        pickup = {stop.pair: rows[stop.name] for stop in stops if stop.pair is not None and stop.is_pickup}
        delivery = {stop.pair: rows[stop.name] for stop in stops if stop.pair is not None and not stop.is_pickup}
        self.pairs = [(row, delivery[pair]) for pair, row in pickup.items()]
        self._allowed: dict[tuple[object, ...], Bools] = {}

    def allowed(self, vehicle: Vehicle) -> Bools:
        """Which stops this vehicle may serve at all."""
        named = any(vehicle.name in stop.only_vehicles for stop in self.problem.stops)
        key = (vehicle.clearance, vehicle.skills, vehicle.name if named else "")
        if key not in self._allowed:
            answers = [may_serve(self.problem, vehicle, stop) for stop in self.problem.stops]
            self._allowed[key] = np.array(answers, dtype=np.bool_)
        return self._allowed[key]


@dataclass
class _Here:
    """Where the growing round stands."""

    location: int
    time_s: int
    zone: int


class _Growing:
    """One round of one vehicle being grown at its end."""

    def __init__(self, problem: RoutingProblem, vehicle: Vehicle, pool: _Pool, allowed: Bools) -> None:
        self.problem, self.vehicle, self.pool, self.allowed = problem, vehicle, pool, allowed
        self.matrix = problem.matrix_by_mode[vehicle.mode]
        self.end = problem.end_location(vehicle)
        self.capacity = np.array([vehicle.capacity.g, vehicle.capacity.ml, vehicle.capacity.bags], dtype=np.int64)
        self.returns_s = vehicle.shift_start_s

    def first_start(self, rounds: list[list[str]]) -> int:
        """Earliest moment at which the vehicle's first round may have begun."""
        shift_start_s = self.problem.vehicle_by_name[self.vehicle.name].shift_start_s
        releases = [self.problem.stop_by_name[name].release_s for name in rounds[0]]
        return max(shift_start_s, *releases)

    def grow(self, shift_left_s: int) -> list[str]:
        """Stops of the round in order; empty when nothing fits any more."""
        candidates = self.pool.open & self.allowed
        if not candidates.any():
            return []
        probe = Stop("probe", 0, release_s=int(self.pool.release[candidates].min()))
        opening, closing = round_ends(self.problem, self.vehicle, [probe])
        if opening is None or closing is None:
            return []
        start_s = opening.windows[0].opens_s
        limit_s = min(self.vehicle.max_round_s, shift_left_s - (start_s - self.vehicle.shift_start_s))
        self.back_by_s = min(closing.windows[0].closes_s, start_s + limit_s)
        self.back_from_s = closing.windows[0].opens_s
        self.released = self.pool.release <= start_s
        here = _Here(opening.location, start_s + self.vehicle.reload_s, 0)
        carried, order = np.zeros(3, dtype=np.int64), list[int]()
        while len(order) < self.problem.limits.max_stops:
            added = self._next(here, carried, room=self.problem.limits.max_stops - len(order))
            if not added:
                break
            for row in added:
                carried = carried + self.pool.load[row]
                self.pool.open[row] = False
            order += added
        if order:
            home_s = here.time_s + int(self.matrix.seconds[here.location, self.end])
            self.returns_s = max(home_s, self.back_from_s)
        return [self.problem.stops[row].name for row in order]

    def _next(self, here: _Here, carried: Ints, room: int) -> list[int]:
        """Best single stop to append, else the first pair that fits; moves `here`."""
        pool = self.pool
        ready = pool.open & self.allowed & self.released
        rows = np.flatnonzero(ready & pool.single)
        rows = rows[(carried + pool.load[rows] <= self.capacity).all(axis=1)]
        if self.problem.limits.zones_in_order:
            rows = rows[pool.zone[rows] >= here.zone]
        if rows.size:
            begins, fits = self._reach(here.location, here.time_s, rows)
            if fits.any():
                score = self._score(here, rows, begins)
                best = int(np.where(fits, score, NEVER).argmin())
                self._move(here, int(rows[best]), int(begins[best]))
                return [int(rows[best])]
        for pickup, delivery in pool.pairs if room >= 2 else ():
            if ready[pickup] and ready[delivery] and self._append_pair(here, carried, pickup, delivery):
                return [pickup, delivery]
        return []

    def _reach(self, location: int, time_s: int, rows: Ints) -> tuple[Ints, Bools]:
        """When service could begin at each of `rows`, and whether the round could still return after it."""
        pool = self.pool
        leg = self.matrix.seconds[location, pool.location[rows]].astype(np.int64)
        arrival = time_s + leg
        possible = pool.closes[rows] >= arrival[:, None]
        begins = np.where(possible, np.maximum(arrival[:, None], pool.opens[rows]), NEVER).min(axis=1)
        home = self.matrix.seconds[pool.location[rows], self.end]
        returns = np.maximum(begins + pool.service[rows] + home, self.back_from_s)
        return begins, (returns <= self.back_by_s) & (leg < UNREACHABLE) & (home < UNREACHABLE)

    def _score(self, here: _Here, rows: Ints, begins: Ints) -> Ints:
        """Metres, seconds until service, and a tenth of the time that is left at the stop; zones ahead cost extra."""
        metres = self.matrix.metres[here.location, self.pool.location[rows]].astype(np.int64)
        slack = self.pool.closes[rows].max(axis=1) - begins
        zones = (self.pool.zone[rows] - here.zone) * 100_000 if self.problem.limits.zones_in_order else 0
        score: Ints = metres + (begins - here.time_s) + slack // 10 + zones
        return score

    def _append_pair(self, here: _Here, carried: Ints, pickup: int, delivery: int) -> bool:
        pool = self.pool
        if (carried + pool.load[pickup] > self.capacity).any():
            return False
        if self.problem.limits.zones_in_order and not here.zone <= pool.zone[pickup] <= pool.zone[delivery]:
            return False
        begin, fits = self._reach(here.location, here.time_s, np.array([pickup]))
        if not fits[0]:
            return False
        leave_s = int(begin[0] + pool.service[pickup])
        second, fits = self._reach(int(pool.location[pickup]), leave_s, np.array([delivery]))
        if not fits[0]:
            return False
        self._move(here, delivery, int(second[0]))
        return True

    def _move(self, here: _Here, row: int, begins_s: int) -> None:
        here.location = int(self.pool.location[row])
        here.time_s = begins_s + int(self.pool.service[row])
        here.zone = int(self.pool.zone[row])

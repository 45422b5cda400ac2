"""Whether a team has time to bring one stop by itself: what is said of a stop left out is checked with it.

Part of the judge, so it shares no code with what makes plans: it reads the rounds of a plan as they stand, and tries a
round with nothing but this stop in each pause between them.
"""

from __future__ import annotations

from collections.abc import Iterator

from routing.model import SEALED, RoutingProblem, Stop, Vehicle
from routing.plan import PlannedRound, RoutePlan


def free_vehicle(problem: RoutingProblem, plan: RoutePlan, stop: Stop) -> str | None:
    """A vehicle that could bring the stop in a round of its own without any other round being moved.

    Parameters
    ----------
    problem : RoutingProblem
        Its vehicles, depots and ways; `stop` need not be among its stops, only its location.
    plan : RoutePlan
        The rounds as they stand.
    stop : Stop
        A delivery without a pair.

    Returns
    -------
    str or None
        The name of the first such vehicle; None if nobody has time, room and permission.
    """
    for vehicle in problem.vehicles:
        rounds = sorted((one for one in plan.rounds if one.vehicle == vehicle.name), key=lambda one: one.starts_s)
        if _may_carry(problem, vehicle, stop) and len(rounds) < vehicle.max_rounds:
            for begins_s, ends_s in _pauses(vehicle, rounds):
                if _fits(problem, vehicle, stop, begins_s, ends_s):
                    return vehicle.name
    return None


def _may_carry(problem: RoutingProblem, vehicle: Vehicle, stop: Stop) -> bool:
    needed = SEALED if problem.limits.sealed_needs_clearance and stop.zone == SEALED else 0
    return (
        vehicle.clearance >= max(needed, stop.clearance)
        and stop.skills <= vehicle.skills
        and (not stop.only_vehicles or vehicle.name in stop.only_vehicles)
        and stop.load.g <= vehicle.capacity.g
        and stop.load.ml <= vehicle.capacity.ml
        and stop.load.bags <= vehicle.capacity.bags
    )


def _pauses(vehicle: Vehicle, rounds: list[PlannedRound]) -> Iterator[tuple[int, int]]:
    """Times in which the vehicle does nothing; not before a locked round, which stays the first of the day."""
    begins_s = vehicle.shift_start_s
    last_locked = max((index for index, one in enumerate(rounds) if one.is_locked), default=-1)
    for index, one in enumerate(rounds):
        if index > last_locked and one.starts_s > begins_s:
            yield begins_s, one.starts_s
        begins_s = max(begins_s, one.returns_s)
    if begins_s < vehicle.shift_end_s:
        yield begins_s, vehicle.shift_end_s


def _fits(problem: RoutingProblem, vehicle: Vehicle, stop: Stop, begins_s: int, ends_s: int) -> bool:
    start = next(depot for depot in problem.depots if depot.name == vehicle.depot)
    end = next(depot for depot in problem.depots if depot.name == (vehicle.end_depot or vehicle.depot))
    seconds = next(matrix.seconds for matrix in problem.matrices if matrix.mode == vehicle.mode)
    out_s, back_s = int(seconds[start.location, stop.location]), int(seconds[stop.location, end.location])
    earliest = max(begins_s, start.opens_s, stop.release_s) + vehicle.reload_s + out_s
    for window in stop.windows:
        service_s = max(earliest, window.opens_s)
        loading_s = service_s - out_s - vehicle.reload_s
        returns_s = max(service_s + stop.service_s + back_s, end.opens_s)
        if (
            service_s <= window.closes_s
            and loading_s <= start.closes_s
            and returns_s <= min(ends_s, end.closes_s)
            and returns_s - loading_s <= min(vehicle.max_round_s, vehicle.max_shift_s)
        ):
            return True
    return False

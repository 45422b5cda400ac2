"""Cutting locked rounds out of a problem: what is left is an ordinary problem without locks.

A vehicle with locked rounds is free when the last of them returns; it has fewer rounds left and its fixed cost is
spent.
"""

from __future__ import annotations

from dataclasses import replace

from routing.model import RoutingProblem, Stability, Vehicle
from routing.schedule import locked_times


def without_locks(problem: RoutingProblem) -> RoutingProblem:
    """The problem of everything that is not locked yet.

    Parameters
    ----------
    problem : RoutingProblem

    Returns
    -------
    RoutingProblem
        Without locks; vehicles are free from when their last locked round returns. The problem itself if it has none.
    """
    if not problem.locks:
        return problem
    locked = {name for lock in problem.locks for name in lock.stops}
    return replace(
        problem,
        stops=tuple(stop for stop in problem.stops if stop.name not in locked),
        vehicles=tuple(_rest_of_day(problem, vehicle) for vehicle in problem.vehicles),
        locks=(),
        stability=stability_without(problem.stability, locked),
    )


def stability_without(stability: Stability, gone: set[str]) -> Stability:
    """The plan before as far as it concerns other stops than `gone`."""
    return Stability(
        stability.change_cost,
        tuple(entry for entry in stability.vehicle_of_stop if entry[0] not in gone),
        tuple(entry for entry in stability.stop_before if not gone.intersection(entry)),
    )


def _rest_of_day(problem: RoutingProblem, vehicle: Vehicle) -> Vehicle:
    locks = [lock for lock in problem.locks if lock.vehicle == vehicle.name]
    if not locks:
        return vehicle
    free_from_s = vehicle.shift_start_s
    for lock in locks:
        stops = [problem.stop_by_name[name] for name in lock.stops]
        free_from_s = max(free_from_s, locked_times(problem, vehicle, stops, lock.starts_s).returns_s)
    return replace(
        vehicle,
        shift_start_s=free_from_s,
        shift_end_s=max(free_from_s, vehicle.shift_end_s),
        max_rounds=vehicle.max_rounds - len(locks),
        fixed_cost=0,
    )

"""Which vehicle may serve which stop at all, whatever the time and the load."""

from __future__ import annotations

from routing.model import SEALED, RoutingProblem, Stop, Vehicle


def needed_clearance(problem: RoutingProblem, stop: Stop) -> int:
    """Clearance a vehicle needs for `stop`."""
    by_zone = SEALED if problem.limits.sealed_needs_clearance and stop.zone == SEALED else 0
    return max(stop.clearance, by_zone)


def may_serve(problem: RoutingProblem, vehicle: Vehicle, stop: Stop) -> bool:
    """Clearance, skills, named vehicles and the load of this stop alone."""
    return (
        vehicle.clearance >= needed_clearance(problem, stop)
        and stop.skills <= vehicle.skills
        and (not stop.only_vehicles or vehicle.name in stop.only_vehicles)
        and stop.load.fits(vehicle.capacity)
    )

"""PyVRP and VROOM on the problems of `routing`: benchmark-only dependencies, see requirements-bench.lock."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from routing.evaluate import InfeasibleRounds, build_plan
from routing.model import HORIZON_S, RoutingProblem
from routing.plan import RoutePlan, Statistics, Unserved, UnservedReason, UnservedRemedy

Routes = dict[str, list[list[str]]]
Trace = list[tuple[float, int]]
Clock = Callable[[], float]


def clock_named(name: str, cores: int) -> Clock:
    """Seconds by the wall, or the processor's seconds on each of `cores` cores: fair on a machine with other work."""
    return time.perf_counter if name == "wall" else lambda: time.process_time() / cores


@dataclass
class Deadline:
    """Stop criterion for PyVRP on any clock; notes the best cost whenever it falls."""

    seconds: float
    clock: Clock
    trace: Trace = field(default_factory=list)

    @functools.cached_property
    def _began(self) -> float:
        return self.clock()

    def __call__(self, best_cost: float) -> bool:
        elapsed = self.clock() - self._began
        if best_cost < 1 << 60 and (not self.trace or best_cost < self.trace[-1][1]):
            self.trace.append((elapsed, int(best_cost)))
        return elapsed >= self.seconds


def as_plan(problem: RoutingProblem, routes: Routes | None) -> RoutePlan | None:
    """Rounds of another solver as a plan of ours, or None if they have no timetable."""
    if routes is None:
        return None
    served = {name for chain in routes.values() for stops in chain for name in stops}
    left = [
        Unserved(stop.name, UnservedReason.NOT_FOUND, "Left out.", UnservedRemedy.MORE_TIME)
        for stop in problem.stops
        if stop.name not in served
    ]
    try:
        return build_plan(problem, routes, left, Statistics())
    except InfeasibleRounds:
        return None


def by_pyvrp(problem: RoutingProblem, seed: int, deadline: Deadline) -> tuple[Routes | None, Trace]:
    """PyVRP on the same integers: depots, clients with windows and releases, reloads at the depot."""
    import pyvrp

    result = pyvrp.solve(pyvrp_data(problem), stop=deadline, seed=seed, collect_stats=False, display=False)
    if not result.is_feasible():
        return None, []
    routes: Routes = {}
    for vehicle, route in zip(problem.vehicles, result.best.routes(), strict=False):
        chains: list[list[str]] = [[]]
        for activity in route:
            if activity.is_client():
                chains[-1].append(problem.stops[activity.idx].name)
            else:
                chains.append([])
        routes[vehicle.name] = [chain for chain in chains if chain]
    return routes, deadline.trace


def pyvrp_data(problem: RoutingProblem) -> Any:
    """The problem in PyVRP's words; its vehicles have to be alike."""
    import pyvrp

    depot = problem.depots[0]
    matrix = problem.matrices[0]
    first = problem.vehicles[0]
    clients = [
        pyvrp.Client(
            location=stop.location,
            delivery=[stop.load.g],
            service_duration=stop.service_s,
            tw_early=stop.windows[0].opens_s,
            tw_late=stop.windows[0].closes_s,
            release_time=stop.release_s,
        )
        for stop in problem.stops
    ]
    kind = pyvrp.VehicleType(
        num_available=len(problem.vehicles),
        capacity=[first.capacity.g],
        start_depot=0,
        end_depot=0,
        fixed_cost=first.fixed_cost,
        tw_early=max(depot.opens_s, first.shift_start_s),
        tw_late=min(depot.closes_s, first.shift_end_s),
        unit_distance_cost=first.cost_per_m,
        reload_depots=[0] if first.max_rounds > 1 else [],
        max_reloads=max(0, first.max_rounds - 1),
    )
    locations = [pyvrp.Location(x, y) for x, y in problem.points]
    return pyvrp.ProblemData(
        locations, clients, [pyvrp.Depot(location=depot.location)], [kind], [matrix.metres], [matrix.seconds]
    )


def by_vroom(problem: RoutingProblem, cores: int) -> Routes | None:
    """VROOM at its most thorough; it has neither releases nor reloads, so problems with those give None."""
    if any(stop.release_s for stop in problem.stops) or problem.vehicles[0].max_rounds > 1:
        return None
    solution = vroom_input(problem).solve(exploration_level=5, nb_threads=cores).to_dict()
    if solution["unassigned"]:
        return None
    return {
        problem.vehicles[route["vehicle"]].name: [
            [problem.stops[step["id"]].name for step in route["steps"] if step["type"] == "job"]
        ]
        for route in solution["routes"]
    }


def vroom_input(problem: RoutingProblem) -> Any:
    """The problem in VROOM's words; travel time stands for distance, as in the instances of the literature."""
    import numpy as np
    import vroom

    depot = problem.depots[0]
    model = vroom.Input()
    model.set_durations_matrix(profile="car", matrix_input=problem.matrices[0].seconds.astype(np.uint32))
    latest = min(depot.closes_s, HORIZON_S)
    for number, vehicle in enumerate(problem.vehicles):
        window = vroom.TimeWindow(depot.opens_s, latest)
        model.add_vehicle(
            vroom.Vehicle(number, start=0, end=0, capacity=[min(vehicle.capacity.g, 2**31)], time_window=window)
        )
    for number, stop in enumerate(problem.stops):
        window = vroom.TimeWindow(stop.windows[0].opens_s, min(stop.windows[0].closes_s, latest))
        model.add_job(
            vroom.Job(
                number,
                location=stop.location,
                delivery=[stop.load.g],
                default_service=stop.service_s,
                time_windows=[window],
            )
        )
    return model

"""Planning again while the day runs: what is printed stays, the rest changes as little as possible."""

from __future__ import annotations

from collections.abc import Collection

from routing.model import Problem, RouteLock, Stability
from routing.plan import Plan


def keeping(problem: Problem, before: Plan, printed: Collection[tuple[str, int]], change_cost: int) -> Problem:
    """`problem` with the printed rounds of the plan before locked and a price on changing the others.

    Parameters
    ----------
    problem : Problem
        Today's problem as it is now: teams that dropped out or stops that came may differ from `before`.
    before : Plan
        The plan that people know.
    printed : collection of (vehicle, number of the round)
        Rounds that are printed, loaded or departed; those before them in the same vehicle's day count as printed too.
    change_cost : int
        Price of a stop that gets another vehicle or another predecessor than before.
    """
    last = {vehicle: max(n for name, n in printed if name == vehicle) for vehicle, _ in printed}
    locks: list[RouteLock] = []
    vehicle_of_stop: list[tuple[str, str]] = []
    stop_before: list[tuple[str, str]] = []
    for round_ in before.rounds:
        if round_.vehicle not in problem.vehicle_by_name:
            continue
        stops = tuple(name for name in round_.stops if name in problem.stop_by_name)
        if round_.number <= last.get(round_.vehicle, 0):
            locks += [RouteLock(round_.vehicle, stops, round_.starts_s)] if stops else []
            continue
        vehicle_of_stop += [(name, round_.vehicle) for name in stops]
        stop_before += list(zip(stops, ("", *stops), strict=False))
    stability = Stability(change_cost, tuple(vehicle_of_stop), tuple(stop_before))
    return problem.with_changes(locks=tuple(locks), stability=stability)

"""Adjusting a plan by hand: move or swap stops, recompute only the vehicles concerned, say at once what is wrong.

A person may do what a search may not, so the result can break rules: it comes with the verdict of the checker, and
keeps the rest of the plan untouched. Only an order for which no timetable exists is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from routing.check import Verdict, check
from routing.codec import problem_hash
from routing.evaluate import InfeasibleRounds, cost_of, rounds_of_vehicle
from routing.model import IllegalProblem, Problem
from routing.plan import Plan, Reason, Remedy, Round, Unserved

BY_HAND = "by hand"


@dataclass(frozen=True, slots=True)
class Target:
    """Where a stop should go: the round of a vehicle (one more than it has means a new one) and the place in it,
    from 0.
    """

    vehicle: str
    round: int
    position: int


@dataclass(frozen=True)
class Adjusted:
    """The plan after a change by hand, what the checker says, and the change in cost."""

    plan: Plan
    verdict: Verdict
    cost_change: int


def move_stop(problem: Problem, plan: Plan, stop: str, target: Target | None) -> Adjusted:
    """Move one stop to `target`, or out of the plan when `target` is None.

    Raises
    ------
    IllegalProblem
        When names or positions do not exist, or the stop or the round is locked.
    InfeasibleRounds
        When the vehicles concerned cannot keep the windows in that order.
    """
    if stop not in problem.stop_by_name:
        raise IllegalProblem(f"There is no stop {stop}.")
    sequences = _sequences(plan)
    touched = _take_out(plan, sequences, stop)
    if target is not None:
        if target.vehicle not in problem.vehicle_by_name:
            raise IllegalProblem(f"There is no vehicle {target.vehicle}.")
        touched |= {target.vehicle}
        _put_in(problem, sequences, stop, target)
    return _rebuild(problem, plan, sequences, touched)


def swap_stops(problem: Problem, plan: Plan, first: str, second: str) -> Adjusted:
    """Exchange the places of two served stops; raises like `move_stop`."""
    rounds = plan.round_of_stop
    for name in (first, second):
        if name not in rounds:
            raise IllegalProblem(f"Stop {name} is in no round.")
        if rounds[name].is_locked:
            raise IllegalProblem(f"Stop {name} is in a locked round.")
    other = {first: second, second: first}
    sequences = _sequences(plan)
    for chain in sequences.values():
        for index, stops in enumerate(chain):
            chain[index] = [other.get(name, name) for name in stops]
    return _rebuild(problem, plan, sequences, {rounds[first].vehicle, rounds[second].vehicle})


def _sequences(plan: Plan) -> dict[str, list[list[str]]]:
    """Stops of all rounds that are not locked."""
    result: dict[str, list[list[str]]] = {}
    for round_ in plan.rounds:
        if not round_.is_locked:
            result.setdefault(round_.vehicle, []).append(list(round_.stops))
    return result


def _take_out(plan: Plan, sequences: dict[str, list[list[str]]], stop: str) -> set[str]:
    """Remove the stop from its round; returns the vehicle concerned."""
    round_ = plan.round_of_stop.get(stop)
    if round_ is None:
        return set()
    if round_.is_locked:
        raise IllegalProblem(f"Stop {stop} is in a locked round.")
    for stops in sequences[round_.vehicle]:
        if stop in stops:
            stops.remove(stop)
    return {round_.vehicle}


def _put_in(problem: Problem, sequences: dict[str, list[list[str]]], stop: str, target: Target) -> None:
    locked = sum(1 for lock in problem.locks if lock.vehicle == target.vehicle)
    chain = sequences.setdefault(target.vehicle, [])
    index = target.round - 1 - locked
    if index < 0:
        raise IllegalProblem(f"Round {target.round} of vehicle {target.vehicle} is locked.")
    if index > len(chain):
        raise IllegalProblem(f"Vehicle {target.vehicle} has no round {target.round}.")
    if index == len(chain):
        chain.append([])
    if not 0 <= target.position <= len(chain[index]):
        raise IllegalProblem(f"Round {target.round} of vehicle {target.vehicle} has no place {target.position}.")
    chain[index].insert(target.position, stop)


def _rebuild(problem: Problem, plan: Plan, sequences: dict[str, list[list[str]]], touched: set[str]) -> Adjusted:
    """Recompute the rounds of the touched vehicles, keep all others, then let the checker judge the whole."""
    rounds: list[Round] = []
    for vehicle in problem.vehicles:
        if vehicle.name in touched:
            chain = [stops for stops in sequences.get(vehicle.name, []) if stops]
            rounds += rounds_of_vehicle(problem, vehicle, chain)
        else:
            rounds += [round_ for round_ in plan.rounds if round_.vehicle == vehicle.name]
    changed = replace(
        plan,
        problem_hash=problem_hash(problem),
        rounds=tuple(rounds),
        unserved=_unserved(problem, plan, rounds),
        cost=cost_of(problem, rounds),
        statistics=replace(plan.statistics, method=BY_HAND),
    )
    return Adjusted(changed, check(problem, changed), changed.cost.total - plan.cost.total)


def _unserved(problem: Problem, plan: Plan, rounds: Sequence[Round]) -> tuple[Unserved, ...]:
    """Reasons known before, and a plain one for stops taken out by hand."""
    served = {name for round_ in rounds for name in round_.stops}
    known = {item.stop: item for item in plan.unserved}
    return tuple(
        known.get(stop.name)
        or Unserved(stop.name, Reason.NOT_FOUND, f"Stop {stop.name} was taken out by hand.", Remedy.NEXT_WAVE)
        for stop in sorted(problem.stops, key=lambda stop: stop.name)
        if stop.name not in served
    )


__all__ = ["Adjusted", "InfeasibleRounds", "Target", "move_stop", "swap_stops"]

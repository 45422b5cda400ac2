"""Adjusting a plan by hand: move or swap stops, recompute only the vehicles concerned, say at once what is wrong.

A person may do what a search may not, so the result can break rules: it comes with the verdict of the checker, and
keeps the rest of the plan untouched. Only an order for which no timetable exists is refused.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from routing.check import Verdict, check
from routing.codec import problem_hash
from routing.eligibility import may_serve
from routing.evaluate import InfeasibleRounds, cost_of, rounds_of_vehicle
from routing.insertion import Relaxed
from routing.model import IllegalProblem, RoutingProblem
from routing.plan import PlannedRound, RoutePlan, Unserved, UnservedReason, UnservedRemedy
from routing.schedule import timetable
from routing.violation import Rule

BY_HAND = "by hand"
NEAREST = 12
"""Served stops next to which a stop left out is tried."""


@dataclass(frozen=True, slots=True)
class StopTarget:
    """Where a stop should go: the round of a vehicle (one more than it has means a new one) and the place in it,
    from 0.
    """

    vehicle: str
    round: int
    position: int


@dataclass(frozen=True)
class Adjusted:
    """The plan after a change by hand, what the checker says, and the change in cost."""

    plan: RoutePlan
    verdict: Verdict
    cost_change: int


def move_stop(problem: RoutingProblem, plan: RoutePlan, stop: str, target: StopTarget | None) -> Adjusted:
    """Move one stop by hand; only the rounds concerned are computed anew.

    Parameters
    ----------
    problem : RoutingProblem
    plan : RoutePlan
        The plan as it is; it is not changed.
    stop : str
        Name of a stop, served or not.
    target : StopTarget or None
        Where it goes; None takes it out of the plan.

    Returns
    -------
    Adjusted
        The new plan, the verdict of the checker (a move that breaks a rule is shown, not refused), the change in cost.

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


def swap_stops(problem: RoutingProblem, plan: RoutePlan, first: str, second: str) -> Adjusted:
    """Exchange the places of two served stops.

    Parameters
    ----------
    problem : RoutingProblem
    plan : RoutePlan
    first, second : str
        Names of the stops.

    Raises
    ------
    IllegalProblem, InfeasibleRounds
        As `move_stop`.
    """
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


def set_rounds(problem: RoutingProblem, plan: RoutePlan, sequences: Mapping[str, Sequence[Sequence[str]]]) -> Adjusted:
    """Replace all rounds that are not locked, for taking changes back.

    Parameters
    ----------
    problem : RoutingProblem
    plan : RoutePlan
    sequences : mapping of vehicle to sequences of stops

    Raises
    ------
    IllegalProblem, InfeasibleRounds
        As `move_stop`.
    """
    for name, chain in sequences.items():
        unknown = [stop for stops in chain for stop in stops if stop not in problem.stop_by_name]
        if unknown or name not in problem.vehicle_by_name:
            raise IllegalProblem(f"There is no vehicle {name}, or no stop {', '.join(unknown)}.")
    whole = {name: [list(stops) for stops in chain] for name, chain in sequences.items()}
    return _rebuild(problem, plan, whole, {vehicle.name for vehicle in problem.vehicles})


def fit_stop(
    problem: RoutingProblem, plan: RoutePlan, stop: str, allows: Callable[[RoutePlan], bool] = lambda _changed: True
) -> Adjusted | None:
    """The cheapest sound way to serve a stop that is left out: in some round, or in one more round of some team.

    Parameters
    ----------
    problem : RoutingProblem
    plan : RoutePlan
    stop : str
        Tried next to the served stops nearest to it and at the ends of rounds only.
    allows : callable
        Asked about each plan that the checker accepts.

    Returns
    -------
    Adjusted or None
        None if there is no such place.
    """
    best: Adjusted | None = None
    for target in _targets(problem, plan, stop):
        try:
            tried = move_stop(problem, plan, stop, target)
        except InfeasibleRounds:
            continue
        is_better = best is None or tried.cost_change < best.cost_change
        if is_better and tried.verdict and allows(tried.plan):
            best = tried
    return best


def _targets(problem: RoutingProblem, plan: RoutePlan, stop: str) -> Iterator[StopTarget]:
    """Next to its nearest stops, then a further round of each team; without those that could never be sound."""
    wanted = problem.stop_by_name[stop]
    metres = problem.matrices[0].metres[wanted.location]
    served = sorted(plan.round_of_stop, key=lambda name: (int(metres[problem.stop_by_name[name].location]), name))
    rounds = Counter(one.vehicle for one in plan.rounds)
    seen: set[StopTarget] = set()
    for name in served[:NEAREST]:
        one = plan.round_of_stop[name]
        if may_serve(problem, problem.vehicle_by_name[one.vehicle], wanted) and not one.is_locked:
            place = one.stops.index(name)
            seen |= {StopTarget(one.vehicle, one.number, place), StopTarget(one.vehicle, one.number, place + 1)}
    for vehicle in problem.vehicles:
        if may_serve(problem, vehicle, wanted) and rounds[vehicle.name] < vehicle.max_rounds:
            seen.add(StopTarget(vehicle.name, rounds[vehicle.name] + 1, 0))
    yield from sorted(seen, key=lambda target: (target.vehicle, target.round, target.position))


def blocking_rule(problem: RoutingProblem, vehicle: str, chain: Sequence[Sequence[str]]) -> Rule | None:
    """Which constraint leaves the rounds of a vehicle without a timetable: the first whose absence makes them possible.

    Parameters
    ----------
    problem : RoutingProblem
    vehicle : str
        Name of the vehicle.
    chain : sequence of sequences of str
        Stops of its rounds in order.

    Returns
    -------
    Rule or None
        None if there is a timetable; the windows if no absence alone is enough.
    """
    team = problem.vehicle_by_name[vehicle]
    rounds = [[problem.stop_by_name[name] for name in stops] for stops in chain if stops]
    if timetable(problem, team, rounds) is not None:
        return None
    tests = (
        (Rule.ROUND_TOO_LONG, Relaxed(round_time=True)),
        (Rule.RELEASE, Relaxed(release=True)),
        (Rule.WINDOW, Relaxed(windows=True)),
        (Rule.SHIFT, Relaxed(shift=True)),
    )
    for rule, relaxed in tests:
        eased = [[relaxed.stop(stop) for stop in stops] for stops in rounds]
        if timetable(problem, relaxed.vehicle(team, rounds[0][0]), eased) is not None:
            return rule
    return Rule.WINDOW


def _sequences(plan: RoutePlan) -> dict[str, list[list[str]]]:
    """Stops of all rounds that are not locked."""
    result: dict[str, list[list[str]]] = {}
    for round_ in plan.rounds:
        if not round_.is_locked:
            result.setdefault(round_.vehicle, []).append(list(round_.stops))
    return result


def _take_out(plan: RoutePlan, sequences: dict[str, list[list[str]]], stop: str) -> set[str]:
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


def _put_in(problem: RoutingProblem, sequences: dict[str, list[list[str]]], stop: str, target: StopTarget) -> None:
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


def _rebuild(
    problem: RoutingProblem, plan: RoutePlan, sequences: dict[str, list[list[str]]], touched: set[str]
) -> Adjusted:
    """Recompute the rounds of the touched vehicles, keep all others, then let the checker judge the whole."""
    rounds: list[PlannedRound] = []
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


def _unserved(problem: RoutingProblem, plan: RoutePlan, rounds: Sequence[PlannedRound]) -> tuple[Unserved, ...]:
    """Reasons known before, and a plain one for stops taken out by hand."""
    served = {name for round_ in rounds for name in round_.stops}
    known = {item.stop: item for item in plan.unserved}
    return tuple(
        known.get(stop.name)
        or Unserved(
            stop.name, UnservedReason.NOT_FOUND, f"Stop {stop.name} was taken out by hand.", UnservedRemedy.NEXT_WAVE
        )
        for stop in sorted(problem.stops, key=lambda stop: stop.name)
        if stop.name not in served
    )


__all__ = [
    "Adjusted",
    "InfeasibleRounds",
    "StopTarget",
    "blocking_rule",
    "fit_stop",
    "move_stop",
    "set_rounds",
    "swap_stops",
]

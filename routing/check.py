"""The independent judge of plans.

It shares no code with what makes plans: it knows only the data of `routing.model` and `routing.plan`, reads the plan
as a stranger would, and recomputes arrivals, loads, distances and costs by itself.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from routing.check_rounds import check_round
from routing.codec import problem_hash
from routing.model import RoutingProblem
from routing.plan import PlannedRound, RoutePlan
from routing.violation import Rule, Violation


@dataclass(frozen=True, slots=True)
class Verdict:
    """Result of a check; true when nothing is wrong."""

    violations: tuple[Violation, ...]

    def __bool__(self) -> bool:
        return not self.violations

    @property
    def rules(self) -> frozenset[Rule]:
        """Which rules are broken."""
        return frozenset(violation.rule for violation in self.violations)


def check(problem: RoutingProblem, plan: RoutePlan) -> Verdict:
    """Whether a plan answers every stop of a problem and breaks no rule.

    Parameters
    ----------
    problem : RoutingProblem
        What was asked for.
    plan : RoutePlan
        What was answered, by whomever. A broken plan never makes this raise.

    Returns
    -------
    Verdict
        True when nothing is wrong; else every broken rule with its place and a sentence.
    """
    found: list[Violation] = []
    if plan.problem_hash != problem_hash(problem):
        found.append(Violation(Rule.OTHER_PROBLEM, "The plan was made for another problem."))
    found += [*_answers(problem, plan), *_shifts(problem, plan), *_locks(problem, plan)]
    for round_ in plan.rounds:
        if round_.vehicle in problem.vehicle_by_name:
            found += check_round(problem, round_)
    found += [*_pairs(problem, plan), *_cost(problem, plan)]
    return Verdict(tuple(found))


def _answers(problem: RoutingProblem, plan: RoutePlan) -> Iterator[Violation]:
    """Every stop is either served once or reported unserved once."""
    known = set(problem.stop_by_name)
    served = Counter(visit.stop for round_ in plan.rounds for visit in round_.visits)
    reported = Counter(item.stop for item in plan.unserved)
    for name in sorted((set(served) | set(reported)) - known):
        yield Violation(Rule.UNKNOWN_STOP, f"The plan names a stop that the problem does not have: {name}.", stop=name)
    for name in sorted(known):
        times = served[name] + reported[name]
        if times == 0:
            yield Violation(Rule.FORGOTTEN, f"Stop {name} is neither served nor reported unserved.", stop=name)
        elif served[name] > 1:
            yield Violation(Rule.SERVED_TWICE, f"Stop {name} is served {served[name]} times.", stop=name)
        elif times > 1:
            yield Violation(Rule.SERVED_AND_UNSERVED, f"Stop {name} is answered {times} times.", stop=name)
    for item in plan.unserved:
        if not item.sentence.strip():
            yield Violation(Rule.NO_REASON, f"Stop {item.stop} is unserved without a reason.", stop=item.stop)


def _shifts(problem: RoutingProblem, plan: RoutePlan) -> Iterator[Violation]:
    """Rounds of one vehicle follow each other, are numbered, not too many, and end within the shift."""
    by_vehicle: dict[str, list[PlannedRound]] = defaultdict(list)
    for round_ in plan.rounds:
        by_vehicle[round_.vehicle].append(round_)
    for name, rounds in by_vehicle.items():
        vehicle = problem.vehicle_by_name.get(name)
        if vehicle is None:
            yield Violation(
                Rule.UNKNOWN_VEHICLE, f"The plan names a vehicle that the problem does not have: {name}.", vehicle=name
            )
            continue
        if len(rounds) > vehicle.max_rounds:
            yield Violation(
                Rule.TOO_MANY_ROUNDS,
                f"Vehicle {name} makes {len(rounds)} rounds, allowed {vehicle.max_rounds}.",
                vehicle=name,
            )
        if [round_.number for round_ in rounds] != list(range(1, len(rounds) + 1)):
            yield Violation(
                Rule.NUMBERING, f"The rounds of vehicle {name} are not numbered from 1 in order.", vehicle=name
            )
        for before, after in pairwise(rounds):
            if after.starts_s < before.returns_s:
                yield Violation(
                    Rule.OVERLAP,
                    f"Vehicle {name} loads again before it has returned.",
                    vehicle=name,
                    round=after.number,
                )
        free = [round_ for round_ in rounds if not round_.is_locked]
        if free and free[-1].returns_s - free[0].starts_s > vehicle.max_shift_s:
            yield Violation(
                Rule.SHIFT_TOO_LONG, f"Vehicle {name} is out longer than {vehicle.max_shift_s} s.", vehicle=name
            )


def _locks(problem: RoutingProblem, plan: RoutePlan) -> Iterator[Violation]:
    """Locked rounds come first in each vehicle's day and are repeated exactly."""
    for name in problem.vehicle_by_name:
        wanted = [(lock.stops, lock.starts_s) for lock in problem.locks if lock.vehicle == name]
        rounds = [round_ for round_ in plan.rounds if round_.vehicle == name]
        kept = [
            (tuple(v.stop for v in round_.visits), round_.starts_s)
            for round_ in rounds[: len(wanted)]
            if round_.is_locked
        ]
        if kept != wanted:
            yield Violation(Rule.LOCK_BROKEN, f"A locked round of vehicle {name} was changed.", vehicle=name)
        if any(round_.is_locked for round_ in rounds[len(wanted) :]):
            yield Violation(
                Rule.LOCK_BROKEN, f"A round of vehicle {name} claims to be locked but is not.", vehicle=name
            )


def _pairs(problem: RoutingProblem, plan: RoutePlan) -> Iterator[Violation]:
    """Both halves of an errand lie in one round, the pickup first; or both are unserved."""
    place: dict[str, tuple[int, int]] = {}
    for index, round_ in enumerate(plan.rounds):
        for position, visit in enumerate(round_.visits):
            place[visit.stop] = (index, position)
    halves: dict[str, dict[bool, str]] = defaultdict(dict)
    for stop in problem.stops:
        if stop.pair is not None:
            halves[stop.pair][stop.is_pickup] = stop.name
    for pair, names in halves.items():
        pickup, delivery = place.get(names[True]), place.get(names[False])
        if (pickup is None) != (delivery is None):
            yield Violation(Rule.PAIR_SPLIT, f"Only one half of the pair {pair} is served.", stop=names[True])
        elif pickup is not None and delivery is not None:
            if pickup[0] != delivery[0]:
                yield Violation(Rule.PAIR_SPLIT, f"The pair {pair} is split over two rounds.", stop=names[True])
            elif pickup[1] > delivery[1]:
                yield Violation(
                    Rule.PAIR_ORDER, f"The pair {pair} is delivered before it is picked up.", stop=names[False]
                )


def _cost(problem: RoutingProblem, plan: RoutePlan) -> Iterator[Violation]:
    """Each part of the cost, recomputed from the rounds as they stand."""
    served_by = {visit.stop: round_.vehicle for round_ in plan.rounds for visit in round_.visits}
    first: dict[str, PlannedRound] = {}
    last: dict[str, PlannedRound] = {}
    parts: Counter[str] = Counter()
    for round_ in plan.rounds:
        vehicle = problem.vehicle_by_name.get(round_.vehicle)
        if vehicle is None:
            return
        parts["distance"] += vehicle.cost_per_m * _driven(problem, round_)
        parts["rounds"] += vehicle.round_cost
        first.setdefault(round_.vehicle, round_)
        last[round_.vehicle] = round_
    for name, begin in first.items():
        vehicle = problem.vehicle_by_name[name]
        parts["fixed"] += vehicle.fixed_cost
        parts["time"] += vehicle.cost_per_s * (last[name].returns_s - begin.starts_s)
    for stop in problem.stops:
        if stop.name not in served_by:
            parts["missed" if stop.prize is None else "prizes"] += 1 if stop.prize is None else stop.prize
    parts["changes"] = problem.stability.change_cost * _moved(problem, plan, served_by)
    for part in ("distance", "time", "fixed", "rounds", "prizes", "changes", "missed"):
        stated = getattr(plan.cost, part)
        if stated != parts[part]:
            yield Violation(Rule.COST, f"The plan states {part} as {stated}, but it is {parts[part]}.")


def _moved(problem: RoutingProblem, plan: RoutePlan, served_by: dict[str, str]) -> int:
    """Stops of the plan before that now belong to another vehicle or come after another stop."""
    follows = {after: here for r in plan.rounds for here, after in pairwise(["", *(visit.stop for visit in r.visits)])}
    moved = {name for name, vehicle in problem.stability.vehicle_of_stop if served_by.get(name, vehicle) != vehicle}
    moved |= {name for name, earlier in problem.stability.stop_before if follows.get(name, earlier) != earlier}
    return len(moved)


def _driven(problem: RoutingProblem, round_: PlannedRound) -> int:
    vehicle = problem.vehicle_by_name[round_.vehicle]
    metres = next(matrix.metres for matrix in problem.matrices if matrix.mode == vehicle.mode)
    home = next(depot.location for depot in problem.depots if depot.name == vehicle.depot)
    away = next(depot.location for depot in problem.depots if depot.name == (vehicle.end_depot or vehicle.depot))
    known = problem.stop_by_name
    way = [home, *(known[v.stop].location for v in round_.visits if v.stop in known), away]
    return sum(int(metres[a, b]) for a, b in pairwise(way))

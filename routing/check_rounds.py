"""The part of the independent judge that walks along a single round."""

from __future__ import annotations

from collections.abc import Iterator

from routing.model import RoutingProblem, Stop, Vehicle
from routing.plan import PlannedRound, Visit
from routing.travel_times import UNREACHABLE
from routing.violation import Rule, Violation


def check_round(problem: RoutingProblem, round_: PlannedRound) -> list[Violation]:
    """All rules that concern one round of a known vehicle. A locked round is a fact: only its arithmetic is judged."""
    vehicle = problem.vehicle_by_name[round_.vehicle]
    walk = _Walk(problem, vehicle, round_)
    if not walk.steps:
        return [walk.says(Rule.EMPTY_ROUND, "has no stops")]
    found = [*walk.loads(), *walk.clock(), *walk.distance()]
    if not round_.is_locked:
        found += [*walk.permission(), *walk.zones(), *walk.hours(), *walk.windows()]
    return found


class _Walk:
    """A round together with the stops it names (names the problem does not have are reported elsewhere)."""

    def __init__(self, problem: RoutingProblem, vehicle: Vehicle, round_: PlannedRound) -> None:
        self.problem = problem
        self.vehicle = vehicle
        self.round = round_
        known = problem.stop_by_name
        self.steps: list[tuple[Visit, Stop]] = [
            (visit, known[visit.stop]) for visit in round_.visits if visit.stop in known
        ]
        self.matrix = next(matrix for matrix in problem.matrices if matrix.mode == vehicle.mode)
        self.start = problem.depot_by_name[vehicle.depot]
        self.end = problem.depot_by_name[vehicle.end_depot or vehicle.depot]

    def says(self, rule: Rule, what: str, stop: str | None = None) -> Violation:
        """A violation whose sentence begins with the round."""
        where = f"Round {self.round.number} of vehicle {self.vehicle.name}"
        return Violation(rule, f"{where} {what}.", stop, self.vehicle.name, self.round.number)

    def loads(self) -> Iterator[Violation]:
        """On board at departure and after each stop, in every measure, against capacity and against what the plan
        states.
        """
        for measure in ("g", "ml", "bags"):
            capacity = getattr(self.vehicle.capacity, measure)
            on_board = 0
            for _visit, stop in self.steps:
                if stop.pair is None and not stop.is_pickup:
                    on_board += getattr(stop.load, measure)
            if on_board != getattr(self.round.load, measure):
                yield self.says(Rule.LOAD_STATED, f"states a wrong departure load in {measure}")
            fullest = on_board
            for visit, stop in self.steps:
                amount = getattr(stop.load, measure)
                on_board += amount if stop.is_pickup else -amount
                fullest = max(fullest, on_board)
                if on_board != getattr(visit.load, measure):
                    yield self.says(
                        Rule.LOAD_STATED, f"states a wrong load in {measure} after stop {stop.name}", stop.name
                    )
            if fullest > capacity and not self.round.is_locked:
                yield self.says(Rule.OVERLOAD, f"carries {fullest} {measure}, but holds only {capacity}")

    def clock(self) -> Iterator[Violation]:
        """Departure after loading, travel times, waiting, service durations and the return add up."""
        if self.round.departs_s != self.round.starts_s + self.vehicle.reload_s:
            yield self.says(Rule.RELOAD, f"does not load for {self.vehicle.reload_s} s")
        now, here = self.round.departs_s, self.start.location
        for visit, stop in self.steps:
            leg_s = int(self.matrix.seconds[here, stop.location])
            if leg_s >= UNREACHABLE:
                yield self.says(Rule.UNREACHABLE, f"goes to stop {stop.name}, which no way reaches", stop.name)
            if visit.arrives_s != now + leg_s:
                yield self.says(Rule.TRAVEL, f"cannot arrive at stop {stop.name} at {visit.arrives_s}", stop.name)
            if visit.begins_s < visit.arrives_s:
                yield self.says(Rule.EARLY, f"begins at stop {stop.name} before arriving", stop.name)
            if visit.leaves_s != visit.begins_s + stop.service_s:
                yield self.says(Rule.SERVICE, f"does not stay {stop.service_s} s at stop {stop.name}", stop.name)
            now, here = visit.leaves_s, stop.location
        if self.round.returns_s != now + int(self.matrix.seconds[here, self.end.location]):
            yield self.says(Rule.RETURN, "does not return when it says")

    def distance(self) -> Iterator[Violation]:
        """Stated metres, leg by leg and in total."""
        metres, here = 0, self.start.location
        for visit, stop in self.steps:
            leg = int(self.matrix.metres[here, stop.location])
            if visit.leg_m != leg:
                yield self.says(
                    Rule.DISTANCE, f"states {visit.leg_m} m to stop {stop.name}, but it is {leg} m", stop.name
                )
            metres, here = metres + leg, stop.location
        metres += int(self.matrix.metres[here, self.end.location])
        if metres != self.round.distance_m:
            yield self.says(Rule.DISTANCE, f"states {self.round.distance_m} m, but it is {metres} m")

    def permission(self) -> Iterator[Violation]:
        """Clearance, skills and the vehicles a stop names."""
        sealed_rule = self.problem.limits.sealed_needs_clearance
        for _visit, stop in self.steps:
            needed = 2 if sealed_rule and stop.zone == 2 else 0
            if self.vehicle.clearance < max(needed, stop.clearance):
                yield self.says(Rule.CLEARANCE, f"serves stop {stop.name} without clearance", stop.name)
            if stop.skills - self.vehicle.skills:
                yield self.says(Rule.SKILL, f"lacks a skill for stop {stop.name}", stop.name)
            if stop.only_vehicles and self.vehicle.name not in stop.only_vehicles:
                yield self.says(Rule.NOT_ALLOWED, f"serves stop {stop.name}, which names other vehicles", stop.name)

    def zones(self) -> Iterator[Violation]:
        """Never back to a cleaner zone; not too many stops."""
        if self.problem.limits.zones_in_order:
            for (_, before), (_, after) in zip(self.steps, self.steps[1:], strict=False):
                if after.zone < before.zone:
                    yield self.says(Rule.ZONE_ORDER, f"goes back to the cleaner zone of stop {after.name}", after.name)
        if len(self.round.visits) > self.problem.limits.max_stops:
            yield self.says(Rule.TOO_MANY_STOPS, f"has {len(self.round.visits)} stops")

    def hours(self) -> Iterator[Violation]:
        """Shift, hours of the depots, releases and the longest round."""
        begin, end = self.round.starts_s, self.round.returns_s
        if begin < self.vehicle.shift_start_s or end > self.vehicle.shift_end_s:
            yield self.says(Rule.SHIFT, "leaves the shift")
        if not self.start.opens_s <= begin <= self.start.closes_s or not self.end.opens_s <= end <= self.end.closes_s:
            yield self.says(Rule.DEPOT_HOURS, "is at a closed depot")
        for _visit, stop in self.steps:
            if begin < stop.release_s:
                yield self.says(Rule.RELEASE, f"loads before the goods of stop {stop.name} are released", stop.name)
        if end - begin > self.vehicle.max_round_s:
            yield self.says(Rule.ROUND_TOO_LONG, f"takes {end - begin} s")

    def windows(self) -> Iterator[Violation]:
        """Each service begins inside one of the windows of its stop."""
        for visit, stop in self.steps:
            if not any(window.opens_s <= visit.begins_s <= window.closes_s for window in stop.windows):
                yield self.says(Rule.WINDOW, f"is at stop {stop.name} outside its windows", stop.name)

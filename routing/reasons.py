"""Why a stop is left unserved, and the cheapest thing that would help.

The stop is asked for again with one constraint relaxed at a time, first alone with each team, then among the rounds
as they are. The first relaxation that lets it in, in the order of what such a change costs people, names reason and
remedy.
"""

from __future__ import annotations

from routing.eligibility import needed_clearance
from routing.evaluate import Sequences
from routing.insertion import Relaxed, can_insert, fits_alone
from routing.model import RoutingProblem, Stop, Vehicle
from routing.plan import Unserved, UnservedReason, UnservedRemedy
from routing.travel_times import UNREACHABLE

CLOSELY_EXAMINED = 50
"""So many stops are tried among the rounds as they are; beyond, trying them alone has to do."""
EXAMINED_IN_HASTE = 5
"""So many when somebody waits for a search that was stopped."""

RELAXATIONS: tuple[tuple[Relaxed, UnservedReason, UnservedRemedy, str], ...] = (
    (
        Relaxed(rounds=True),
        UnservedReason.ROUND_LIMIT,
        UnservedRemedy.EXTRA_ROUND,
        "would need one more round of a team",
    ),
    (
        Relaxed(round_time=True),
        UnservedReason.ROUND_LIMIT,
        UnservedRemedy.LONGER_ROUND,
        "would make a round longer than allowed",
    ),
    (
        Relaxed(order=True),
        UnservedReason.ZONE_ORDER,
        UnservedRemedy.EXTRA_ROUND,
        "fits only against the order of the zones",
    ),
    (Relaxed(capacity=True), UnservedReason.CAPACITY, UnservedRemedy.LARGER_VEHICLE, "finds no room left on any round"),
    (
        Relaxed(release=True),
        UnservedReason.RELEASE,
        UnservedRemedy.EARLIER_RELEASE,
        "gets its goods too late to be served",
    ),
    (
        Relaxed(gaps=True),
        UnservedReason.BLACKOUT,
        UnservedRemedy.LIFT_BLACKOUT,
        "could be reached only during a blackout",
    ),
    (
        Relaxed(windows=True),
        UnservedReason.WINDOW,
        UnservedRemedy.WIDEN_WINDOW,
        "cannot be reached within its time windows",
    ),
    (
        Relaxed(shift=True),
        UnservedReason.TEAM_TIME,
        UnservedRemedy.LONGER_SHIFT,
        "does not fit into the shift of any team",
    ),
    (
        Relaxed(rounds=True, shift=True),
        UnservedReason.TEAM_TIME,
        UnservedRemedy.ADD_TEAM,
        "finds no team with time left",
    ),
    (
        Relaxed(permission=True),
        UnservedReason.CLEARANCE,
        UnservedRemedy.CLEARED_TEAM,
        "would fit only with teams that may not serve it",
    ),
)


def explain(problem: RoutingProblem, rounds: Sequences, closely: int = CLOSELY_EXAMINED) -> list[Unserved]:
    """A reason and the cheapest remedy for every stop that no round serves.

    Parameters
    ----------
    problem : RoutingProblem
        Its locks already cut out.
    rounds : mapping of vehicle to sequences of stops
        What is served.
    closely : int
        So many of the stops are tried among the rounds as they are; the others alone in the day of each team.
    """
    served = {name for sequences in rounds.values() for stops in sequences for name in stops}
    left = [stop for stop in problem.stops if stop.name not in served]
    found: list[Unserved] = []
    for index, stop in enumerate(left):
        reason = _by_kind(problem, stop) or _alone(problem, stop)
        if reason is None and index < closely:
            reason = _among_others(problem, rounds, stop)
        found.append(
            reason or _says(stop, UnservedReason.TEAM_TIME, UnservedRemedy.ADD_TEAM, "finds no team with time left")
        )
    return found


def _says(stop: Stop, reason: UnservedReason, remedy: UnservedRemedy, what: str, amount: int = 0) -> Unserved:
    return Unserved(stop.name, reason, f"Stop {stop.name} {what}.", remedy, amount)


def _by_kind(problem: RoutingProblem, stop: Stop) -> Unserved | None:
    """Reasons that do not depend on time: nobody there, nobody may, nobody can carry it, no way leads there."""
    teams = [vehicle for vehicle in problem.vehicles if vehicle.max_rounds > 0]
    if not teams:
        return _says(stop, UnservedReason.NO_TEAM, UnservedRemedy.ADD_TEAM, "cannot be served because there is no team")
    if all(not _is_reachable(problem, vehicle, stop) for vehicle in teams):
        return _says(
            stop, UnservedReason.UNREACHABLE, UnservedRemedy.OPEN_GATE, "cannot be reached: no open gate leads there"
        )
    if not any(stop.load.fits(vehicle.capacity) for vehicle in teams):
        most = max(teams, key=lambda vehicle: (vehicle.capacity.g, vehicle.capacity.ml)).capacity
        excess = max(stop.load.g - most.g, 0)
        return _says(
            stop, UnservedReason.OVERSIZE, UnservedRemedy.SPLIT_LOAD, "is more than any team can carry at once", excess
        )
    needed = needed_clearance(problem, stop)
    tests = (
        (
            UnservedReason.CLEARANCE,
            UnservedRemedy.CLEARED_TEAM,
            "needs a team with clearance",
            lambda v: v.clearance >= needed,
        ),
        (
            UnservedReason.SKILL,
            UnservedRemedy.SKILLED_TEAM,
            "needs a skill that no team has",
            lambda v: stop.skills <= v.skills,
        ),
        (
            UnservedReason.NOT_ALLOWED,
            UnservedRemedy.OTHER_TEAM,
            "is reserved for teams that are not there",
            lambda v: not stop.only_vehicles or v.name in stop.only_vehicles,
        ),
        (
            UnservedReason.CAPACITY,
            UnservedRemedy.LARGER_VEHICLE,
            "is more than the teams that may serve it can carry",
            lambda v: stop.load.fits(v.capacity),
        ),
    )
    remaining: list[Vehicle] = teams
    for reason, remedy, what, passes in tests:
        remaining = [vehicle for vehicle in remaining if passes(vehicle)]
        if not remaining:
            return _says(stop, reason, remedy, what)
    return None


def _is_reachable(problem: RoutingProblem, vehicle: Vehicle, stop: Stop) -> bool:
    seconds = problem.matrix_by_mode[vehicle.mode].seconds
    start = problem.depot_by_name[vehicle.depot].location
    out, back = seconds[start, stop.location], seconds[stop.location, problem.end_location(vehicle)]
    return int(out) < UNREACHABLE and int(back) < UNREACHABLE


def _alone(problem: RoutingProblem, stop: Stop) -> Unserved | None:
    """The stop alone in the day of each team, with one constraint relaxed; None if it fits as it is."""
    if fits_alone(problem, stop, Relaxed()):
        return None
    for relaxed, reason, remedy, what in RELAXATIONS:
        if fits_alone(problem, stop, relaxed):
            return _says(stop, reason, remedy, what)
    return _says(stop, UnservedReason.WINDOW, UnservedRemedy.NEXT_WAVE, "cannot be served today by any team")


def _among_others(problem: RoutingProblem, rounds: Sequences, stop: Stop) -> Unserved | None:
    """The stop among the rounds as they are, with one constraint relaxed."""
    if stop.pair is not None:
        return _says(stop, UnservedReason.PAIR, UnservedRemedy.ADD_TEAM, "finds no round for both halves of its errand")
    if can_insert(problem, rounds, stop, Relaxed()):
        if stop.prize is not None:
            return _says(
                stop,
                UnservedReason.NOT_WORTH,
                UnservedRemedy.RAISE_PRIZE,
                "costs more to serve than leaving it out",
                stop.prize,
            )
        return _says(
            stop, UnservedReason.NOT_FOUND, UnservedRemedy.MORE_TIME, "could be served, but the search ended too early"
        )
    for relaxed, reason, remedy, what in RELAXATIONS:
        if can_insert(problem, rounds, stop, relaxed):
            return _says(stop, reason, remedy, what)
    return None

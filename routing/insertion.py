"""Trying one stop in rounds as they are, with constraints relaxed one at a time (plain Python, for explanations)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from routing.eligibility import may_serve
from routing.evaluate import Sequences, departure_load, load_after
from routing.model import ALWAYS, HORIZON_S, NO_LIMIT, SEALED, RoutingProblem, Stop, Vehicle, Window
from routing.schedule import timetable

NEAREST_ROUNDS = 4
"""Places are tried beside so many nearest stops only: this is plain Python, run for each reason."""


@dataclass(frozen=True, slots=True)
class Relaxed:
    """Which constraints are taken as absent."""

    rounds: bool = False
    round_time: bool = False
    order: bool = False
    capacity: bool = False
    release: bool = False
    gaps: bool = False
    """The time between two windows of the stop may be used."""
    windows: bool = False
    shift: bool = False
    permission: bool = False

    def stop(self, stop: Stop) -> Stop:
        """The stop as it would be."""
        windows = stop.windows
        if self.gaps:
            windows = (Window(windows[0].opens_s, windows[-1].closes_s),)
        if self.windows:
            windows = ALWAYS
        return replace(stop, windows=windows, release_s=0 if self.release else stop.release_s)

    def vehicle(self, vehicle: Vehicle, stop: Stop) -> Vehicle:
        """The vehicle as it would be, seen from `stop`."""
        if self.permission:
            vehicle = replace(vehicle, clearance=SEALED, skills=vehicle.skills | stop.skills)
        if self.capacity:
            vehicle = replace(vehicle, capacity=NO_LIMIT)
        if self.round_time:
            vehicle = replace(vehicle, max_round_s=HORIZON_S)
        if self.shift:
            vehicle = replace(vehicle, shift_end_s=HORIZON_S, max_shift_s=HORIZON_S)
        if self.rounds and vehicle.max_rounds < 50 and vehicle.end_depot in (None, vehicle.depot):
            vehicle = replace(vehicle, max_rounds=vehicle.max_rounds + 1)
        return vehicle


def fits_alone(problem: RoutingProblem, stop: Stop, relaxed: Relaxed) -> bool:
    """Whether some vehicle could serve the stop (and its pair) if there were no others."""
    changed = relaxed.stop(stop)
    tried: set[Vehicle] = set()
    for vehicle in problem.vehicles:
        team = relaxed.vehicle(vehicle, stop)
        alike = team if stop.only_vehicles else replace(team, name="any")
        if alike in tried:
            continue
        tried.add(alike)
        sequence = _with_partner(problem, changed)
        eligible = all(may_serve(problem, team, member) for member in sequence)
        if team.max_rounds > 0 and eligible and timetable(problem, team, [sequence]) is not None:
            return True
    return False


def _with_partner(problem: RoutingProblem, stop: Stop) -> list[Stop]:
    if stop.pair is None:
        return [stop]
    partner = next(other for other in problem.stops if other.pair == stop.pair and other.name != stop.name)
    return [stop, partner] if stop.is_pickup else [partner, stop]


def can_insert(problem: RoutingProblem, rounds: Sequences, stop: Stop, relaxed: Relaxed) -> bool:
    """Whether the stop finds a place in a nearby round or in a round of its own, everything else staying in order."""
    changed = relaxed.stop(stop)
    near = _nearest(problem, rounds, stop)
    for vehicle in problem.vehicles:
        team = relaxed.vehicle(vehicle, stop)
        chains = [[problem.stop_by_name[name] for name in names] for names in rounds.get(vehicle.name, ()) if names]
        if chains_with(problem, team, chains, changed, near, in_order=not relaxed.order) is not None:
            return True
    return False


def chains_with(
    problem: RoutingProblem,
    team: Vehicle,
    chains: list[list[Stop]],
    stop: Stop,
    near: Collection[str] = (),
    *,
    in_order: bool = True,
    only_new: bool = False,
) -> list[list[Stop]] | None:
    """The rounds of a vehicle with one stop more, everything else staying in order; None if it finds no place.

    Parameters
    ----------
    problem : RoutingProblem
    team : Vehicle
    chains : list of lists of Stop
        The rounds that it makes without the stop, none of them empty.
    stop : Stop
    near : collection of str
        Names of stops beside which a place is tried; the end of each round is always tried.
    in_order : bool
        Whether zones are to be kept in order.
    only_new : bool
        Only as a round of its own.
    """
    if not may_serve(problem, team, stop) or (not chains and team.max_rounds < 1):
        return None
    for touched, candidate in _candidates(team, chains, stop, near, only_new=only_new):
        sound = is_sound(problem, team, [candidate[touched]], in_order=in_order)
        if sound and timetable(problem, team, candidate) is not None:
            return candidate
    return None


def _nearest(problem: RoutingProblem, rounds: Sequences, stop: Stop) -> set[str]:
    """The served stops nearest to `stop`."""
    metres = problem.matrices[0].metres[stop.location]
    served = [name for sequences in rounds.values() for names in sequences for name in names]
    served.sort(key=lambda name: (int(metres[problem.stop_by_name[name].location]), name))
    return set(served[:NEAREST_ROUNDS])


def _candidates(
    team: Vehicle, chains: list[list[Stop]], stop: Stop, near: Collection[str], *, only_new: bool = False
) -> Iterator[tuple[int, list[list[Stop]]]]:
    """Chains with the stop in a new round at each position, then next to its nearest stops and at the end of rounds;
    with each, which of its rounds is the new one.
    """
    if len(chains) < team.max_rounds:
        for position in range(len(chains) + 1):
            yield position, [*chains[:position], [stop], *chains[position:]]
    for index, chain in enumerate(() if only_new else chains):
        places = {len(chain)}
        for place, other in enumerate(chain):
            if other.name in near:
                places |= {place, place + 1}
        for place in sorted(places):
            yield index, [*chains[:index], [*chain[:place], stop, *chain[place:]], *chains[index + 1 :]]


def is_sound(
    problem: RoutingProblem, team: Vehicle, chains: Sequence[Sequence[Stop]], *, in_order: bool = True
) -> bool:
    """Permissions, loads along the way, order of zones, number of stops; everything but time."""
    for chain in chains:
        zones = [stop.zone for stop in chain]
        if problem.limits.zones_in_order and in_order and zones != sorted(zones):
            return False
        if not all(may_serve(problem, team, stop) for stop in chain):
            return False
        if len(chain) > problem.limits.max_stops:
            return False
        load = departure_load(chain)
        for stop in chain:
            if not load.fits(team.capacity):
                return False
            load = load_after(load, stop)
        if not load.fits(team.capacity):
            return False
    return True

"""What a plan leaves out is cut again, so that every team that still has time and room takes a part of it.

A search knows stops, not bags: a building that is a load for the cart is left out whole when the cart is full, while
the e-bikes stand idle. So what is left out is cut for the smallest team and searched for again; then bags go, building
by building, into whatever time is left, down to the single bag. Why the rest stays is asked of the single bag and said
only if the judge finds no team that could bring it.
"""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from app.core.jobs import keep_alive
from app.dispatch.planning.problem import BuildingSite, Stated, StopBags, small_parts, stop_bags, stop_of, with_stops
from app.dispatch.planning.rules import most_together
from app.dispatch.planning.work import BagLoad
from routing.check import check
from routing.check_free import free_vehicle
from routing.evaluate import InfeasibleRounds, build_plan
from routing.insertion import chains_with
from routing.locks import without_locks
from routing.model import RoutingProblem, Stability, Stop, Vehicle
from routing.plan import RoutePlan as Solved
from routing.plan import Unserved, UnservedReason, UnservedRemedy
from routing.reasons import explain

log = logging.getLogger("louda.planning")

Search = Callable[[RoutingProblem, Solved], Solved]
HOPELESS = frozenset(
    {
        UnservedReason.NO_TEAM,
        UnservedReason.CLEARANCE,
        UnservedReason.UNREACHABLE,
        UnservedReason.NOT_ALLOWED,
        UnservedReason.SKILL,
    }
)
"""Reasons that no cutting helps against."""
INTO_ROUNDS_S = 20.0
"""So long places inside of rounds are tried; after that only rounds of their own. This is plain Python after the
search: on a day that is far too full it would try every bag at every place for minutes."""
Named = dict[str, tuple[Stop, StopBags]]


def serve_leftover(stated: Stated, solved: Solved, search: Search | None) -> tuple[Stated, Solved]:
    """A plan that leaves out no bag which a team could still bring, and the statement with the stops that it has.

    `search` plans a problem further from a plan; None keeps the rounds there are as they are and only adds new ones.
    """
    if not _can_help(solved):
        return stated, solved
    if search is not None:
        stated, solved = _search_leftover(stated, solved, search)
        if not _can_help(solved):
            return stated, solved
    filling = Filling(stated, solved, only_new=search is None)
    filling.fill()
    try:
        return filling.finished()
    except InfeasibleRounds:
        log.exception("bags left over could not be placed")
        return stated, filling.as_before()


def _can_help(solved: Solved) -> bool:
    return any(missed.reason not in HOPELESS for missed in solved.unserved)


def _search_leftover(stated: Stated, solved: Solved, search: Search) -> tuple[Stated, Solved]:
    """What is left out, cut small, searched for again; the earlier answer where that one brings more."""
    stops = _served(stated, solved)
    for site, bags in _left_out(stated, solved):
        _add_parts(stated, stops, site, small_parts(site, bags))
    if set(stops) == set(stated.stops):
        return stated, solved
    again = with_stops(stated, stops)
    found = search(again.problem, solved)
    return (again, found) if bags_served(again, found) >= bags_served(stated, solved) else (stated, solved)


def bags_served(stated: Stated, solved: Solved) -> int:
    """How many bags the rounds of a plan bring."""
    return sum(len(stated.stops[name].bag_ids) for name in solved.round_of_stop)


def _served(stated: Stated, solved: Solved) -> Named:
    return {name: (stated.problem.stop_by_name[name], stated.stops[name]) for name in solved.round_of_stop}


def _left_out(stated: Stated, solved: Solved) -> list[tuple[BuildingSite, list[BagLoad]]]:
    """The bags of each building that no round brings, in order of doors."""
    missed: dict[int, set[int]] = defaultdict(set)
    for one in solved.unserved:
        missed[stated.stops[one.stop].building_id] |= set(stated.stops[one.stop].bag_ids)
    return [
        (stated.sites[building_id], [bag for bag in stated.sites[building_id].work.bags if bag.bag_id in ids])
        for building_id, ids in sorted(missed.items())
    ]


def _add_parts(stated: Stated, stops: Named, site: BuildingSite, parts: Sequence[Sequence[BagLoad]]) -> list[str]:
    """Put parts of a building among the stops under names that are not in use; returns these."""
    names: list[str] = []
    number = 1
    for part in parts:
        while (name := f"{site.work.building_id}.{number}") in stops:
            number += 1
        stop = stop_of(site, name, part, stated.midnight)
        assert stop is not None, "a bag that no hours are long enough for is held before planning"
        stops[name] = (stop, stop_bags(site, part))
        names.append(name)
    return names


@dataclass
class Filling:
    """The rounds of a plan while bags are added to them."""

    stated: Stated
    solved: Solved
    only_new: bool
    stops: Named = field(init=False)
    free: RoutingProblem = field(init=False)
    chains: dict[str, list[list[Stop]]] = field(init=False)
    rest: list[tuple[BuildingSite, list[BagLoad]]] = field(init=False)

    def __post_init__(self) -> None:
        self.stops = _served(self.stated, self.solved)
        self.free = without_locks(self.stated.problem)
        self.chains = {vehicle.name: [] for vehicle in self.free.vehicles}
        for one in self.solved.rounds:
            if not one.is_locked:
                self.chains[one.vehicle].append([self.free.stop_by_name[name] for name in one.stops])
        self.rest = _left_out(self.stated, self.solved)
        self._spent: dict[str, int] = {}
        self._until = time.monotonic() + INTO_ROUNDS_S

    def fill(self) -> None:
        """Give bags to teams until no single bag finds a place."""
        remaining: list[tuple[BuildingSite, list[BagLoad]]] = []
        for site, bags in self.rest:
            while bags and (taken := self._next(site, bags)):
                gone = {bag.bag_id for bag in taken}
                bags = [bag for bag in bags if bag.bag_id not in gone]
            if bags:
                remaining.append((site, bags))
        self.rest = remaining

    def _next(self, site: BuildingSite, bags: list[BagLoad]) -> list[BagLoad]:
        """Place as many bags as one team takes at once, from the first door on; else any single one."""
        vehicles = self._different_vehicles()
        for start in range(len(bags)):
            run = bags[start:] if start == 0 else bags[start : start + 1]
            counts = [(most_together(run, lambda part, v=vehicle: self._tried(v, site, part) is not None), vehicle)  # type: ignore[misc]
                      for vehicle in vehicles]  # fmt: skip
            count, vehicle = max(counts, key=lambda entry: entry[0], default=(0, None))
            if vehicle is not None and count:
                self._place(vehicle, site, run[:count])
                return run[:count]
        return []

    def _different_vehicles(self) -> list[Vehicle]:
        """The vehicles, of those that are alike and idle only one."""
        alike: dict[Vehicle, Vehicle] = {}
        for vehicle in self.free.vehicles:
            alike.setdefault(vehicle if self.chains[vehicle.name] else replace(vehicle, name="idle"), vehicle)
        return list(alike.values())

    def _tried(self, vehicle: Vehicle, site: BuildingSite, part: Sequence[BagLoad]) -> list[list[Stop]] | None:
        keep_alive()
        stop = stop_of(site, "new", part, self.stated.midnight)
        if stop is None or not stop.load.fits(vehicle.capacity) or not self._has_time(vehicle, stop):
            return None
        chains = self.chains[vehicle.name]
        only_new = self.only_new or time.monotonic() > self._until
        beside = {other.name for chain in chains for other in chain if other.location == stop.location}
        return chains_with(self.free, vehicle, chains, stop, beside, only_new=only_new)

    def _has_time(self, vehicle: Vehicle, stop: Stop) -> bool:
        """Whether the hours that are not spent yet could hold this service at all; a bound that spares long looks."""
        if vehicle.name not in self._spent:
            self._spent[vehicle.name] = self._busy_s(vehicle)
        return self._spent[vehicle.name] + stop.service_s <= vehicle.shift_end_s - vehicle.shift_start_s

    def _busy_s(self, vehicle: Vehicle) -> int:
        seconds = self.free.matrix_by_mode[vehicle.mode].seconds
        home, away = self.free.depot_by_name[vehicle.depot].location, self.free.end_location(vehicle)
        busy = 0
        for chain in self.chains[vehicle.name]:
            way = [home, *(one.location for one in chain), away]
            busy += vehicle.reload_s + sum(one.service_s for one in chain)
            busy += sum(int(seconds[a, b]) for a, b in pairwise(way))
        return busy

    def _place(self, vehicle: Vehicle, site: BuildingSite, part: Sequence[BagLoad]) -> None:
        chains = self._tried(vehicle, site, part)
        assert chains is not None, "it was tried a moment ago"
        self._spent.pop(vehicle.name, None)
        (name,) = _add_parts(self.stated, self.stops, site, [part])
        self.chains[vehicle.name] = [
            [self.stops[name][0] if stop.name == "new" else stop for stop in chain] for chain in chains
        ]

    def finished(self) -> tuple[Stated, Solved]:
        """The plan with all that was placed, and for what was not the reason that holds for each single bag of it.

        Raises InfeasibleRounds where a timetable that was found before is not found again.
        """
        stops = dict(self.stops)
        left: list[Stop] = []
        lightest: list[Stop] = []
        bags_of: dict[str, list[BagLoad]] = {}
        for site, bags in self.rest:
            parts = small_parts(site, bags)
            for name, part in zip(_add_parts(self.stated, stops, site, parts), parts, strict=True):
                left.append(stops[name][0])
                bags_of[name] = part
                one = stop_of(site, name, [min(part, key=lambda bag: (bag.weight_g, bag.bag_id))], self.stated.midnight)
                lightest.append(one or left[-1])
        stated = with_stops(self.stated, stops)
        names = {team: [[stop.name for stop in chain] for chain in chains] for team, chains in self.chains.items()}
        placed = [stop for chains in self.chains.values() for chain in chains for stop in chain]
        asked = self.free.with_changes(stops=(*placed, *lightest), stability=Stability())
        reasons = {one.stop: one for one in explain(asked, names)}
        plan = build_plan(stated.problem, names, [reasons[stop.name] for stop in left], self.solved.statistics)
        confirmed = [self._confirmed(stated, plan, one, bags_of[one.stop]) for one in plan.unserved]
        plan = replace(plan, unserved=tuple(confirmed))
        if not check(stated.problem, plan):
            raise InfeasibleRounds(f"the judge refuses the filled plan: {check(stated.problem, plan).rules}")
        return stated, plan

    def as_before(self) -> Solved:
        """The plan that was to be filled, with reasons that hold for each single bag."""
        bags_of = {
            one.stop: [
                bag
                for bag in self.stated.sites[self.stated.stops[one.stop].building_id].work.bags
                if bag.bag_id in set(self.stated.stops[one.stop].bag_ids)
            ]
            for one in self.solved.unserved
        }
        asked = [
            self._confirmed(self.stated, self.solved, one, bags_of[one.stop]) if one.reason not in HOPELESS else one
            for one in self.solved.unserved
        ]
        return replace(self.solved, unserved=tuple(asked))

    def _confirmed(self, stated: Stated, plan: Solved, said: Unserved, bags: Sequence[BagLoad]) -> Unserved:
        """The reason as it was found, or a plain "not placed" where the judge sees a team that could bring a bag."""
        site = stated.sites[stated.stops[said.stop].building_id]
        for bag in bags:
            keep_alive()
            stop = stop_of(site, said.stop, [bag], stated.midnight)
            vehicle = stop and free_vehicle(stated.problem, plan, stop)
            if vehicle:
                log.error("%s is left out, although vehicle %s could bring it", said.stop, vehicle)
                return replace(said, reason=UnservedReason.NOT_FOUND, remedy=UnservedRemedy.EXTRA_ROUND)
        return said

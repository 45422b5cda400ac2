"""When a vehicle does what: the timetable of its rounds, as short as it can be and no later than needed.

A shift is one chain of events (loading, stops, return, loading, ...), each with a place, a duration and windows for
its beginning. Starting early is never wrong for feasibility, so a first pass goes forward as early as possible; a
second pass goes backward and moves the start as late as the return allows, which takes the waiting out. With several
windows at one stop a later return may give a shorter shift, so later starts are tried as long as there are gaps to
jump over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from routing.model import RoutingProblem, Stop, Vehicle, Window


@dataclass(frozen=True, slots=True)
class TimedEvent:
    """Something that happens at `location`, takes `takes_s` and may begin within `windows`."""

    location: int
    takes_s: int
    windows: tuple[Window, ...]


@dataclass(frozen=True, slots=True)
class Times:
    """Begin of loading, begin of service at each stop, return."""

    starts_s: int
    begins_s: tuple[int, ...]
    returns_s: int


def timetable(problem: RoutingProblem, vehicle: Vehicle, rounds: Sequence[Sequence[Stop]]) -> list[Times] | None:
    """When one vehicle makes its rounds: the shift as short as possible, and among those as early as possible.

    Parameters
    ----------
    problem : RoutingProblem
    vehicle : Vehicle
    rounds : sequence of sequences of Stop
        In the order in which they are made.

    Returns
    -------
    list of Times or None
        One for each round, in seconds since midnight; None if no feasible timetable was found.
    """
    if not rounds:
        return []
    if not _is_in_time(problem, vehicle, rounds):
        return None
    events: list[TimedEvent] = []
    for stops in rounds:
        opening, closing = round_ends(problem, vehicle, stops)
        if opening is None or closing is None:
            return None
        events += [opening, *(TimedEvent(stop.location, stop.service_s, stop.windows) for stop in stops), closing]
    legs = _legs(problem, vehicle, events)
    best: list[int] | None = None
    earliest = 0
    while True:
        begins = _forward(events, legs, earliest)
        if begins is None:
            break
        begins = _forward(events, legs, _backward(events, legs, begins[-1])[0])
        if begins is None:
            break
        begins = _compact(events, legs, begins, [len(stops) for stops in rounds])
        fits = _is_short_enough(vehicle, begins, [len(stops) for stops in rounds])
        if fits and (best is None or begins[-1] - begins[0] < best[-1] - best[0]):
            best = begins
        if all(len(event.windows) == 1 for event in events):
            break
        earliest = begins[0] + _delay_to_next_gap(events, begins)
    return None if best is None else _cut(best, [len(stops) for stops in rounds])


def _is_in_time(problem: RoutingProblem, vehicle: Vehicle, rounds: Sequence[Sequence[Stop]]) -> bool:
    """Whether every window is met when all begin as early as possible: the first pass without making events of it.

    Nearly every place that is tried for one stop more fails here, and making the events is most of a pass.
    """
    seconds = problem.matrix_by_mode[vehicle.mode].seconds
    depot = problem.depot_by_name[vehicle.depot]
    end = problem.depot_by_name[vehicle.end_depot or vehicle.depot]
    opens_s, closes_s = max(vehicle.shift_start_s, depot.opens_s), min(vehicle.shift_end_s, depot.closes_s)
    back_from_s, back_until_s = max(vehicle.shift_start_s, end.opens_s), min(vehicle.shift_end_s, end.closes_s)
    time_s = opens_s
    for stops in rounds:
        time_s = max([time_s, opens_s, *[stop.release_s for stop in stops]])
        if time_s > closes_s:
            return False
        time_s, here = time_s + vehicle.reload_s, depot.location
        for stop in stops:
            time_s += int(seconds[here, stop.location])
            for window in stop.windows:
                if window.closes_s >= time_s:
                    time_s = max(time_s, window.opens_s)
                    break
            else:
                return False
            time_s, here = time_s + stop.service_s, stop.location
        time_s = max(time_s + int(seconds[here, end.location]), back_from_s)
        if time_s > back_until_s:
            return False
    return True


def _delay_to_next_gap(events: list[TimedEvent], begins: list[int]) -> int:
    """How much later to start so that some event misses the window it now uses."""
    closing = (
        next(w.closes_s for w in event.windows if w.opens_s <= begin <= w.closes_s)
        for event, begin in zip(events, begins, strict=True)
    )
    return min(closes_s - begin for closes_s, begin in zip(closing, begins, strict=True)) + 1


def round_ends(
    problem: RoutingProblem, vehicle: Vehicle, stops: Sequence[Stop]
) -> tuple[TimedEvent | None, TimedEvent | None]:
    """Loading and return of a round as events; None where shift, depot and releases leave no time at all."""
    depot = problem.depot_by_name[vehicle.depot]
    end = problem.depot_by_name[vehicle.end_depot or vehicle.depot]
    release_s = max((stop.release_s for stop in stops), default=0)
    opens_s = max(vehicle.shift_start_s, depot.opens_s, release_s)
    closes_s = min(vehicle.shift_end_s, depot.closes_s)
    back_from_s, back_until_s = max(vehicle.shift_start_s, end.opens_s), min(vehicle.shift_end_s, end.closes_s)
    opening = (
        TimedEvent(depot.location, vehicle.reload_s, (Window(opens_s, closes_s),)) if opens_s <= closes_s else None
    )
    closing = TimedEvent(end.location, 0, (Window(back_from_s, back_until_s),)) if back_from_s <= back_until_s else None
    return opening, closing


def _legs(problem: RoutingProblem, vehicle: Vehicle, events: list[TimedEvent]) -> list[int]:
    seconds = problem.matrix_by_mode[vehicle.mode].seconds
    return [int(seconds[a.location, b.location]) for a, b in pairwise(events)]


def _forward(events: list[TimedEvent], legs: list[int], start_s: int) -> list[int] | None:
    """Earliest begin of each event when nothing begins before `start_s`; None if some window is missed."""
    begins: list[int] = []
    time_s = start_s
    for index, event in enumerate(events):
        begin = next((max(time_s, w.opens_s) for w in event.windows if w.closes_s >= time_s), None)
        if begin is None:
            return None
        begins.append(begin)
        if index < len(legs):
            time_s = begin + event.takes_s + legs[index]
    return begins


def _backward(events: list[TimedEvent], legs: list[int], last_s: int) -> list[int]:
    """Latest begin of each event that still lets the last one begin at `last_s`."""
    begins = [last_s]
    for index in range(len(events) - 2, -1, -1):
        bound = begins[-1] - legs[index] - events[index].takes_s
        begins.append(max(min(bound, w.closes_s) for w in events[index].windows if w.opens_s <= bound))
    return begins[::-1]


def _compact(events: list[TimedEvent], legs: list[int], begins: list[int], sizes: list[int]) -> list[int]:
    """Move waiting out of each round into the pause before it."""
    result: list[int] = []
    first = 0
    for size in sizes:
        last = first + size + 1
        start = _backward(events[first : last + 1], legs[first:last], begins[last])[0]
        compacted = _forward(events[first : last + 1], legs[first:last], start)
        result += compacted if compacted is not None else begins[first : last + 1]
        first = last + 1
    return result


def _is_short_enough(vehicle: Vehicle, begins: list[int], sizes: list[int]) -> bool:
    first = 0
    for size in sizes:
        last = first + size + 1
        if begins[last] - begins[first] > vehicle.max_round_s:
            return False
        first = last + 1
    return begins[-1] - begins[0] <= vehicle.max_shift_s


def _cut(begins: list[int], sizes: list[int]) -> list[Times]:
    result: list[Times] = []
    first = 0
    for size in sizes:
        last = first + size + 1
        result.append(Times(begins[first], tuple(begins[first + 1 : last]), begins[last]))
        first = last + 1
    return result


def locked_times(problem: RoutingProblem, vehicle: Vehicle, stops: Sequence[Stop], starts_s: int) -> Times:
    """Timetable of a locked round from the moment its loading began; windows already missed are taken as they are."""
    depot = problem.depot_by_name[vehicle.depot]
    seconds = problem.matrix_by_mode[vehicle.mode].seconds
    time_s, here = starts_s + vehicle.reload_s, depot.location
    begins: list[int] = []
    for stop in stops:
        time_s += int(seconds[here, stop.location])
        time_s = next((max(time_s, w.opens_s) for w in stop.windows if w.closes_s >= time_s), time_s)
        begins.append(time_s)
        time_s, here = time_s + stop.service_s, stop.location
    return Times(starts_s, tuple(begins), time_s + int(seconds[here, problem.end_location(vehicle)]))

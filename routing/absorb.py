"""Absorbing what happened into a known plan: most rounds are frozen, the rest of the day is planned around them.

The time of each team between its frozen rounds is taken as a vehicle of its own; so what is left is an ordinary
problem, which any method can solve.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from routing.draft import Draft, draft_of_plan
from routing.insertion import is_sound
from routing.model import RoutingProblem, Stability, Stop, Vehicle, Window
from routing.plan import PlannedRound, RoutePlan, SearchBudget, SearchControl, Visit
from routing.schedule import timetable
from routing.solve import solve

Key = tuple[str, int]
"""A round of the plan before: vehicle and number."""


@dataclass(frozen=True)
class Frozen:
    """A round that keeps its stops in their order, and when it takes place."""

    stops: tuple[str, ...]
    starts_s: int
    returns_s: int


@dataclass(frozen=True)
class VehicleGap:
    """The hours of a vehicle between two frozen rounds, as a vehicle of its own."""

    of: str
    vehicle: Vehicle


def freezable_rounds(problem: RoutingProblem, before: Collection[PlannedRound]) -> dict[Key, PlannedRound]:
    """Rounds of the plan before that can go out as they are: same team, same stops, still feasible, not printed.

    `problem` has its locks cut out.
    """
    result: dict[Key, PlannedRound] = {}
    for round_ in before:
        vehicle = problem.vehicle_by_name.get(round_.vehicle)
        if vehicle is None or not all(name in problem.stop_by_name for name in round_.stops):
            continue
        stops = [problem.stop_by_name[name] for name in round_.stops]
        if is_sound(problem, vehicle, [stops]) and timetable(problem, vehicle, [stops]) is not None:
            result[(round_.vehicle, round_.number)] = round_
    return result


def absorb(
    problem: RoutingProblem,
    frozen: Mapping[Key, PlannedRound],
    budget: SearchBudget,
    seed: int,
    control: SearchControl | None = None,
) -> Draft:
    """Rounds for `problem` (its locks cut out) in which the frozen ones keep their stops and order.

    Everything else is planned into the hours between them; what finds no place stays out.
    """
    blocks = {vehicle.name: _blocks(vehicle, frozen) for vehicle in problem.vehicles}
    gaps = [gap for vehicle in problem.vehicles for gap in _gaps(vehicle, blocks[vehicle.name])]
    kept = {name for chain in blocks.values() for block in chain for name in block.stops}
    rest = replace(
        problem,
        stops=tuple(_reserved(stop, gaps) for stop in problem.stops if stop.name not in kept),
        vehicles=tuple(gap.vehicle for gap in gaps),
        stability=Stability(),
    )
    solved = solve(rest, budget, seed, control=control)
    around = draft_of_plan(rest, solved)
    windows = {visit.stop: _window(problem, visit) for round_ in frozen.values() for visit in round_.visits}
    windows = {name: window for name, window in windows.items() if name in kept}
    return Draft(_merge_rounds(problem, blocks, gaps, solved), {**windows, **around.windows})


def _window(problem: RoutingProblem, visit: Visit) -> Window:
    windows = problem.stop_by_name[visit.stop].windows
    return next((w for w in windows if w.opens_s <= visit.begins_s <= w.closes_s), windows[0])


def _blocks(vehicle: Vehicle, frozen: Mapping[Key, PlannedRound]) -> list[Frozen]:
    """The frozen rounds of a vehicle at their times in the plan before; those that overlap are left to be planned."""
    chain = sorted((round_ for key, round_ in frozen.items() if key[0] == vehicle.name), key=lambda r: r.starts_s)
    result: list[Frozen] = []
    free_from_s = vehicle.shift_start_s
    for round_ in chain:
        if round_.starts_s >= free_from_s and round_.returns_s <= vehicle.shift_end_s:
            result.append(Frozen(round_.stops, round_.starts_s, round_.returns_s))
            free_from_s = round_.returns_s
    return result[: vehicle.max_rounds]


def _gaps(vehicle: Vehicle, blocks: list[Frozen]) -> list[VehicleGap]:
    """The vehicle in the time before each frozen round and after the last, where it is worth going out."""
    rounds_left = vehicle.max_rounds - len(blocks)
    first_s, last_s = vehicle.shift_start_s, vehicle.shift_end_s
    if blocks:
        first_s = max(first_s, blocks[-1].returns_s - vehicle.max_shift_s)
        last_s = min(last_s, blocks[0].starts_s + vehicle.max_shift_s)
    starts = [first_s, *(block.returns_s for block in blocks)]
    ends = [*(block.starts_s for block in blocks), last_s]
    result: list[VehicleGap] = []
    for place, (start_s, end_s) in enumerate(zip(starts, ends, strict=True)):
        if rounds_left > 0 and end_s - start_s > vehicle.reload_s:
            hours = replace(vehicle, name=f"{vehicle.name} gap {place}", shift_start_s=start_s, shift_end_s=end_s)
            fixed_cost = 0 if blocks else vehicle.fixed_cost
            result.append(VehicleGap(vehicle.name, replace(hours, max_rounds=rounds_left, fixed_cost=fixed_cost)))
    return result


def _reserved(stop: Stop, gaps: list[VehicleGap]) -> Stop:
    """The stop with the vehicles it names replaced by their gaps."""
    if not stop.only_vehicles:
        return stop
    own = frozenset(gap.vehicle.name for gap in gaps if gap.of in stop.only_vehicles)
    return replace(stop, only_vehicles=own or stop.only_vehicles)


def _merge_rounds(
    problem: RoutingProblem, blocks: Mapping[str, list[Frozen]], gaps: list[VehicleGap], solved: RoutePlan
) -> dict[str, list[list[str]]]:
    """Frozen and new rounds of each vehicle in the order of the day."""
    team = {gap.vehicle.name: gap.of for gap in gaps}
    new: dict[str, list[PlannedRound]] = {}
    for round_ in solved.rounds:
        new.setdefault(team[round_.vehicle], []).append(round_)
    result: dict[str, list[list[str]]] = {}
    for vehicle in problem.vehicles:
        timed = [(block.starts_s, list(block.stops)) for block in blocks[vehicle.name]]
        timed += [(round_.starts_s, list(round_.stops)) for round_ in new.get(vehicle.name, [])]
        result[vehicle.name] = [stops for _, stops in sorted(timed, key=lambda entry: entry[0])]
    return result


def changed_rounds(before: RoutePlan, after: RoutePlan, others: Collection[Key]) -> list[Key]:
    """Which of the rounds `others` of the plan before have another set or order of stops now, or another team."""
    now = {(round_.vehicle, round_.stops) for round_ in after.rounds}
    return [
        (round_.vehicle, round_.number)
        for round_ in before.rounds
        if (round_.vehicle, round_.number) in others and (round_.vehicle, round_.stops) not in now
    ]

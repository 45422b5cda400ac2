"""What a search works on: rounds as names of stops, without times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from routing.model import RoutingProblem, Window
from routing.plan import RoutePlan


@dataclass(frozen=True)
class Draft:
    """Rounds by vehicle name, and for stops with several windows the one in use."""

    rounds: Mapping[str, Sequence[Sequence[str]]]
    windows: Mapping[str, Window] = field(default_factory=dict)


def draft_of_plan(problem: RoutingProblem, plan: RoutePlan) -> Draft:
    """What of a plan still makes sense in `problem`: known stops and vehicles, locked rounds left out."""
    rounds: dict[str, list[list[str]]] = {}
    windows: dict[str, Window] = {}
    for round_ in plan.rounds:
        if round_.is_locked or round_.vehicle not in problem.vehicle_by_name:
            continue
        visits = [visit for visit in round_.visits if visit.stop in problem.stop_by_name]
        if visits:
            rounds.setdefault(round_.vehicle, []).append([visit.stop for visit in visits])
        for visit in visits:
            stop = problem.stop_by_name[visit.stop]
            in_use = (w for w in stop.windows if w.opens_s <= visit.begins_s <= w.closes_s)
            windows[visit.stop] = next(in_use, stop.windows[0])
    return Draft(rounds, windows)


def with_chosen_windows(problem: RoutingProblem, draft: Draft) -> RoutingProblem:
    """The problem in which each stop has only the window that the draft chose for it."""
    stops = (
        replace(stop, windows=(draft.windows[stop.name],)) if stop.name in draft.windows else stop
        for stop in problem.stops
    )
    return replace(problem, stops=tuple(stops))

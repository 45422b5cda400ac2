"""Why a stop is left unserved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from routing.model import Problem
from routing.plan import Reason, Remedy, Unserved


def explain(problem: Problem, rounds: Mapping[str, Sequence[Sequence[str]]], served: set[str]) -> list[Unserved]:
    """A reason for every stop that is neither in `rounds` nor locked."""
    locked = {name for lock in problem.locks for name in lock.stops}
    return [
        Unserved(stop.name, Reason.NOT_FOUND, f"No round was found for stop {stop.name}.", Remedy.MORE_TIME)
        for stop in problem.stops
        if stop.name not in served and stop.name not in locked
    ]

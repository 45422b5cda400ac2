"""Whether a day is fuller than its teams: a proof that some mandatory stops must be left out, whoever plans.

Serving a stop takes seconds of some team's shift: the service, loading in proportion to the part of a full round that
the load takes, and a share of the way. Two ways to share it are sound, and each team keeps both: the shortest leg that
can lead to the stop, and the way out and home weighed by the load (`routing.radial`). Which team serves what is then a
generalised assignment; its linear relaxation (GLOP) says how many stops can be served at most.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from ortools.linear_solver import pywraplp

from routing.eligibility import may_serve
from routing.locks import without_locks
from routing.model import RoutingProblem, Stop, Vehicle
from routing.radial import round_share, shortest_legs

Seconds = npt.NDArray[np.float64]
LARGEST = 2000
"""From so many mandatory stops on nothing is claimed: the linear program would take longer than it is worth."""
TOLERANCE = 1e-6
"""The linear program is solved in floats: a bound of 2.9999999 is 3, and 3.0000001 is no 4."""


def least_left_out(problem: RoutingProblem) -> int:
    """How many mandatory stops no plan can serve at least.

    Parameters
    ----------
    problem : RoutingProblem
        Locked rounds count as done.

    Returns
    -------
    int
        0 when nothing is known.
    """
    free = without_locks(problem)
    stops = [stop for stop in free.stops if stop.prize is None]
    teams = [vehicle for vehicle in free.vehicles if vehicle.max_rounds > 0]
    if not stops or len(stops) > LARGEST:
        return 0
    if not teams:
        return len(stops)
    load = _Load.of(free, teams, stops)
    return len(stops) - _most_served(load, teams)


@dataclass(frozen=True)
class _Load:
    """What each stop takes of each team; arrays are [team, stop]."""

    may: npt.NDArray[np.bool_]
    fixed: Seconds
    """Service and the share of loading."""
    leg: Seconds
    """Shortest leg to the stop, and the share of the shortest way home."""
    radial: Seconds
    """Share of the way out and home."""

    @staticmethod
    def of(problem: RoutingProblem, teams: list[Vehicle], stops: list[Stop]) -> _Load:
        rows = [_of_team(problem, team, stops) for team in teams]
        may = np.array([[may_serve(problem, team, stop) for stop in stops] for team in teams])
        fixed, leg, radial = (np.array([row[k] for row in rows]) for k in range(3))
        return _Load(may, fixed, leg, radial)


def _of_team(problem: RoutingProblem, team: Vehicle, stops: list[Stop]) -> tuple[Seconds, Seconds, Seconds]:
    seconds = problem.matrix_by_mode[team.mode].seconds
    own = np.array([stop.location for stop in stops], dtype=np.int64)
    start, end = problem.depot_by_name[team.depot].location, problem.end_location(team)
    served = [stop for stop in problem.stops if may_serve(problem, team, stop)]
    froms = np.array([start, *(stop.location for stop in served)], dtype=np.int64)
    legs = seconds[np.ix_(froms, own)].astype(np.float64)
    shared = np.bincount(froms, minlength=seconds.shape[0])
    legs[(froms[:, None] == own[None, :]) & (shared[own] < 2)[None, :]] = np.inf
    part = np.array([round_share(stop, team) for stop in stops])
    service = np.array([stop.service_s for stop in stops], dtype=np.float64)
    every = np.unique(np.concatenate([own, froms[1:]]))
    between, place = seconds[np.ix_(every, every)].astype(np.int64), np.searchsorted(every, own)
    out = shortest_legs(seconds[start, every].astype(np.int64), between)[place]
    home = shortest_legs(seconds[every, end].astype(np.int64), between.T)[place]
    return service + part * team.reload_s, legs.min(axis=0) + part * home.min(), part * (out + home)


def _most_served(load: _Load, teams: list[Vehicle]) -> int:
    """Optimum of the linear relaxation, rounded down."""
    solver = pywraplp.Solver.CreateSolver("GLOP")
    shifts = [float(min(team.shift_end_s - team.shift_start_s, team.max_shift_s)) for team in teams]
    rows = [[solver.Constraint(-solver.infinity(), shift) for shift in shifts] for _ in range(2)]
    objective = solver.Objective()
    for stop in range(load.may.shape[1]):
        once = solver.Constraint(0.0, 1.0)
        for team in np.flatnonzero(load.may[:, stop]):
            part = solver.NumVar(0.0, 1.0, "")
            once.SetCoefficient(part, 1.0)
            for row, way in zip(rows, (load.leg, load.radial), strict=True):
                row[team].SetCoefficient(part, float(load.fixed[team, stop] + way[team, stop]))
            objective.SetCoefficient(part, 1.0)
    objective.SetMaximization()
    if solver.Solve() != pywraplp.Solver.OPTIMAL:
        return int(load.may.any(axis=0).sum())
    return int(np.floor(objective.Value() + TOLERANCE * max(1.0, objective.Value())))

"""Any file we understand: our JSON, CVRPLIB and its relatives, Solomon texts; and the solution beside it."""

from __future__ import annotations

from pathlib import Path

from routing.codec import plan_from_json, plan_to_json, problem_from_json, problem_to_json
from routing.evaluate import build_plan
from routing.formats.solomon import read_solomon
from routing.formats.solutions import read_solution, write_solution
from routing.formats.vrplib import read_vrplib
from routing.formats.writing import write_solomon, write_vrplib
from routing.model import RoutingProblem
from routing.plan import RoutePlan, Statistics, Unserved, UnservedReason, UnservedRemedy


def read_problem(path: Path) -> RoutingProblem:
    """Read a problem in the format that the suffix of its file names.

    Parameters
    ----------
    path : Path
        `.vrp` (CVRPLIB and its relatives), `.txt` (Solomon, Gehring-Homberger) or `.json` (ours).

    Raises
    ------
    ValueError
        When the suffix is unknown or the content is not what the suffix promises.
    """
    readers = {".vrp": read_vrplib, ".txt": read_solomon}
    if path.suffix in readers:
        return readers[path.suffix](path)
    if path.suffix == ".json":
        return problem_from_json(path.read_text(encoding="utf-8"))
    raise ValueError(f"{path.name} is neither .vrp, .txt nor .json.")


def write_problem(path: Path, problem: RoutingProblem) -> None:
    """Write a problem in the format that the suffix of the file names.

    Parameters
    ----------
    path : Path
        `.vrp`, `.txt` or `.json`, as in `read_problem`; everything can be said in `.json`.
    problem : RoutingProblem

    Raises
    ------
    ValueError
        When the suffix is unknown or the format has no words for something in the problem.
    """
    writers = {".vrp": write_vrplib, ".txt": write_solomon}
    if path.suffix in writers:
        path.write_text(writers[path.suffix](problem, path.stem), encoding="utf-8")
    elif path.suffix == ".json":
        path.write_text(problem_to_json(problem), encoding="utf-8")
    else:
        raise ValueError(f"{path.name} is neither .vrp, .txt nor .json.")


def read_plan(path: Path, problem: RoutingProblem) -> RoutePlan:
    """Read a plan and give it times and cost.

    Parameters
    ----------
    path : Path
        Our JSON, or a `.sol` whose clients are numbered from 1 and whose routes are given to vehicles in order.
    problem : RoutingProblem

    Raises
    ------
    ValueError
        When there are more routes than vehicles, or the rounds have no timetable.
    """
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".json":
        return plan_from_json(text)
    routes = [route for route in read_solution(text).routes if route]
    if len(routes) > len(problem.vehicles):
        raise ValueError(f"{path.name} has {len(routes)} routes for {len(problem.vehicles)} vehicles.")
    rounds = {vehicle.name: route for vehicle, route in zip(problem.vehicles, routes, strict=False)}
    served = {name for route in routes for stops in route for name in stops}
    left = [
        Unserved(stop.name, UnservedReason.NOT_FOUND, "The file does not serve it.", UnservedRemedy.MORE_TIME)
        for stop in problem.stops
        if stop.name not in served
    ]
    return build_plan(problem, rounds, left, Statistics(method="file"))


def write_plan(path: Path, problem: RoutingProblem, plan: RoutePlan) -> None:
    """Write a plan as our JSON or, by its suffix, as a `.sol` file."""
    if path.suffix == ".json":
        path.write_text(plan_to_json(plan), encoding="utf-8")
        return
    rounds = [[r.stops for r in plan.rounds if r.vehicle == vehicle.name] for vehicle in problem.vehicles]
    path.write_text(write_solution(rounds, plan.cost.total), encoding="utf-8")


def best_known(path: Path) -> float | None:
    """Cost stated in the `.sol` file beside an instance, if there is one.

    Parameters
    ----------
    path : Path
        The file of the instance.

    Returns
    -------
    float or None
        In the unit in which distances of the instance are counted here.
    """
    beside = path.with_suffix(".sol")
    return read_solution(beside.read_text(encoding="utf-8")).cost if beside.exists() else None

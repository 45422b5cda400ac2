"""Canonical JSON of problems and plans: sorted keys, no spaces, UTF-8; equal things give equal bytes and equal
hashes.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from enum import Enum
from typing import Any

from routing.model import Depot, Load, RoundLimits, RouteLock, RoutingProblem, Stability, Stop, Vehicle, Window
from routing.plan import Cost, PlannedRound, RoutePlan, Statistics, Unserved, UnservedReason, UnservedRemedy, Visit
from routing.travel_times import TravelMatrix, matrix_of

FORMAT = "louda-routing-1"


def dumps(value: object) -> str:
    """Canonical JSON text of plain data."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def plain(value: Any) -> Any:
    """Dataclasses, tuples, sets and enums as JSON data; fields that do not compare (timings) are left out."""
    if isinstance(value, TravelMatrix):
        return {"mode": value.mode, "metres": value.metres.tolist(), "seconds": value.seconds.tolist()}
    if isinstance(value, Enum):
        return value.value
    if dataclasses.is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value) if field.compare}
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    return value


def problem_hash(problem: RoutingProblem) -> str:
    """SHA-256 of everything a plan depends on, as 64 hexadecimal digits.

    Matrices enter by their own digest, so large problems hash quickly; the hash is kept with the problem.

    Parameters
    ----------
    problem : RoutingProblem
    """
    cached = problem.__dict__.get("_hash")
    if cached is None:
        body = {
            field.name: plain(getattr(problem, field.name))
            for field in dataclasses.fields(problem)
            if field.name != "matrices"
        }
        body["matrices"] = [matrix.digest() for matrix in problem.matrices]
        cached = hashlib.sha256(dumps({"format": FORMAT, "problem": body}).encode()).hexdigest()
        problem.__dict__["_hash"] = cached
    return str(cached)


def problem_to_json(problem: RoutingProblem) -> str:
    """The whole problem as canonical JSON."""
    return dumps({"format": FORMAT, "problem": plain(problem)})


def plan_to_json(plan: RoutePlan) -> str:
    """The plan as canonical JSON; timings are not part of it, so equal searches give equal bytes."""
    return dumps({"format": FORMAT, "plan": plain(plan)})


def problem_from_json(text: str) -> RoutingProblem:
    """Read what `problem_to_json` wrote.

    Raises
    ------
    IllegalProblem, ValueError, KeyError
        When the text is not such a problem.
    """
    body = _body(text, "problem")
    stability = body["stability"]
    return RoutingProblem(
        depots=tuple(Depot(**depot) for depot in body["depots"]),
        stops=tuple(_stop(stop) for stop in body["stops"]),
        vehicles=tuple(_vehicle(vehicle) for vehicle in body["vehicles"]),
        matrices=tuple(_matrix(matrix) for matrix in body["matrices"]),
        limits=RoundLimits(**body["limits"]),
        locks=tuple(RouteLock(lock["vehicle"], tuple(lock["stops"]), lock["starts_s"]) for lock in body["locks"]),
        stability=Stability(
            stability["change_cost"],
            tuple((stop, team) for stop, team in stability["vehicle_of_stop"]),
            tuple((stop, other) for stop, other in stability["stop_before"]),
        ),
        points=tuple((east, north) for east, north in body["points"]),
        notes=tuple(body["notes"]),
    )


def plan_from_json(text: str) -> RoutePlan:
    """Read what `plan_to_json` wrote; raises ValueError or KeyError when the text is not such a plan."""
    body = _body(text, "plan")
    unserved = (
        Unserved(
            item["stop"],
            UnservedReason(item["reason"]),
            item["sentence"],
            UnservedRemedy(item["remedy"]),
            item["amount"],
        )
        for item in body["unserved"]
    )
    return RoutePlan(
        problem_hash=body["problem_hash"],
        rounds=tuple(_round(item) for item in body["rounds"]),
        unserved=tuple(unserved),
        cost=Cost(**body["cost"]),
        statistics=Statistics(**body["statistics"]),
        notes=tuple(body["notes"]),
    )


def _body(text: str, kind: str) -> dict[str, Any]:
    data = json.loads(text)
    if not isinstance(data, dict) or data.get("format") != FORMAT or not isinstance(data.get(kind), dict):
        raise ValueError(f"This is not a {kind} in the format {FORMAT}.")
    body: dict[str, Any] = data[kind]
    return body


def _stop(data: dict[str, Any]) -> Stop:
    windows = tuple(Window(**window) for window in data["windows"])
    sets = {word: frozenset(data[word]) for word in ("skills", "only_vehicles")}
    return Stop(**{**data, **sets, "load": Load(**data["load"]), "windows": windows})


def _vehicle(data: dict[str, Any]) -> Vehicle:
    return Vehicle(**{**data, "capacity": Load(**data["capacity"]), "skills": frozenset(data["skills"])})


def _matrix(data: dict[str, Any]) -> TravelMatrix:
    seconds = None if data["seconds"] == data["metres"] else data["seconds"]
    return matrix_of(data["mode"], data["metres"], seconds)


def _round(data: dict[str, Any]) -> PlannedRound:
    visits = tuple(Visit(**{**visit, "load": Load(**visit["load"])}) for visit in data["visits"])
    return PlannedRound(**{**data, "load": Load(**data["load"]), "visits": visits})

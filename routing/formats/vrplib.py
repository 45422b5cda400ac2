"""CVRPLIB files and their relatives with windows, releases, several rounds and mixed fleets; also `.sol` solutions.

Conventions of the literature: CVRP distances are rounded to the nearest integer; with time windows they are
truncated to one decimal, so everything is stored in tenths. Depots of the file are location 0 and up, clients keep
their numbers.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from routing.model import HORIZON_S, UNLIMITED, Depot, Load, Problem, Stop, Vehicle, Window
from routing.travel_times import IntMatrix, Matrix

Floats = npt.NDArray[np.float64]


@dataclass
class Instance:
    """A file as it stands: header words and the rows of each section."""

    header: dict[str, str] = field(default_factory=dict)
    sections: dict[str, list[list[str]]] = field(default_factory=dict)

    def column(self, section: str, default: int, rows: int) -> list[str]:
        """Second column of a section by row, or `default` where the section is missing."""
        if section not in self.sections:
            return [str(default)] * rows
        return [row[1] for row in self.sections[section]]


def parse(text: str) -> Instance:
    """Split a file into header and sections; raises ValueError when there is nothing to read."""
    instance, current = Instance(), None
    for line in (raw.strip() for raw in text.splitlines()):
        if not line or line == "EOF":
            continue
        if line.endswith("_SECTION"):
            current = instance.sections.setdefault(line.removesuffix("_SECTION"), [])
        elif current is None or re.match(r"[A-Z_]+\s*:", line):
            word, _, value = line.partition(":")
            instance.header[word.strip()] = value.strip()
        else:
            current.append(line.split())
    if "NODE_COORD" not in instance.sections and "EDGE_WEIGHT" not in instance.sections:
        raise ValueError("This file has neither coordinates nor distances.")
    return instance


def distances(points: Floats, *, tenths: bool) -> IntMatrix:
    """Euclidean distances, rounded to integers or truncated to tenths; computed in stripes to spare memory."""
    result = np.empty((len(points), len(points)), dtype=np.int32)
    for first in range(0, len(points), 500):
        stripe = points[first : first + 500, None, :] - points[None, :, :]
        euclid = np.sqrt((stripe**2).sum(axis=2))
        result[first : first + 500] = np.floor(euclid * 10 + 1e-6) if tenths else np.floor(euclid + 0.5)
    return result


def read_vrplib(path: Path) -> Problem:
    """Read a `.vrp` file: CVRP, VRPTW, MTVRPTWR and fleets with fixed and unit costs."""
    instance = parse(path.read_text(encoding="utf-8"))
    size = int(instance.header["DIMENSION"])
    points = np.array([[float(value) for value in row[1:3]] for row in instance.sections["NODE_COORD"]])
    in_tenths = "TIME_WINDOW" in instance.sections
    scale = 10 if in_tenths else 1
    metres = distances(points, tenths=in_tenths)
    demand = [int(value) for value in instance.column("DEMAND", 0, size)]
    opening = _windows(instance, size, scale)
    release = [int(float(value) * scale) for value in instance.column("RELEASE_TIME", 0, size)]
    service = [round(float(value) * scale) for value in _service(instance, size)]
    depot = Depot("0", 0, opening[0].opens_s, opening[0].closes_s)
    stops = tuple(Stop(str(c), c, Load(g=demand[c]), service[c], (opening[c],), release[c]) for c in range(1, size))
    vehicles = _vehicles(instance, demand, depot)
    return Problem((depot,), stops, vehicles, (Matrix("foot", metres, metres),), points=_points(points))


def _points(points: Floats) -> tuple[tuple[int, int], ...]:
    return tuple((round(float(east)), round(float(north))) for east, north in points)


def _windows(instance: Instance, size: int, scale: int) -> list[Window]:
    if "TIME_WINDOW" not in instance.sections:
        return [Window()] * size
    rows = instance.sections["TIME_WINDOW"]
    return [Window(round(float(row[1]) * scale), min(HORIZON_S, round(float(row[2]) * scale))) for row in rows]


def _service(instance: Instance, size: int) -> list[str]:
    if "SERVICE_TIME" in instance.sections:
        return instance.column("SERVICE_TIME", 0, size)
    return ["0"] + [instance.header.get("SERVICE_TIME", "0")] * (size - 1)


def _vehicles(instance: Instance, demand: list[int], depot: Depot) -> tuple[Vehicle, ...]:
    """The fleet; where the file does not limit it, a quarter more vehicles than the load needs at least."""
    common = int(instance.header.get("CAPACITY", UNLIMITED))
    needed = math.ceil(sum(demand) / common)
    count = int(instance.header.get("VEHICLES", needed + needed // 4 + 3))
    capacities = [int(value) for value in instance.column("CAPACITY", common, count)]
    fixed = [round(float(value)) for value in instance.column("VEHICLES_FIXED_COST", 0, count)]
    unit = [round(float(value)) for value in instance.column("VEHICLES_UNIT_DISTANCE_COST", 1, count)]
    rounds = 10 if "VEHICLES_RELOAD_DEPOT" in instance.sections else 1
    return tuple(
        Vehicle(
            f"{index + 1}",
            depot.name,
            capacity=Load(capacities[index], UNLIMITED, UNLIMITED),
            fixed_cost=fixed[index],
            cost_per_m=unit[index],
            max_rounds=rounds,
        )
        for index in range(count)
    )


@dataclass(frozen=True, slots=True)
class Solution:
    """Rounds of each vehicle as client numbers, and the stated cost."""

    routes: tuple[tuple[tuple[str, ...], ...], ...]
    cost: float | None


def read_solution(text: str) -> Solution:
    """Read a `.sol` file; a 0 inside a route is a visit to the depot."""
    routes = []
    for match in re.finditer(r"^Route #?\d+:[ \t]*(.*)$", text, flags=re.MULTILINE):
        rounds = [tuple(part.split()) for part in re.split(r"(?:^|\s)0(?=\s|$)", match[1])]
        routes.append(tuple(stops for stops in rounds if stops))
    stated = re.search(r"^cost:?\s*([\d.]+)", text, flags=re.MULTILINE | re.IGNORECASE)
    return Solution(tuple(routes), float(stated[1]) if stated else None)


def write_solution(rounds_by_vehicle: list[list[tuple[str, ...]]], cost: int) -> str:
    """Text of a `.sol` file."""
    lines = [
        f"Route #{index}: {' 0 '.join(' '.join(stops) for stops in rounds)}"
        for index, rounds in enumerate((rounds for rounds in rounds_by_vehicle if rounds), start=1)
    ]
    return "\n".join([*lines, f"Cost: {cost}", ""])

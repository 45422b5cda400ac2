"""CVRPLIB files and their relatives with windows, releases, several rounds and mixed fleets: reading them.

Depot and clients are locations 0, 1, ... in the order of the file, and clients are named by their location, as `.sol`
files do. Files with time windows are kept in tenths (see `weights`), all others in whole units.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from routing.formats.weights import TENTHS, distances, listed
from routing.model import HORIZON_S, UNLIMITED, Depot, Load, RoutingProblem, Stop, Vehicle, Window
from routing.travel_times import IntMatrix, TravelMatrix


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

    @property
    def in_tenths(self) -> bool:
        """Whether distances and times are kept in tenths."""
        return "TIME_WINDOW" in self.sections

    def times(self, value: str) -> int:
        """A time of the file in the unit that is kept."""
        return min(HORIZON_S, round(float(value) * (TENTHS if self.in_tenths else 1)))


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


def read_vrplib(path: Path) -> RoutingProblem:
    """Read a `.vrp` file: CVRP, VRPTW, MTVRPTWR and fleets with fixed and unit costs.

    Raises
    ------
    ValueError
        When the content is not that of such a file.
    """
    instance = parse(path.read_text(encoding="utf-8"))
    size = int(instance.header["DIMENSION"])
    metres = _metres(instance, size)
    demand = [int(value) for value in instance.column("DEMAND", 0, size)]
    opening = _windows(instance, size)
    release = [instance.times(value) for value in instance.column("RELEASE_TIME", 0, size)]
    service = [instance.times(value) for value in _service(instance, size)]
    depot = Depot("0", 0, opening[0].opens_s, opening[0].closes_s)
    stops = tuple(Stop(str(c), c, Load(g=demand[c]), service[c], (opening[c],), release[c]) for c in range(1, size))
    vehicles = _vehicles(instance, demand, depot)
    return RoutingProblem((depot,), stops, vehicles, (TravelMatrix("foot", metres, metres),), points=_points(instance))


def _metres(instance: Instance, size: int) -> IntMatrix:
    if "EDGE_WEIGHT" in instance.sections:
        words = [word for row in instance.sections["EDGE_WEIGHT"] for word in row]
        order = instance.header.get("EDGE_WEIGHT_FORMAT", "")
        return listed(words, order, size, tenths=instance.in_tenths)
    points = np.array([[float(value) for value in row[1:3]] for row in instance.sections["NODE_COORD"]])
    return distances(points, tenths=instance.in_tenths)


def _points(instance: Instance) -> tuple[tuple[int, int], ...]:
    rows = instance.sections.get("NODE_COORD") or instance.sections.get("DISPLAY_DATA") or []
    return tuple((round(float(row[1])), round(float(row[2]))) for row in rows)


def _windows(instance: Instance, size: int) -> list[Window]:
    if "TIME_WINDOW" not in instance.sections:
        return [Window()] * size
    return [Window(instance.times(row[1]), instance.times(row[2])) for row in instance.sections["TIME_WINDOW"]]


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
    longest = instance.times(instance.header["DISTANCE"]) if "DISTANCE" in instance.header else HORIZON_S
    return tuple(
        Vehicle(
            f"{index + 1}",
            depot.name,
            capacity=Load(capacities[index], UNLIMITED, UNLIMITED),
            fixed_cost=fixed[index],
            cost_per_m=unit[index],
            max_rounds=rounds,
            max_round_s=longest,
        )
        for index in range(count)
    )

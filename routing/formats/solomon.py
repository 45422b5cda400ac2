"""Solomon and Gehring-Homberger texts: distances truncated to one decimal, stored in tenths."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from routing.formats.weights import distances
from routing.model import UNLIMITED, Depot, Load, RoutingProblem, Stop, Vehicle, Window
from routing.travel_times import TravelMatrix


def read_solomon(path: Path) -> RoutingProblem:
    """Read a VRPTW text; distances and times are kept in tenths of its unit.

    Parameters
    ----------
    path : Path

    Raises
    ------
    ValueError
        When the columns are missing.
    """
    lines = [line.split() for line in path.read_text(encoding="utf-8").splitlines()]
    numbers = [[float(word) for word in words] for words in lines if words and all(_is_number(word) for word in words)]
    fleet = next((row for row in numbers if len(row) == 2), None)
    rows = [row for row in numbers if len(row) == 7]
    if fleet is None or not rows:
        raise ValueError("This is not a Solomon file.")
    metres = distances(np.array([[row[1], row[2]] for row in rows]), tenths=True)
    tenths = [[round(value * 10) for value in row] for row in rows]
    depot = Depot("0", 0, tenths[0][4], tenths[0][5])
    stops = tuple(
        Stop(str(int(row[0])), index, Load(g=int(row[3])), tenth[6], (Window(tenth[4], tenth[5]),))
        for index, (row, tenth) in enumerate(zip(rows, tenths, strict=True))
        if index > 0
    )
    capacity = Load(int(fleet[1]), UNLIMITED, UNLIMITED)
    vehicles = tuple(Vehicle(str(k + 1), depot.name, capacity=capacity) for k in range(int(fleet[0])))
    points = tuple((round(row[1]), round(row[2])) for row in rows)
    return RoutingProblem((depot,), stops, vehicles, (TravelMatrix("foot", metres, metres),), points=points)


def _is_number(word: str) -> bool:
    return word.replace(".", "", 1).replace("-", "", 1).isdigit()

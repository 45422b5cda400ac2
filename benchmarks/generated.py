"""Instances drawn as those of the literature are, in any number and size: the same seed gives the same instance.

`x_like` follows the recipe of the X instances (E. Uchoa et al., "New benchmark instances for the Capacitated Vehicle
Routing Problem", European Journal of Operational Research 257(3), 2017, section 4); `homberger_like` has the shape of
the Gehring-Homberger instances of 1999: random, clustered or mixed customers, short or long horizon, windows at a part
of them. They serve where the published instances are too few or too small, and keep those for the comparison.

    python benchmarks/generated.py FOLDER --customers 10000 --seed 1     # writes FOLDER/cvrplib/G-n10001-s1.vrp
"""

from __future__ import annotations

import argparse
import math
import random
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from routing.formats.files import write_problem
from routing.formats.weights import distances
from routing.model import UNLIMITED, Depot, Load, RoutingProblem, Stop, Vehicle, Window
from routing.travel_times import TravelMatrix

GRID = 1000
DECAY = 40
"""Customers of a cluster thin out by e every so many units of distance from its seed."""
Point = tuple[int, int]


@dataclass(frozen=True)
class Shape:
    """What distinguishes one X instance from another.

    Attributes
    ----------
    depot : str
        "centre", "corner" or "random".
    clusters : int
        Number of cluster seeds; 0 for customers drawn evenly.
    half_random : bool
        Half of the customers are drawn evenly even if there are clusters.
    demand : str
        "unit", "small" (1-10), "varied" (1-100), "wide" (50-100) or "mixed" (mostly 1-10, some 50-100).
    stops_per_round : float
        How many customers a full vehicle serves on average.
    """

    depot: str = "random"
    clusters: int = 0
    half_random: bool = False
    demand: str = "varied"
    stops_per_round: float = 9.0


def shape_of(seed: int) -> Shape:
    """A shape drawn with the seed, as the set X varies them."""
    rng = random.Random(seed)
    return Shape(
        depot=rng.choice(("centre", "corner", "random")),
        clusters=rng.choice((0, rng.randint(3, 8))),
        half_random=rng.random() < 0.5,
        demand=rng.choice(("unit", "small", "varied", "wide", "mixed")),
        stops_per_round=rng.triangular(3, 25, 6),
    )


def x_like(seed: int, customers: int, shape: Shape | None = None) -> RoutingProblem:
    """A CVRP with `customers` stops on a grid of 1000 × 1000; distances are rounded to integers."""
    shape = shape or shape_of(seed)
    rng = random.Random(seed)
    points = _points(rng, customers, shape)
    demand = [_demand(rng, shape.demand) for _ in points[1:]]
    capacity = max(max(demand), math.ceil(shape.stops_per_round * sum(demand) / customers))
    metres = distances(np.array(points, dtype=np.float64), tenths=False)
    stops = tuple(Stop(str(k), k, Load(g=amount)) for k, amount in enumerate(demand, start=1))
    needed = math.ceil(sum(demand) / capacity)
    holds = Load(capacity, UNLIMITED, UNLIMITED)
    fleet = tuple(Vehicle(str(k + 1), "0", capacity=holds) for k in range(needed + needed // 4 + 3))
    return RoutingProblem((Depot("0", 0),), stops, fleet, (TravelMatrix("foot", metres, metres),), points=tuple(points))


def _points(rng: random.Random, customers: int, shape: Shape) -> list[Point]:
    """Depot and customers, all at different places."""
    depots = {"centre": (GRID // 2, GRID // 2), "corner": (0, 0), "random": _anywhere(rng)}
    points = [depots[shape.depot]]
    taken = set(points)
    evenly = customers if not shape.clusters else customers // 2 if shape.half_random else shape.clusters
    while len(points) <= evenly:
        _take(_anywhere(rng), points, taken)
    seeds = points[1 : 1 + shape.clusters]
    while len(points) <= customers:
        point = _anywhere(rng)
        density = sum(math.exp(-math.dist(point, seed) / DECAY) for seed in seeds)
        if rng.random() < density:
            _take(point, points, taken)
    return points


def _anywhere(rng: random.Random) -> Point:
    return rng.randint(0, GRID), rng.randint(0, GRID)


def _take(point: Point, points: list[Point], taken: set[Point]) -> None:
    if point not in taken:
        taken.add(point)
        points.append(point)


def _demand(rng: random.Random, kind: str) -> int:
    if kind == "mixed":
        return rng.randint(1, 10) if rng.random() < 0.8 else rng.randint(50, 100)
    lowest, highest = {"unit": (1, 1), "small": (1, 10), "varied": (1, 100), "wide": (50, 100)}[kind]
    return rng.randint(lowest, highest)


def homberger_like(seed: int, customers: int, kind: str = "R", *, long_horizon: bool = False) -> RoutingProblem:
    """A VRPTW with `customers` stops; distances are truncated to tenths.

    Parameters
    ----------
    seed, customers : int
        What is drawn, and how many stops.
    kind : str
        "R" for customers drawn evenly, "C" for clusters, "RC" for half and half.
    long_horizon : bool
        A day about four times as long, and vehicles that hold five times as much.
    """
    rng = random.Random(seed)
    side = 10 * math.isqrt(customers)
    shape = Shape("centre", {"R": 0, "C": customers // 12, "RC": customers // 12}[kind], kind == "RC")
    points = [(x * side // GRID, y * side // GRID) for x, y in _points(rng, customers, shape)]
    metres = distances(np.array(points, dtype=np.float64), tenths=True)
    service = 900 if kind == "C" else 100
    horizon = (12 * side + 9 * service) * (4 if long_horizon else 1)
    part = rng.choice((0.25, 0.5, 0.75, 1.0))
    width = rng.choice((horizon // 12, horizon // 6, horizon // 3))
    stops = []
    for k in range(1, customers + 1):
        there = int(metres[0, k])
        latest = horizon - there - service
        window = Window(0, latest)
        if rng.random() < part:
            middle = rng.randint(there, latest)
            window = Window(max(0, middle - width // 2), min(latest, max(there, middle + width // 2)))
        stops.append(Stop(str(k), k, Load(g=rng.randint(1, 35)), service, (window,)))
    holds = Load(1000 if long_horizon else 200, UNLIMITED, UNLIMITED)
    fleet = tuple(Vehicle(str(k + 1), "0", capacity=holds) for k in range(customers // 4))
    return RoutingProblem((Depot("0", 0, 0, horizon),), tuple(stops), fleet, (TravelMatrix("foot", metres, metres),),
                   points=tuple(points))  # fmt: skip


def main() -> int:
    """Write one X-like instance where `benchmarks/routing.py` looks for it."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("folder", type=Path)
    words.add_argument("--customers", type=int, default=10_000)
    words.add_argument("--seed", type=int, default=1)
    options = words.parse_args()
    shape = Shape("random", clusters=max(3, options.customers // 200), half_random=True, stops_per_round=10)
    file = options.folder / "cvrplib" / f"G-n{options.customers + 1}-s{options.seed}.vrp"
    file.parent.mkdir(parents=True, exist_ok=True)
    write_problem(file, x_like(options.seed, options.customers, shape))
    print(file)
    return 0


if __name__ == "__main__":
    sys.exit(main())

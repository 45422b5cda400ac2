"""Small problems that can be checked by hand, and random ones for properties."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np

from routing.model import Depot, Load, RoundLimits, RoutingProblem, Stop, Vehicle, Window
from routing.travel_times import TravelMatrix

HOUR = 3600


def line(stops: tuple[Stop, ...], vehicles: tuple[Vehicle, ...], **more: object) -> RoutingProblem:
    """Locations 0, 1, 2, ... on a straight street, 100 m and 100 s apart; the depot `d` is location 0."""
    size = 1 + max((stop.location for stop in stops), default=0)
    metres = np.abs(np.subtract.outer(np.arange(size), np.arange(size))).astype(np.int32) * 100
    points = tuple((100 * k, 0) for k in range(size))
    return RoutingProblem(
        (Depot("d", 0),), stops, vehicles, (TravelMatrix("foot", metres, metres),), points=points, **more
    )  # type: ignore[arg-type]


def bags(count: int) -> Load:
    """A load of so many bags."""
    return Load(bags=count)


def team(name: str = "team", **more: object) -> Vehicle:
    """A team on foot that may carry ten bags."""
    return replace(Vehicle(name, "d", capacity=Load(10**9, 10**9, 10)), **more)  # type: ignore[arg-type]


def rich_problem(seed: int, stops: int, teams: int) -> RoutingProblem:
    """A random day with zones, blackouts, releases, several rounds, prizes and every kind of limit."""
    rng = random.Random(seed)
    points = [(rng.randrange(2000), rng.randrange(2000)) for _ in range(stops + 1)]
    crow = np.array([[abs(a[0] - b[0]) + abs(a[1] - b[1]) for b in points] for a in points], dtype=np.int32)
    return RoutingProblem(
        depots=(Depot("d", 0, 0, 20 * HOUR),),
        stops=tuple(_stop(rng, k) for k in range(1, stops + 1)),
        vehicles=tuple(_team(rng, k) for k in range(teams)),
        matrices=(TravelMatrix("foot", crow, (crow * 10 // 13).astype(np.int32)), TravelMatrix("van", crow, crow // 5)),
        limits=RoundLimits(max_stops=rng.choice((4, 12, 100)), zones_in_order=rng.random() < 0.8),
        points=tuple(points),
    )


def _stop(rng: random.Random, k: int) -> Stop:
    blackout = rng.choice((None, (8 * HOUR, 12 * HOUR), (10 * HOUR, 13 * HOUR)))
    windows: tuple[Window, ...] = (Window(6 * HOUR, 20 * HOUR),)
    if blackout:
        windows = (Window(6 * HOUR, blackout[0] - 1), Window(blackout[1] + 1, 20 * HOUR))
    elif rng.random() < 0.3:
        opens = rng.randrange(7 * HOUR, 17 * HOUR)
        windows = (Window(opens, opens + rng.choice((600, HOUR, 3 * HOUR))),)
    zone = rng.choice((0, 0, 0, 1, 2))
    count = rng.randrange(1, 6) if rng.random() < 0.97 else 50
    return Stop(
        f"s{k:03d}",
        k,
        Load(count * 4000, count * 9000, count),
        service_s=rng.randrange(60, 600),
        windows=windows,
        release_s=rng.choice((0, 0, 7 * HOUR, 11 * HOUR)),
        zone=zone,
        skills=frozenset({"cold"}) if rng.random() < 0.05 else frozenset(),
        prize=None if rng.random() < 0.8 else rng.randrange(0, 4000),
    )


def _team(rng: random.Random, k: int) -> Vehicle:
    start = rng.choice((6, 8, 12)) * HOUR
    return Vehicle(
        f"t{k:02d}",
        "d",
        mode=rng.choice(("foot", "foot", "van")),
        capacity=Load(rng.choice((60_000, 200_000)), 400_000, rng.choice((10, 25))),
        shift_start_s=start,
        shift_end_s=start + rng.choice((3, 8)) * HOUR,
        fixed_cost=rng.choice((0, 500)),
        round_cost=rng.choice((0, 100)),
        cost_per_s=rng.choice((0, 1)),
        clearance=rng.choice((0, 2, 2)),
        skills=frozenset({"cold"}) if rng.random() < 0.5 else frozenset(),
        reload_s=rng.choice((0, 600)),
        max_rounds=rng.choice((1, 2, 4)),
        max_round_s=rng.choice((2, 4, 24)) * HOUR,
        max_shift_s=rng.choice((6, 24)) * HOUR,
    )

"""Splitting a large problem into groups of neighbouring vehicles and putting the parts together again.

The parts are ordinary data for the kernel: rows of the arrays, and a small copy of the matrices, which fits into the
cache.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from routing.kernel.arrays import I32, Data
from routing.kernel.near import Timing, nearest, neighbours_in_time
from routing.model import RoutingProblem

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Chains = list[list[list[int]]]
"""Stops, by number, of each round of each vehicle."""

BY_STOP = ("demand", "service", "release", "prize")
BY_VEHICLE = (
    "profile capacity start_opens start_closes end_opens end_closes reload max_rounds max_round max_shift "
    "fixed_cost round_cost per_metre per_second"
).split()
"""Arrays of which a part takes its rows as they are."""


@dataclass(frozen=True)
class ProblemPart:
    """Numbers of the stops and vehicles that belong together."""

    stops: Ints
    vehicles: Ints


def split(problem: RoutingProblem, chains: Chains, size: int, turn: int) -> list[ProblemPart]:
    """Groups of vehicles whose stops lie side by side, about `size` stops each; `turn` varies the cut.

    Vehicles are lined up by the angle of their centre seen from the middle of all stops, from a start that moves
    with `turn`; every other time they are lined up along a direction instead. Idle vehicles and unserved stops are
    shared out.
    """
    points = np.array([problem.points[stop.location] for stop in problem.stops], dtype=np.float64)
    served = [v for v, rounds in enumerate(chains) if rounds]
    idle = [v for v, rounds in enumerate(chains) if not rounds]
    members = {v: np.array([c for stops in chains[v] for c in stops], dtype=np.int64) for v in served}
    if not served:
        return [ProblemPart(np.arange(len(points)), np.arange(len(chains)))]
    centres = np.array([points[members[v]].mean(axis=0) for v in served])
    order = np.argsort(_line_up(centres, points.mean(axis=0), turn), kind="stable")
    groups = _cut([served[k] for k in order], members, size)
    owner = np.full(len(points), -1, dtype=np.int64)
    for number, group in enumerate(groups):
        for v in group:
            owner[members[v]] = number
    _adopt(points, owner)
    for k, v in enumerate(idle):
        groups[k % len(groups)].append(v)
    return [
        ProblemPart(np.flatnonzero(owner == number), np.array(sorted(group))) for number, group in enumerate(groups)
    ]


def _line_up(centres: Floats, middle: Floats, turn: int) -> Floats:
    """A sort key for each centre."""
    golden = 2.399963229728653  # the golden angle: successive turns never repeat a direction
    if turn % 2 == 0:
        angle = np.arctan2(centres[:, 1] - middle[1], centres[:, 0] - middle[0])
        key: Floats = (angle - golden * turn) % (2 * np.pi)
        return key
    along: Floats = centres @ np.array([np.cos(golden * turn), np.sin(golden * turn)])
    return along


def _cut(vehicles: Sequence[int], members: dict[int, Ints], size: int) -> list[list[int]]:
    """Consecutive vehicles until about `size` stops are together, groups of nearly equal size."""
    total = sum(len(members[v]) for v in vehicles)
    count = max(1, round(total / size))
    groups: list[list[int]] = [[] for _ in range(count)]
    seen = 0
    for v in vehicles:
        groups[min(count - 1, seen * count // max(1, total))].append(v)
        seen += len(members[v])
    return [group for group in groups if group]


def _adopt(points: Floats, owner: Ints) -> None:
    """Give each unserved stop to the group of the nearest served one."""
    known = np.flatnonzero(owner >= 0)
    for c in np.flatnonzero(owner < 0):
        gap = points[known] - points[c]
        owner[c] = owner[known[int((gap**2).sum(axis=1).argmin())]]


def part_data(data: Data, part: ProblemPart, near_count: int) -> Data:
    """The rows of `data` that belong to a part, with small matrices of their own."""
    stops, vehicles = part.stops, part.vehicles
    depots = data.stops + np.repeat(vehicles * data.slots, data.slots)
    vertices = np.concatenate([stops, depots])
    places, index = np.unique(np.concatenate([data.place_out[vertices], data.place_in[vertices]]), return_inverse=True)
    place_out, place_in = index[: len(vertices)], index[len(vertices) :]
    square = np.ix_(np.arange(data.metres_to.shape[0]), places, places)
    metres_to = _frozen(data.metres_to[square])
    metres_from = metres_to if data.metres_from is data.metres_to else _frozen(data.metres_from[square])
    seconds_to = metres_to if data.seconds_to is data.metres_to else _frozen(data.seconds_to[square])
    windows = np.concatenate([np.arange(data.first_window[c], data.first_window[c + 1]) for c in stops])
    where = {int(v): k for k, v in enumerate(vehicles)}
    own = place_out[: len(stops)].astype(np.int64)
    return data._replace(
        stops=len(stops),
        vehicle_of=np.repeat(np.arange(len(vehicles)), data.slots),
        metres_to=metres_to,
        metres_from=metres_from,
        seconds_to=seconds_to,
        seconds_from=metres_from if data.seconds_from is data.metres_from else _frozen(data.seconds_from[square]),
        place_out=place_out.astype(np.int64),
        place_in=place_in.astype(np.int64),
        zone_out=data.zone_out[vertices],
        zone_in=data.zone_in[vertices],
        first_window=np.concatenate([[0], np.cumsum(data.first_window[stops + 1] - data.first_window[stops])]).astype(
            np.int64
        ),
        opens=data.opens[windows],
        closes=data.closes[windows],
        usual_before=_local(data.usual_before[stops], {int(c): k for k, c in enumerate(stops)}),
        usual=np.array([where.get(int(v), -1 if v < 0 else len(vehicles)) for v in data.usual[stops]], dtype=np.int64),
        allowed=np.ascontiguousarray(data.allowed[np.ix_(vehicles, stops)]),
        kind=np.unique(data.kind[vehicles], return_inverse=True)[1].astype(np.int64),
        **_neighbours(data, stops, (metres_to[0], seconds_to[0]), own, near_count),
        **{word: getattr(data, word)[stops] for word in BY_STOP},
        **{word: getattr(data, word)[vehicles] for word in BY_VEHICLE},
    )


def _neighbours(data: Data, stops: Ints, matrices: tuple[I32, I32], own: Ints, count: int) -> dict[str, Any]:
    near = nearest(matrices[0], own, count)
    if not data.has_time:
        return {"near": near, "leaders": near, "followers": near}
    leaders, followers = neighbours_in_time(matrices, own, _timing(data, stops), count)
    return {"near": near, "leaders": leaders, "followers": followers}


def _timing(data: Data, stops: Ints) -> Timing:
    return Timing(
        opens=data.opens[data.first_window[stops]],
        closes=data.closes[data.first_window[stops + 1] - 1],
        service=data.service[stops],
        zone=data.zone_in[stops] if data.has_zones else np.zeros(len(stops), dtype=np.int64),
    )


def _local(numbers: Ints, where: dict[int, int]) -> Ints:
    """Numbers of stops within a part; negative marks stay, stops elsewhere become -3 (never met)."""
    return np.array([int(c) if c < 0 else where.get(int(c), -3) for c in numbers], dtype=np.int64)


def _frozen(matrix: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    contiguous = np.ascontiguousarray(matrix)
    contiguous.flags.writeable = False
    return contiguous

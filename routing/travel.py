"""Travel matrices for places in and around gated compounds.

Inside a compound people walk, with a detour factor on the crow-fly distance. Between two compounds the way leads
through an open gate of the first, along the road, through an open gate of the second: the shortest over all pairs of
gates. A compound whose gates are all closed cannot be left or entered. Places without coordinates follow the order
in which they are listed within their compound.

The default factor 1.35 is the median of 25 pedestrian pairs measured on OpenStreetMap ways (their mean speed 1.35
m/s).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from routing.model import IllegalProblem, require
from routing.providers import CrowFly, ProviderFailure, RoadProvider
from routing.travel_times import UNREACHABLE, IntMatrix, TravelMatrix

EARTH_RADIUS_M = 6_371_008.8
STEP_WITHOUT_COORDINATES_M = 40
"""Assumed between neighbouring buildings in the list when a compound has no coordinates."""

FAR = float(UNREACHABLE)

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class TravelMode:
    """A way to move: detour over crow-fly, speed in millimetres per second, on foot inside compounds."""

    name: str = "foot"
    detour_permille: int = 1350
    speed_mm_s: int = 1350
    walking_mm_s: int = 1350
    gate_check_s: int = 0
    """Time that passing one gate takes."""

    def __post_init__(self) -> None:
        require(self.detour_permille >= 1000, f"The detour factor of {self.name} cannot be below one.")
        require(self.speed_mm_s > 0 and self.walking_mm_s > 0, f"The speeds of {self.name} must be positive.")
        require(self.gate_check_s >= 0, f"A gate check of {self.name} cannot take negative time.")


FOOT = TravelMode()
CART = TravelMode("cart", 1350, 1100, 1100)
E_BIKE = TravelMode("e_bike", 1400, 4200, 1350)
VAN = TravelMode("van", 1500, 5500, 1350)


@dataclass(frozen=True, slots=True)
class TravelPlace:
    """A place to be reached. `compound` None means it lies on the street; without coordinates both are None."""

    name: str
    lat: float | None
    lon: float | None
    compound: str | None = None

    def __post_init__(self) -> None:
        require((self.lat is None) == (self.lon is None), f"Place {self.name} has only one coordinate.")
        if self.lat is not None and self.lon is not None:
            require(abs(self.lat) <= 85 and abs(self.lon) <= 180, f"Place {self.name} is not on the map.")


@dataclass(frozen=True, slots=True)
class CompoundGate:
    """A gate of a compound."""

    compound: str
    lat: float
    lon: float
    is_open: bool = True


@dataclass(frozen=True)
class Way:
    """Travel matrices of all modes, local metres of the places, and remarks (for instance about a fallback)."""

    matrices: tuple[TravelMatrix, ...]
    points: tuple[tuple[int, int], ...]
    notes: tuple[str, ...] = ()


def local_metres(coordinates: Floats) -> Floats:
    """East and north around the mean of the points, on a plane tangent there.

    Parameters
    ----------
    coordinates : ndarray [n, 2]
        WGS84 latitude and longitude in degrees; NaN where unknown.

    Returns
    -------
    ndarray [n, 2]
        Metres; good to a part in 10^4 over 20 km.
    """
    if len(coordinates) == 0:
        return np.zeros((0, 2))
    lat0, lon0 = np.nanmean(coordinates, axis=0) if not np.isnan(coordinates).all() else (0.0, 0.0)
    metres_per_degree = math.pi * EARTH_RADIUS_M / 180.0
    east = (coordinates[:, 1] - lon0) * metres_per_degree * math.cos(math.radians(lat0))
    north = (coordinates[:, 0] - lat0) * metres_per_degree
    return np.stack([east, north], axis=1)


def travel(
    places: Sequence[TravelPlace],
    gates: Sequence[CompoundGate],
    modes: Sequence[TravelMode],
    provider: RoadProvider | None = None,
) -> Way:
    """Travel matrices between all places for each mode, through the open gates of the compounds.

    Parameters
    ----------
    places : sequence of TravelPlace
        Their order is the order of rows.
    gates : sequence of CompoundGate
        A compound without any listed gate is open to all sides.
    modes : sequence of TravelMode
    provider : RoadProvider, optional
        Road metres and seconds instead of crow-fly times detour (see `routing.providers`). When it fails, crow-fly is
        used for that mode and a note says so.

    Returns
    -------
    Way
        Metres and seconds as 32-bit integers; `UNREACHABLE` where all gates are closed.

    Raises
    ------
    IllegalProblem
        When two modes have the same name.
    """
    if len({mode.name for mode in modes}) != len(modes):
        raise IllegalProblem("Two modes have the same name.")
    coordinates = _coordinates(places, gates)
    metres = local_metres(coordinates)
    network = _Network(places, gates, metres)
    notes: list[str] = []
    matrices: list[TravelMatrix] = []
    for mode in modes:
        used: RoadProvider = provider or CrowFly()
        try:
            road = used.table(coordinates, metres, mode.name, mode.detour_permille, mode.speed_mm_s)
        except ProviderFailure as failure:
            notes.append(f"{mode.name}: road times are estimated as the crow flies, because {failure}")
            road = CrowFly().table(coordinates, metres, mode.name, mode.detour_permille, mode.speed_mm_s)
        matrices.append(network.matrix(mode, *road))
    points = tuple((round(float(e)), round(float(n))) for e, n in metres[: len(places)])
    return Way(tuple(matrices), points, tuple(notes))


def _coordinates(places: Sequence[TravelPlace], gates: Sequence[CompoundGate]) -> Floats:
    """(lat, lon) of places, then gates. A place without coordinates stands in a row beside the first known of its
    compound.
    """
    rows = [[math.nan if p.lat is None else p.lat, math.nan if p.lon is None else p.lon] for p in places]
    rows += [[gate.lat, gate.lon] for gate in gates]
    array = np.array(rows, dtype=np.float64).reshape(-1, 2)
    centre = np.nanmean(array, axis=0) if len(array) and not np.isnan(array).all() else np.zeros(2)
    step = STEP_WITHOUT_COORDINATES_M * 180.0 / (math.pi * EARTH_RADIUS_M)
    counted: dict[str | None, int] = {}
    for index, place in enumerate(places):
        if place.lat is not None:
            continue
        counted[place.compound] = counted.get(place.compound, 0) + 1
        known = [
            array[k] for k, other in enumerate(places) if other.compound == place.compound and other.lat is not None
        ]
        known += [array[len(places) + k] for k, gate in enumerate(gates) if gate.compound == place.compound]
        anchor = known[0] if known and place.compound is not None else centre
        array[index] = anchor + np.array([0.0, step * counted[place.compound]])
    return array


class _Network:
    """Places and gates in local metres; builds one matrix after the other."""

    def __init__(self, places: Sequence[TravelPlace], gates: Sequence[CompoundGate], metres: Floats) -> None:
        self.count = len(places)
        self.metres = metres
        self.open = {
            compound: [self.count + k for k, gate in enumerate(gates) if gate.compound == compound and gate.is_open]
            for compound in sorted({gate.compound for gate in gates})
        }
        self.members: dict[str | None, list[int]] = {}
        for index, place in enumerate(places):
            fenced = place.compound if place.compound in self.open else None
            self.members.setdefault(fenced, []).append(index)

    def matrix(self, mode: TravelMode, road_m: Floats, road_s: Floats) -> TravelMatrix:
        """Metres and seconds of one mode; the shortest way by seconds is taken."""
        nodes = len(self.metres)
        to_node = _Legs(np.full((self.count, nodes), FAR), np.full((self.count, nodes), FAR))
        road = _Legs(road_m, road_s)
        for compound, members in self.members.items():
            if compound is None:
                to_node.put(np.ix_(members, range(nodes)), road.part(np.ix_(members, range(nodes))))
            elif self.open[compound]:
                exits = self.open[compound]
                ways = _shortest(self._to_gates(members, exits, mode), road.part(np.ix_(exits, range(nodes))))
                to_node.put(np.ix_(members, range(nodes)), ways)
        total = _Legs(np.full((self.count, self.count), FAR), np.full((self.count, self.count), FAR))
        everyone = range(self.count)
        for compound, members in self.members.items():
            if compound is None:
                total.put(np.ix_(everyone, members), to_node.part(np.ix_(everyone, members)))
                continue
            if self.open[compound]:
                entries = self.open[compound]
                inside = self._to_gates(members, entries, mode).turned()
                total.put(np.ix_(everyone, members), _shortest(to_node.part(np.ix_(everyone, entries)), inside))
            walk = self._walk(members, members)
            total.put(np.ix_(members, members), _Legs(walk, walk * 1000.0 / mode.walking_mm_s))
        np.fill_diagonal(total.metres, 0.0)
        np.fill_diagonal(total.seconds, 0.0)
        return TravelMatrix(mode.name, _whole(total.metres), _whole(total.seconds))

    def _walk(self, froms: Sequence[int], tos: Sequence[int]) -> Floats:
        gap = self.metres[froms][:, None, :] - self.metres[tos][None, :, :]
        crow: Floats = np.hypot(gap[..., 0], gap[..., 1])
        return crow * FOOT.detour_permille / 1000.0

    def _to_gates(self, members: Sequence[int], gates: Sequence[int], mode: TravelMode) -> _Legs:
        """From each member to each gate of its compound, the check there included."""
        metres = self._walk(members, gates)
        return _Legs(metres, metres * 1000.0 / mode.walking_mm_s + mode.gate_check_s)


@dataclass(frozen=True)
class _Legs:
    """Metres and seconds of the same ways."""

    metres: Floats
    seconds: Floats

    def part(self, where: tuple[npt.NDArray[np.intp], ...]) -> _Legs:
        return _Legs(self.metres[where], self.seconds[where])

    def put(self, where: tuple[npt.NDArray[np.intp], ...], legs: _Legs) -> None:
        self.metres[where], self.seconds[where] = legs.metres, legs.seconds

    def turned(self) -> _Legs:
        return _Legs(self.metres.T, self.seconds.T)


def _shortest(first: _Legs, second: _Legs) -> _Legs:
    """First legs, then second legs, over whichever middle node is quickest."""
    shape = (first.seconds.shape[0], second.seconds.shape[1])
    best = _Legs(np.full(shape, FAR), np.full(shape, FAR))
    for k in range(first.seconds.shape[1]):
        seconds = first.seconds[:, k, None] + second.seconds[None, k, :]
        metres = first.metres[:, k, None] + second.metres[None, k, :]
        better = seconds < best.seconds
        best.seconds[better], best.metres[better] = seconds[better], metres[better]
    return best


def _whole(values: Floats) -> IntMatrix:
    return np.minimum(np.rint(values), UNREACHABLE).astype(np.int32)

"""Where road times come from: crow-fly times a factor, or the `table` service of OSRM or Valhalla over HTTP.

All providers speak one small protocol. A provider that cannot answer raises `ProviderFailure`; the caller falls
back.
"""

from __future__ import annotations

import json
import math
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from routing.travel_times import UNREACHABLE

Floats = npt.NDArray[np.float64]
LARGEST_ANSWER = 200_000_000
"""Bytes; a longer answer is refused."""


class ProviderFailure(RuntimeError):
    """The provider did not give a usable table; the message completes a sentence after "because"."""


class RoadProvider(Protocol):
    """Anything that knows metres and seconds between coordinates."""

    def table(
        self, coordinates: Floats, metres: Floats, mode: str, detour_permille: int, speed_mm_s: int
    ) -> tuple[Floats, Floats]:
        """Metres and seconds between all coordinates.

        Parameters
        ----------
        coordinates : ndarray [n, 2]
            WGS84 latitude and longitude in degrees.
        metres : ndarray [n, 2]
            The same points in local metres (east, north).
        mode : str
            Name of the mode of travel.
        detour_permille : int
            Length of the way by a thousand parts of the straight line, for whoever does not know the roads.
        speed_mm_s : int
            Millimetres per second, likewise.

        Returns
        -------
        ndarray, ndarray [from, to]
            Metres and seconds; `UNREACHABLE` where there is no way.

        Raises
        ------
        ProviderFailure
            When there is no usable answer.
        """
        ...


@dataclass(frozen=True, slots=True)
class CrowFly:
    """Straight lines times a detour factor at a constant speed."""

    def table(
        self, coordinates: Floats, metres: Floats, mode: str, detour_permille: int, speed_mm_s: int
    ) -> tuple[Floats, Floats]:
        """See `RoadProvider.table`."""
        road = np.hypot(metres[:, None, 0] - metres[None, :, 0], metres[:, None, 1] - metres[None, :, 1])
        road_m: Floats = road * detour_permille / 1000.0
        return road_m, road_m * 1000.0 / speed_mm_s


@dataclass(frozen=True, slots=True)
class Osrm:
    """`/table/v1/{profile}/...` of an OSRM server, asked in blocks of at most `block` sources and destinations."""

    url: str
    profiles: tuple[tuple[str, str], ...] = (("foot", "foot"), ("cart", "foot"), ("e_bike", "bike"), ("van", "car"))
    timeout_s: float = 5.0
    block: int = 50

    def table(
        self, coordinates: Floats, metres: Floats, mode: str, detour_permille: int, speed_mm_s: int
    ) -> tuple[Floats, Floats]:
        """See `RoadProvider.table`."""
        profile = dict(self.profiles).get(mode, "foot")
        return _in_blocks(coordinates, self.block, lambda sources, targets: self._ask(profile, sources, targets))

    def _ask(self, profile: str, sources: Floats, targets: Floats) -> tuple[Floats, Floats]:
        points = ";".join(f"{lon:.6f},{lat:.6f}" for lat, lon in np.concatenate([sources, targets]))
        first = ";".join(str(k) for k in range(len(sources)))
        second = ";".join(str(len(sources) + k) for k in range(len(targets)))
        query = f"annotations=duration,distance&sources={first}&destinations={second}"
        answer = _fetch(f"{self.url.rstrip('/')}/table/v1/{profile}/{points}?{query}", None, self.timeout_s)
        if answer.get("code") != "Ok":
            raise ProviderFailure(f"the road service answered {answer.get('code')}")
        shape = (len(sources), len(targets))
        return _numbers(answer.get("distances"), shape), _numbers(answer.get("durations"), shape)


@dataclass(frozen=True, slots=True)
class Valhalla:
    """`/sources_to_targets` of a Valhalla server, asked in blocks; distances come in kilometres."""

    url: str
    costings: tuple[tuple[str, str], ...] = (
        ("foot", "pedestrian"),
        ("cart", "pedestrian"),
        ("e_bike", "bicycle"),
        ("van", "auto"),
    )
    timeout_s: float = 5.0
    block: int = 50

    def table(
        self, coordinates: Floats, metres: Floats, mode: str, detour_permille: int, speed_mm_s: int
    ) -> tuple[Floats, Floats]:
        """See `RoadProvider.table`."""
        costing = dict(self.costings).get(mode, "pedestrian")
        return _in_blocks(coordinates, self.block, lambda sources, targets: self._ask(costing, sources, targets))

    def _ask(self, costing: str, sources: Floats, targets: Floats) -> tuple[Floats, Floats]:
        body = {
            "sources": [{"lat": float(lat), "lon": float(lon)} for lat, lon in sources],
            "targets": [{"lat": float(lat), "lon": float(lon)} for lat, lon in targets],
            "costing": costing,
        }
        answer = _fetch(f"{self.url.rstrip('/')}/sources_to_targets", body, self.timeout_s)
        rows = answer.get("sources_to_targets")
        if not isinstance(rows, list):
            raise ProviderFailure("the road service gave no table")
        shape = (len(sources), len(targets))
        try:
            metres = [[None if cell["distance"] is None else cell["distance"] * 1000 for cell in row] for row in rows]
            seconds = [[cell["time"] for cell in row] for row in rows]
        except (KeyError, TypeError) as error:
            raise ProviderFailure("the road service gave an incomplete table") from error
        return _numbers(metres, shape), _numbers(seconds, shape)


def _in_blocks(coordinates: Floats, block: int, ask: Any) -> tuple[Floats, Floats]:
    size = len(coordinates)
    metres, seconds = np.zeros((size, size)), np.zeros((size, size))
    for row in range(0, size, block):
        for column in range(0, size, block):
            part = np.s_[row : row + block, column : column + block]
            metres[part], seconds[part] = ask(coordinates[row : row + block], coordinates[column : column + block])
    return metres, seconds


def _fetch(url: str, body: dict[str, Any] | None, timeout_s: float) -> dict[str, Any]:
    if not url.startswith(("http://", "https://")):
        raise ProviderFailure("its address is not a web address")
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, headers={"Content-Type": "application/json"})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=timeout_s) as response:  # noqa: S310
            answer = json.loads(response.read(LARGEST_ANSWER))
    except (OSError, urllib.error.URLError, ValueError) as error:
        raise ProviderFailure("the road service did not answer") from error
    if not isinstance(answer, dict):
        raise ProviderFailure("the road service answered something else")
    return answer


def _numbers(rows: Any, shape: tuple[int, int]) -> Floats:
    """A table of numbers; null means that there is no way."""
    try:
        cells = [[float(UNREACHABLE) if cell is None else float(cell) for cell in row] for row in rows]
        table = np.array(cells, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ProviderFailure("the road service gave something other than numbers") from error
    if table.shape != shape or not all(math.isfinite(value) and value >= 0 for value in table.flat):
        raise ProviderFailure("the road service gave a table of the wrong size")
    return table

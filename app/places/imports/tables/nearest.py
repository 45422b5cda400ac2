"""The service point nearest to a building, as the crow flies."""

from __future__ import annotations

import math
from collections.abc import Sequence

from app.places.models import ServicePoint

METRES_PER_DEGREE = 111_320


class Nearest:
    """Answers for one import; `asked` counts how often."""

    def __init__(self, points: Sequence[ServicePoint]) -> None:
        self._points = points
        self._placed = [(p.lat_e6, p.lon_e6, p) for p in points if p.lat_e6 is not None and p.lon_e6 is not None]
        self.asked = 0

    def to(self, lat_e6: int | None, lon_e6: int | None) -> tuple[ServicePoint | None, int | None]:
        """The nearest point and its distance in metres; where places are unknown the only point, without a distance."""
        self.asked += 1
        if lat_e6 is None or lon_e6 is None or not self._placed:
            return (self._points[0] if len(self._points) == 1 else None), None
        squeeze = math.cos(math.radians(lat_e6 / 1e6))
        square, _id, found = min(
            (((lat_e6 - lat) ** 2 + ((lon_e6 - lon) * squeeze) ** 2), point.id, point)
            for lat, lon, point in self._placed
        )
        return found, round(math.sqrt(square) / 1e6 * METRES_PER_DEGREE)

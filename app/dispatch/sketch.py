"""The order of stops as a small drawing: positions in a box of 1000 × 600, north up."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from app.core.db import db
from app.dispatch.queries import StopRow
from app.places.labels import building_label
from app.places.models import ServicePoint

WIDTH, HEIGHT, MARGIN = 1000, 600, 60


@dataclass(frozen=True)
class Dot:
    """A numbered place of the drawing."""

    label: str
    name: str
    x: int
    y: int


@dataclass(frozen=True)
class RoundSketch:
    """Depot, stops in order, and the line through them (SVG points)."""

    depot: Dot | None
    stops: list[Dot]
    points: str


def sketch(stops: Sequence[StopRow], depot_id: int) -> RoundSketch | None:
    """Draw a round; None where no place has coordinates."""
    depot = db.session.get_one(ServicePoint, depot_id)
    known = [stop for stop in stops if stop.lat_e6 is not None and stop.lon_e6 is not None]
    places = [(stop.lon_e6 or 0, stop.lat_e6 or 0) for stop in known]
    has_depot = depot.lat_e6 is not None and depot.lon_e6 is not None
    if has_depot:
        places.insert(0, (depot.lon_e6 or 0, depot.lat_e6 or 0))
    if not places:
        return None
    flat = _fit(places)
    start = Dot("", depot.name, *flat[0]) if has_depot else None
    rest = flat[1:] if has_depot else flat
    dots = [
        Dot(str(stop.seq), building_label(stop.compound, stop.building), x, y)
        for stop, (x, y) in zip(known, rest, strict=True)
    ]
    line = flat + flat[:1] if has_depot else flat
    return RoundSketch(start, dots, " ".join(f"{x},{y}" for x, y in line))


def _fit(places: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Scale (lon, lat) millionths into the box, one metre as long in both directions."""
    shrink = math.cos(math.radians(places[0][1] / 1e6))
    metres = [(lon * shrink, float(lat)) for lon, lat in places]
    left, bottom = min(x for x, _ in metres), min(y for _, y in metres)
    wide = max(max(x for x, _ in metres) - left, 1.0)
    high = max(max(y for _, y in metres) - bottom, 1.0)
    scale = min((WIDTH - 2 * MARGIN) / wide, (HEIGHT - 2 * MARGIN) / high)
    dx, dy = (WIDTH - wide * scale) / 2, (HEIGHT - high * scale) / 2
    return [(round(dx + (x - left) * scale), round(HEIGHT - dy - (y - bottom) * scale)) for x, y in metres]

"""The streets and houses under a sketch: the ground of a neighbourhood drawn at the scale of the round. Pure.

A street is two thin lines with white between, a house an outline: after two copies they are still told from the round,
whose line and numbers are drawn over them. Units are those of the sketch, tenths of a millimetre.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from app.printing.layout.sketch import WIDTH, Point, SketchPlace, frame_of, in_metres, on_paper, text_width

_METRES_A_DEGREE = 111_320
_MOST_NAMES, _NAME_TEXT, _LEAST_ROAD = 6, 28, 60
MOST_HOUSES = 500

Track = Sequence[tuple[int, int]]
"""Places one after the other: latitude and longitude, WGS84 in millionths of a degree."""


@dataclass(frozen=True)
class Road:
    """A street with its name, empty where the map has none."""

    name: str
    track: Track


@dataclass(frozen=True)
class Streets:
    """What a map says of an area; ``credit``: whose map it is, which paper must say."""

    roads: tuple[Road, ...] = ()
    houses: tuple[Track, ...] = ()
    credit: str = ""


@dataclass(frozen=True)
class StreetName:
    """The name of a street and the middle of its line of text."""

    name: str
    x: int
    y: int


@dataclass(frozen=True)
class PrintedGround:
    """Paths (SVG) of streets and houses, names of streets, and whose map it is."""

    roads: str
    houses: str
    names: tuple[StreetName, ...]
    credit: str


def area_of(places: Sequence[SketchPlace]) -> tuple[int, int, int, int]:
    """South, west, north, east of what a sketch of these places can show, with room around them."""
    lats, lons = [place.lat_e6 for place in places], [place.lon_e6 for place in places]
    wide = max(max(lats) - min(lats), max(lons) - min(lons), 1000)
    return min(lats) - wide, min(lons) - wide, max(lats) + wide, max(lons) + wide


def draw_ground(places: Sequence[SketchPlace], streets: Streets) -> PrintedGround | None:
    """Draw what lies under the sketch of these places; None where the map says nothing there."""
    if len(places) < 2:
        return None
    metres = in_metres(places)
    sheet = frame_of(places, metres)
    on_sheet, factor = on_paper(metres, sheet)
    aside_x, aside_y = (on_sheet[0][at] - metres[0][at] * factor for at in (0, 1))
    shrink = math.cos(math.radians(sum(place.lat_e6 for place in places) / len(places) / 1e6))

    def place(one: tuple[int, int]) -> Point:
        lat, lon = one
        x, y = lon / 1e6 * _METRES_A_DEGREE * shrink, -lat / 1e6 * _METRES_A_DEGREE
        return x * factor + aside_x, y * factor + aside_y

    lines = [(road.name, list(_clipped([place(one) for one in road.track], sheet.height))) for road in streets.roads]
    houses = [[place(one) for one in house] for house in streets.houses]
    inside = [house for house in houses if all(_is_inside(point, sheet.height) for point in house)][:MOST_HOUSES]
    roads = "".join(_path(line) for _name, parts in lines for line in parts)
    if not roads and not inside:
        return None
    names = tuple(_names(lines, [(x, y) for x, y in on_sheet], sheet.height))
    return PrintedGround(roads, "".join(f"{_path(house)}Z" for house in inside), names, streets.credit)


def _is_inside(point: Point, height: int) -> bool:
    return 8 <= point[0] <= WIDTH - 8 and 8 <= point[1] <= height - 8


def _path(line: Iterable[Point]) -> str:
    return "M" + "L".join(f"{round(x)},{round(y)}" for x, y in line)


def _clipped(line: Sequence[Point], height: int) -> Iterator[list[Point]]:
    """The pieces of a line within the frame."""
    piece: list[Point] = []
    for start, end in pairwise(line):
        part = _segment(start, end, height)
        if part is None:
            if piece:
                yield piece
            piece = []
            continue
        if piece and piece[-1] != part[0]:
            yield piece
            piece = []
        piece = [*(piece or [part[0]]), part[1]]
    if piece:
        yield piece


def _segment(start: Point, end: Point, height: int) -> tuple[Point, Point] | None:
    """The part of a straight line within the frame (Liang and Barsky)."""
    (x, y), dx, dy = start, end[0] - start[0], end[1] - start[1]
    first, last = 0.0, 1.0
    for run, room in ((-dx, x - 4), (dx, WIDTH - 4 - x), (-dy, y - 4), (dy, height - 4 - y)):
        if run == 0 and room < 0:
            return None
        if run < 0:
            first = max(first, room / run)
        elif run > 0:
            last = min(last, room / run)
    if first > last:
        return None
    return (x + dx * first, y + dy * first), (x + dx * last, y + dy * last)


def _names(
    lines: Iterable[tuple[str, list[list[Point]]]], markers: Sequence[Point], height: int
) -> Iterator[StreetName]:
    """The longest named streets, each once, where its name covers no marker and no other name."""
    longest: dict[str, tuple[float, Point]] = {}
    for name, parts in lines:
        for part in parts if name else ():
            for start, end in pairwise(part):
                long, middle = math.dist(start, end), ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
                longest[name] = max(longest.get(name, (0.0, middle)), (long, middle))
    taken = [(x - 40, y - 40, x + 40, y + 40) for x, y in markers]
    found = 0
    for name, (long, (x, y)) in sorted(longest.items(), key=lambda one: (-one[1][0], one[0])):
        half = text_width(name, _NAME_TEXT) / 2 + 4
        box = (x - half, y - 18, x + half, y + 18)
        is_free = not any(box[0] < b[2] and b[0] < box[2] and box[1] < b[3] and b[1] < box[3] for b in taken)
        if found < _MOST_NAMES and long >= _LEAST_ROAD and is_free and half < x < WIDTH - half and 40 < y < height - 60:
            taken.append(box)
            found += 1
            yield StreetName(name, round(x), round(y))

"""A map sketch of one round, drawn from coordinates alone: no map server, readable when photocopied. Pure.

Distances on paper are integers in tenths of a millimetre. North is up; one scale for both directions.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

WIDTH = 1860
HEIGHT = 680
_MARGIN = 110
_MARKER = 32
_TEXT = 34
_METRES_A_DEGREE = 111_320
_SCALES_M = (10, 20, 50, 100, 200, 500, 1000, 2000, 5000)


@dataclass(frozen=True)
class Place:
    """A point on the ground, WGS84 in millionths of a degree. ``kind`` is depot, gate or stop."""

    kind: str
    label: str
    lat_e6: int
    lon_e6: int
    seq: int = 0
    compound: str = ""
    is_sealed: bool = False


@dataclass(frozen=True)
class Mark:
    """A place on paper: marker at (x, y), text at (text_x, text_y) with an SVG anchor, true position (at_x, at_y)."""

    kind: str
    label: str
    seq: int
    is_sealed: bool
    x: int
    y: int
    at_x: int
    at_y: int
    text_x: int
    text_y: int
    anchor: str


@dataclass(frozen=True)
class Outline:
    """A compound: its padded rectangle and its name."""

    name: str
    x: int
    y: int
    width: int
    height: int
    text_x: int
    text_y: int


@dataclass(frozen=True)
class Sketch:
    """Everything the template draws; ``path`` is the SVG points list of the walk, depot to depot."""

    width: int
    height: int
    marks: tuple[Mark, ...]
    outlines: tuple[Outline, ...]
    path: str
    scale_m: int
    scale_length: int


class _Spots(NamedTuple):
    x: int
    y: int
    at_x: int
    at_y: int
    text_x: int
    text_y: int


Point = tuple[float, float]
Box = tuple[float, float, float, float]
_FURNITURE: list[Box] = [(1750.0, 20.0, 1850.0, 180.0), (1480.0, 590.0, 1850.0, 680.0)]
"""The corners of the north arrow and the scale."""


def _metres(places: Sequence[Place]) -> list[Point]:
    middle = sum(place.lat_e6 for place in places) / len(places) / 1e6
    shrink = math.cos(math.radians(middle))
    return [
        (place.lon_e6 / 1e6 * _METRES_A_DEGREE * shrink, -place.lat_e6 / 1e6 * _METRES_A_DEGREE) for place in places
    ]


def _on_paper(points: Sequence[Point]) -> tuple[list[Point], float]:
    """Return points on paper and paper units a metre."""
    left, right = min(x for x, _ in points), max(x for x, _ in points)
    top, bottom = min(y for _, y in points), max(y for _, y in points)
    inner_width, inner_height = WIDTH - 2 * _MARGIN - 160, HEIGHT - 2 * _MARGIN
    factor = min(inner_width / max(right - left, 60.0), inner_height / max(bottom - top, 60.0))
    shift_x = (WIDTH - (right - left) * factor) / 2
    shift_y = (HEIGHT - (bottom - top) * factor) / 2
    return [((x - left) * factor + shift_x, (y - top) * factor + shift_y) for x, y in points], factor


def _pushed_apart(points: Sequence[Point]) -> list[Point]:
    """Move markers that would cover each other, a little at a time; the same input gives the same picture."""
    moved = list(points)
    wanted = _MARKER * 2.3
    for _ in range(60):
        calm = True
        for first in range(len(moved)):
            for second in range(first + 1, len(moved)):
                (ax, ay), (bx, by) = moved[first], moved[second]
                distance = math.hypot(bx - ax, by - ay)
                if distance >= wanted:
                    continue
                calm = False
                angle = math.atan2(by - ay, bx - ax) if distance > 1 else second * 2.4
                push = (wanted - distance) / 2 + 0.5
                moved[first] = (ax - math.cos(angle) * push, ay - math.sin(angle) * push)
                moved[second] = (bx + math.cos(angle) * push, by + math.sin(angle) * push)
        if calm:
            break
    edge = _MARKER * 1.5
    return [(min(max(x, edge), WIDTH - edge), min(max(y, edge), HEIGHT - edge)) for x, y in moved]


def _text_width(text: str) -> float:
    return sum(_TEXT if ord(character) > 0x2E7F else _TEXT * 0.56 for character in text)


def _candidates(x: float, y: float, width: float) -> list[tuple[str, float, float, Box]]:
    gap, half = _MARKER + 10, _TEXT * 0.55
    places = []
    for anchor, dx, dy in (
        ("start", gap, 0.0),
        ("end", -gap, 0.0),
        ("middle", 0.0, -gap - half),
        ("middle", 0.0, gap + half),
        ("start", gap * 0.7, -gap),
        ("start", gap * 0.7, gap),
        ("end", -gap * 0.7, -gap),
        ("end", -gap * 0.7, gap),
    ):
        left = {"start": x + dx, "end": x + dx - width, "middle": x + dx - width / 2}[anchor]
        places.append((anchor, x + dx, y + dy, (left, y + dy - half, left + width, y + dy + half)))
    return places


def _overlap(one: Box, other: Box) -> float:
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    return max(0.0, width) * max(0.0, height)


def _cost(box: Box, taken: Sequence[Box], line: Sequence[Point]) -> float:
    outside = max(0.0, -box[0]) + max(0.0, box[2] - WIDTH) + max(0.0, -box[1]) + max(0.0, box[3] - HEIGHT)
    crossed = sum(1 for x, y in line if box[0] - 4 <= x <= box[2] + 4 and box[1] <= y <= box[3])
    return sum(_overlap(box, other) for other in taken) + outside * 1000 + crossed * 120


def _sampled(path: Sequence[Point]) -> list[Point]:
    """Points every few units along the walk, so that texts keep off the line."""
    points = []
    for (ax, ay), (bx, by) in pairwise(path):
        steps = max(1, round(math.hypot(bx - ax, by - ay) / 12))
        points += [(ax + (bx - ax) * at / steps, ay + (by - ay) * at / steps) for at in range(steps)]
    return points


def _labelled(
    places: Sequence[Place], true: Sequence[Point], moved: Sequence[Point], line: Sequence[Point]
) -> tuple[tuple[Mark, ...], list[Box]]:
    taken: list[Box] = [(x - _MARKER, y - _MARKER, x + _MARKER, y + _MARKER) for x, y in moved]
    taken += _FURNITURE
    marks = []
    for place, (at_x, at_y), (x, y) in zip(places, true, moved, strict=True):
        options = _candidates(x, y, _text_width(place.label))
        anchor, text_x, text_y, box = min(options, key=lambda option: _cost(option[3], taken, line))
        taken.append(box)
        at = _Spots(round(x), round(y), round(at_x), round(at_y), round(text_x), round(text_y))
        marks.append(Mark(place.kind, place.label, place.seq, place.is_sealed, *at, anchor))
    return tuple(marks), taken


def _named(name: str, area: Box, taken: list[Box], line: Sequence[Point]) -> Outline:
    """Put the name of a compound where it hides least: inside a corner or just outside an edge."""
    left, top, right, bottom = area
    width, half = _text_width(name), _TEXT * 0.55
    rows = (top - half - 4, bottom + half + 4, top + half + 8, bottom - half - 8)
    spots = [(x, y) for y in rows for x in (left + 14, right - width - 14)]
    boxes = [(x, y - half, x + width, y + half) for x, y in spots]
    box = min(boxes, key=lambda option: _cost(option, taken, line))
    taken.append(box)
    numbers = (left, top, right - left, bottom - top, box[0], (box[1] + box[3]) / 2)
    return Outline(name, *(round(number) for number in numbers))


def _outlines(
    places: Sequence[Place], moved: Sequence[Point], taken: list[Box], line: Sequence[Point]
) -> tuple[Outline, ...]:
    result = []
    for name in sorted({place.compound for place in places if place.compound}):
        own = [point for place, point in zip(places, moved, strict=True) if place.compound == name]
        pad = _MARKER * 2.0
        left, top = max(min(x for x, _ in own) - pad, 6), max(min(y for _, y in own) - pad, 6)
        right, bottom = min(max(x for x, _ in own) + pad, WIDTH - 6), min(max(y for _, y in own) + pad, HEIGHT - 6)
        result.append(_named(name, (left, top, right, bottom), taken, line))
    return tuple(result)


def _walk(places: Sequence[Place], moved: Sequence[Point]) -> list[Point]:
    """Join depot, stops in their order, and the depot again."""
    located = list(zip(places, moved, strict=True))
    depot = [point for place, point in located if place.kind == "depot"]
    stops = [point for place, point in sorted(located, key=lambda pair: pair[0].seq) if place.kind == "stop"]
    return depot + stops + depot


def draw(places: Sequence[Place]) -> Sketch | None:
    """Lay out a round; None when there is nothing to draw (fewer than two places)."""
    if len(places) < 2:
        return None
    true, factor = _on_paper(_metres(places))
    moved = _pushed_apart(true)
    walk = _walk(places, moved)
    line = _sampled(walk)
    marks, taken = _labelled(places, true, moved, line)
    outlines = _outlines(places, moved, taken, line)
    path = " ".join(f"{round(x)},{round(y)}" for x, y in walk)
    fitting = [metres for metres in _SCALES_M if metres * factor <= 320] or [_SCALES_M[0]]
    return Sketch(WIDTH, HEIGHT, marks, outlines, path, fitting[-1], round(fitting[-1] * factor))

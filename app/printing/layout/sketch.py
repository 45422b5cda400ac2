"""A map sketch of one round, drawn from coordinates alone: no map server, readable when photocopied. Pure.

Distances on paper are integers in tenths of a millimetre. North is up; one scale for both directions.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import ClassVar, NamedTuple

from app.printing.layout.label_fit import width_ems

WIDTH = 1860
HEIGHT = 480  # so that up to eight stops lie on the same page
MIDDLE = 660
TALL = 900  # a short round leaves room on its page
TALLEST = 1100  # a long round takes a second page anyway
_FEW_STOPS, _SOME_STOPS, _MANY_STOPS = 4, 6, 8
_MARGIN = 110
_MARKER = 32
_FAR = 80  # from its marker to its text
_CROWDED, _SMALL_MARKER = 28, 24  # beyond so many places the markers shrink
_TEXT = 34
_NAME_TEXT = 30
_METRES_A_DEGREE = 111_320
_SCALES_M = (10, 20, 50, 100, 200, 500, 1000, 2000, 5000)


@dataclass(frozen=True)
class SketchPlace:
    """A point on the ground, WGS84 in millionths of a degree. ``kind`` is depot, gate or stop."""

    kind: str
    label: str
    lat_e6: int
    lon_e6: int
    seq: int = 0
    compound: str = ""
    is_sealed: bool = False


@dataclass(frozen=True)
class SketchMark:
    """A place on paper: marker at (x, y), text at (text_x, text_y) with an SVG anchor, true position (at_x, at_y)."""

    hashed_as: ClassVar[str] = "Mark"

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

    @property
    def has_leader(self) -> bool:
        """Whether the text stands so far off that a line leads to it."""
        return bool(self.label) and math.dist((self.x, self.y), (self.text_x, self.text_y)) > _FAR


@dataclass(frozen=True)
class CompoundOutline:
    """A compound: its padded rectangle and its name."""

    hashed_as: ClassVar[str] = "Outline"

    name: str
    x: int
    y: int
    width: int
    height: int
    text_x: int
    text_y: int


@dataclass(frozen=True)
class Arrow:
    """A head in the middle of a leg of the walk, pointing on: its tip and the two ends of its wings."""

    points: str


@dataclass(frozen=True)
class PrintedSketch:
    """Everything the template draws; ``path`` is the SVG points list of the walk, depot to depot.

    ``is_numbered``: the names of all buildings do not fit, so none is written; the numbers lead to the table.
    """

    hashed_as: ClassVar[str] = "Sketch"

    width: int
    height: int
    marks: tuple[SketchMark, ...]
    outlines: tuple[CompoundOutline, ...]
    path: str
    arrows: tuple[Arrow, ...]
    radius: int
    scale_m: int
    scale_length: int
    is_numbered: bool = False


class _Spots(NamedTuple):
    x: int
    y: int
    at_x: int
    at_y: int
    text_x: int
    text_y: int


class _At(NamedTuple):
    """A place on paper: its marker, and where it truly lies."""

    x: float
    y: float
    true_x: float
    true_y: float


Point = tuple[float, float]
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class SketchSheet:
    """The frame to draw in and the size of the markers."""

    height: int
    radius: int

    @property
    def furniture(self) -> list[Box]:
        """The corners of the north arrow and the scale."""
        return [(1750.0, 20.0, 1850.0, 180.0), (1480.0, self.height - 90.0, 1850.0, float(self.height))]


def in_metres(places: Sequence[SketchPlace]) -> list[Point]:
    """East and south of places in metres, at the latitude of their middle."""
    middle = sum(place.lat_e6 for place in places) / len(places) / 1e6
    shrink = math.cos(math.radians(middle))
    return [
        (place.lon_e6 / 1e6 * _METRES_A_DEGREE * shrink, -place.lat_e6 / 1e6 * _METRES_A_DEGREE) for place in places
    ]


def on_paper(points: Sequence[Point], sheet: SketchSheet) -> tuple[list[Point], float]:
    """Return points on paper and paper units a metre."""
    left, right = min(x for x, _ in points), max(x for x, _ in points)
    top, bottom = min(y for _, y in points), max(y for _, y in points)
    inner_width, inner_height = WIDTH - 2 * _MARGIN - 160, sheet.height - 2 * _MARGIN
    factor = min(inner_width / max(right - left, 60.0), inner_height / max(bottom - top, 60.0))
    shift_x = (WIDTH - (right - left) * factor) / 2
    shift_y = (sheet.height - (bottom - top) * factor) / 2
    return [((x - left) * factor + shift_x, (y - top) * factor + shift_y) for x, y in points], factor


def _inside(point: Point, sheet: SketchSheet) -> Point:
    """Keep a marker within the frame and off the north arrow and the scale."""
    edge = sheet.radius * 1.3
    x, y = min(max(point[0], edge), WIDTH - edge), min(max(point[1], edge), sheet.height - edge)
    for left, top, _right, bottom in sheet.furniture:
        if x > left - edge and top - edge < y < bottom + edge:
            x = left - edge
    return x, y


def _pushed_apart(points: Sequence[Point], sheet: SketchSheet) -> list[Point]:
    """Move markers that would cover each other, a little at a time; the same input gives the same picture."""
    moved = [_inside(point, sheet) for point in points]
    wanted = sheet.radius * 2.3
    for _ in range(400):
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
                moved[first] = _inside((ax - math.cos(angle) * push, ay - math.sin(angle) * push), sheet)
                moved[second] = _inside((bx + math.cos(angle) * push, by + math.sin(angle) * push), sheet)
        if calm:
            break
    return moved


def text_width(text: str, size: int = _TEXT) -> float:
    """Width of a text on the sketch, never less than what is drawn."""
    return width_ems(text) * size / 1000


def _candidates(x: float, y: float, width: float, radius: int) -> list[tuple[str, float, float, Box]]:
    gap, half = radius + 10, _TEXT * 0.55
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


def _far_candidates(x: float, y: float, width: float) -> list[tuple[str, float, float, Box]]:
    """Places further off for what must have its name: a gate or the depot in the middle of a crowd."""
    half, places = _TEXT * 0.55, []
    for away in range(120, 900, 60):
        for turn in range(16):
            dx, dy = away * math.cos(turn * math.pi / 8), away * math.sin(turn * math.pi / 8)
            anchor, left = ("start", x + dx) if dx >= 0 else ("end", x + dx - width)
            places.append((anchor, x + dx, y + dy, (left - 6, y + dy - half, left + width + 6, y + dy + half)))
    return places


def _overlap(one: Box, other: Box) -> float:
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    return max(0.0, width) * max(0.0, height)


def _is_free(box: Box, taken: Sequence[Box], sheet: SketchSheet) -> bool:
    inside = box[0] >= 0 and box[1] >= 0 and box[2] <= WIDTH and box[3] <= sheet.height
    return inside and not any(_overlap(box, other) for other in taken)


def _crossed(box: Box, line: Sequence[Point]) -> int:
    """How much of the walk a text would hide."""
    return sum(1 for x, y in line if box[0] - 4 <= x <= box[2] + 4 and box[1] <= y <= box[3])


def _sampled(path: Sequence[Point]) -> list[Point]:
    """Points every few units along the walk, so that texts keep off the line."""
    points = []
    for (ax, ay), (bx, by) in pairwise(path):
        steps = max(1, round(math.hypot(bx - ax, by - ay) / 12))
        points += [(ax + (bx - ax) * at / steps, ay + (by - ay) * at / steps) for at in range(steps)]
    return points


class _Table:
    """What lies on the sheet so far: markers, furniture, texts; and the walk, which texts should not hide."""

    def __init__(self, moved: Sequence[Point], line: Sequence[Point], sheet: SketchSheet) -> None:
        radius = sheet.radius
        self.sheet, self.line = sheet, line
        self.taken: list[Box] = [(x - radius, y - radius, x + radius, y + radius) for x, y in moved]
        self.taken += sheet.furniture

    def best(self, boxes: Sequence[Box]) -> int | None:
        """Take the free box that hides least of the walk; None where all are taken."""
        free = [at for at, box in enumerate(boxes) if _is_free(box, self.taken, self.sheet)]
        if not free:
            return None
        chosen = min(free, key=lambda at: (_crossed(boxes[at], self.line), at))
        self.taken.append(boxes[chosen])
        return chosen

    def first(self, boxes: Sequence[Box]) -> int | None:
        """Take the first box that is free: the nearest."""
        chosen = next((at for at, box in enumerate(boxes) if _is_free(box, self.taken, self.sheet)), None)
        if chosen is not None:
            self.taken.append(boxes[chosen])
        return chosen

    def least_hidden(self, boxes: Sequence[Box]) -> Box:
        """Take the box that covers least of what lies there, then least of the walk."""
        box = min(boxes, key=lambda one: (sum(_overlap(one, other) for other in self.taken), _crossed(one, self.line)))
        self.taken.append(box)
        return box


def _labelled(places: Sequence[SketchPlace], spots: Sequence[_At], table: _Table) -> tuple[list[SketchMark], int]:
    """Put a text beside each marker; return the marks and how many texts found no place."""
    marks, left_out = [], 0
    for place, at in zip(places, spots, strict=True):
        options = _candidates(at.x, at.y, text_width(place.label), table.sheet.radius)
        chosen = table.best([option[3] for option in options]) if place.label else None
        if chosen is None and place.label and place.kind != "stop":
            options = _far_candidates(at.x, at.y, text_width(place.label))
            chosen = table.first([option[3] for option in options])
        left_out += chosen is None and bool(place.label)
        anchor, text_x, text_y, _box = options[chosen or 0]
        numbers = _Spots(*(round(number) for number in (at.x, at.y, at.true_x, at.true_y, text_x, text_y)))
        label = place.label if chosen is not None else ""
        marks.append(SketchMark(place.kind, label, place.seq, place.is_sealed, *numbers, anchor))
    return marks, left_out


def _named(name: str, area: Box, table: _Table) -> CompoundOutline:
    """Put the name of a compound on its own edge, where least is hidden; a name is never left out."""
    left, top, right, bottom = area
    width, half = text_width(name, _NAME_TEXT), _NAME_TEXT * 0.6
    edges = [left + 24, right - width - 24, (left + right - width) / 2]
    columns = [min(max(x, 6.0), WIDTH - width - 6) for x in edges]
    boxes = [(x, y - half, x + width, y + half) for y in (top, bottom) for x in columns]
    box = table.least_hidden(boxes)
    numbers = (left, top, right - left, bottom - top, box[0], (box[1] + box[3]) / 2)
    return CompoundOutline(name, *(round(number) for number in numbers))


def _outlines(places: Sequence[SketchPlace], spots: Sequence[_At], table: _Table) -> tuple[CompoundOutline, ...]:
    result = []
    for name in sorted({place.compound for place in places if place.compound}):
        own = [at for place, at in zip(places, spots, strict=True) if place.compound == name]
        pad = table.sheet.radius * 2.0
        left, top = max(min(at.x for at in own) - pad, 6), max(min(at.y for at in own) - pad, 24)
        right = min(max(at.x for at in own) + pad, WIDTH - 6)
        bottom = min(max(at.y for at in own) + pad, table.sheet.height - 24)
        result.append(_named(name, (left, top, right, bottom), table))
    return tuple(result)


def _walk(places: Sequence[SketchPlace], moved: Sequence[Point]) -> list[Point]:
    """Join depot, stops in their order, and the depot again."""
    located = list(zip(places, moved, strict=True))
    depot = [point for place, point in located if place.kind == "depot"]
    stops = [point for place, point in sorted(located, key=lambda pair: pair[0].seq) if place.kind == "stop"]
    return depot + stops + depot


def _arrows(walk: Sequence[Point], radius: int) -> Iterator[Arrow]:
    """A head on each leg that is long enough to carry one."""
    for (ax, ay), (bx, by) in pairwise(walk):
        length = math.hypot(bx - ax, by - ay)
        if length < 4.5 * radius:
            continue
        dx, dy = (bx - ax) / length, (by - ay) / length
        x, y = (ax + bx) / 2 + dx * 16, (ay + by) / 2 + dy * 16
        wings = ((x - dx * 34 - dy * 17, y - dy * 34 + dx * 17), (x - dx * 34 + dy * 17, y - dy * 34 - dx * 17))
        yield Arrow(" ".join(f"{round(px)},{round(py)}" for px, py in (wings[0], (x, y), wings[1])))


def frame_of(places: Sequence[SketchPlace], metres: Sequence[Point]) -> SketchSheet:
    """As high as the ground asks for at full width, within what the page can give."""
    stops = sum(1 for place in places if place.kind == "stop")
    radius = _MARKER if len(places) <= _CROWDED else _SMALL_MARKER
    if stops <= _FEW_STOPS:
        return SketchSheet(TALL, radius)
    if stops <= _SOME_STOPS:
        return SketchSheet(MIDDLE, radius)
    if stops <= _MANY_STOPS:
        return SketchSheet(HEIGHT, radius)
    across = max(x for x, _ in metres) - min(x for x, _ in metres)
    down = max(y for _, y in metres) - min(y for _, y in metres)
    wished = round(down * (WIDTH - 2 * _MARGIN - 160) / max(across, 60.0)) + 2 * _MARGIN
    return SketchSheet(min(max(wished, HEIGHT), TALLEST), radius)


def draw(places: Sequence[SketchPlace]) -> PrintedSketch | None:
    """Lay out a round; None when there is nothing to draw (fewer than two places)."""
    if len(places) < 2:
        return None
    metres = in_metres(places)
    sheet = frame_of(places, metres)
    true, factor = on_paper(metres, sheet)
    moved = _pushed_apart(true, sheet)
    walk = _walk(places, moved)
    spots = [_At(*point, *at) for point, at in zip(moved, true, strict=True)]
    marks, outlines, left_out = _texts(places, spots, _Table(moved, _sampled(walk), sheet))
    if left_out:
        unnamed = [replace(place, label="") if place.kind == "stop" else place for place in places]
        marks, outlines, _left = _texts(unnamed, spots, _Table(moved, _sampled(walk), sheet))
    path = " ".join(f"{round(x)},{round(y)}" for x, y in walk)
    fitting = [metres for metres in _SCALES_M if metres * factor <= 320] or [_SCALES_M[0]]
    arrows = tuple(_arrows(walk, sheet.radius))
    scale = fitting[-1], round(fitting[-1] * factor)
    return PrintedSketch(WIDTH, sheet.height, tuple(marks), outlines, path, arrows, sheet.radius, *scale, left_out > 0)


def _texts(
    places: Sequence[SketchPlace], spots: Sequence[_At], table: _Table
) -> tuple[list[SketchMark], tuple[CompoundOutline, ...], int]:
    """Compounds, depot and gates come first: without them the numbers say little."""
    outlines = _outlines(places, spots, table)
    order = sorted(range(len(places)), key=lambda at: places[at].kind == "stop")
    found, left_out = _labelled([places[at] for at in order], [spots[at] for at in order], table)
    marks = [mark for _at, mark in sorted(zip(order, found, strict=True), key=lambda pair: pair[0])]
    return marks, outlines, left_out

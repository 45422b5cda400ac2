"""The map sketch: nothing covers anything, north and scale are true, every stop has its number."""

from __future__ import annotations

import math
import random
from dataclasses import replace

import pytest

from app.printing.layout import sketch
from app.printing.layout.sketch import PrintedSketch, SketchMark, SketchPlace
from app.printing.pdf.html import html_of
from tests import messages
from tests.printing import invented

Box = tuple[float, float, float, float]


def a_round(seed: int) -> list[SketchPlace]:
    """One depot, up to two gates, up to 24 stops in two compounds, close together or far apart."""
    chance = random.Random(seed)
    span = chance.choice((120, 900, 3000, 12_000))
    places = [SketchPlace("depot", "西门点位", 30_268_000, 120_196_000)]

    def somewhere() -> tuple[int, int]:
        return 30_268_000 + chance.randint(-span, span), 120_196_000 + chance.randint(-span, span)

    places += [SketchPlace("gate", name, *somewhere()) for name in ("北门", "东南二号门")[: chance.randint(0, 2)]]
    for seq in range(1, chance.randint(1, 24) + 1):
        compound = chance.choice(("桂花苑", "金色江南花园城市广场二期"))
        label = chance.choice((f"{chance.randint(1, 199)}号楼", f"{chance.randint(1, 99)}幢", "商务楼A座"))
        places.append(SketchPlace("stop", label, *somewhere(), seq, compound, chance.random() < 0.2))
    return places


def drawn(seed: int) -> PrintedSketch:
    made = sketch.draw(a_round(seed))
    assert made is not None
    return made


def text_box(mark: SketchMark) -> Box:
    width = sketch.text_width(mark.label)
    left = mark.text_x - {"start": 0.0, "middle": width / 2, "end": width}[mark.anchor]
    return left, mark.text_y - 17, left + width, mark.text_y + 17


def covers(one: Box, other: Box, slack: float = 4.0) -> bool:
    across = min(one[2], other[2]) - max(one[0], other[0])
    down = min(one[3], other[3]) - max(one[1], other[1])
    return across > slack and down > slack


@pytest.mark.parametrize("seed", range(60))
def test_markers_and_texts_cover_nothing_and_stay_on_the_sheet(seed: int) -> None:
    made = drawn(seed)
    spots = [(mark.x, mark.y) for mark in made.marks]
    for at, spot in enumerate(spots):
        assert made.radius <= spot[0] <= made.width - made.radius
        assert made.radius <= spot[1] <= made.height - made.radius
        assert all(math.dist(spot, other) >= 2 * made.radius for other in spots[:at])
    texts = [text_box(mark) for mark in made.marks if mark.label]
    markers = [(x - made.radius, y - made.radius, x + made.radius, y + made.radius) for x, y in spots]
    furniture = [(1750.0, 20.0, 1850.0, 180.0), (1480.0, made.height - 90.0, 1850.0, float(made.height))]
    for at, text in enumerate(texts):
        assert text[0] >= -2
        assert text[2] <= made.width + 2
        assert not any(covers(text, other) for other in (*texts[:at], *markers, *furniture))


def test_where_not_every_name_fits_the_sketch_has_numbers_only_and_says_so() -> None:
    crowded = [
        SketchPlace("depot", "仓", 30_268_000, 120_196_000),
        SketchPlace("gate", "北门", 30_268_090, 120_196_100),
    ]
    for seq in range(1, 25):
        spot = 30_268_000 + seq % 5 * 60, 120_196_000 + seq // 5 * 70
        crowded.append(SketchPlace("stop", f"东侧商务楼{seq}号楼", *spot, seq, "桂花苑", seq > 20))
    tight, loose = sketch.draw(crowded), sketch.draw(crowded[:6])
    assert tight is not None
    assert loose is not None
    assert (tight.is_numbered, loose.is_numbered) == (True, False)
    assert {mark.label for mark in tight.marks if mark.kind == "stop"} == {""}
    assert {mark.label for mark in tight.marks if mark.kind != "stop"} == {"仓", "北门"}
    assert [area.name for area in tight.outlines] == ["桂花苑"]
    page = html_of(invented.stamped(replace(invented.a_route_sheet(), sketch=tight)))
    assert messages.NUMBERS_ON_SKETCH in page
    assert messages.NUMBERS_ON_SKETCH not in html_of(invented.stamped(replace(invented.a_route_sheet(), sketch=loose)))


@pytest.mark.parametrize("seed", range(60))
def test_names_are_on_the_sketch_all_or_none_and_every_compound_is_named(seed: int) -> None:
    made = drawn(seed)
    named = {bool(mark.label) for mark in made.marks if mark.kind == "stop"}
    assert named == {not made.is_numbered}
    assert all(area.name for area in made.outlines)
    for area in made.outlines:
        assert abs(area.text_y - area.y) <= 1 or abs(area.text_y - area.y - area.height) <= 1, "on its own edge"
        assert area.text_x >= 0
        assert area.text_x + sketch.text_width(area.name, 30) <= made.width


@pytest.mark.parametrize("seed", range(20))
def test_every_stop_keeps_its_number_and_the_walk_goes_from_depot_to_depot(seed: int) -> None:
    places, made = a_round(seed), drawn(seed)
    stops = [place.seq for place in places if place.kind == "stop"]
    assert sorted(mark.seq for mark in made.marks if mark.kind == "stop") == stops
    walk = made.path.split()
    assert len(walk) == len(stops) + 2
    assert walk[0] == walk[-1]
    assert sketch.draw(places) == made, "the same round gives the same picture"


def test_north_is_up_and_the_scale_is_true() -> None:
    # 0.001 degrees of latitude are 111.32 m anywhere; the same in longitude is shorter by the cosine.
    north, east = (
        SketchPlace("stop", "北", 30_001_000, 120_000_000, 1),
        SketchPlace("stop", "东", 30_000_000, 120_001_000, 2),
    )
    made = sketch.draw([SketchPlace("depot", "仓", 30_000_000, 120_000_000), north, east])
    assert made is not None
    depot, up, right = made.marks
    assert up.at_y < depot.at_y
    assert right.at_x > depot.at_x
    metres_a_unit = made.scale_m / made.scale_length
    assert (depot.at_y - up.at_y) * metres_a_unit == pytest.approx(111.3, abs=2)
    assert (right.at_x - depot.at_x) * metres_a_unit == pytest.approx(111.3 * math.cos(math.radians(30)), abs=2)


def test_the_drawing_has_north_scale_numbers_and_only_black_and_white() -> None:
    svg = html_of(invented.stamped(invented.a_route_sheet())).partition("<svg")[2].partition("</svg>")[0]
    assert "北" in svg
    assert "米" in svg
    assert all(f">{seq}</text>" in svg for seq in range(1, 10))
    colours = {part.partition('"')[0] for name in ('fill="', 'stroke="') for part in svg.split(name)[1:]}
    assert colours == {"#000", "#fff", "none"}


def test_a_single_place_is_no_map() -> None:
    assert sketch.draw([SketchPlace("depot", "仓", 30_000_000, 120_000_000)]) is None

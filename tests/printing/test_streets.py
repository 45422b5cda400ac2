"""The streets under a route sheet's sketch: from any extract beside the database, at the sketch's scale, or none."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app.printing.contexts import streets as streets_files
from app.printing.layout import sketch
from app.printing.layout.sketch import SketchPlace
from app.printing.layout.streets import Road, Streets, area_of, draw_ground
from app.printing.pdf.html import html_of
from tests.printing import invented

PLACES = [
    SketchPlace("depot", "仓", 30_000_000, 120_000_000),
    SketchPlace("stop", "1号楼", 30_002_000, 120_001_000, 1),
    SketchPlace("stop", "2号楼", 30_001_000, 120_003_000, 2),
]
ROAD = [[119.99, 30.001], [120.01, 30.001]]
HOUSE = [[120.001, 30.0008], [120.0014, 30.0008], [120.0014, 30.0011], [120.001, 30.0008]]
OSM = """<osm><node id="1" lat="30.001" lon="119.99"/><node id="2" lat="30.001" lon="120.01"/>
<way id="9"><nd ref="1"/><nd ref="2"/><nd ref="77"/><tag k="highway" v="residential"/><tag k="name" v="景芳路"/></way>
<way id="8"><nd ref="1"/><nd ref="2"/><tag k="highway" v="proposed"/></way></osm>"""


def _feature(kind: str, coordinates: Any, **said: str) -> dict[str, Any]:
    return {"type": "Feature", "properties": said, "geometry": {"type": kind, "coordinates": coordinates}}


@pytest.fixture
def map_folder(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    settings = replace(app.extensions["louda_settings"], data_dir=tmp_path)
    monkeypatch.setitem(app.extensions, "louda_settings", settings)
    folder = tmp_path / "map"
    folder.mkdir()
    return folder


def test_where_no_map_lies_there_are_no_streets(map_folder: Path) -> None:
    assert streets_files.streets_in(area_of(PLACES)) == Streets()
    map_folder.rmdir()
    assert streets_files.streets_in(area_of(PLACES)) == Streets()
    assert draw_ground(PLACES, Streets()) is None


def test_roads_and_houses_are_read_from_geojson_and_from_osm(map_folder: Path) -> None:
    features = [_feature("LineString", ROAD, name="庆和街", highway="residential"), _feature("Polygon", [HOUSE])]
    found = {"type": "FeatureCollection", "attribution": "© somebody", "features": features}
    (map_folder / "a.geojson").write_text(json.dumps(found), "utf-8")
    (map_folder / "b.osm").write_text(OSM, "utf-8")
    read = streets_files.streets_in(area_of(PLACES))
    assert [road.name for road in read.roads] == ["庆和街", "景芳路"]
    assert [len(house) for house in read.houses] == [4]
    assert read.credit == "© somebody"
    far = [SketchPlace("depot", "仓", 40_000_000, 110_000_000), SketchPlace("stop", "1", 40_001_000, 110_000_000, 1)]
    assert streets_files.streets_in(area_of(far)).roads == ()


@pytest.mark.parametrize("text", ["{", '{"features": [{"geometry": {"type": "Polygon"}}]}', "[]"])
def test_a_file_that_cannot_be_read_is_left_out(map_folder: Path, text: str) -> None:
    (map_folder / "a.geojson").write_text(text, "utf-8")
    (map_folder / "b.osm").write_text("<!DOCTYPE osm [<!ENTITY a 'b'>]><osm>&a;</osm>", "utf-8")
    assert streets_files.streets_in(area_of(PLACES)) == Streets()


def test_the_ground_has_the_scale_of_the_sketch_and_stays_in_its_frame() -> None:
    road = Road("景芳路", [(30_002_000, 119_990_000), (30_002_000, 120_010_000)])
    house = [(30_001_000, 120_001_000), (30_001_000, 120_001_200), (30_000_900, 120_001_200), (30_001_000, 120_001_000)]
    away = [(lat + 90_000, lon) for lat, lon in house]
    ground = draw_ground(PLACES, Streets((road,), (house, away), "©"))
    drawn = sketch.draw(PLACES)
    assert ground is not None
    assert drawn is not None
    stop = drawn.marks[1]
    ends = [[int(part) for part in end.split(",")] for end in ground.roads.removeprefix("M").split("L")]
    assert all(abs(y - stop.at_y) <= 1 for _x, y in ends), "the street passes the stop at its latitude"
    assert [x for x, _y in ends] == [4, sketch.WIDTH - 4], "it is cut at the frame"
    assert ground.houses.count("Z") == 1
    assert [name.name for name in ground.names] == ["景芳路"]


def test_streets_lie_below_the_round_and_paper_says_whose_map_it_is() -> None:
    ground = draw_ground(
        PLACES, Streets((Road("", [(30_001_000, 120_000_000), (30_001_000, 120_003_000)]),), (), "© X")
    )
    assert ground is not None
    sheet = replace(invented.a_route_sheet(), ground=ground)
    svg = html_of(invented.stamped(sheet)).partition("<svg")[2].partition("</svg>")[0]
    assert svg.index(ground.roads) < svg.index("<polyline")
    assert "© X" in svg

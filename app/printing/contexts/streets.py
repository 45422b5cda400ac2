"""Streets and houses of the area from map files beside the database: ``map/*.geojson`` and ``map/*.osm``.

Any extract will do: GeoJSON features (polygons with ``building``, lines with ``highway``), or the XML of OpenStreetMap.
Where the folder is not there, or a file cannot be read, route sheets have the plain sketch.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import iterparse

from flask import current_app

from app.printing.layout.streets import Road, Streets, Track
from app.settings import Settings

FOLDER = "map"
MOST_BYTES = 60_000_000  # an extract of a district; a whole province would stay in memory for nothing
_OSM_CREDIT = "© OpenStreetMap contributors"
_NO_STREETS = frozenset({"construction", "proposed", "raceway", "corridor", "elevator"})

log = logging.getLogger("louda.printing")

Box = tuple[int, int, int, int]


def streets_in(area: Box) -> Streets:
    """What the map files say of an area (south, west, north, east in millionths of a degree)."""
    settings: Settings = current_app.extensions["louda_settings"]
    folder = settings.data_dir / FOLDER
    if not folder.is_dir():
        return Streets()
    found = sorted(path for path in folder.iterdir() if path.suffix in (".geojson", ".json", ".osm"))
    parts = [_read(path, path.stat().st_mtime_ns, path.stat().st_size) for path in found]
    return Streets(
        tuple(road for part in parts for road, box in part.roads if _meets(box, area)),
        tuple(house for part in parts for house, box in part.houses if _meets(box, area)),
        next((part.credit for part in parts if part.credit), ""),
    )


class _MapFile:
    """One file, each track with its box."""

    def __init__(self, roads: list[Road], houses: list[Track], credit: str) -> None:
        self.roads = [(road, _box(road.track)) for road in roads]
        self.houses = [(house, _box(house)) for house in houses]
        self.credit = credit


def _box(track: Track) -> Box:
    lats, lons = [lat for lat, _lon in track], [lon for _lat, lon in track]
    return min(lats), min(lons), max(lats), max(lons)


def _meets(one: Box, other: Box) -> bool:
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]


@lru_cache(maxsize=16)
def _read(path: Path, _changed: int, size: int) -> _MapFile:
    """Read a file once for each version of it; one that cannot be read is empty, and the log says so."""
    try:
        if size > MOST_BYTES:
            raise ValueError(f"{size} bytes, {MOST_BYTES} are read at most")
        return _of_osm(path) if path.suffix == ".osm" else _of_geojson(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, KeyError, TypeError, SyntaxError) as error:
        log.warning("map file %s is left out: %s", path.name, error)
        return _MapFile([], [], "")


def _of_geojson(found: Any) -> _MapFile:
    roads: list[Road] = []
    houses: list[Track] = []
    for feature in found["features"]:
        shape, named = feature.get("geometry") or {}, feature.get("properties") or {}
        for line, is_closed in _lines(shape):
            track = [(round(lat * 1e6), round(lon * 1e6)) for lon, lat, *_height in line]
            if is_closed and len(track) > 3:
                houses.append(track)
            elif not is_closed and len(track) > 1 and named.get("highway") not in _NO_STREETS:
                roads.append(Road(str(named.get("name") or "")[:12], track))
    return _MapFile(roads, houses, str(found.get("attribution") or "")[:60])


def _lines(shape: Any) -> Iterator[tuple[Any, bool]]:
    """The outer rings and lines of a geometry, and whether they are closed."""
    match shape.get("type"):
        case "Polygon":
            yield shape["coordinates"][0], True
        case "MultiPolygon":
            yield from ((part[0], True) for part in shape["coordinates"])
        case "LineString":
            yield shape["coordinates"], False
        case "MultiLineString":
            yield from ((part, False) for part in shape["coordinates"])


def _of_osm(path: Path) -> _MapFile:
    nodes: dict[str, tuple[int, int]] = {}
    roads: list[Road] = []
    houses: list[Track] = []
    with path.open("rb") as file:
        if b"<!DOCTYPE" in file.read(4096):
            raise ValueError("a map has no document type")  # so that no entity can swell
    for _event, element in iterparse(path):  # noqa: S314 - a file that the operator laid there, without entities
        if element.tag == "node":
            lat, lon = (round(float(element.attrib[name]) * 1e6) for name in ("lat", "lon"))
            nodes[element.attrib["id"]] = lat, lon
        elif element.tag == "way":
            tags = {tag.attrib["k"]: tag.attrib["v"] for tag in element.iter("tag")}
            refs = (node.attrib["ref"] for node in element.iter("nd"))
            track = [nodes[ref] for ref in refs if ref in nodes]
            if "building" in tags and len(track) > 3:
                houses.append(track)
            elif "highway" in tags and tags["highway"] not in _NO_STREETS and len(track) > 1:
                roads.append(Road(tags.get("name", "")[:12], track))
        if element.tag in ("node", "way", "relation"):
            element.clear()
    return _MapFile(roads, houses, _OSM_CREDIT)

"""Coordinates in the datums of Chinese maps, as WGS84.

Portals deliver BD-09 (Baidu) or GCJ-02 (the others); read as one another, a compound lies 0.5 to 1.1 km off. The
conversion is the iterated inverse of prcoords (< 0.2 m against BD-09, the datum itself is defined only forwards).
"""

from __future__ import annotations

from flask_babel import gettext as _
from prcoords import Coords, bd_wgs_bored, gcj_wgs_bored

from app.core.input.records import Column, Record
from app.core.labels import Labelled

LAT = (3.0, 54.0)
LON = (73.0, 136.0)


class Datum(Labelled):
    WGS84 = "wgs84", "WGS84（GPS、天地图）"
    GCJ02 = "gcj02", "GCJ-02（高德、腾讯）"
    BD09 = "bd09", "BD-09（百度、贝壳、搜房）"


# Columns that carry their datum in their title come first; the plain ones need the datum to be chosen.
POSITION_COLUMNS = (
    Column("lat_wgs84", ("lat_wgs84", "wgs84纬度", "纬度wgs84")),
    Column("lon_wgs84", ("lon_wgs84", "lng_wgs84", "wgs84经度", "经度wgs84")),
    Column("lat_gcj02", ("lat_gcj02", "gcj02纬度", "纬度gcj02", "高德纬度")),
    Column("lon_gcj02", ("lon_gcj02", "lng_gcj02", "gcj02经度", "经度gcj02", "高德经度")),
    Column("lat_bd09", ("lat_bd09", "bd09纬度", "纬度bd09", "百度纬度")),
    Column("lon_bd09", ("lon_bd09", "lng_bd09", "bd09经度", "经度bd09", "百度经度")),
    Column("lat", ("纬度", "lat", "latitude")),
    Column("lon", ("经度", "lon", "lng", "longitude")),
)


def to_wgs84(datum: str, lat: float, lon: float) -> tuple[float, float]:
    """A position (degrees) in `datum` as WGS84 (degrees)."""
    if datum == Datum.WGS84:
        return lat, lon
    inverse = bd_wgs_bored if datum == Datum.BD09 else gcj_wgs_bored
    found = inverse(Coords(lat, lon), check_china=False)
    return found.lat, found.lon


def position_of(record: Record, datum: str) -> tuple[int, int] | None:
    """The position of a row in WGS84 millionths of a degree; None where it has none or it is refused."""
    for stated in (Datum.WGS84, Datum.GCJ02, Datum.BD09):
        if record.has(f"lat_{stated}") and record.has(f"lon_{stated}"):
            return _read(record, f"lat_{stated}", f"lon_{stated}", stated)
    if not record.has("lat") and not record.has("lon"):
        return None
    if datum not in set(Datum):
        record.refuse(_("表里没有写坐标系，请在上面选择坐标系。"))
        return None
    return _read(record, "lat", "lon", datum)


def _read(record: Record, lat_column: str, lon_column: str, datum: str) -> tuple[int, int] | None:
    lat, lon = record.decimal(lat_column), record.decimal(lon_column)
    if lat is None or lon is None:
        return None
    if not (LAT[0] <= lat <= LAT[1] and LON[0] <= lon <= LON[1]):
        swapped = LAT[0] <= lon <= LAT[1] and LON[0] <= lat <= LON[1]
        record.refuse(_("经度和纬度写反了。") if swapped else _("坐标不在中国范围内。"))
        return None
    lat, lon = to_wgs84(datum, lat, lon)
    return round(lat * 1e6), round(lon * 1e6)

"""What the forms of compounds and their gates send; positions as every form of places writes them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any

from flask_babel import lazy_gettext as _l
from marshmallow import fields

from app.core.input.fields import REQUIRED, Line, TimeOfDay, Whole
from app.core.text import chinese


class Position(fields.Field[tuple[int, int]]):
    """ "30.266219, 120.194715": latitude and longitude in WGS84, loaded as millionths of a degree."""

    default_error_messages = {
        "required": REQUIRED,
        "null": REQUIRED,
        "invalid": _l("请按“纬度, 经度”填写，例如 30.266219, 120.194715。"),
        "elsewhere": _l("坐标不在中国范围内，可能经纬度写反了。"),
    }

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> tuple[int, int]:
        match = re.fullmatch(r"\s*([0-9]{1,3}\.[0-9]{1,9})[\s,;]+([0-9]{1,3}\.[0-9]{1,9})\s*", chinese.fold(str(value)))
        if match is None:
            raise self.make_error("invalid")
        lat, lon = round(float(match[1]) * 1e6), round(float(match[2]) * 1e6)
        if not (3_000_000 <= lat <= 54_000_000 and 73_000_000 <= lon <= 136_000_000):
            raise self.make_error("elsewhere")
        return lat, lon


def typed_position(lat_e6: int | None, lon_e6: int | None) -> str:
    """A stored position as the form shows it."""
    return "" if lat_e6 is None or lon_e6 is None else f"{lat_e6 / 1e6:.6f}, {lon_e6 / 1e6:.6f}"


@dataclass(frozen=True)
class EditCompound:
    name: Annotated[str, Line(longest=60)]
    address: Annotated[str, Line(blank=True, longest=120)]
    version: Annotated[int, Whole()]


@dataclass(frozen=True)
class NewAlias:
    alias: Annotated[str, Line(longest=40)]


@dataclass(frozen=True)
class SaveGate:
    name: Annotated[str, Line(longest=40)]
    position: Annotated[tuple[int, int] | None, Position(load_default=None)]
    opens_s: Annotated[int, TimeOfDay(load_default=0)]
    closes_s: Annotated[int, TimeOfDay(load_default=86_400)]
    is_open: Annotated[bool, fields.Boolean(load_default=False)]
    version: Annotated[int, Whole()] = 0

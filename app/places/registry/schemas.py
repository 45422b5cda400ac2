"""What the forms of the register send."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from marshmallow import ValidationError, fields

from app.core.input.schemas import REQUIRED, CommandSchema, Line, TimeOfDay, WallTime, Whole, one_of
from app.core.text import chinese
from app.places.models import DeliveryMode


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
    name: str
    address: str
    version: int


class EditCompoundSchema(CommandSchema):
    makes = EditCompound
    name = Line(required=True, longest=60)
    address = Line(blank=True, longest=120)
    version = Whole(required=True)


@dataclass(frozen=True)
class NewAlias:
    alias: str


class NewAliasSchema(CommandSchema):
    makes = NewAlias
    alias = Line(required=True, longest=40)


@dataclass(frozen=True)
class SaveGate:
    name: str
    position: tuple[int, int] | None
    opens_s: int
    closes_s: int
    is_open: bool
    version: int = 0


class SaveGateSchema(CommandSchema):
    makes = SaveGate
    name = Line(required=True, longest=40)
    position = Position(load_default=None)
    opens_s = TimeOfDay(load_default=0)
    closes_s = TimeOfDay(load_default=86_400)
    is_open = fields.Boolean(load_default=False)
    version = Whole(load_default=0)


@dataclass(frozen=True)
class EditBuilding:
    label: str
    service_point_id: int
    floors: int
    has_lift: bool
    drop_spot: str
    position: tuple[int, int] | None
    version: int


class EditBuildingSchema(CommandSchema):
    makes = EditBuilding
    label = Line(required=True, longest=30)
    service_point_id = Whole(required=True)
    floors = Whole(required=True, least=1, most=120)
    has_lift = fields.Boolean(load_default=False)
    drop_spot = Line(blank=True, longest=80)
    position = Position(load_default=None)
    version = Whole(required=True)


@dataclass(frozen=True)
class SetZone:
    zone_level_id: int


class SetZoneSchema(CommandSchema):
    makes = SetZone
    zone_level_id = Whole(required=True)


@dataclass(frozen=True)
class NameCaptain:
    account_id: int
    is_deputy: bool


class NameCaptainSchema(CommandSchema):
    makes = NameCaptain
    account_id = Whole(required=True)
    is_deputy = fields.Boolean(load_default=False)


@dataclass(frozen=True)
class AddBlackout:
    starts_at: datetime
    ends_at: datetime
    reason: str


class AddBlackoutSchema(CommandSchema):
    makes = AddBlackout
    starts_at = WallTime(required=True)
    ends_at = WallTime(required=True)
    reason = Line(required=True, longest=60)


@dataclass(frozen=True)
class AddRooms:
    stairwell: str
    rooms: tuple[str, ...]


class RoomList(fields.Field[tuple[str, ...]]):
    """Room numbers divided by blanks, commas or lines; "101-104" is a run of them."""

    default_error_messages = {"required": REQUIRED, "null": REQUIRED, "many": _l("一次最多 500 间。")}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> tuple[str, ...]:
        rooms: list[str] = []
        for word in re.split(r"[\s,;、]+", chinese.fold(str(value)).upper()):
            rooms.extend(_run_of_rooms(word))
            if len(rooms) > 500:
                raise self.make_error("many")
        if not rooms:
            raise self.make_error("required")
        return tuple(dict.fromkeys(rooms))


def _run_of_rooms(word: str) -> list[str]:
    run = re.fullmatch(r"([0-9]{1,5})-([0-9]{1,5})", word)
    if run and 0 <= int(run[2]) - int(run[1]) <= 99:
        return [str(number).zfill(len(run[1])) for number in range(int(run[1]), int(run[2]) + 1)]
    if word and not re.fullmatch(r"[0-9A-Z\u4e00-\u9fff]{1,12}", word):
        raise ValidationError(str(_l("房号看不懂：%(word)s", word=word[:20])))
    return [word.removesuffix("室")] if word else []


class AddRoomsSchema(CommandSchema):
    makes = AddRooms
    stairwell = Line(blank=True, longest=20)
    rooms = RoomList(required=True)


@dataclass(frozen=True)
class SavePoint:
    community_id: int
    name: str
    position: tuple[int, int] | None
    is_depot: bool
    phone: str = ""
    version: int = 0


@dataclass(frozen=True)
class SaveHelpPhone:
    phone: str


class DutyPhone(Line):
    """A telephone people may call: digits, blanks, dashes, an extension; empty where there is none."""

    default_error_messages = {"shape": _l("请填电话号码，例如 0571-8600 0000 或 199 0000 0000。")}

    def __init__(self) -> None:
        super().__init__(blank=True, longest=30)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = chinese.fold(super()._deserialize(value, attr, data, **kwargs))
        if text and not re.fullmatch(r"\+?[0-9][0-9 ()-]{2,24}(转[0-9]{1,6})?", text):
            raise self.make_error("shape")
        return text


class SaveHelpPhoneSchema(CommandSchema):
    makes = SaveHelpPhone
    phone = DutyPhone()


class SavePointSchema(CommandSchema):
    makes = SavePoint
    community_id = Whole(required=True)
    name = Line(required=True, longest=60)
    position = Position(load_default=None)
    is_depot = fields.Boolean(load_default=False)
    phone = DutyPhone()
    version = Whole(load_default=0)


@dataclass(frozen=True)
class SaveLevel:
    code: str
    label_zh: str
    delivery_mode: str
    is_contactless: bool
    round_order: int


class SaveLevelSchema(CommandSchema):
    makes = SaveLevel
    code = Line(required=True, longest=30)
    label_zh = Line(required=True, longest=20)
    delivery_mode = Line(required=True, validate=one_of(DeliveryMode))
    is_contactless = fields.Boolean(load_default=False)
    round_order = Whole(required=True, most=2)

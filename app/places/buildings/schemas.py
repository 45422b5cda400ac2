"""What the forms of a building send."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from flask_babel import lazy_gettext as _l
from marshmallow import ValidationError, fields

from app.core.input.fields import REQUIRED, Line, WallTime, Whole
from app.core.text import chinese
from app.places.registry.schemas import Position


@dataclass(frozen=True)
class EditBuilding:
    label: Annotated[str, Line(longest=30)]
    service_point_id: Annotated[int, Whole()]
    floors: Annotated[int, Whole(least=1, most=120)]
    has_lift: Annotated[bool, fields.Boolean(load_default=False)]
    drop_spot: Annotated[str, Line(blank=True, longest=80)]
    position: Annotated[tuple[int, int] | None, Position(load_default=None)]
    version: Annotated[int, Whole()]


@dataclass(frozen=True)
class NameCaptain:
    account_id: Annotated[int, Whole()]
    is_deputy: Annotated[bool, fields.Boolean(load_default=False)]


@dataclass(frozen=True)
class AddBlackout:
    starts_at: Annotated[datetime, WallTime()]
    ends_at: Annotated[datetime, WallTime()]
    reason: Annotated[str, Line(longest=60)]


@dataclass(frozen=True)
class AddRooms:
    stairwell: Annotated[str, Line(blank=True, longest=20)]
    rooms: Annotated[tuple[str, ...], RoomList()]


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

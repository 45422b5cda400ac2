"""What the forms of service points send."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any

from flask_babel import lazy_gettext as _l
from marshmallow import fields

from app.core.input.fields import Line, Whole
from app.core.text import chinese
from app.places.registry.schemas import Position


@dataclass(frozen=True)
class SavePoint:
    community_id: Annotated[int, Whole()]
    name: Annotated[str, Line(longest=60)]
    position: Annotated[tuple[int, int] | None, Position(load_default=None)]
    is_depot: Annotated[bool, fields.Boolean(load_default=False)]
    phone: Annotated[str, DutyPhone()] = ""
    version: Annotated[int, Whole()] = 0


@dataclass(frozen=True)
class SaveHelpPhone:
    phone: Annotated[str, DutyPhone()]


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

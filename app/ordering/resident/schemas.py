"""What people at a poster send to get to their orders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from flask_babel import lazy_gettext as _l
from marshmallow import validate

from app.core.input.fields import Line, Whole
from app.core.input.schemas import CommandSchema

_FOUR_DIGITS = validate.Regexp("^([0-9]{4})?$", error=_l("请填手机号最后四位数字，四位都要。"))


@dataclass(frozen=True)
class Enter:
    """What somebody at the poster typed: which stairwell and room, a phone's tail, an order code."""

    stairwell_id: Annotated[int, Whole()]
    room: Annotated[str, Line(longest=20)]
    phone_tail: Annotated[str, Line(blank=True, longest=20, validate=_FOUR_DIGITS)] = ""
    order_code: Annotated[str, Line(longest=30, blank=True)] = ""


@dataclass(frozen=True)
class Code:
    """An order code as typed."""

    order_code: str


class CodeSchema(CommandSchema):
    """Only an order code: from another phone."""

    makes = Code
    order_code = Line(required=True, longest=30)

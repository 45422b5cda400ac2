"""What people at a poster send to get to their orders."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import lazy_gettext as _l
from marshmallow import validate

from app.core.input.schemas import CommandSchema, Line, Whole


@dataclass(frozen=True)
class Enter:
    """What somebody at the poster typed: which stairwell and room, a phone's tail, an order code."""

    stairwell_id: int
    room: str
    phone_tail: str = ""
    order_code: str = ""


class EnterSchema(CommandSchema):
    makes = Enter
    stairwell_id = Whole(required=True)
    room = Line(required=True, longest=20)
    phone_tail = Line(
        blank=True,
        longest=20,
        validate=validate.Regexp("^([0-9]{4})?$", error=_l("请填手机号最后四位数字，四位都要。")),
    )
    order_code = Line(longest=30, blank=True)


@dataclass(frozen=True)
class Code:
    """An order code as typed."""

    order_code: str


class CodeSchema(CommandSchema):
    """Only an order code: from another phone."""

    makes = Code
    order_code = Line(required=True, longest=30)

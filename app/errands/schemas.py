"""What the forms of errands send."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask_babel import lazy_gettext as _l
from marshmallow import fields, validate

from app.core.schemas import CommandSchema, Line, WallTime
from app.errands.models import ErrandKind, ErrandState

_CHOICE = _l("请从列出的选项里选。")


@dataclass(frozen=True)
class Ask:
    """What a household wants fetched: kind, where from, what, until when (UTC)."""

    kind: str
    place: str
    what: str = ""
    due_at: datetime | None = None


class AskSchema(CommandSchema):
    makes = Ask
    kind = fields.String(required=True, validate=validate.OneOf([k.value for k in ErrandKind], error=_CHOICE))
    place = Line(required=True, longest=80)
    what = Line(longest=200, blank=True, many_lines=True)
    due_at = WallTime(load_default=None)


@dataclass(frozen=True)
class Step:
    """The next state of an errand and what is said to the household."""

    to: str
    answer: str = ""


class StepSchema(CommandSchema):
    makes = Step
    to = fields.String(required=True, validate=validate.OneOf([s.value for s in ErrandState], error=_CHOICE))
    answer = Line(longest=200, blank=True)

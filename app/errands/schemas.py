"""What the forms of errands send."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from marshmallow import fields

from app.core.input.schemas import CommandSchema, Line, WallTime, Whole, one_of
from app.errands.models import ErrandKind, ErrandState


@dataclass(frozen=True)
class Ask:
    """What a household wants fetched: kind, where from, what, until when (UTC); medicine is sensitive anyhow."""

    kind: str
    place: str
    what: str = ""
    due_at: datetime | None = None
    is_sensitive: bool = False


class AskSchema(CommandSchema):
    makes = Ask
    kind = fields.String(required=True, validate=one_of(ErrandKind))
    place = Line(required=True, longest=80)
    what = Line(longest=200, blank=True, many_lines=True)
    due_at = WallTime(load_default=None)
    is_sensitive = fields.Boolean(load_default=False)


@dataclass(frozen=True)
class ErrandStep:
    """The next state of an errand and what is said to the household."""

    to: str
    answer: str = ""


class StepSchema(CommandSchema):
    makes = ErrandStep
    to = fields.String(required=True, validate=one_of(ErrandState))
    answer = Line(longest=200, blank=True)


@dataclass(frozen=True)
class Assign:
    """Who does it: an account, 0 for nobody yet."""

    account_id: int


class AssignSchema(CommandSchema):
    makes = Assign
    account_id = Whole(required=True)


@dataclass(frozen=True)
class Finish:
    """What the one who did it says to the household."""

    answer: str = ""


class FinishSchema(CommandSchema):
    makes = Finish
    answer = Line(longest=200, blank=True)

"""What the forms of working hours send."""

from __future__ import annotations

from dataclasses import dataclass

from app.core.input.schemas import CommandSchema, Line, TimeOfDay, one_of
from app.dispatch.models import TeamMode


@dataclass(frozen=True)
class SetHours:
    """From when until when teams of a kind may be on the road, in seconds after local midnight."""

    mode: str
    opens: int
    closes: int


class SetHoursSchema(CommandSchema):
    makes = SetHours
    mode = Line(required=True, validate=one_of(mode.value for mode in TeamMode))
    opens = TimeOfDay(required=True)
    closes = TimeOfDay(required=True)


@dataclass(frozen=True)
class LiftHours:
    """The kind of team that may be on the road at any time again."""

    mode: str


class LiftHoursSchema(CommandSchema):
    makes = LiftHours
    mode = Line(required=True, validate=one_of(mode.value for mode in TeamMode))

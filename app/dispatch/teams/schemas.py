"""What the forms of teams and shifts send."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from marshmallow import fields

from app.core.input.schemas import CommandSchema, DayField, Line, TimeOfDay, Whole, one_of
from app.dispatch.models import TeamMode


@dataclass(frozen=True)
class NewTeam:
    """A team: capacities in kilograms, litres and bags; `clearance` 0 clean, 1 controlled, 2 sealed."""

    name: str
    mode: str
    kg: int
    litres: int
    bags: int
    clearance: int
    members: str


class NewTeamSchema(CommandSchema):
    makes = NewTeam
    name = Line(required=True, longest=30)
    mode = Line(required=True, validate=one_of(mode.value for mode in TeamMode))
    kg = Whole(required=True, least=1, most=5000)
    litres = Whole(required=True, least=1, most=20000)
    bags = Whole(required=True, least=1, most=2000)
    clearance = Whole(load_default=0, least=0, most=2)
    members = Line(longest=300, blank=True)


@dataclass(frozen=True)
class NewShift:
    """Hours of teams on a day, in seconds after local midnight, from a depot."""

    team: list[int]
    depot: int
    day: date
    starts: int
    ends: int


class NewShiftSchema(CommandSchema):
    makes = NewShift
    team = fields.List(Whole(least=1), required=True)
    depot = Whole(required=True, least=1)
    day = DayField(required=True)
    starts = TimeOfDay(required=True)
    ends = TimeOfDay(required=True)

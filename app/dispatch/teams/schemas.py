"""What the forms of teams and shifts send."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from marshmallow import fields

from app.core.input.fields import DayField, Line, TimeOfDay, Whole, one_of
from app.dispatch.models import TeamMode


@dataclass(frozen=True)
class NewTeam:
    """A team: capacities in kilograms, litres and bags; `clearance` 0 clean, 1 controlled, 2 sealed."""

    name: Annotated[str, Line(longest=30)]
    mode: Annotated[str, Line(validate=one_of(mode.value for mode in TeamMode))]
    kg: Annotated[int, Whole(least=1, most=5000)]
    litres: Annotated[int, Whole(least=1, most=20000)]
    bags: Annotated[int, Whole(least=1, most=2000)]
    clearance: Annotated[int, Whole(load_default=0, least=0, most=2)]
    members: Annotated[str, Line(longest=300, blank=True)]


@dataclass(frozen=True)
class NewShift:
    """Hours of teams on a day, in seconds after local midnight, from a depot."""

    team: Annotated[list[int], fields.List(Whole(least=1))]
    depot: Annotated[int, Whole(least=1)]
    day: Annotated[date, DayField()]
    starts: Annotated[int, TimeOfDay()]
    ends: Annotated[int, TimeOfDay()]

"""What the forms that ask for a plan send."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from app.core.input.schemas import CommandSchema, DayField, Whole


@dataclass(frozen=True)
class AskPlan:
    """The day of the rounds and how long the search may take, in seconds."""

    day: date
    seconds: int


class AskPlanSchema(CommandSchema):
    makes = AskPlan
    day = DayField(required=True)
    seconds = Whole(required=True, least=1, most=300)


@dataclass(frozen=True)
class AskAgain:
    """How long the search may take, in seconds."""

    seconds: int


class AskAgainSchema(CommandSchema):
    makes = AskAgain
    seconds = Whole(required=True, least=1, most=300)

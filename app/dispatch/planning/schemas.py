"""What the forms that ask for a plan send."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from app.core.input.fields import DayField, Whole


@dataclass(frozen=True)
class AskPlan:
    """The day of the rounds and how long the search may take, in seconds."""

    day: Annotated[date, DayField()]
    seconds: Annotated[int, Whole(least=1, most=300)]


@dataclass(frozen=True)
class AskAgain:
    """How long the search may take, in seconds."""

    seconds: Annotated[int, Whole(least=1, most=300)]

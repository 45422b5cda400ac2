"""What the forms of working hours send."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from app.core.input.fields import Line, TimeOfDay, one_of
from app.dispatch.models import TeamMode


@dataclass(frozen=True)
class SetHours:
    """From when until when teams of a kind may be on the road, in seconds after local midnight."""

    mode: Annotated[str, Line(validate=one_of(mode.value for mode in TeamMode))]
    opens: Annotated[int, TimeOfDay()]
    closes: Annotated[int, TimeOfDay()]


@dataclass(frozen=True)
class LiftHours:
    """The kind of team that may be on the road at any time again."""

    mode: Annotated[str, Line(validate=one_of(mode.value for mode in TeamMode))]

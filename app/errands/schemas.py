"""What the forms of errands send."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from marshmallow import fields

from app.core.input.fields import Line, WallTime, Whole, one_of
from app.errands.models import ErrandKind, ErrandState


@dataclass(frozen=True)
class Ask:
    """What a household wants fetched: kind, where from, what, until when (UTC); medicine is sensitive anyhow."""

    kind: Annotated[str, fields.String(validate=one_of(ErrandKind))]
    place: Annotated[str, Line(longest=80)]
    what: Annotated[str, Line(longest=200, blank=True, many_lines=True)] = ""
    due_at: Annotated[datetime | None, WallTime()] = None
    is_sensitive: Annotated[bool, fields.Boolean()] = False


@dataclass(frozen=True)
class ErrandStep:
    """The next state of an errand and what is said to the household."""

    to: Annotated[str, fields.String(validate=one_of(ErrandState))]
    answer: Annotated[str, Line(longest=200, blank=True)] = ""


@dataclass(frozen=True)
class Assign:
    """Who does it: an account, 0 for nobody yet."""

    account_id: Annotated[int, Whole()]


@dataclass(frozen=True)
class Finish:
    """What the one who did it says to the household."""

    answer: Annotated[str, Line(longest=200, blank=True)] = ""

"""What the forms of arrivals at a point send."""

from __future__ import annotations

from dataclasses import dataclass, field

from marshmallow import fields

from app.core.input.fields import Whole
from app.core.input.schemas import CommandSchema


@dataclass(frozen=True)
class RoundArrived:
    """Everything that should come to a stop is there but the bags in `missing` (ids)."""

    missing: list[int] = field(default_factory=list)


class RoundArrivedSchema(CommandSchema):
    makes = RoundArrived
    missing = fields.List(Whole(least=1, most=2**31 - 1), load_default=list)


class SettleRoundSchema(RoundArrivedSchema):
    """Of the bags on which the counts differ: those that really did not come."""

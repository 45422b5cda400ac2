"""What the forms of standing orders send."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from marshmallow import fields, post_load

from app.core.input.fields import DayField, Line, Whole, one_of
from app.core.input.schemas import CommandSchema
from app.ordering.standing.models import StandingState


@dataclass(frozen=True)
class TypedStanding:
    """A standing order as typed; goods are a line as at the telephone."""

    goods: str
    starts_on: Any
    ends_on: Any = None
    every_days: int | None = None
    weekdays: int | None = None
    carer_id: int | None = None
    version: int = 0


class StandingSchema(CommandSchema):
    makes = TypedStanding
    goods = Line(required=True, longest=300)
    starts_on = DayField(required=True)
    ends_on = DayField(load_default=None)
    every_days = Whole(least=1, most=60, load_default=None)
    weekdays = fields.List(Whole(most=6), load_default=list)
    carer_id = Whole(load_default=None)
    version = Whole(load_default=0)

    @post_load
    def _make(self, data: dict[str, Any], **_kwargs: Any) -> TypedStanding:
        days = sum(1 << day for day in set(data.pop("weekdays")))
        return TypedStanding(weekdays=days or None, **data)


@dataclass(frozen=True)
class ToState:
    state: Annotated[str, fields.String(validate=one_of(StandingState))]

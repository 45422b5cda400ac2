"""What the forms of the point's desk send: telephone orders, standing orders, free packs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from marshmallow import fields, post_load

from app.core.input.schemas import CommandSchema, Day, Line, Whole, one_of
from app.ordering.models import Source
from app.ordering.models_desk import PackScope, StandingState
from app.ordering.packs.queries import GivePack
from app.ordering.schemas import PROXY_SOURCES

CHOICES = ("keep", "replace", "add")


@dataclass(frozen=True)
class Look:
    """Whom to look for, in the point's shorthand, and where the call comes from."""

    home: str
    source: str = Source.TELEPHONE.value


class LookSchema(CommandSchema):
    makes = Look
    home = Line(required=True, longest=40)
    source = fields.String(load_default=Source.TELEPHONE.value, validate=one_of(PROXY_SOURCES))


@dataclass(frozen=True)
class TakeOrder:
    """A line of goods for the household on the line. `agreed`: the same line, where it was asked about."""

    goods: str
    how: str = ""
    source: str = Source.TELEPHONE.value
    door_note: str = ""
    agreed: str = ""
    version: int = 0


class TakeOrderSchema(CommandSchema):
    makes = TakeOrder
    goods = Line(longest=300, blank=True)
    how = fields.String(load_default="", validate=one_of(("", *CHOICES)))
    source = fields.String(load_default=Source.TELEPHONE.value, validate=one_of(PROXY_SOURCES))
    door_note = Line(longest=60, blank=True)
    agreed = Line(longest=300, blank=True)
    version = Whole(load_default=0)


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
    starts_on = Day(required=True)
    ends_on = Day(load_default=None)
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
    state: str


class StandingStateSchema(CommandSchema):
    makes = ToState
    state = fields.String(required=True, validate=one_of(StandingState))


class GivePackSchema(CommandSchema):
    makes = GivePack
    offer_id = Whole(required=True)
    scope_kind = fields.String(required=True, validate=one_of(PackScope))
    scope_id = Whole(load_default=0, most=2**31 - 1)
    per_persons = Whole(least=1, most=20, load_default=None)
    seen_units = Whole(load_default=0)

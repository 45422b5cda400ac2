"""What the forms of the telephone desk send."""

from __future__ import annotations

from dataclasses import dataclass

from marshmallow import fields

from app.core.input.schemas import CommandSchema, Line, PageSchema, Whole, one_of
from app.ordering.models import Source
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
    """A line of goods for the household on the line."""

    goods: str
    how: str = ""
    source: str = Source.TELEPHONE.value
    door_note: str = ""
    version: int = 0


class TakeOrderSchema(CommandSchema):
    makes = TakeOrder
    goods = Line(longest=300, blank=True)
    how = fields.String(load_default="", validate=one_of(("", *CHOICES)))
    source = fields.String(load_default=Source.TELEPHONE.value, validate=one_of(PROXY_SOURCES))
    door_note = Line(longest=60, blank=True)
    version = Whole(load_default=0)


@dataclass(frozen=True)
class TakeOrderPage:
    """`agreed`: the line of goods that the page asked about, where it is agreed to."""

    agreed: str


class TakeOrderPageSchema(PageSchema):
    makes = TakeOrderPage
    agreed = Line(longest=300, blank=True)

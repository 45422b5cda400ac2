"""What the forms of the telephone desk send."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from marshmallow import fields

from app.core.input.fields import Line, Whole, one_of
from app.ordering.models import Source
from app.ordering.schemas import PROXY_SOURCES

CHOICES = ("keep", "replace", "add")


@dataclass(frozen=True)
class Look:
    """Whom to look for, in the point's shorthand, and where the call comes from."""

    home: Annotated[str, Line(longest=40)]
    source: Annotated[str, fields.String(validate=one_of(PROXY_SOURCES))] = Source.TELEPHONE.value


@dataclass(frozen=True)
class TakeOrder:
    """A line of goods for the household on the line."""

    goods: Annotated[str, Line(longest=300, blank=True)]
    how: Annotated[str, fields.String(validate=one_of(("", *CHOICES)))] = ""
    source: Annotated[str, fields.String(validate=one_of(PROXY_SOURCES))] = Source.TELEPHONE.value
    door_note: Annotated[str, Line(longest=60, blank=True)] = ""
    version: Annotated[int, Whole()] = 0


@dataclass(frozen=True)
class TakeOrderPage:
    """`agreed`: the line of goods that the page asked about, where it is agreed to."""

    agreed: Annotated[str, Line(longest=300, blank=True)]

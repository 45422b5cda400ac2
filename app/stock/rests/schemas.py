"""What the forms of rest times send."""

from __future__ import annotations

from dataclasses import dataclass

from app.catalog.models import Storage
from app.core.input.schemas import CommandSchema, Line, Whole, one_of

LONGEST = 7 * 24 * 60  # minutes


@dataclass(frozen=True)
class SaveUsual:
    """Minutes of each storage class, for goods whose category has no time of its own."""

    ambient: int
    chilled: int
    frozen: int


@dataclass(frozen=True)
class SaveOfCategory:
    storage: str
    category: str
    minutes: int


class SaveUsualSchema(CommandSchema):
    makes = SaveUsual
    ambient = Whole(required=True, most=LONGEST)
    chilled = Whole(required=True, most=LONGEST)
    frozen = Whole(required=True, most=LONGEST)


class SaveOfCategorySchema(CommandSchema):
    makes = SaveOfCategory
    storage = Line(required=True, validate=one_of(Storage))
    category = Line(required=True, longest=30)
    minutes = Whole(required=True, most=LONGEST)

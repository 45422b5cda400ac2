"""What the form of substitutes sends."""

from __future__ import annotations

from dataclasses import dataclass

from app.core.input.schemas import CommandSchema, Line, Whole

MOST = 100  # units on either side of a ratio


@dataclass(frozen=True)
class PutSubstitution:
    """`ratio_to` units of `substitute` stand in for `ratio_from` units of `item`; both as typed."""

    item: str
    substitute: str
    ratio_from: int
    ratio_to: int


class PutSubstitutionSchema(CommandSchema):
    makes = PutSubstitution
    item = Line(required=True, longest=60)
    substitute = Line(required=True, longest=60)
    ratio_from = Whole(required=True, least=1, most=MOST)
    ratio_to = Whole(required=True, least=1, most=MOST)

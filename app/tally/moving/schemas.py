"""What the form that moves a building's orders sends."""

from __future__ import annotations

from dataclasses import dataclass

from app.core.input.schemas import CommandSchema, Line, Whole, one_of

NEXT, ALONG = "next", "along"


@dataclass(frozen=True)
class MoveBuilding:
    """to: the new point. choice: from the next cycle on, or now with the open orders. version: of the building."""

    to: int
    choice: str
    version: int


class MoveSchema(CommandSchema):
    makes = MoveBuilding
    to = Whole(required=True, least=1, most=2**31 - 1)
    choice = Line(required=True, validate=one_of((NEXT, ALONG)))
    version = Whole(required=True)

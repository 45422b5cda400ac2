"""What the form of a missing bag sends."""

from __future__ import annotations

from dataclasses import dataclass

from app.core.input.schemas import CommandSchema, Line


@dataclass(frozen=True)
class ResolveMissingBag:
    """What became of the bag."""

    fate: str


class ResolveMissingBagSchema(CommandSchema):
    makes = ResolveMissingBag
    fate = Line(required=True, longest=20)

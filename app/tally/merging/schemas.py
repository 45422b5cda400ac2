"""What the form that merges two households sends."""

from __future__ import annotations

from dataclasses import dataclass

from app.core.input.schemas import CommandSchema, Line, Whole


@dataclass(frozen=True)
class Merge:
    """into: the household that stays. seen: what the reader was shown, see `Holdings.seen`."""

    into: int
    seen: str


class MergeSchema(CommandSchema):
    makes = Merge
    into = Whole(required=True, least=1, most=2**31 - 1)
    seen = Line(required=True)

"""Input of the tally commands."""

from __future__ import annotations

from dataclasses import dataclass

from app.core.input.schemas import CommandSchema, Line, Whole


@dataclass(frozen=True)
class SignTally:
    """`total` is the number of units that the signer saw; another one means that something changed meanwhile."""

    total: int


class SignTallySchema(CommandSchema):
    makes = SignTally
    total = Whole(required=True)


@dataclass(frozen=True)
class Reopen:
    """Why a signed tally is opened again."""

    reason: str


class ReopenSchema(CommandSchema):
    makes = Reopen
    reason = Line(required=True, longest=100)

"""What the forms of allocation send."""

from __future__ import annotations

from dataclasses import dataclass

from app.core.input.schemas import CommandSchema, Line, Whole


@dataclass(frozen=True)
class Commit:
    """`input_sha256` is what the preview was computed from; another one means that something changed meanwhile."""

    input_sha256: str


class CommitSchema(CommandSchema):
    makes = Commit
    input_sha256 = Line(required=True, longest=64)


@dataclass(frozen=True)
class SetShare:
    """The whole share of one line, set by a person."""

    qty: int
    reason: str


class SetShareSchema(CommandSchema):
    makes = SetShare
    qty = Whole(required=True, least=0, most=10_000)
    reason = Line(required=True, longest=100)

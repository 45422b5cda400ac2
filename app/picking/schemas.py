"""What the form of a bag sends."""

from __future__ import annotations

from dataclasses import dataclass

from app.core.input.schemas import CommandSchema, Line


@dataclass(frozen=True)
class VoidBag:
    """Why a bag is taken apart."""

    reason: str


class VoidBagSchema(CommandSchema):
    makes = VoidBag
    reason = Line(required=True, longest=100)

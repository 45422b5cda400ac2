"""What the form of a claim at a door sends."""

from __future__ import annotations

from dataclasses import dataclass

from marshmallow import fields

from app.core.input.schemas import CommandSchema, Line, Whole, one_of

CHOICES = ("family", "replace", "reject", "reopen")


@dataclass(frozen=True)
class SettleClaim:
    """`room`: as it is to stand in the register; `household_id`: which household it is, to replace its order."""

    choice: str
    version: int
    room: str = ""
    household_id: int = 0
    reason: str = ""


class SettleClaimSchema(CommandSchema):
    makes = SettleClaim
    choice = fields.String(required=True, validate=one_of(CHOICES))
    version = Whole(required=True)
    room = Line(blank=True, longest=20)
    household_id = Whole(load_default=0)
    reason = Line(blank=True, longest=100)

"""What the form of a claim at a door sends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from marshmallow import fields

from app.core.input.fields import Line, Whole, one_of

CHOICES = ("family", "replace", "reject", "reopen")


@dataclass(frozen=True)
class SettleClaim:
    """`room`: as it is to stand in the register; `household_id`: which household it is, to replace its order."""

    choice: Annotated[str, fields.String(validate=one_of(CHOICES))]
    version: Annotated[int, Whole()]
    room: Annotated[str, Line(blank=True, longest=20)] = ""
    household_id: Annotated[int, Whole()] = 0
    reason: Annotated[str, Line(blank=True, longest=100)] = ""

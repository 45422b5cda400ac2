"""What the forms of a compound's address grammar send."""

from __future__ import annotations

from dataclasses import dataclass

from marshmallow import fields

from app.core.input.schemas import CommandSchema, Line

REQUIRABLE = ("stairwell",)


@dataclass(frozen=True)
class SaveProfile:
    """words and buildings as typed: one `名称=…` on each line. samples: addresses to try the profile on."""

    words: str = ""
    buildings: str = ""
    levels: tuple[str, ...] = ()
    samples: str = ""


class SaveProfileSchema(CommandSchema):
    makes = SaveProfile
    words = Line(longest=2000, blank=True, many_lines=True)
    buildings = Line(longest=4000, blank=True, many_lines=True)
    levels = fields.List(fields.String(validate=lambda value: value in REQUIRABLE), load_default=tuple)
    samples = Line(longest=4000, blank=True, many_lines=True)


@dataclass(frozen=True)
class NewBuildingAlias:
    building: str
    alias: str


class NewBuildingAliasSchema(CommandSchema):
    makes = NewBuildingAlias
    building = Line(required=True, longest=30)
    alias = Line(required=True, longest=30)

"""What the form of an import of places sends."""

from __future__ import annotations

from dataclasses import dataclass

from marshmallow import fields

from app.core.input.schemas import CommandSchema, Line, Whole


@dataclass(frozen=True)
class PlacesImport:
    kind: str
    community_id: int | None
    datum: str
    suffix: str
    makes_rooms: bool
    upload: str


class PlacesImportSchema(CommandSchema):
    makes = PlacesImport
    kind = Line(blank=True, longest=20)
    community_id = Whole(load_default=None)
    datum = Line(blank=True, longest=10)
    suffix = Line(blank=True, longest=4)
    makes_rooms = fields.Boolean(load_default=False)
    upload = Line(blank=True, longest=64)

"""What the form of an import of places sends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from marshmallow import fields

from app.core.input.fields import Line, Whole


@dataclass(frozen=True)
class PlacesImport:
    kind: Annotated[str, Line(blank=True, longest=20)]
    community_id: Annotated[int | None, Whole(load_default=None)]
    datum: Annotated[str, Line(blank=True, longest=10)]
    suffix: Annotated[str, Line(blank=True, longest=4)]
    makes_rooms: Annotated[bool, fields.Boolean(load_default=False)]
    upload: Annotated[str, Line(blank=True, longest=64)]

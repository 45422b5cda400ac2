"""What the forms of zones and their levels send."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from marshmallow import fields

from app.core.input.fields import Line, Whole, one_of
from app.places.models import DeliveryMode


@dataclass(frozen=True)
class SetZone:
    zone_level_id: Annotated[int, Whole()]


@dataclass(frozen=True)
class SaveLevel:
    code: Annotated[str, Line(longest=30)]
    label_zh: Annotated[str, Line(longest=20)]
    delivery_mode: Annotated[str, Line(validate=one_of(DeliveryMode))]
    is_contactless: Annotated[bool, fields.Boolean(load_default=False)]
    round_order: Annotated[int, Whole(most=2)]

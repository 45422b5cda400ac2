"""What the forms of zones and their levels send."""

from __future__ import annotations

from dataclasses import dataclass

from marshmallow import fields

from app.core.input.schemas import CommandSchema, Line, Whole, one_of
from app.places.models import DeliveryMode


@dataclass(frozen=True)
class SetZone:
    zone_level_id: int


class SetZoneSchema(CommandSchema):
    makes = SetZone
    zone_level_id = Whole(required=True)


@dataclass(frozen=True)
class SaveLevel:
    code: str
    label_zh: str
    delivery_mode: str
    is_contactless: bool
    round_order: int


class SaveLevelSchema(CommandSchema):
    makes = SaveLevel
    code = Line(required=True, longest=30)
    label_zh = Line(required=True, longest=20)
    delivery_mode = Line(required=True, validate=one_of(DeliveryMode))
    is_contactless = fields.Boolean(load_default=False)
    round_order = Whole(required=True, most=2)

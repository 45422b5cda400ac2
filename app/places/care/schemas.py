"""What the form of the care list sends."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, post_load

from app.core.input.fields import Line, Whole, one_of
from app.core.input.schemas import CommandSchema
from app.places.care.service import SaveCare
from app.places.models import CareKind


class SaveCareSchema(CommandSchema):
    kinds = fields.List(fields.String(validate=one_of(CareKind)), load_default=list)
    has_consent = fields.Boolean(load_default=False)
    carer_id = Whole(load_default=None)
    door_note = Line(longest=30, blank=True)
    keep_days = Whole(least=1, most=90, load_default=30)

    @post_load
    def _make(self, data: dict[str, Any], **_kwargs: Any) -> SaveCare:
        return SaveCare(kinds=tuple(data.pop("kinds")), **data)

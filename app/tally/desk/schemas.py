"""What the form of a line in doubt sends."""

from __future__ import annotations

from marshmallow import fields

from app.core.input.fields import one_of
from app.core.input.schemas import CommandSchema


class ChoiceSchema(CommandSchema):
    """What to do with a line that came in for a household with an order."""

    choice = fields.String(required=True, validate=one_of(("keep", "replace", "add")))

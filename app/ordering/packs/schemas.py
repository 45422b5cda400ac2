"""What the form of a free pack sends."""

from __future__ import annotations

from marshmallow import fields

from app.core.input.fields import Whole, one_of
from app.core.input.schemas import CommandSchema
from app.ordering.packs.models import PackScope
from app.ordering.packs.queries import GivePack


class GivePackSchema(CommandSchema):
    makes = GivePack
    offer_id = Whole(required=True)
    scope_kind = fields.String(required=True, validate=one_of(PackScope))
    scope_id = Whole(load_default=0, most=2**31 - 1)
    per_persons = Whole(least=1, most=20, load_default=None)
    seen_units = Whole(load_default=0)

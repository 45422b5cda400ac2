"""Input of the print centre."""

from __future__ import annotations

from marshmallow import fields

from app.core.input.fields import Whole, one_of
from app.core.input.schemas import CommandSchema
from app.printing.centre.service import PrintRequest
from app.printing.kinds import printable
from app.printing.layout.labels import STOCKS


class PrintSchema(CommandSchema):
    """Which sheets to bring up to date."""

    makes = PrintRequest
    kinds = fields.List(fields.String(validate=one_of(printable())), load_default=tuple)
    wave = Whole(least=1, most=50, load_default=1)
    point_id = Whole(least=1, load_default=None)
    stock = fields.String(validate=one_of(("", *STOCKS)), load_default="")
    start = Whole(most=23, load_default=0)
    building_id = Whole(least=1, most=2**31 - 1, load_default=None)
    round_id = Whole(least=1, most=2**31 - 1, load_default=None)
    documents = fields.List(Whole(least=1, most=2**31 - 1), load_default=tuple)

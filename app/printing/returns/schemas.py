"""What the forms of returned sheets send."""

from __future__ import annotations

from marshmallow import fields

from app.core.input.fields import Line, Whole, one_of
from app.core.input.schemas import CommandSchema
from app.printing.returns.service import MARKS, PaperMark, ReturnedDropOff, ReturnedList


class ReturnedMarkSchema(CommandSchema):
    """What happened to the paper."""

    makes = PaperMark
    what = fields.String(required=True, validate=one_of(MARKS))


class ReturnedListSchema(CommandSchema):
    """A hand-out list that came back."""

    makes = ReturnedList
    bags = fields.List(Whole(least=1, most=2**31 - 1), load_default=list)
    exceptions = Line(longest=4000, blank=True, many_lines=True)


class ReturnedDropOffSchema(CommandSchema):
    """A drop-off sheet that came back."""

    makes = ReturnedDropOff
    missing = Line(longest=4000, blank=True, many_lines=True)

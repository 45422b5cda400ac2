"""What the forms of a pasted chain send."""

from __future__ import annotations

from dataclasses import dataclass

from marshmallow import fields

from app.core.input.schemas import CommandSchema, Line, Whole

LONGEST = 60_000


@dataclass(frozen=True)
class Paste:
    """The text of a chain, whole. accepts_older: an older version of a list shall replace the newer one. point: the
    service point that a form names; a caller that knows it says it as an argument."""

    text: str
    accepts_older: bool = False
    point: int = 0


class PasteSchema(CommandSchema):
    makes = Paste
    text = Line(required=True, longest=LONGEST, many_lines=True)
    accepts_older = fields.Boolean(load_default=False)
    point = Whole(required=True, least=1, most=2**31 - 1)


@dataclass(frozen=True)
class FileOf:
    """Which service point an order workbook is for."""

    point: int


class FileOfSchema(CommandSchema):
    makes = FileOf
    point = Whole(required=True, least=1, most=2**31 - 1)

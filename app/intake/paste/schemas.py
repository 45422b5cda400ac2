"""What the forms of a pasted chain send."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from marshmallow import fields

from app.core.input.fields import Line, Whole

LONGEST = 60_000


@dataclass(frozen=True)
class Paste:
    """The text of a chain, whole. accepts_older: an older version of a list shall replace the newer one. point: the
    service point that a form names; a caller that knows it says it as an argument."""

    text: Annotated[str, Line(longest=LONGEST, many_lines=True)]
    accepts_older: Annotated[bool, fields.Boolean()] = False
    point: Annotated[int, Whole(required=True, least=1, most=2**31 - 1)] = 0


@dataclass(frozen=True)
class FileOf:
    """Which service point an order workbook is for."""

    point: Annotated[int, Whole(least=1, most=2**31 - 1)]

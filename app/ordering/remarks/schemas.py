"""What the form of a remark that was dealt with sends."""

from __future__ import annotations

from dataclasses import dataclass

from app.core.input.schemas import CommandSchema, Line
from app.core.text.free_text import ROOM_ON_PAPER
from app.places.finder.rules import LONGEST


@dataclass(frozen=True)
class SettleWords:
    """`seen`: which words were read; `paper`: what bag list and hand-out list say from now on.

    `door`: another door that the bags go to, as the telephone desk understands it ("5-201"); "" is the own door.
    """

    seen: str
    paper: str
    door: str = ""


class SettleWordsSchema(CommandSchema):
    makes = SettleWords
    seen = Line(required=True, longest=64)
    paper = Line(blank=True, longest=ROOM_ON_PAPER)
    door = Line(blank=True, longest=LONGEST)

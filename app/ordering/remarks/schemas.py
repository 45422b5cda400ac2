"""What the form of a remark that was dealt with sends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from app.core.input.fields import Line
from app.core.text.free_text import ROOM_ON_PAPER
from app.places.finder.rules import LONGEST


@dataclass(frozen=True)
class SettleWords:
    """`seen`: which words were read; `paper`: what bag list and hand-out list say from now on.

    `door`: another door that the bags go to, as the telephone desk understands it ("5-201"); "" is the own door.
    """

    seen: Annotated[str, Line(longest=64)]
    paper: Annotated[str, Line(blank=True, longest=ROOM_ON_PAPER)]
    door: Annotated[str, Line(blank=True, longest=LONGEST)] = ""

"""What the form that merges two households sends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from app.core.input.fields import Line, Whole


@dataclass(frozen=True)
class Merge:
    """into: the household that stays. seen: what the reader was shown, see `Holdings.seen`."""

    into: Annotated[int, Whole(least=1, most=2**31 - 1)]
    seen: Annotated[str, Line()]

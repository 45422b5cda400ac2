"""What the form of substitutes sends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from app.core.input.fields import Line, Whole

MOST = 100  # units on either side of a ratio


@dataclass(frozen=True)
class PutSubstitution:
    """`ratio_to` units of `substitute` stand in for `ratio_from` units of `item`; both as typed."""

    item: Annotated[str, Line(longest=60)]
    substitute: Annotated[str, Line(longest=60)]
    ratio_from: Annotated[int, Whole(least=1, most=MOST)]
    ratio_to: Annotated[int, Whole(least=1, most=MOST)]

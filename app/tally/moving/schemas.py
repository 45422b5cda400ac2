"""What the form that moves a building's orders sends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from app.core.input.fields import Line, Whole, one_of

NEXT, ALONG = "next", "along"


@dataclass(frozen=True)
class MoveBuilding:
    """to: the new point. choice: from the next cycle on, or now with the open orders. version: of the building."""

    to: Annotated[int, Whole(least=1, most=2**31 - 1)]
    choice: Annotated[str, Line(validate=one_of((NEXT, ALONG)))]
    version: Annotated[int, Whole()]

"""What the form that hands lines to another point sends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from app.core.input.fields import Whole


@dataclass(frozen=True)
class Route:
    """To which service point."""

    point: Annotated[int, Whole(least=1, most=2**31 - 1)]

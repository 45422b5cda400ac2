"""What the form of a bag sends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from app.core.input.fields import Line


@dataclass(frozen=True)
class VoidBag:
    """Why a bag is taken apart."""

    reason: Annotated[str, Line(longest=100)]

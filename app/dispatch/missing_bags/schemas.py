"""What the form of a missing bag sends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from app.core.input.fields import Line


@dataclass(frozen=True)
class ResolveMissingBag:
    """What became of the bag."""

    fate: Annotated[str, Line(longest=20)]

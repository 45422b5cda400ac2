"""What the form of a captain's own number sends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from app.places.points.schemas import DutyPhone


@dataclass(frozen=True)
class GiveNumber:
    """The duty number; empty: the point's line is shown instead."""

    phone: Annotated[str, DutyPhone()] = ""

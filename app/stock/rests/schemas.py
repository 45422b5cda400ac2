"""What the forms of rest times send."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from app.catalog.models import Storage
from app.core.input.fields import Line, Whole, one_of

LONGEST = 7 * 24 * 60  # minutes


@dataclass(frozen=True)
class SaveUsual:
    """Minutes of each storage class, for goods whose category has no time of its own."""

    ambient: Annotated[int, Whole(most=LONGEST)]
    chilled: Annotated[int, Whole(most=LONGEST)]
    frozen: Annotated[int, Whole(most=LONGEST)]


@dataclass(frozen=True)
class SaveOfCategory:
    storage: Annotated[str, Line(validate=one_of(Storage))]
    category: Annotated[str, Line(longest=30)]
    minutes: Annotated[int, Whole(most=LONGEST)]

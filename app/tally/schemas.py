"""Input of the tally commands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from app.core.input.fields import Line, Whole


@dataclass(frozen=True)
class SignTally:
    """`total` is the number of units that the signer saw; another one means that something changed meanwhile."""

    total: Annotated[int, Whole()]


@dataclass(frozen=True)
class Reopen:
    """Why a signed tally is opened again."""

    reason: Annotated[str, Line(longest=100)]

"""What the forms of allocation send."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from app.core.input.fields import Line, Whole


@dataclass(frozen=True)
class Commit:
    """`input_sha256` is what the preview was computed from; another one means that something changed meanwhile."""

    input_sha256: Annotated[str, Line(longest=64)]


@dataclass(frozen=True)
class SetShare:
    """The whole share of one line, set by a person."""

    qty: Annotated[int, Whole(least=0, most=10_000)]
    reason: Annotated[str, Line(longest=100)]

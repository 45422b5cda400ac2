"""What the forms of a round under way send."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from marshmallow import fields

from app.core.input.fields import Line, Whole


@dataclass(frozen=True)
class SignDropOff:
    """Bags counted at the building, by exception: the codes of those that are missing, separated by blanks."""

    missing: Annotated[str, Line(longest=4000, blank=True, many_lines=True)]


@dataclass(frozen=True)
class Skip:
    """Why a stop is not served."""

    reason: Annotated[str, Line(longest=100)]


@dataclass(frozen=True)
class Left:
    """Ids of bags of a round: those that stay in the depot, or that are put on it after all."""

    bags: Annotated[tuple[int, ...], fields.List(Whole(least=1), load_default=tuple)] = ()

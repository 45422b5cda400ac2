"""Input of the purchasing commands."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from marshmallow import fields

from app.core.input.fields import Line, Whole
from app.core.input.schemas import rows_of

MOST_PACKS = 20_000


@dataclass(frozen=True)
class SeenOrder:
    """`version` of the order that the decision is about; an older one is refused as a stale edit."""

    version: Annotated[int, Whole(least=1)]


@dataclass(frozen=True)
class Close:
    """`gives_up`: what is still awaited will not come."""

    version: Annotated[int, Whole(least=1)]
    gives_up: Annotated[bool, fields.Boolean()] = False


@dataclass(frozen=True)
class LinePacks:
    """Line `id` is to have `packs`; 0 takes it off the order."""

    id: Annotated[int, Whole(least=1)]
    packs: Annotated[int, Whole(most=MOST_PACKS)]


@dataclass(frozen=True)
class EditLines:
    """Packs set by hand on a draft."""

    version: Annotated[int, Whole(least=1)]
    rows: Annotated[list[LinePacks], rows_of(LinePacks)] = field(default_factory=list)


@dataclass(frozen=True)
class Waive:
    """`qty` units of an item are not bought at all; 0 takes the waiver back."""

    qty: Annotated[int, Whole()]
    reason: Annotated[str, Line(longest=100)]

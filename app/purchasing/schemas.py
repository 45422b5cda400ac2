"""Input of the purchasing commands."""

from __future__ import annotations

from dataclasses import dataclass

from marshmallow import fields

from app.core.input.schemas import CommandSchema, Line, Whole

MOST_PACKS = 20_000


@dataclass(frozen=True)
class SeenOrder:
    """`version` of the order that the decision is about; an older one is refused as a stale edit."""

    version: int


class SeenOrderSchema(CommandSchema):
    makes = SeenOrder
    version = Whole(required=True, least=1)


@dataclass(frozen=True)
class Close:
    """`gives_up`: what is still awaited will not come."""

    version: int
    gives_up: bool = False


class CloseSchema(CommandSchema):
    makes = Close
    version = Whole(required=True, least=1)
    gives_up = fields.Boolean(load_default=False)


@dataclass(frozen=True)
class LinePacks:
    """Line `id` is to have `packs`; 0 takes it off the order."""

    id: int
    packs: int


class LinePacksSchema(CommandSchema):
    makes = LinePacks
    id = Whole(required=True, least=1)
    packs = Whole(required=True, most=MOST_PACKS)


@dataclass(frozen=True)
class EditLines:
    """Packs set by hand on a draft."""

    version: int
    rows: list[LinePacks]


class EditLinesSchema(CommandSchema):
    makes = EditLines
    version = Whole(required=True, least=1)
    rows = fields.List(fields.Nested(LinePacksSchema), load_default=list)


@dataclass(frozen=True)
class Waive:
    """`qty` units of an item are not bought at all; 0 takes the waiver back."""

    qty: int
    reason: str


class WaiveSchema(CommandSchema):
    makes = Waive
    qty = Whole(required=True)
    reason = Line(required=True, longest=100)

"""What the forms of cycles and their offers send."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any

from marshmallow import fields, post_load

from app.core.input.fields import DayField, Line, WallTime, Whole, Yuan, one_of
from app.core.input.schemas import CommandSchema, Rows
from app.ordering.models import Policy
from app.ordering.rules import MAX_QTY


@dataclass(frozen=True)
class EditCycle:
    """A cycle's name, dates (UTC instants), policy and the ids of the points that take part."""

    name: str
    opens_at: datetime
    cutoff_at: datetime
    deliver_on: date
    policy: str
    point_ids: tuple[int, ...]
    version: int = 0


class EditCycleSchema(CommandSchema):
    makes = EditCycle
    name = Line(required=True, longest=60)
    opens_at = WallTime(required=True)
    cutoff_at = WallTime(required=True)
    deliver_on = DayField(required=True)
    policy = fields.String(load_default=Policy.EQUAL_FLOOR.value, validate=one_of(Policy))
    points = fields.List(Whole(), load_default=list)
    version = Whole(load_default=0)

    @post_load
    def _make(self, data: dict[str, Any], **_kwargs: Any) -> EditCycle:
        return EditCycle(point_ids=tuple(data.pop("points")), **data)


@dataclass(frozen=True)
class OfferChange:
    """One offer as the desk edits it; `is_listed` False takes it off the form."""

    offer_id: int
    price_fen: int
    limit: int | None
    is_soft: bool
    is_listed: bool


@dataclass(frozen=True)
class EditOffers:
    changes: tuple[OfferChange, ...]
    add_item_ids: tuple[int, ...] = ()
    add_bundle_ids: tuple[int, ...] = ()


class EditOffersSchema(CommandSchema):
    """The offers form of one cycle. Its rows are the offers: price_<id>, limit_<id>, soft_<id>, listed_<id>."""

    items = fields.List(Whole(), load_default=list)
    bundles = fields.List(Whole(), load_default=list)
    price = Rows(Yuan(required=True))
    limit = Rows(Whole(least=1, most=MAX_QTY, load_default=None))
    soft = Rows(fields.Boolean(load_default=False))
    listed = Rows(fields.Boolean(load_default=False))

    @post_load
    def _make(self, data: dict[str, Any], **_kwargs: Any) -> EditOffers:
        price, limit, soft, listed = (data[name] for name in ("price", "limit", "soft", "listed"))
        changes = tuple(OfferChange(offer, price[offer], limit[offer], soft[offer], listed[offer]) for offer in price)
        return EditOffers(changes, tuple(data["items"]), tuple(data["bundles"]))


@dataclass(frozen=True)
class Lock:
    """`is_early`: lock before the cut-off. `override`: the name under which missing households count as unreachable."""

    is_early: Annotated[bool, fields.Boolean()] = False
    is_override: Annotated[bool, fields.Boolean()] = False


@dataclass(frozen=True)
class Reason:
    reason: Annotated[str, Line(longest=200)]

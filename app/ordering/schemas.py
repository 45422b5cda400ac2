"""What order forms send, the resident's own and those that somebody fills in for a household."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from marshmallow import fields, post_load

from app.core.input.fields import Line, Whole, one_of
from app.core.input.schemas import CommandSchema, Rows
from app.ordering.models import Source
from app.ordering.orders import IfExists, OfferPick, PlaceOrder
from app.ordering.rules import MAX_QTY

STEPS = ("search", "again", "edit", "review", "place")
PROXY_SOURCES = (Source.TELEPHONE, Source.DOOR, Source.PAPER)


@dataclass(frozen=True)
class OrderFormInput:
    """An order form as sent: what was picked, and the words beside it."""

    picks: tuple[OfferPick, ...]
    version: int
    is_soft_accepted: bool
    door_note: str
    remark: str
    other_need: str
    source: str = Source.FORM.value

    def order(self, cycle_id: int, household_id: int, if_exists: IfExists) -> PlaceOrder:
        """The command this form asks for."""
        return PlaceOrder(
            cycle_id=cycle_id,
            household_id=household_id,
            picks=self.picks,
            source=Source(self.source),
            if_exists=if_exists,
            seen_version=self.version or None,
            accepts_soft_limits=self.is_soft_accepted,
            door_note=self.door_note,
            remark=self.remark,
            other_need=self.other_need,
        )


class BasketSchema(CommandSchema):
    """A resident's own order form. Its rows are the offers that may be picked: qty_<offer>, sub_<offer>."""

    version = Whole(load_default=0)
    soft_ok = fields.Boolean(load_default=False)
    door_note = Line(longest=60, blank=True)
    remark = Line(longest=240, blank=True)
    other_need = Line(longest=200, blank=True, many_lines=True)
    qty = Rows(Whole(most=MAX_QTY, load_default=0), only_sent=True)
    sub = Rows(fields.Boolean(load_default=False), only_sent=True)

    @post_load
    def _make(self, data: dict[str, Any], **_kwargs: Any) -> OrderFormInput:
        quantities, ticked = data.pop("qty"), data.pop("sub")
        picks = tuple(OfferPick(offer, qty, ticked.get(offer, False)) for offer, qty in quantities.items() if qty)
        return OrderFormInput(picks=picks, is_soft_accepted=data.pop("soft_ok"), **data)


class ProxyBasketSchema(BasketSchema):
    """An order form that somebody else fills in, who says how the order came."""

    source = fields.String(load_default=PROXY_SOURCES[0].value, validate=one_of(PROXY_SOURCES))


@dataclass(frozen=True)
class OrderFormPage:
    """The button that was pressed, what the list is narrowed to, an offer to take one of that the free words named."""

    step: Annotated[str, fields.String(load_default="review", validate=one_of(STEPS))]
    search: Annotated[str, Line(longest=30, blank=True)]
    add: Annotated[int, Whole(load_default=0)]


@dataclass(frozen=True)
class Withdraw:
    version: Annotated[int, Whole()] = 0

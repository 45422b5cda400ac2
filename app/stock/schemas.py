"""Input of receiving and keeping."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from marshmallow import fields
from marshmallow.validate import OneOf

from app.core.input.schemas import BAD_DATE, CommandSchema, Line, Whole
from app.stock.models import ReceiptKind

MOST = 1_000_000  # sale units in one field


def _day() -> fields.Date:
    return fields.Date(format="%Y-%m-%d", load_default=None, error_messages={"invalid": BAD_DATE})


@dataclass(frozen=True)
class GoodsArrived:
    """What came for purchase line `id`: good, damaged and kept, sent straight back; all in sale units."""

    id: int
    good: int = 0
    damaged: int = 0
    returned: int = 0
    batch: str = ""
    expires_on: date | None = None


class GoodsArrivedSchema(CommandSchema):
    makes = GoodsArrived
    id = Whole(required=True, least=1)
    good = Whole(load_default=0, most=MOST)
    damaged = Whole(load_default=0, most=MOST)
    returned = Whole(load_default=0, most=MOST)
    batch = Line(longest=40, blank=True)
    expires_on = _day()


@dataclass(frozen=True)
class DeliveryForm:
    """One delivery of an order. `takes_extra`: units beyond the order are kept as lots of their own. `version`: the
    order as it was seen, so that two people do not enter one delivery; None where nobody looked at a page."""

    rows: list[GoodsArrived] = field(default_factory=list)
    takes_extra: bool = False
    version: int | None = None


class DeliverySchema(CommandSchema):
    makes = DeliveryForm
    rows = fields.List(fields.Nested(GoodsArrivedSchema), load_default=list)
    takes_extra = fields.Boolean(load_default=False)
    version = Whole(load_default=None, least=1)


@dataclass(frozen=True)
class UnorderedGoods:
    """Units of an item that come in without an order line; `id` is the row of the form."""

    item: int
    good: int = 0
    damaged: int = 0
    batch: str = ""
    expires_on: date | None = None
    id: int = 0

    @property
    def returned(self) -> int:
        """Nothing without an order goes straight back."""
        return 0


class GoodsSchema(CommandSchema):
    makes = UnorderedGoods
    id = Whole(load_default=0)
    item = Whole(required=True, least=1)
    good = Whole(load_default=0, most=MOST)
    damaged = Whole(load_default=0, most=MOST)
    batch = Line(longest=40, blank=True)
    expires_on = _day()


@dataclass(frozen=True)
class Unordered:
    """Goods that came with a delivery though nobody ordered them."""

    rows: list[UnorderedGoods]


class UnorderedSchema(CommandSchema):
    makes = Unordered
    rows = fields.List(fields.Nested(GoodsSchema), load_default=list)


@dataclass(frozen=True)
class TakeIn:
    """Goods without an order. `kind`: donation or opening (stock that was there before)."""

    kind: str
    rows: list[UnorderedGoods] = field(default_factory=list)
    from_whom: str = ""


class TakeInSchema(CommandSchema):
    makes = TakeIn
    kind = Line(required=True, validate=OneOf([ReceiptKind.DONATION.value, ReceiptKind.OPENING.value]))
    from_whom = Line(longest=60, blank=True)
    rows = fields.List(fields.Nested(GoodsSchema), load_default=list)


@dataclass(frozen=True)
class AskWriteOff:
    """Why so many units of a lot are no longer fit."""

    qty: int
    reason: str


class AskWriteOffSchema(CommandSchema):
    makes = AskWriteOff
    qty = Whole(required=True, least=1, most=MOST)
    reason = Line(required=True, longest=100)


@dataclass(frozen=True)
class SendBack:
    """Units of a lot that go back to the supplier; `part`: free or damaged."""

    part: str
    qty: int


class SendBackSchema(CommandSchema):
    makes = SendBack
    part = Line(required=True, validate=OneOf(["free", "damaged"]))
    qty = Whole(required=True, least=1, most=MOST)


@dataclass(frozen=True)
class Carry:
    """Units of a lot that are carried from one place to another."""

    from_place: int
    to_place: int
    qty: int


class CarrySchema(CommandSchema):
    makes = Carry
    from_place = Whole(required=True, least=1)
    to_place = Whole(required=True, least=1)
    qty = Whole(required=True, least=1, most=MOST)


@dataclass(frozen=True)
class CountedLot:
    """Lot `id` holds `counted` units that are free or reserved."""

    id: int
    counted: int


class CountedLotSchema(CommandSchema):
    makes = CountedLot
    id = Whole(required=True, least=1)
    counted = Whole(required=True, most=MOST)


@dataclass(frozen=True)
class StockCountForm:
    """A stock count."""

    rows: list[CountedLot] = field(default_factory=list)


class CountSchema(CommandSchema):
    makes = StockCountForm
    rows = fields.List(fields.Nested(CountedLotSchema), load_default=list)


@dataclass(frozen=True)
class SeenWriteOff:
    """`version` of the write-off that the decision is about."""

    version: int


class SeenWriteOffSchema(CommandSchema):
    makes = SeenWriteOff
    version = Whole(required=True, least=1)

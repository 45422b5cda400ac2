"""Input of receiving and keeping."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Annotated

from marshmallow import fields
from marshmallow.validate import OneOf

from app.core.input.fields import BAD_DATE, Line, Whole
from app.core.input.schemas import rows_of
from app.stock.models import ReceiptKind

MOST = 1_000_000  # sale units in one field


def _day() -> fields.Date:
    return fields.Date(format="%Y-%m-%d", load_default=None, error_messages={"invalid": BAD_DATE})


@dataclass(frozen=True)
class GoodsArrived:
    """What came for purchase line `id`: good, damaged and kept, sent straight back; all in sale units."""

    id: Annotated[int, Whole(least=1)]
    good: Annotated[int, Whole(most=MOST)] = 0
    damaged: Annotated[int, Whole(most=MOST)] = 0
    returned: Annotated[int, Whole(most=MOST)] = 0
    batch: Annotated[str, Line(longest=40, blank=True)] = ""
    expires_on: Annotated[date | None, _day()] = None


@dataclass(frozen=True)
class DeliveryForm:
    """One delivery of an order. `takes_extra`: units beyond the order are kept as lots of their own. `version`: the
    order as it was seen, so that two people do not enter one delivery; None where nobody looked at a page."""

    rows: Annotated[list[GoodsArrived], rows_of(GoodsArrived)] = field(default_factory=list)
    takes_extra: Annotated[bool, fields.Boolean()] = False
    version: Annotated[int | None, Whole(least=1)] = None


@dataclass(frozen=True)
class UnorderedGoods:
    """Units of an item that come in without an order line; `id` is the row of the form."""

    item: Annotated[int, Whole(least=1)]
    good: Annotated[int, Whole(most=MOST)] = 0
    damaged: Annotated[int, Whole(most=MOST)] = 0
    batch: Annotated[str, Line(longest=40, blank=True)] = ""
    expires_on: Annotated[date | None, _day()] = None
    id: Annotated[int, Whole()] = 0

    @property
    def returned(self) -> int:
        """Nothing without an order goes straight back."""
        return 0


@dataclass(frozen=True)
class Unordered:
    """Goods that came with a delivery though nobody ordered them."""

    rows: Annotated[list[UnorderedGoods], rows_of(UnorderedGoods)] = field(default_factory=list)


@dataclass(frozen=True)
class TakeIn:
    """Goods without an order. `kind`: donation or opening (stock that was there before)."""

    kind: Annotated[str, Line(validate=OneOf([ReceiptKind.DONATION.value, ReceiptKind.OPENING.value]))]
    rows: Annotated[list[UnorderedGoods], rows_of(UnorderedGoods)] = field(default_factory=list)
    from_whom: Annotated[str, Line(longest=60, blank=True)] = ""


@dataclass(frozen=True)
class AskWriteOff:
    """Why so many units of a lot are no longer fit."""

    qty: Annotated[int, Whole(least=1, most=MOST)]
    reason: Annotated[str, Line(longest=100)]


@dataclass(frozen=True)
class SendBack:
    """Units of a lot that go back to the supplier; `part`: free or damaged."""

    part: Annotated[str, Line(validate=OneOf(["free", "damaged"]))]
    qty: Annotated[int, Whole(least=1, most=MOST)]


@dataclass(frozen=True)
class Carry:
    """Units of a lot that are carried from one place to another."""

    from_place: Annotated[int, Whole(least=1)]
    to_place: Annotated[int, Whole(least=1)]
    qty: Annotated[int, Whole(least=1, most=MOST)]


@dataclass(frozen=True)
class CountedLot:
    """Lot `id` holds `counted` units that are free or reserved."""

    id: Annotated[int, Whole(least=1)]
    counted: Annotated[int, Whole(most=MOST)]


@dataclass(frozen=True)
class StockCountForm:
    """A stock count."""

    rows: Annotated[list[CountedLot], rows_of(CountedLot)] = field(default_factory=list)


@dataclass(frozen=True)
class SeenWriteOff:
    """`version` of the write-off that the decision is about."""

    version: Annotated[int, Whole(least=1)]

"""Input of the settlement commands."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from marshmallow import ValidationError, fields, post_load

from app.core.input.fields import Line, Yuan, one_of
from app.core.input.schemas import CommandSchema
from app.settlement.models import PaymentKind

MARKS = (PaymentKind.PAID, PaymentKind.REFUND)


@dataclass(frozen=True)
class MoneyMark:
    """Money that changed hands: paid by the household, or paid back to it; `amount_fen` > 0 either way."""

    kind: str
    amount_fen: int


class MoneyMarkSchema(CommandSchema):
    kind = Line(required=True, longest=20, validate=one_of(MARKS))
    amount = Yuan(required=True)

    @post_load
    def _make(self, data: dict[str, object], **_kwargs: object) -> MoneyMark:
        return MoneyMark(str(data["kind"]), int(str(data["amount"])))


@dataclass(frozen=True)
class Collected:
    """Households that paid what they were seen to owe: (order, amount in fen)."""

    seen: Annotated[list[tuple[int, int]], fields.List(SeenAmountField)] = field(default_factory=list)


class SeenAmountField(fields.Field[tuple[int, int]]):
    """A ticked box, ``12:3500``: the order and what it owed when the page was shown."""

    def _deserialize(self, value: object, attr: str | None, data: object, **kwargs: object) -> tuple[int, int]:
        order, colon, fen = str(value).partition(":")
        if not (colon and all(part.isascii() and part.isdigit() and len(part) < 10 for part in (order, fen))):
            raise ValidationError("内容格式不对。")
        return int(order), int(fen)

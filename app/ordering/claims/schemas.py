"""What the claim form at a door sends."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any

from flask_babel import lazy_gettext as _l
from marshmallow import ValidationError, fields, post_load

from app.core.input.fields import Line, Whole, one_of
from app.core.input.schemas import CommandSchema, Rows
from app.ordering.claims.models import ClaimKind
from app.ordering.orders import OfferPick
from app.ordering.rules import MAX_QTY

CLAIM_STEPS = ("start", "leave")
_TELEPHONE = re.compile(r"\+?[0-9]{7,15}")


@dataclass(frozen=True)
class LeaveClaim:
    """Who to call about which room, why the door stayed shut, and what is wanted."""

    stairwell_id: int
    room: str
    phone: str
    kind: str
    note: str
    picks: tuple[OfferPick, ...]


def _telephone(value: str) -> None:
    if not _TELEPHONE.fullmatch(re.sub(r"[\s\-()（）－]", "", value)):
        raise ValidationError(str(_l("请填一个能打通的电话：手机号 11 位，座机带区号。")))


class LeaveClaimSchema(CommandSchema):
    """The claim form at a door. Its rows are the offers that may be picked: qty_<offer>, sub_<offer>."""

    stairwell_id = Whole(required=True)
    room = Line(required=True, longest=20)
    phone = Line(required=True, longest=20, validate=_telephone)
    kind = fields.String(load_default=ClaimKind.OTHER.value, validate=one_of(ClaimKind))
    note = Line(longest=200, blank=True, many_lines=True)
    qty = Rows(Whole(most=MAX_QTY, load_default=0), only_sent=True)
    sub = Rows(fields.Boolean(load_default=False), only_sent=True)

    @post_load
    def _make(self, data: dict[str, Any], **_kwargs: Any) -> LeaveClaim:
        quantities, ticked = data.pop("qty"), data.pop("sub")
        picks = tuple(OfferPick(offer, qty, ticked.get(offer, False)) for offer, qty in quantities.items() if qty)
        return LeaveClaim(picks=picks, **data)


@dataclass(frozen=True)
class ClaimPage:
    """The button that was pressed, and the cycle whose goods the page showed (0 for none)."""

    step: Annotated[str, fields.String(load_default="leave", validate=one_of(CLAIM_STEPS))]
    cycle_id: Annotated[int, Whole(load_default=0)]

"""What the claim form at a door sends."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l
from marshmallow import ValidationError, fields, post_load

from app.core.input.schemas import CommandSchema, Line, Whole, one_of
from app.ordering.claims.models import ClaimKind
from app.ordering.orders import Pick
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
    picks: tuple[Pick, ...]
    step: str
    cycle_id: int = 0


def _telephone(value: str) -> None:
    if not _TELEPHONE.fullmatch(re.sub(r"[\s\-()（）－]", "", value)):
        raise ValidationError(str(_l("请填一个能打通的电话：手机号 11 位，座机带区号。")))


class _ClaimFields(CommandSchema):
    stairwell_id = Whole(required=True)
    room = Line(required=True, longest=20)
    phone = Line(required=True, longest=20, validate=_telephone)
    kind = fields.String(load_default=ClaimKind.OTHER.value, validate=one_of(ClaimKind))
    note = Line(longest=200, blank=True, many_lines=True)
    step = fields.String(load_default="leave", validate=one_of(CLAIM_STEPS))
    cycle_id = Whole(load_default=0)

    class Meta(CommandSchema.Meta):
        register = False


def claim_schema(offer_ids: Iterable[int]) -> type[CommandSchema]:
    """The schema of a claim form: qty_<offer> and sub_<offer> for each offer that may be picked."""
    ids = tuple(offer_ids)
    members: dict[str, Any] = {}
    for offer_id in ids:
        members[f"qty_{offer_id}"] = Whole(most=MAX_QTY, load_default=0)
        members[f"sub_{offer_id}"] = fields.Boolean(load_default=False)

    def make(_self: Any, data: dict[str, Any], **_kwargs: Any) -> LeaveClaim:
        picks = tuple(Pick(i, data[f"qty_{i}"], data[f"sub_{i}"]) for i in ids if data[f"qty_{i}"])
        named = ("stairwell_id", "room", "phone", "kind", "note", "step", "cycle_id")
        return LeaveClaim(picks=picks, **{name: data[name] for name in named})

    members["_make"] = post_load(make)
    return type("ClaimSchema", (_ClaimFields,), members)

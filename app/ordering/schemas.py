"""What the forms of cycles, orders and the roll call send."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from marshmallow import fields, post_load, validate

from app.core.input.schemas import CommandSchema, Day, Line, WallTime, Whole, Yuan, one_of
from app.ordering.models import Outcome, Policy, Source
from app.ordering.orders import IfExists, Pick, PlaceOrder
from app.ordering.rules import MAX_QTY

STEPS = ("search", "again", "edit", "review", "place")
PROXY_SOURCES = (Source.TELEPHONE, Source.DOOR, Source.PAPER)


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
    deliver_on = Day(required=True)
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


def edit_offers_schema(offer_ids: Iterable[int]) -> type[CommandSchema]:
    """The schema of the offers form of one cycle: price_<id>, limit_<id>, soft_<id>, listed_<id> for each offer."""
    ids = tuple(offer_ids)
    members: dict[str, Any] = {
        "items": fields.List(Whole(), load_default=list),
        "bundles": fields.List(Whole(), load_default=list),
    }
    for offer_id in ids:
        members[f"price_{offer_id}"] = Yuan(required=True)
        members[f"limit_{offer_id}"] = Whole(least=1, most=MAX_QTY, load_default=None)
        members[f"soft_{offer_id}"] = fields.Boolean(load_default=False)
        members[f"listed_{offer_id}"] = fields.Boolean(load_default=False)

    def make(_self: Any, data: dict[str, Any], **_kwargs: Any) -> EditOffers:
        changes = tuple(
            OfferChange(i, data[f"price_{i}"], data[f"limit_{i}"], data[f"soft_{i}"], data[f"listed_{i}"]) for i in ids
        )
        return EditOffers(changes, tuple(data["items"]), tuple(data["bundles"]))

    members["_make"] = post_load(make)
    return type("EditOffersSchema", (_Unregistered,), members)


class _Unregistered(CommandSchema):
    """Base of schemas made for one cycle: marshmallow keeps no list of them."""

    class Meta(CommandSchema.Meta):
        register = False


@dataclass(frozen=True)
class Lock:
    """`is_early`: lock before the cut-off. `override`: the name under which missing households count as unreachable."""

    is_early: bool = False
    is_override: bool = False


class LockSchema(CommandSchema):
    makes = Lock
    is_early = fields.Boolean(load_default=False)
    is_override = fields.Boolean(load_default=False)


@dataclass(frozen=True)
class Reason:
    reason: str


class ReasonSchema(CommandSchema):
    makes = Reason
    reason = Line(required=True, longest=200)


@dataclass(frozen=True)
class Basket:
    """An order form as sent: what was picked, the words beside it, and which button was pressed."""

    picks: tuple[Pick, ...]
    step: str
    search: str
    version: int
    is_soft_accepted: bool
    source: str
    door_note: str
    remark: str
    other_need: str
    add: int = 0  # an offer to take one of, found in the free words

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


class _BasketFields(_Unregistered):
    """What every order form carries beside its quantities."""

    step = fields.String(load_default="review", validate=one_of(STEPS))
    add = Whole(load_default=0)
    search = Line(longest=30, blank=True)
    version = Whole(load_default=0)
    soft_ok = fields.Boolean(load_default=False)
    door_note = Line(longest=60, blank=True)
    remark = Line(longest=240, blank=True)
    other_need = Line(longest=200, blank=True, many_lines=True)


def basket_schema(offer_ids: Iterable[int], sources: Iterable[Source] = ()) -> type[CommandSchema]:
    """The schema of an order form: qty_<offer> and sub_<offer> for each offer that may be picked.

    `sources` are the ones a proxy may name; none: the resident's own form.
    """
    ids = tuple(offer_ids)
    members: dict[str, Any] = {}
    named = tuple(str(source) for source in sources)
    if named:
        members["source"] = fields.String(load_default=named[0], validate=one_of(named))
    for offer_id in ids:
        members[f"qty_{offer_id}"] = Whole(most=MAX_QTY, load_default=0)
        members[f"sub_{offer_id}"] = fields.Boolean(load_default=False)

    def make(_self: Any, data: dict[str, Any], **_kwargs: Any) -> Basket:
        return _basket(ids, data)

    members["_make"] = post_load(make)
    return type("BasketSchema", (_BasketFields,), members)


def _basket(ids: tuple[int, ...], data: Mapping[str, Any]) -> Basket:
    picks = tuple(Pick(i, data[f"qty_{i}"], data[f"sub_{i}"]) for i in ids if data[f"qty_{i}"])
    return Basket(
        picks=picks,
        step=data["step"],
        search=data["search"],
        version=data["version"],
        is_soft_accepted=data["soft_ok"],
        source=data.get("source", Source.FORM.value),
        door_note=data["door_note"],
        remark=data["remark"],
        other_need=data["other_need"],
        add=data["add"],
    )


@dataclass(frozen=True)
class Withdraw:
    version: int = 0


class WithdrawSchema(CommandSchema):
    makes = Withdraw
    version = Whole(load_default=0)


@dataclass(frozen=True)
class RecordRollCall:
    """Outcomes as a page sends them: household id → outcome; `clear`: a household whose note is taken back."""

    outcomes: tuple[tuple[int, Outcome], ...]
    clear: int | None = None
    show: str = "all"


def roll_call_schema(household_ids: Iterable[int]) -> type[CommandSchema]:
    """The schema of a building's roll call: outcome_<household> for each; empty ones stay as they are."""
    ids = tuple(household_ids)
    allowed = [outcome for outcome in Outcome if outcome != Outcome.ORDERED]
    members: dict[str, Any] = {f"outcome_{i}": fields.String(load_default=None, validate=one_of(allowed)) for i in ids}
    members["clear"] = Whole(load_default=None)
    members["show"] = fields.String(load_default="all", validate=one_of(("todo", "unreachable", "all")))

    def make(_self: Any, data: dict[str, Any], **_kwargs: Any) -> RecordRollCall:
        noted = tuple((i, Outcome(data[f"outcome_{i}"])) for i in ids if data[f"outcome_{i}"])
        return RecordRollCall(noted, data["clear"], data["show"])

    members["_make"] = post_load(make)
    return type("RollCallSchema", (_Unregistered,), members)


class RestSchema(CommandSchema):
    """One outcome for all households that have none; loads to the outcome itself."""

    outcome = fields.String(
        required=True,
        validate=one_of(Outcome),
        error_messages={"required": _l("请选择一个点名结果。")},
    )

    @post_load
    def _make(self, data: dict[str, Any], **_kwargs: Any) -> Outcome:
        return Outcome(data["outcome"])


@dataclass(frozen=True)
class Enter:
    """What somebody at the poster typed: which stairwell and room, a phone's tail, an order code."""

    stairwell_id: int
    room: str
    phone_tail: str = ""
    order_code: str = ""


class EnterSchema(CommandSchema):
    makes = Enter
    stairwell_id = Whole(required=True)
    room = Line(required=True, longest=20)
    phone_tail = Line(
        blank=True,
        longest=20,
        validate=validate.Regexp("^([0-9]{4})?$", error=_l("请填手机号最后四位数字，四位都要。")),
    )
    order_code = Line(longest=30, blank=True)


@dataclass(frozen=True)
class Code:
    """An order code as typed."""

    order_code: str


class CodeSchema(CommandSchema):
    """Only an order code: from another phone."""

    makes = Code
    order_code = Line(required=True, longest=30)

"""Input of the hand-over commands."""

from __future__ import annotations

from dataclasses import dataclass, field

from marshmallow import fields

from app.core.input.schemas import CommandSchema, Line, Whole, one_of
from app.core.labels import Labelled
from app.handover.models import DisputeKind, DisputeState, DoorOutcome


@dataclass(frozen=True)
class DoorEntry:
    """What happened with one bag; `id` is the bag."""

    id: int
    outcome: str = DoorOutcome.LEFT.value
    detail: str = ""


@dataclass(frozen=True)
class HandOutEntry:
    """A whole building: every bag that was shown, and exceptions typed as text on top."""

    rows: list[DoorEntry] = field(default_factory=list)
    exceptions: str = ""


@dataclass(frozen=True)
class LeftAtDoors:
    """Bags (ids) that are at their doors now; `rest`: all that were still to do, which takes none that was tried."""

    bags: list[int] = field(default_factory=list)
    rest: bool = False


class LeftAtDoorsSchema(CommandSchema):
    makes = LeftAtDoors
    bags = fields.List(Whole(least=1, most=2**31 - 1), load_default=list)
    rest = fields.Boolean(load_default=False)


@dataclass(frozen=True)
class DoorProblem:
    """Why bags (ids) of one door could not be left there."""

    bags: list[int]
    outcome: str
    detail: str = ""


class DoorProblemSchema(CommandSchema):
    makes = DoorProblem
    bags = fields.List(Whole(least=1, most=2**31 - 1), load_default=list)
    outcome = Line(required=True, longest=20, validate=one_of(o for o in DoorOutcome if o != DoorOutcome.LEFT))
    detail = Line(longest=100, blank=True)


@dataclass(frozen=True)
class TakeBack:
    """Attempts at doors (ids) to take back."""

    attempts: list[int] = field(default_factory=list)


class TakeBackSchema(CommandSchema):
    makes = TakeBack
    attempts = fields.List(Whole(least=1, most=2**31 - 1), load_default=list)


class ReturnedGoodsState(Labelled):
    """What the goods of a bag that came back are like."""

    GOOD = "good", "完好"
    SPOILED = "spoiled", "已变质或破损"


class DisputeWish(Labelled):
    """What the household gets instead."""

    REDELIVER = "redeliver", "下一波再送"
    CANCEL = "cancel", "不要了，不收钱"


@dataclass(frozen=True)
class BringBack:
    """The decision about a bag that comes back to the depot."""

    goods: str
    wish: str


class BringBackSchema(CommandSchema):
    makes = BringBack
    goods = Line(required=True, longest=20, validate=one_of(ReturnedGoodsState))
    wish = Line(required=True, longest=20, validate=one_of(DisputeWish))


@dataclass(frozen=True)
class Complaint:
    """Units of one line that are not as they should be; `id` is the order line, 0 units mean no complaint."""

    id: int
    qty: int = 0
    kind: str = DisputeKind.MISSING.value


@dataclass(frozen=True)
class Complain:
    """One bag: what is complained about; everything else in it is accepted."""

    rows: list[Complaint] = field(default_factory=list)
    note: str = ""


class ComplaintSchema(CommandSchema):
    makes = Complaint
    id = Whole(required=True, least=1, most=2**31 - 1)
    qty = Whole(least=0, most=100_000, load_default=0)
    kind = Line(longest=20, validate=one_of(DisputeKind), load_default=DisputeKind.MISSING.value)


class ComplainSchema(CommandSchema):
    makes = Complain
    rows = fields.List(fields.Nested(ComplaintSchema), load_default=list)
    note = Line(longest=200, blank=True)


@dataclass(frozen=True)
class Confirm:
    """The bags to accept as they are; none named means all that wait for it."""

    bags: list[int] = field(default_factory=list)


class ConfirmSchema(CommandSchema):
    makes = Confirm
    bags = fields.List(Whole(least=1, most=2**31 - 1), load_default=list)


RESOLUTIONS = (DisputeState.REDELIVERED, DisputeState.REFUNDED, DisputeState.REJECTED)


@dataclass(frozen=True)
class ResolveDispute:
    """The answer to a complaint."""

    to: str
    reason: str


class ResolveDisputeSchema(CommandSchema):
    makes = ResolveDispute
    to = Line(required=True, longest=20, validate=one_of(RESOLUTIONS))
    reason = Line(required=True, longest=200)

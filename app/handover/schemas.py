"""Input of the hand-over commands."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from marshmallow import fields

from app.core.input.fields import Line, Whole, one_of
from app.core.input.schemas import rows_of
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

    bags: Annotated[list[int], fields.List(Whole(least=1, most=2**31 - 1))] = field(default_factory=list)
    rest: Annotated[bool, fields.Boolean()] = False


_NOT_LEFT = one_of(outcome for outcome in DoorOutcome if outcome != DoorOutcome.LEFT)


@dataclass(frozen=True)
class DoorProblem:
    """Why bags (ids) of one door could not be left there."""

    bags: Annotated[list[int], fields.List(Whole(least=1, most=2**31 - 1), load_default=list)]
    outcome: Annotated[str, Line(longest=20, validate=_NOT_LEFT)]
    detail: Annotated[str, Line(longest=100, blank=True)] = ""


@dataclass(frozen=True)
class TakeBack:
    """Attempts at doors (ids) to take back."""

    attempts: Annotated[list[int], fields.List(Whole(least=1, most=2**31 - 1))] = field(default_factory=list)


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

    goods: Annotated[str, Line(longest=20, validate=one_of(ReturnedGoodsState))]
    wish: Annotated[str, Line(longest=20, validate=one_of(DisputeWish))]


@dataclass(frozen=True)
class Complaint:
    """Units of one line that are not as they should be; `id` is the order line, 0 units mean no complaint."""

    id: Annotated[int, Whole(least=1, most=2**31 - 1)]
    qty: Annotated[int, Whole(least=0, most=100_000)] = 0
    kind: Annotated[str, Line(longest=20, validate=one_of(DisputeKind))] = DisputeKind.MISSING.value


@dataclass(frozen=True)
class Complain:
    """One bag: what is complained about; everything else in it is accepted."""

    rows: Annotated[list[Complaint], rows_of(Complaint)] = field(default_factory=list)
    note: Annotated[str, Line(longest=200, blank=True)] = ""


@dataclass(frozen=True)
class Confirm:
    """The bags to accept as they are; none named means all that wait for it."""

    bags: Annotated[list[int], fields.List(Whole(least=1, most=2**31 - 1))] = field(default_factory=list)


RESOLUTIONS = (DisputeState.REDELIVERED, DisputeState.REFUNDED, DisputeState.REJECTED)


@dataclass(frozen=True)
class ResolveDispute:
    """The answer to a complaint."""

    to: Annotated[str, Line(longest=20, validate=one_of(RESOLUTIONS))]
    reason: Annotated[str, Line(longest=200)]

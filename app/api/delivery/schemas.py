"""What the endpoints of plans, rounds, stops and doors take and give. None of them names a household."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from marshmallow import fields

from app.core.input.fields import Whole
from app.core.input.schemas import rows_of


@dataclass(frozen=True)
class PlanRecord:
    """A plan of a wave. `state`: proposed, published, superseded, discarded."""

    id: Annotated[int, fields.Integer()]
    cycle_id: Annotated[int, fields.Integer()]
    wave: Annotated[int, fields.Integer()]
    state: Annotated[str, fields.String()]
    version: Annotated[int, fields.Integer()]
    created_at: Annotated[datetime, fields.AwareDateTime()]


@dataclass(frozen=True)
class PlanList:
    items: Annotated[list[PlanRecord], rows_of(PlanRecord)]
    next: Annotated[str | None, fields.String(allow_none=True)]


@dataclass(frozen=True)
class SeenPlan:
    """`version` of the plan that was looked at; a draft that somebody adjusted since is refused."""

    version: Annotated[int, Whole(least=1)]


@dataclass(frozen=True)
class RoundSummaryRecord:
    round_id: Annotated[int, fields.Integer()]
    seq: Annotated[int, fields.Integer()]
    team: Annotated[str, fields.String()]
    state: Annotated[str, fields.String()]
    departs_at: Annotated[datetime, fields.AwareDateTime()]
    returns_at: Annotated[datetime, fields.AwareDateTime()]
    stops: Annotated[int, fields.Integer()]
    bags: Annotated[int, fields.Integer()]
    weight_g: Annotated[int, fields.Integer()]


@dataclass(frozen=True)
class RoundList:
    items: Annotated[list[RoundSummaryRecord], rows_of(RoundSummaryRecord)]
    next: Annotated[str | None, fields.String(allow_none=True)]


@dataclass(frozen=True)
class BagOfStopRecord:
    id: Annotated[int, fields.Integer()]
    code: Annotated[str, fields.String()]
    state: Annotated[str, fields.String()]


@dataclass(frozen=True)
class StopRecord:
    stop_id: Annotated[int, fields.Integer()]
    seq: Annotated[int, fields.Integer()]
    building_id: Annotated[int, fields.Integer()]
    compound: Annotated[str, fields.String()]
    building: Annotated[str, fields.String()]
    arrive_at: Annotated[datetime, fields.AwareDateTime()]
    state: Annotated[str, fields.String()]
    missing: Annotated[int, fields.Integer()]
    bags: Annotated[list[BagOfStopRecord], rows_of(BagOfStopRecord)]


@dataclass(frozen=True)
class RoundRecord:
    """A round with its stops in order, and the bags of each that travel."""

    id: Annotated[int, fields.Integer()]
    plan_id: Annotated[int, fields.Integer()]
    cycle_id: Annotated[int, fields.Integer()]
    state: Annotated[str, fields.String()]
    departs_at: Annotated[datetime, fields.AwareDateTime()]
    stops: Annotated[list[StopRecord], rows_of(StopRecord)]


@dataclass(frozen=True)
class StopStateRecord:
    """How a stop is: pending, arrived, signed, refused or skipped."""

    id: Annotated[int, fields.Integer()]
    round_id: Annotated[int, fields.Integer()]
    building_id: Annotated[int, fields.Integer()]
    state: Annotated[str, fields.String()]


@dataclass(frozen=True)
class ArrivedBags:
    """Everything that should come to a stop is there but the bags in `missing` (ids)."""

    missing: Annotated[list[int], fields.List(Whole(least=1, most=2**31 - 1), load_default=list)]


@dataclass(frozen=True)
class DoorBagRecord:
    id: Annotated[int, fields.Integer()]
    code: Annotated[str, fields.String()]
    state: Annotated[str, fields.String()]


@dataclass(frozen=True)
class BuildingBagsRecord:
    """The bags of a building in a cycle; whose door each goes to is shown to people, on the page."""

    building_id: Annotated[int, fields.Integer()]
    bags: Annotated[list[DoorBagRecord], rows_of(DoorBagRecord)]

"""What the endpoints of chains and tallies take and give."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from marshmallow import fields

from app.core.input.schemas import nested, rows_of


@dataclass(frozen=True)
class ChainRecord:
    """A list that was pasted for a point. `state`: preview, committing, committed, superseded, undone."""

    id: Annotated[int, fields.Integer()]
    cycle_id: Annotated[int, fields.Integer()]
    service_point_id: Annotated[int, fields.Integer()]
    kind: Annotated[str, fields.String()]
    seq: Annotated[int, fields.Integer()]
    state: Annotated[str, fields.String()]
    created_at: Annotated[datetime, fields.AwareDateTime()]


@dataclass(frozen=True)
class ChainList:
    items: Annotated[list[ChainRecord], rows_of(ChainRecord)]
    next: Annotated[str | None, fields.String(allow_none=True)]


@dataclass(frozen=True)
class ChainGoodsRecord:
    item: Annotated[str, fields.String()]
    qty: Annotated[int | None, fields.Integer(allow_none=True)]
    unit: Annotated[str, fields.String()]


@dataclass(frozen=True)
class ChainLineRecord:
    """A line of a list as it was read. What people wrote in it is shown to people, on the page."""

    id: Annotated[int, fields.Integer()]
    line_no: Annotated[int, fields.Integer()]
    part: Annotated[int, fields.Integer()]
    outcome: Annotated[str, fields.String()]
    household_id: Annotated[int | None, fields.Integer(allow_none=True)]
    order_id: Annotated[int | None, fields.Integer(allow_none=True)]
    reason: Annotated[str, fields.String()]
    items: Annotated[list[ChainGoodsRecord], rows_of(ChainGoodsRecord)]


@dataclass(frozen=True)
class ReadChainRecord:
    """A list with its lines; those of outcome `review` wait for a person, who settles them on the page."""

    chain: Annotated[ChainRecord, nested(ChainRecord)]
    lines: Annotated[list[ChainLineRecord], rows_of(ChainLineRecord)]


@dataclass(frozen=True)
class CommitChain:
    """`is_another`: it is no later version of the list that it resembles."""

    is_another: Annotated[bool, fields.Boolean()] = False


@dataclass(frozen=True)
class TallyRecord:
    """How far the tally of a point is, and what stands in the way of signing it."""

    point_id: Annotated[int, fields.Integer()]
    point: Annotated[str, fields.String()]
    state: Annotated[str, fields.String()]
    number: Annotated[int, fields.Integer()]
    orders: Annotated[int, fields.Integer()]
    units: Annotated[int, fields.Integer()]
    households: Annotated[int, fields.Integer()]
    without_outcome: Annotated[int, fields.Integer()]
    open_reviews: Annotated[int, fields.Integer()]
    claims: Annotated[int, fields.Integer()]


@dataclass(frozen=True)
class TallyList:
    items: Annotated[list[TallyRecord], rows_of(TallyRecord)]
    next: Annotated[str | None, fields.String(allow_none=True)]


@dataclass(frozen=True)
class TallyCellRecord:
    building_id: Annotated[int, fields.Integer()]
    item_id: Annotated[int, fields.Integer()]
    qty: Annotated[int, fields.Integer()]


@dataclass(frozen=True)
class PointTallyRecord:
    """The tally of one point: signed numbers where it is signed, else the orders as they stand."""

    tally: Annotated[TallyRecord, nested(TallyRecord)]
    cells: Annotated[list[TallyCellRecord], rows_of(TallyCellRecord)]

"""What the endpoints of cycles and orders take and give."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any

from marshmallow import fields, validate

from app.api.schemas import CursorQuery
from app.core.input.fields import REQUIRED, Line, Whole, one_of
from app.core.input.schemas import nested, rows_of
from app.ordering.models import OrderState, Source
from app.ordering.orders import IfExists, OfferPick, PlaceOrder
from app.ordering.rules import MAX_QTY
from app.ordering.schemas import PROXY_SOURCES

MOST_PICKS = 300


@dataclass(frozen=True)
class CycleRecord:
    id: Annotated[int, fields.Integer()]
    subdistrict_id: Annotated[int, fields.Integer()]
    name: Annotated[str, fields.String()]
    state: Annotated[str, fields.String()]
    opens_at: Annotated[datetime, fields.AwareDateTime()]
    cutoff_at: Annotated[datetime, fields.AwareDateTime()]
    deliver_on: Annotated[date, fields.Date()]


@dataclass(frozen=True)
class CycleList:
    items: Annotated[list[CycleRecord], rows_of(CycleRecord)]
    next: Annotated[str | None, fields.String(allow_none=True)]


@dataclass(frozen=True)
class OfferRecord:
    """What a cycle sells. `limit`: most units for one household, none without one; `is_soft`: it is an advice."""

    id: Annotated[int, fields.Integer()]
    name: Annotated[str, fields.String()]
    is_bundle: Annotated[bool, fields.Boolean()]
    price_fen: Annotated[int, fields.Integer()]
    limit: Annotated[int | None, fields.Integer(allow_none=True)]
    is_soft: Annotated[bool, fields.Boolean()]
    is_listed: Annotated[bool, fields.Boolean()]
    contents: Annotated[str, fields.String()]


@dataclass(frozen=True)
class OfferList:
    items: Annotated[list[OfferRecord], rows_of(OfferRecord)]
    next: Annotated[str | None, fields.String(allow_none=True)]


@dataclass(frozen=True)
class OrderQuery(CursorQuery):
    """Narrow a list of orders to a point, a building, a state."""

    point: Annotated[int | None, Whole(least=1, most=2**31 - 1)] = None
    building: Annotated[int | None, Whole(least=1, most=2**31 - 1)] = None
    state: Annotated[str, fields.String(validate=one_of(["", *OrderState]))] = ""


@dataclass(frozen=True)
class OrderRecord:
    """An order without its goods; `household_id` is none once the cycle was purged."""

    id: Annotated[int, fields.Integer()]
    code: Annotated[str, fields.String()]
    cycle_id: Annotated[int, fields.Integer()]
    household_id: Annotated[int | None, fields.Integer(allow_none=True)]
    building_id: Annotated[int, fields.Integer()]
    service_point_id: Annotated[int, fields.Integer()]
    state: Annotated[str, fields.String()]
    source: Annotated[str, fields.String()]
    total_fen: Annotated[int, fields.Integer()]
    placed_at: Annotated[datetime, fields.AwareDateTime()]
    revision: Annotated[int, fields.Integer()]
    version: Annotated[int, fields.Integer()]


@dataclass(frozen=True)
class OrderList:
    items: Annotated[list[OrderRecord], rows_of(OrderRecord)]
    next: Annotated[str | None, fields.String(allow_none=True)]


@dataclass(frozen=True)
class PickedRecord:
    offer_id: Annotated[int, fields.Integer()]
    qty: Annotated[int, fields.Integer()]
    is_substitutable: Annotated[bool, fields.Boolean()]


@dataclass(frozen=True)
class OrderLineRecord:
    """An item of an order; `stages` says where its units are now, and adds up to `qty`."""

    item: Annotated[str, fields.String()]
    qty: Annotated[int, fields.Integer()]
    instead_of: Annotated[str, fields.String()]
    stages: Annotated[dict[str, int], fields.Dict(keys=fields.String(), values=fields.Integer())]


@dataclass(frozen=True)
class OrderStatusRecord:
    """One order, what was picked, and where each unit of it is."""

    order: Annotated[OrderRecord, nested(OrderRecord)]
    picks: Annotated[list[PickedRecord], rows_of(PickedRecord)]
    lines: Annotated[list[OrderLineRecord], rows_of(OrderLineRecord)]


@dataclass(frozen=True)
class WantedPick:
    """`qty` units of an offer; `is_substitutable`: something like it may be sent instead."""

    offer_id: Annotated[int, Whole(least=1, most=2**31 - 1)]
    qty: Annotated[int, Whole(least=1, most=MAX_QTY)]
    is_substitutable: Annotated[bool, fields.Boolean()] = True


def _picks() -> Any:
    several = rows_of(WantedPick)
    several.validators.append(validate.Length(min=1, max=MOST_PICKS, error=REQUIRED))
    return several


@dataclass(frozen=True)
class Basket:
    """What an order asks for. `accepts_soft_limits`: the household was told that it asks for more than is advised."""

    picks: Annotated[list[WantedPick], _picks()]
    accepts_soft_limits: Annotated[bool, fields.Boolean()] = False
    source: Annotated[str, fields.String(validate=one_of(PROXY_SOURCES))] = PROXY_SOURCES[0].value
    door_note: Annotated[str, Line(longest=60, blank=True)] = ""
    remark: Annotated[str, Line(longest=240, blank=True)] = ""
    other_need: Annotated[str, Line(longest=200, blank=True, many_lines=True)] = ""

    def order(self, cycle_id: int, household_id: int, seen_version: int | None) -> PlaceOrder:
        """The command: place, or replace the order that was seen."""
        return PlaceOrder(
            cycle_id=cycle_id,
            household_id=household_id,
            picks=tuple(OfferPick(one.offer_id, one.qty, one.is_substitutable) for one in self.picks),
            source=Source(self.source),
            if_exists=IfExists.REFUSE if seen_version is None else IfExists.REPLACE,
            seen_version=seen_version,
            accepts_soft_limits=self.accepts_soft_limits,
            door_note=self.door_note,
            remark=self.remark,
            other_need=self.other_need,
        )


@dataclass(frozen=True, kw_only=True)
class NewOrder(Basket):
    """An order for a household that has none in the cycle."""

    household_id: Annotated[int, Whole(least=1, most=2**31 - 1)]


@dataclass(frozen=True, kw_only=True)
class AmendedOrder(Basket):
    """Another basket for an order. `version`: of the order as it was read; an older one is refused."""

    version: Annotated[int, Whole(least=1)]

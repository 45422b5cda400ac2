"""What the endpoints of buying, stock, allocation and bags give. What they take are the commands' own inputs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from marshmallow import fields

from app.api.schemas import CursorQuery, JobRecord
from app.core.input.fields import Whole, one_of
from app.core.input.schemas import nested, rows_of
from app.picking.models import BagState


@dataclass(frozen=True)
class DemandRecord:
    """One item: demanded = from_stock + purchased + waived − surplus + gap, in sale units."""

    item_id: Annotated[int, fields.Integer()]
    name: Annotated[str, fields.String()]
    demanded: Annotated[int, fields.Integer()]
    from_stock: Annotated[int, fields.Integer()]
    purchased: Annotated[int, fields.Integer()]
    waived: Annotated[int, fields.Integer()]
    surplus: Annotated[int, fields.Integer()]
    gap: Annotated[int, fields.Integer()]


@dataclass(frozen=True)
class DemandList:
    items: Annotated[list[DemandRecord], rows_of(DemandRecord)]
    next: Annotated[str | None, fields.String(allow_none=True)]


@dataclass(frozen=True)
class PurchaseSummaryRecord:
    id: Annotated[int, fields.Integer()]
    number: Annotated[str, fields.String()]
    supplier: Annotated[str, fields.String()]
    state: Annotated[str, fields.String()]
    lines: Annotated[int, fields.Integer()]
    units: Annotated[int, fields.Integer()]
    awaited: Annotated[int, fields.Integer()]
    received: Annotated[int, fields.Integer()]
    total_fen: Annotated[int, fields.Integer()]


@dataclass(frozen=True)
class PurchaseList:
    items: Annotated[list[PurchaseSummaryRecord], rows_of(PurchaseSummaryRecord)]
    next: Annotated[str | None, fields.String(allow_none=True)]


@dataclass(frozen=True)
class PurchaseLineRecord:
    id: Annotated[int, fields.Integer()]
    item: Annotated[str, fields.String()]
    packs: Annotated[int, fields.Integer()]
    pack_size: Annotated[int, fields.Integer()]
    price_fen: Annotated[int, fields.Integer()]
    awaited: Annotated[int, fields.Integer()]
    received: Annotated[int, fields.Integer()]
    undelivered: Annotated[int, fields.Integer()]


@dataclass(frozen=True)
class PurchaseRecord:
    """A purchase order; whoever wrote it (`created_by_id`, an account) cannot approve it, by no token either."""

    id: Annotated[int, fields.Integer()]
    number: Annotated[str, fields.String()]
    supplier: Annotated[str, fields.String()]
    state: Annotated[str, fields.String()]
    version: Annotated[int, fields.Integer()]
    created_by_id: Annotated[int, fields.Integer()]
    sent_at: Annotated[datetime | None, fields.AwareDateTime(allow_none=True)]
    goods_fen: Annotated[int, fields.Integer()]
    fee_fen: Annotated[int, fields.Integer()]
    lines: Annotated[list[PurchaseLineRecord], rows_of(PurchaseLineRecord)]


@dataclass(frozen=True)
class ReceiptRecord:
    """Goods that came in at one moment."""

    id: Annotated[int, fields.Integer()]
    number: Annotated[str, fields.String()]
    kind: Annotated[str, fields.String()]
    cycle_id: Annotated[int | None, fields.Integer(allow_none=True)]
    purchase_order_id: Annotated[int | None, fields.Integer(allow_none=True)]
    received_at: Annotated[datetime, fields.AwareDateTime()]


@dataclass(frozen=True)
class ReceiptList:
    items: Annotated[list[ReceiptRecord], rows_of(ReceiptRecord)]
    next: Annotated[str | None, fields.String(allow_none=True)]


@dataclass(frozen=True)
class AllocationRecord:
    """One item: ordered + substituting = open + given + short + cancelled; `qty_free` lies in stock."""

    item_id: Annotated[int, fields.Integer()]
    item: Annotated[str, fields.String()]
    qty_ordered: Annotated[int, fields.Integer()]
    qty_substituting: Annotated[int, fields.Integer()]
    qty_open: Annotated[int, fields.Integer()]
    qty_given: Annotated[int, fields.Integer()]
    qty_short: Annotated[int, fields.Integer()]
    qty_cancelled: Annotated[int, fields.Integer()]
    qty_free: Annotated[int, fields.Integer()]


@dataclass(frozen=True)
class AllocationList:
    items: Annotated[list[AllocationRecord], rows_of(AllocationRecord)]
    next: Annotated[str | None, fields.String(allow_none=True)]


@dataclass(frozen=True)
class PreviewRecord:
    """The preview asked for last. `input_sha256`, empty until it is there, is what a run names as what it has seen."""

    job: Annotated[JobRecord | None, fields.Nested(nested(JobRecord).nested, allow_none=True)]
    input_sha256: Annotated[str, fields.String()]


@dataclass(frozen=True)
class BagQuery(CursorQuery):
    """Narrow a list of bags to a building, a state, a wave."""

    building: Annotated[int | None, Whole(least=1, most=2**31 - 1)] = None
    state: Annotated[str, fields.String(validate=one_of(["", *BagState]))] = ""
    wave: Annotated[int | None, Whole(least=1, most=1000)] = None


@dataclass(frozen=True)
class BagRecord:
    """A bag: its code and building, no room and no name."""

    id: Annotated[int, fields.Integer()]
    code: Annotated[str, fields.String()]
    cycle_id: Annotated[int, fields.Integer()]
    building_id: Annotated[int, fields.Integer()]
    wave: Annotated[int, fields.Integer()]
    state: Annotated[str, fields.String()]
    weight_g: Annotated[int, fields.Integer()]
    is_cold: Annotated[bool, fields.Boolean()]


@dataclass(frozen=True)
class PackedBagList:
    items: Annotated[list[BagRecord], rows_of(BagRecord)]
    next: Annotated[str | None, fields.String(allow_none=True)]

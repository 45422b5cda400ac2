"""What the endpoints of places and catalogue take and give."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from marshmallow import fields

from app.api.schemas import CursorQuery
from app.core.input.fields import Whole
from app.core.input.schemas import rows_of


@dataclass(frozen=True)
class RoleRecord:
    """A role of the account, and where it holds: subdistrict, community, service_point or building."""

    role: Annotated[str, fields.String()]
    scope_kind: Annotated[str, fields.String()]
    scope_id: Annotated[int, fields.Integer()]


@dataclass(frozen=True)
class SelfRecord:
    """Whose token it is, for what it was made, and the roles that it acts in."""

    account_id: Annotated[int, fields.Integer()]
    token_name: Annotated[str, fields.String()]
    scopes: Annotated[list[str], fields.List(fields.String())]
    roles: Annotated[list[RoleRecord], rows_of(RoleRecord)]


@dataclass(frozen=True)
class PointRecord:
    id: Annotated[int, fields.Integer()]
    community_id: Annotated[int, fields.Integer()]
    name: Annotated[str, fields.String()]
    is_depot: Annotated[bool, fields.Boolean()]


@dataclass(frozen=True)
class PointList:
    items: Annotated[list[PointRecord], rows_of(PointRecord)]
    next: Annotated[str | None, fields.String(allow_none=True)]


@dataclass(frozen=True)
class BuildingQuery(CursorQuery):
    """`point`: only the buildings of this point."""

    point: Annotated[int | None, Whole(least=1, most=2**31 - 1)] = None


@dataclass(frozen=True)
class BuildingRecord:
    """`code` is the number of the imported list, `public_code` that of the posters."""

    id: Annotated[int, fields.Integer()]
    service_point_id: Annotated[int, fields.Integer()]
    compound: Annotated[str, fields.String()]
    label: Annotated[str, fields.String()]
    code: Annotated[str | None, fields.String(allow_none=True)]
    public_code: Annotated[str, fields.String()]


@dataclass(frozen=True)
class BuildingList:
    items: Annotated[list[BuildingRecord], rows_of(BuildingRecord)]
    next: Annotated[str | None, fields.String(allow_none=True)]


@dataclass(frozen=True)
class HouseholdRecord:
    """A room. Who lives there is told nowhere in the API."""

    id: Annotated[int, fields.Integer()]
    stairwell: Annotated[str, fields.String()]
    room_no: Annotated[str, fields.String()]
    is_active: Annotated[bool, fields.Boolean()]


@dataclass(frozen=True)
class HouseholdList:
    items: Annotated[list[HouseholdRecord], rows_of(HouseholdRecord)]
    next: Annotated[str | None, fields.String(allow_none=True)]


@dataclass(frozen=True)
class ItemRecord:
    id: Annotated[int, fields.Integer()]
    sku: Annotated[str, fields.String()]
    name: Annotated[str, fields.String()]
    category: Annotated[str, fields.String()]
    sale_unit: Annotated[str, fields.String()]
    spec: Annotated[str, fields.String()]
    weight_g: Annotated[int, fields.Integer()]
    volume_ml: Annotated[int, fields.Integer()]
    storage: Annotated[str, fields.String()]
    list_price_fen: Annotated[int, fields.Integer()]
    is_active: Annotated[bool, fields.Boolean()]


@dataclass(frozen=True)
class ItemList:
    items: Annotated[list[ItemRecord], rows_of(ItemRecord)]
    next: Annotated[str | None, fields.String(allow_none=True)]


@dataclass(frozen=True)
class BundlePartRecord:
    item_id: Annotated[int, fields.Integer()]
    name: Annotated[str, fields.String()]
    qty: Annotated[int, fields.Integer()]


@dataclass(frozen=True)
class BundleRecord:
    id: Annotated[int, fields.Integer()]
    sku: Annotated[str, fields.String()]
    name: Annotated[str, fields.String()]
    price_fen: Annotated[int, fields.Integer()]
    is_active: Annotated[bool, fields.Boolean()]
    components: Annotated[list[BundlePartRecord], rows_of(BundlePartRecord)]


@dataclass(frozen=True)
class BundleList:
    items: Annotated[list[BundleRecord], rows_of(BundleRecord)]
    next: Annotated[str | None, fields.String(allow_none=True)]

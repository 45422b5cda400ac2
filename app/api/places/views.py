"""Endpoints of the own token, of places and of the catalogue."""

from __future__ import annotations

from typing import Any

from flask import g
from sqlalchemy import select

from app.access.guard import staff
from app.access.permissions import Permission
from app.api.cursor import part_of, part_of_list
from app.api.framework import ApiBlueprint
from app.api.places.schemas import (
    BuildingList,
    BuildingQuery,
    BundleList,
    HouseholdList,
    ItemList,
    PointList,
    SelfRecord,
)
from app.api.schemas import CursorQuery
from app.catalog import queries as catalog_queries
from app.catalog.models import Item
from app.catalog.scope import subdistricts, within
from app.places.models import Building, Compound, Household, ServicePoint, Stairwell
from app.places.scope import buildings_in_scope, points_in_scope, require_building

bp = ApiBlueprint("api_places", __name__, description="Own token, places, catalogue")


@bp.read("/me", Permission.SELF, SelfRecord)
def get_self() -> dict[str, Any]:
    """Whose token this is, and what it may do."""
    by = staff()
    return {"account_id": by.id, "token_name": g.api_token.name, "scopes": g.api_token.scopes, "roles": by.grants}


@bp.read("/points", Permission.PLACES_READ, PointList, takes=CursorQuery)
def list_points(asked: CursorQuery) -> dict[str, Any]:
    """Service points within reach."""
    found = select(ServicePoint).where(points_in_scope(staff(), Permission.PLACES_READ))
    rows, following = part_of(found, ServicePoint.id, asked)
    return {"items": rows, "next": following}


@bp.read("/buildings", Permission.PLACES_READ, BuildingList, takes=BuildingQuery)
def list_buildings(asked: BuildingQuery) -> dict[str, Any]:
    """Buildings within reach, of one point or of all."""
    found = (
        select(
            Building.id,
            Building.service_point_id,
            Compound.name.label("compound"),
            Building.label,
            Building.code,
            Building.public_code,
        )
        .join(Compound, Compound.id == Building.compound_id)
        .where(buildings_in_scope(staff(), Permission.PLACES_READ))
    )
    if asked.point is not None:
        found = found.where(Building.service_point_id == asked.point)
    rows, following = part_of(found, Building.id, asked)
    return {"items": rows, "next": following}


@bp.read("/buildings/<int:building_id>/households", Permission.ORDER_PROXY, HouseholdList, takes=CursorQuery)
def list_households(asked: CursorQuery, building_id: int) -> dict[str, Any]:
    """The rooms of a building, for those who order on behalf of them."""
    building = require_building(staff(), Permission.ORDER_PROXY, building_id)
    found = (
        select(Household.id, Stairwell.label.label("stairwell"), Household.room_no, Household.is_active)
        .join(Stairwell, Stairwell.id == Household.stairwell_id)
        .where(Stairwell.building_id == building.id)
    )
    rows, following = part_of(found, Household.id, asked)
    return {"items": rows, "next": following}


@bp.read("/items", Permission.CATALOG_READ, ItemList, takes=CursorQuery)
def list_items(asked: CursorQuery) -> dict[str, Any]:
    """The catalogue."""
    rows, following = part_of(select(Item).where(within(Item, subdistricts(staff()))), Item.id, asked)
    return {"items": rows, "next": following}


@bp.read("/bundles", Permission.CATALOG_READ, BundleList, takes=CursorQuery)
def list_bundles(asked: CursorQuery) -> dict[str, Any]:
    """Bundles and what is in them."""
    rows, following = part_of_list(catalog_queries.bundles(subdistricts(staff())), asked)
    return {"items": rows, "next": following}

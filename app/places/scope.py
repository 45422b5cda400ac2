"""What lies within a grant: a subdistrict holds communities, which hold points and compounds, which hold buildings.

An object out of scope raises NotFound, exactly as one that does not exist. The conditions of the same grants are made
once: every page asks for several, and making them took longer than what they ask.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TypeVar

from sqlalchemy import ColumnElement, false, or_, select

from app.access.permissions import Grant, Permission, Staff, ids_of
from app.core.db import db
from app.core.errors import NotFound
from app.core.lookup import or_not_found
from app.places.models import Building, BuildingMove, Community, Compound, ServicePoint

T = TypeVar("T")


def _communities(grants: Sequence[Grant]) -> ColumnElement[bool]:
    return or_(
        Community.id.in_(ids_of(grants, "community")), Community.subdistrict_id.in_(ids_of(grants, "subdistrict"))
    )


def points_in_scope(actor: Staff, permission: Permission) -> ColumnElement[bool]:
    """A condition on ServicePoint: those where the actor may use the permission."""
    return _points(tuple(actor.scopes(permission)))


@lru_cache(maxsize=512)
def _points(grants: tuple[Grant, ...]) -> ColumnElement[bool]:
    if not grants:
        return false()
    wide = select(Community.id).where(_communities(grants))
    return or_(ServicePoint.id.in_(ids_of(grants, "service_point")), ServicePoint.community_id.in_(wide))


def buildings_in_scope(actor: Staff, permission: Permission) -> ColumnElement[bool]:
    """A condition on Building: those where the actor may use the permission."""
    return _buildings(tuple(actor.scopes(permission)))


@lru_cache(maxsize=512)
def _buildings(grants: tuple[Grant, ...]) -> ColumnElement[bool]:
    if not grants:
        return false()
    points = select(ServicePoint.id).where(_points(grants))
    left = select(BuildingMove.building_id).where(  # it has another point now, but orders that stayed with this one
        BuildingMove.starts_at.is_not(None), BuildingMove.ends_at.is_(None), BuildingMove.from_point_id.in_(points)
    )
    own = Building.id.in_(ids_of(grants, "building"))
    return or_(own, Building.service_point_id.in_(points), Building.id.in_(left))


def compounds_in_scope(actor: Staff, permission: Permission) -> ColumnElement[bool]:
    """A condition on Compound: those of a whole community in scope, and those with a building in scope."""
    grants = actor.scopes(permission)
    if not grants:
        return false()
    wide = select(Community.id).where(_communities(grants))
    holding = select(Building.compound_id).where(buildings_in_scope(actor, permission))
    return or_(Compound.community_id.in_(wide), Compound.id.in_(holding))


def is_subdistrict_in_scope(actor: Staff, permission: Permission, subdistrict_id: int) -> bool:
    """Whether the permission is held for the whole subdistrict (cycle-wide work: buying, planning, settling)."""
    return subdistrict_id in ids_of(actor.scopes(permission), "subdistrict")


def require_subdistrict(actor: Staff, permission: Permission, subdistrict_id: int) -> None:
    """Raises NotFound unless the permission is held for the whole subdistrict."""
    if not is_subdistrict_in_scope(actor, permission, subdistrict_id):
        raise NotFound


def require_part_of(actor: Staff, permission: Permission, subdistrict_id: int) -> None:
    """Raises NotFound unless the permission is held anywhere within the subdistrict (to see that a cycle exists)."""
    if is_subdistrict_in_scope(actor, permission, subdistrict_id):
        return
    inside = select(Building.id).join(ServicePoint, Building.service_point_id == ServicePoint.id).join(Community)
    inside = inside.where(Community.subdistrict_id == subdistrict_id, buildings_in_scope(actor, permission)).limit(1)
    if db.session.scalar(inside) is None:
        raise NotFound


def require_point(actor: Staff, permission: Permission, service_point_id: int) -> ServicePoint:
    """The point, if the permission reaches it. Raises NotFound."""
    found = select(ServicePoint).where(ServicePoint.id == service_point_id, points_in_scope(actor, permission))
    return or_not_found(db.session.scalar(found))


def require_building(actor: Staff, permission: Permission, building_id: int) -> Building:
    """The building, if the permission reaches it. Raises NotFound."""
    found = select(Building).where(Building.id == building_id, buildings_in_scope(actor, permission))
    return or_not_found(db.session.scalar(found))


def reaches_building(actor: Staff, permission: Permission, building_id: int) -> bool:
    """Whether the permission reaches the building."""
    found = select(Building.id).where(Building.id == building_id, buildings_in_scope(actor, permission))
    return db.session.scalar(found) is not None


def require_compound(actor: Staff, permission: Permission, compound_id: int) -> Compound:
    """The compound, if the permission reaches it. Raises NotFound."""
    found = select(Compound).where(Compound.id == compound_id, compounds_in_scope(actor, permission))
    return or_not_found(db.session.scalar(found))

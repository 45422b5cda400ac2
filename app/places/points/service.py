"""Commands on service points."""

from __future__ import annotations

from flask_babel import gettext as _
from sqlalchemy import select

from app.access.permissions import Permission, Staff, ids_of
from app.core import events
from app.core.db import check_version, command, db
from app.core.errors import Invalid
from app.places.models import Community, ServicePoint, Subdistrict
from app.places.points.schemas import SaveHelpPhone, SavePoint
from app.places.registry.schemas import typed_position
from app.places.scope import require_point, require_subdistrict

EDIT = Permission.PLACES_EDIT


def _community(by: Staff, community_id: int) -> Community:
    community = db.session.get(Community, community_id)
    grants = by.scopes(EDIT)
    wide = ids_of(grants, "subdistrict"), ids_of(grants, "community")
    if community is None or (community.subdistrict_id not in wide[0] and community.id not in wide[1]):
        raise Invalid({"community_id": [_("请从列出的选项里选。")]})
    return community


@command(of=lambda _by, wanted: ("community", wanted.community_id))
def add_point(by: Staff, wanted: SavePoint) -> ServicePoint:
    """A new service point in a community in scope. Raises Invalid."""
    community = _community(by, wanted.community_id)
    _check_point(community.id, wanted.name, 0)
    lat, lon = wanted.position or (None, None)
    point = ServicePoint(
        community_id=community.id,
        name=wanted.name,
        lat_e6=lat,
        lon_e6=lon,
        is_depot=wanted.is_depot,
        phone=wanted.phone,
    )
    db.session.add(point)
    db.session.flush()
    events.record(by, "add", point)
    return point


@command
def edit_point(by: Staff, point_id: int, wanted: SavePoint) -> ServicePoint:
    """Requires: the point in scope, the version that was shown. Raises NotFound, StaleEdit, Invalid."""
    point = require_point(by, EDIT, point_id)
    theirs = {
        _("名称"): point.name,
        _("坐标"): typed_position(point.lat_e6, point.lon_e6),
        _("可作仓库"): _("是") if point.is_depot else _("否"),
        _("值班电话"): point.phone,
    }
    check_version(point, wanted.version, theirs)
    community = _community(by, wanted.community_id)
    _check_point(community.id, wanted.name, point.id)
    point.community_id, point.name, point.is_depot = community.id, wanted.name, wanted.is_depot
    point.lat_e6, point.lon_e6 = wanted.position or (None, None)
    point.phone = wanted.phone
    events.record(by, "edit", point)
    return point


@command
def save_help_phone(by: Staff, subdistrict_id: int, wanted: SaveHelpPhone) -> Subdistrict:
    """The number on route sheets for those who are stuck on the way. Raises NotFound."""
    require_subdistrict(by, EDIT, subdistrict_id)
    subdistrict = db.session.get_one(Subdistrict, subdistrict_id)
    subdistrict.help_phone = wanted.phone
    events.record(by, "edit", subdistrict)
    return subdistrict


def _check_point(community_id: int, name: str, own_id: int) -> None:
    twin = select(ServicePoint.id).where(
        ServicePoint.community_id == community_id, ServicePoint.name == name, ServicePoint.id != own_id
    )
    if db.session.scalar(twin):
        raise Invalid({"name": [_("这个社区里已有同名点位。")]})

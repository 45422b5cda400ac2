"""Edit the register: compounds with their other names and gates, service points, levels of restriction."""

from __future__ import annotations

from flask_babel import gettext as _
from sqlalchemy import select

from app.access.permissions import Permission, Staff, ids_of
from app.core import events
from app.core.db import check_version, command, db
from app.core.errors import Conflict, Invalid, NotFound
from app.core.text.pinyin import initials
from app.core.units import minutes
from app.places.models import (
    Community,
    Compound,
    CompoundAlias,
    DeliveryMode,
    Gate,
    ServicePoint,
    Subdistrict,
    ZoneLevel,
)
from app.places.registry.schemas import (
    EditCompound,
    NewAlias,
    SaveGate,
    SaveHelpPhone,
    SaveLevel,
    SavePoint,
    typed_position,
)
from app.places.scope import require_compound, require_point, require_subdistrict

EDIT = Permission.PLACES_EDIT


@command
def edit_compound(by: Staff, compound_id: int, wanted: EditCompound) -> Compound:
    """Requires: the compound in scope, the version that was shown. Raises NotFound, StaleEdit, Invalid."""
    compound = require_compound(by, EDIT, compound_id)
    check_version(compound, wanted.version, {_("名称"): compound.name, _("地址"): compound.address})
    twin = select(Compound.id).where(
        Compound.community_id == compound.community_id, Compound.name == wanted.name, Compound.id != compound.id
    )
    if db.session.scalar(twin):
        raise Invalid({"name": [_("这个社区里已有同名小区。")]})
    compound.name, compound.address, compound.pinyin = wanted.name, wanted.address, initials(wanted.name)
    events.record(by, "edit", compound)
    return compound


@command
def add_alias(by: Staff, compound_id: int, wanted: NewAlias) -> Compound:
    """Ensures: addresses that use the other name find the compound. Raises NotFound, Invalid."""
    compound = require_compound(by, EDIT, compound_id)
    held = select(CompoundAlias.id).where(CompoundAlias.compound_id == compound_id, CompoundAlias.alias == wanted.alias)
    if wanted.alias == compound.name or db.session.scalar(held):
        raise Invalid({"alias": [_("已有这个名称。")]})
    db.session.add(CompoundAlias(compound_id=compound.id, alias=wanted.alias))
    events.record(by, "add_alias", compound)
    return compound


@command
def remove_alias(by: Staff, alias_id: int) -> Compound:
    """Raises NotFound."""
    alias = db.session.get(CompoundAlias, alias_id)
    if alias is None:
        raise NotFound
    compound = require_compound(by, EDIT, alias.compound_id)
    db.session.delete(alias)
    events.record(by, "remove_alias", compound)
    return compound


@command
def add_gate(by: Staff, compound_id: int, wanted: SaveGate) -> Gate:
    """A new gate; without a position it stands at the middle of the compound. Raises NotFound, Invalid."""
    compound = require_compound(by, EDIT, compound_id)
    lat, lon = wanted.position or (compound.lat_e6, compound.lon_e6)
    if lat is None or lon is None:
        raise Invalid({"position": [_("小区没有坐标，请填写大门的坐标。")]})
    _check_gate(compound.id, wanted, 0)
    gate = Gate(
        compound_id=compound.id,
        name=wanted.name,
        lat_e6=lat,
        lon_e6=lon,
        opens_s=wanted.opens_s,
        closes_s=wanted.closes_s,
        is_open=wanted.is_open,
    )
    db.session.add(gate)
    db.session.flush()
    events.record(by, "add", gate)
    return gate


@command
def edit_gate(by: Staff, gate_id: int, wanted: SaveGate) -> Gate:
    """Open, close or move a gate. Raises NotFound, StaleEdit, Invalid."""
    gate = gate_in_scope(by, gate_id)
    check_version(
        gate,
        wanted.version,
        {
            _("大门"): gate.name,
            _("开放时间"): f"{minutes(gate.opens_s)}-{minutes(gate.closes_s)}",
            _("现在"): _("开") if gate.is_open else _("关"),
        },
    )
    _check_gate(gate.compound_id, wanted, gate.id)
    if wanted.position:
        gate.lat_e6, gate.lon_e6 = wanted.position
    gate.name, gate.opens_s, gate.closes_s = wanted.name, wanted.opens_s, wanted.closes_s
    gate.is_open = wanted.is_open
    events.record(by, "edit", gate, is_open=gate.is_open)
    return gate


def gate_in_scope(by: Staff, gate_id: int) -> Gate:
    """A gate that the actor may edit. Raises NotFound."""
    gate = db.session.get(Gate, gate_id)
    if gate is None:
        raise NotFound
    require_compound(by, EDIT, gate.compound_id)
    return gate


def _check_gate(compound_id: int, wanted: SaveGate, own_id: int) -> None:
    if wanted.closes_s <= wanted.opens_s:
        raise Invalid({"closes_s": [_("关门时间应晚于开门时间；整天开放填 00:00 到 24:00。")]})
    twin = select(Gate.id).where(Gate.compound_id == compound_id, Gate.name == wanted.name, Gate.id != own_id)
    if db.session.scalar(twin):
        raise Invalid({"name": [_("这个小区已有同名大门。")]})


def _community(by: Staff, community_id: int) -> Community:
    community = db.session.get(Community, community_id)
    grants = by.scopes(EDIT)
    wide = ids_of(grants, "subdistrict"), ids_of(grants, "community")
    if community is None or (community.subdistrict_id not in wide[0] and community.id not in wide[1]):
        raise Invalid({"community_id": [_("请从列出的选项里选。")]})
    return community


@command
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


USUAL_LEVELS = (
    ("clean", "防范区", DeliveryMode.TO_DOOR),
    ("controlled", "管控区", DeliveryMode.TO_STAIRWELL),
    ("sealed", "封控区", DeliveryMode.TO_DOOR),
)


@command
def add_usual_levels(by: Staff) -> int:
    """The three levels that most places use, those with other codes left as they are; returns how many are new."""
    if not ids_of(by.scopes(EDIT), "subdistrict"):
        raise Conflict(_("级别由街道管理员维护。"))
    held = set(db.session.scalars(select(ZoneLevel.code)))
    fresh = [
        ZoneLevel(code=code, label_zh=label, delivery_mode=mode, round_order=order)
        for order, (code, label, mode) in enumerate(USUAL_LEVELS)
        if code not in held
    ]
    db.session.add_all(fresh)
    db.session.flush()
    for level in fresh:
        events.record(by, "save", level, delivery_mode=str(level.delivery_mode))
    return len(fresh)


@command
def save_level(by: Staff, wanted: SaveLevel) -> ZoneLevel:
    """Add a level, or change the one with this code: the words are data, plans follow only its delivery mode.

    Raises Conflict for a change of mode by somebody who does not hold the whole subdistrict.
    """
    if not ids_of(by.scopes(EDIT), "subdistrict"):
        raise Conflict(_("级别由街道管理员维护。"))
    level = db.session.scalar(select(ZoneLevel).where(ZoneLevel.code == wanted.code))
    if level is None:
        level = ZoneLevel(code=wanted.code)
        db.session.add(level)
    level.label_zh, level.delivery_mode = wanted.label_zh, DeliveryMode(wanted.delivery_mode)
    level.is_contactless, level.round_order = wanted.is_contactless, wanted.round_order
    db.session.flush()
    events.record(by, "save", level, delivery_mode=str(wanted.delivery_mode))
    return level

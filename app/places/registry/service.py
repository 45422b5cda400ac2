"""Edit the register: compounds with their other names and gates, service points, levels of restriction."""

from __future__ import annotations

from flask_babel import gettext as _
from sqlalchemy import select

from app.access.permissions import Permission, Staff
from app.core import events
from app.core.db import check_version, command, db
from app.core.errors import Invalid
from app.core.lookup import row_or_not_found
from app.core.text.pinyin import initials
from app.core.units import minutes
from app.places.models import (
    Compound,
    CompoundAlias,
    Gate,
)
from app.places.registry.schemas import EditCompound, NewAlias, SaveGate
from app.places.scope import require_compound

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
    alias = row_or_not_found(CompoundAlias, alias_id)
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
    gate = row_or_not_found(Gate, gate_id)
    require_compound(by, EDIT, gate.compound_id)
    return gate


def _check_gate(compound_id: int, wanted: SaveGate, own_id: int) -> None:
    if wanted.closes_s <= wanted.opens_s:
        raise Invalid({"closes_s": [_("关门时间应晚于开门时间；整天开放填 00:00 到 24:00。")]})
    twin = select(Gate.id).where(Gate.compound_id == compound_id, Gate.name == wanted.name, Gate.id != own_id)
    if db.session.scalar(twin):
        raise Invalid({"name": [_("这个小区已有同名大门。")]})

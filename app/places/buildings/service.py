"""Edit buildings: their facts, level of restriction, captains, times without delivery, rooms."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta

from flask_babel import gettext as _
from sqlalchemy import delete, or_, select, update

from app.access.models import Account, Role, RoleGrant
from app.access.permissions import Permission, Staff
from app.core import clock, events
from app.core.db import check_version, command, db
from app.core.errors import Conflict, Invalid, NotFound
from app.core.lookup import row_or_not_found
from app.core.text.natural import natural_key
from app.places.address.register import building_key
from app.places.buildings import moves
from app.places.buildings.schemas import AddBlackout, AddRooms, EditBuilding, NameCaptain
from app.places.models import (
    Blackout,
    Building,
    Captaincy,
    Household,
    ServicePoint,
    Stairwell,
    ZoneDesignation,
    ZoneLevel,
)
from app.places.scope import (
    buildings_in_scope,
    points_in_scope,
    require_building,
    require_compound,
)
from app.places.zones.schemas import SetZone

EDIT = Permission.PLACES_EDIT
_DAY, _MOMENT = timedelta(days=1), timedelta(microseconds=1)


@command
def edit_building(by: Staff, building_id: int, wanted: EditBuilding) -> Building:
    """Change the facts of a building; another point counts at once, whatever waited.

    Requires: building and point in scope, the version that was shown; nothing is under way where the point changes
    (what becomes of orders is asked on a page of its own). Raises NotFound, StaleEdit, Invalid.
    """
    building = require_building(by, EDIT, building_id)
    check_version(
        building,
        wanted.version,
        {
            _("楼栋"): building.label,
            _("点位"): building.service_point.name,
            _("楼层"): str(building.floors),
            _("电梯"): _("有") if building.has_lift else _("无"),
            _("放货处"): building.drop_spot,
        },
    )
    reachable = select(ServicePoint.id).where(ServicePoint.id == wanted.service_point_id, points_in_scope(by, EDIT))
    if db.session.scalar(reachable) is None:
        raise Invalid({"service_point_id": [_("请从列出的选项里选。")]})
    others = select(Building.label).where(Building.compound_id == building.compound_id, Building.id != building.id)
    if building_key(wanted.label) in map(building_key, db.session.scalars(others)):
        raise Invalid({"label": [_("这个小区里已有这一栋。")]})
    if wanted.service_point_id != building.service_point_id:
        if moves.with_orders([building.id]):
            raise Invalid({"service_point_id": [_("这一栋刚有了新订单。请再保存一次，先定订单怎么办。")]})
        moves.cancel_move(building.id)
    building.label, building.sort_key = wanted.label, natural_key(wanted.label)
    building.service_point_id, building.drop_spot = wanted.service_point_id, wanted.drop_spot
    building.floors, building.has_lift = wanted.floors, wanted.has_lift
    building.lat_e6, building.lon_e6 = wanted.position or (None, None)
    events.record(by, "edit", building, service_point_id=building.service_point_id)
    return building


@command
def set_zone(by: Staff, building_ids: Sequence[int], wanted: SetZone) -> int:
    """Designate buildings from now on.

    Ensures: each has exactly one level without an end; a level that holds already is left as it is.
    Returns how many buildings changed. Raises NotFound when any building is out of scope, Invalid for no such level.
    """
    level = db.session.get(ZoneLevel, wanted.zone_level_id)
    if level is None:
        raise Invalid({"zone_level_id": [_("请从列出的选项里选。")]})
    ids = set(
        db.session.scalars(select(Building.id).where(Building.id.in_(building_ids), buildings_in_scope(by, EDIT)))
    )
    if not ids or ids != set(building_ids):
        raise NotFound
    now = clock.now()
    running = ZoneDesignation.building_id.in_(ids) & ZoneDesignation.ends_at.is_(None)
    kept = set(
        db.session.scalars(
            select(ZoneDesignation.building_id).where(running, ZoneDesignation.zone_level_id == level.id)
        )
    )
    changed = sorted(ids - kept)
    unlived = delete(ZoneDesignation).where(
        ZoneDesignation.building_id.in_(changed), ZoneDesignation.ends_at.is_(None), ZoneDesignation.starts_at >= now
    )
    db.session.execute(unlived, execution_options={"synchronize_session": False})
    ending = update(ZoneDesignation).where(ZoneDesignation.building_id.in_(changed), ZoneDesignation.ends_at.is_(None))
    db.session.execute(ending.values(ends_at=now), execution_options={"synchronize_session": False})
    for building_id in changed:
        db.session.add(ZoneDesignation(building_id=building_id, zone_level_id=level.id, starts_at=now))
        events.record(by, "set_zone", ("building", building_id), zone_level_id=level.id)
    return len(changed)


@command
def name_captain(by: Staff, building_id: int, wanted: NameCaptain) -> Captaincy:
    """Name the captain or a deputy of a building from today on.

    Ensures: one captain at a time (the one before ends), and the account holds the role for this building.
    Raises NotFound, Invalid for an account that cannot be named, Conflict when it is named already.
    """
    building = require_building(by, EDIT, building_id)
    today = clock.today()
    account = db.session.get(Account, wanted.account_id)
    if account is None or not account.is_active or account.id not in {found for found, _name in captain_candidates(by)}:
        raise Invalid({"account_id": [_("请从列出的选项里选。")]})
    running = _running(building.id)
    if any(held.account_id == account.id and held.is_deputy == wanted.is_deputy for held in running):
        raise Conflict(_("这个人已经是了。"))
    for held in running:
        if held.account_id == account.id or (not held.is_deputy and not wanted.is_deputy):
            _end(held)
    named = Captaincy(building_id=building.id, account_id=account.id, is_deputy=wanted.is_deputy, starts_on=today)
    db.session.add(named)
    db.session.flush()
    _grant(account.id, building.id)
    events.record(by, "name_captain", building, account_id=account.id, is_deputy=wanted.is_deputy)
    return named


@command
def end_captaincy(by: Staff, captaincy_id: int) -> Building:
    """Ensures: the account is no longer captain of the building and no longer reaches it. Raises NotFound."""
    held = row_or_not_found(Captaincy, captaincy_id)
    building = require_building(by, EDIT, held.building_id)
    _end(held)
    events.record(by, "end_captaincy", building, account_id=held.account_id)
    return building


def captain_candidates(by: Staff) -> list[tuple[int, str]]:
    """(id, name) of active accounts that somebody may name captain: those with a role in the same scope."""
    now = clock.now()
    grants = by.scopes(EDIT)
    points = select(ServicePoint.id).where(points_in_scope(by, EDIT))
    buildings = select(Building.id).where(buildings_in_scope(by, EDIT))
    wide = [grant.scope_id for grant in grants if grant.scope_kind == "subdistrict"]
    found = (
        select(Account.id, Account.display_name, Account.username)
        .join(RoleGrant)
        .where(Account.is_active, or_(RoleGrant.ends_at.is_(None), RoleGrant.ends_at > now))
        .where(RoleGrant.role.in_([str(Role.BUILDING_CAPTAIN), str(Role.POINT_LEADER), str(Role.RUNNER)]))
        .where(
            or_(
                RoleGrant.service_point_id.in_(points),
                RoleGrant.building_id.in_(buildings),
                RoleGrant.subdistrict_id.in_(wide),
            )
        )
        .distinct()
        .order_by(Account.display_name, Account.id)
    )
    return [(row.id, f"{row.display_name}（{row.username}）") for row in db.session.execute(found)]


def _running(building_id: int) -> list[Captaincy]:
    today = clock.today()
    held = select(Captaincy).where(Captaincy.building_id == building_id)
    return list(db.session.scalars(held.where(or_(Captaincy.ends_on.is_(None), Captaincy.ends_on >= today))))


def _end(held: Captaincy) -> None:
    """A captaincy that began today never was; an older one ends yesterday. Either way the role goes with it."""
    today = clock.today()
    if held.starts_on >= today:
        db.session.delete(held)
    else:
        held.ends_on = today - _DAY
        held.duty_phone = ""
    now = clock.now()
    grants = select(RoleGrant).where(
        RoleGrant.account_id == held.account_id,
        RoleGrant.role == str(Role.BUILDING_CAPTAIN),
        RoleGrant.building_id == held.building_id,
        or_(RoleGrant.ends_at.is_(None), RoleGrant.ends_at > now),
    )
    for grant in db.session.scalars(grants):
        grant.ends_at = max(now, grant.starts_at + _MOMENT)
    db.session.flush()


def _grant(account_id: int, building_id: int) -> None:
    now = clock.now()
    held = select(RoleGrant.id).where(
        RoleGrant.account_id == account_id,
        RoleGrant.role == str(Role.BUILDING_CAPTAIN),
        RoleGrant.building_id == building_id,
        or_(RoleGrant.ends_at.is_(None), RoleGrant.ends_at > now),
    )
    if db.session.scalar(held) is None:
        db.session.add(
            RoleGrant(account_id=account_id, role=Role.BUILDING_CAPTAIN, building_id=building_id, starts_at=now)
        )


@command
def add_building_blackout(by: Staff, building_id: int, wanted: AddBlackout) -> Blackout:
    """A time in which nobody delivers to a building. Raises NotFound, Invalid."""
    building = require_building(by, EDIT, building_id)
    return _add_blackout(by, wanted, building_id=building.id)


@command
def add_compound_blackout(by: Staff, compound_id: int, wanted: AddBlackout) -> Blackout:
    """A time in which nobody delivers anywhere in a compound. Raises NotFound, Invalid."""
    compound = require_compound(by, EDIT, compound_id)
    return _add_blackout(by, wanted, compound_id=compound.id)


def _add_blackout(by: Staff, wanted: AddBlackout, **place: int) -> Blackout:
    if wanted.ends_at <= wanted.starts_at:
        raise Invalid({"ends_at": [_("结束时间应晚于开始时间。")]})
    blackout = Blackout(starts_at=wanted.starts_at, ends_at=wanted.ends_at, reason=wanted.reason, **place)
    db.session.add(blackout)
    db.session.flush()
    events.record(by, "add", blackout, **place)
    return blackout


@command
def remove_blackout(by: Staff, blackout_id: int) -> Blackout:
    """Raises NotFound."""
    blackout = row_or_not_found(Blackout, blackout_id)
    if blackout.building_id is not None:
        require_building(by, EDIT, blackout.building_id)
    elif blackout.compound_id is not None:
        require_compound(by, EDIT, blackout.compound_id)
    db.session.delete(blackout)
    events.record(by, "remove", ("blackout", blackout_id))
    return blackout


@command
def add_rooms(by: Staff, building_id: int, wanted: AddRooms) -> int:
    """Register rooms of a stairwell; those that are there stay as they are. Returns how many are new.

    Ensures: one that was merged into another household is a household of its own again, empty and without any key.
    Raises NotFound, Invalid when the building has stairwells and none was named.
    """
    building = require_building(by, EDIT, building_id)
    stairwells = {
        row.label: row for row in db.session.scalars(select(Stairwell).where(Stairwell.building_id == building.id))
    }
    if not wanted.stairwell and stairwells and "" not in stairwells:
        raise Invalid({"stairwell": [_("请写明单元。")]})
    stairwell = stairwells.get(wanted.stairwell)
    if stairwell is None:
        stairwell = Stairwell(building_id=building.id, label=wanted.stairwell)
        db.session.add(stairwell)
        db.session.flush()
    held = {row.room_no: row for row in db.session.scalars(select(Household).filter_by(stairwell_id=stairwell.id))}
    fresh = [room for room in wanted.rooms if room not in held or not held[room].is_active]
    for room in fresh:
        if room in held:
            held[room].is_active = True
            continue
        db.session.add(
            Household(stairwell_id=stairwell.id, room_no=room, sort_key=natural_key(room), floor=floor_of(room))
        )
    events.record(by, "add_rooms", building, rooms=len(fresh))
    return len(fresh)


def floor_of(room: str) -> int:
    """The floor that a room number says: 1203 → 12, 302 → 3, 02 → 1."""
    match = re.match(r"([0-9]{1,2})[0-9]{2}(?![0-9])", room)
    return max(1, int(match[1])) if match else 1

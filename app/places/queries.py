"""What other stages ask about places. Few statements, plain values."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import or_, select

from app.access.models import Account
from app.core.db import db
from app.places.address.register import Profile, Register
from app.places.address.register import RegisteredHousehold as RegisteredHousehold
from app.places.models import (
    AddressProfile,
    Building,
    Captaincy,
    Compound,
    CompoundAlias,
    Household,
    Stairwell,
    ZoneDesignation,
    ZoneLevel,
)


@dataclass(frozen=True)
class Captain:
    """Who hands out in a building on a day."""

    account_id: int
    name: str
    is_deputy: bool


def captains_of(building_ids: Iterable[int], on: date) -> dict[int, list[Captain]]:
    """Building → its captains on a day, the captain before deputies; buildings without one are absent."""
    found: dict[int, list[Captain]] = defaultdict(list)
    wanted = (
        select(Captaincy.building_id, Account.id, Account.display_name, Captaincy.is_deputy)
        .join(Account, Account.id == Captaincy.account_id)
        .where(Captaincy.building_id.in_(list(building_ids)), Account.is_active, Captaincy.starts_on <= on)
        .where(or_(Captaincy.ends_on.is_(None), Captaincy.ends_on >= on))
        .order_by(Captaincy.building_id, Captaincy.is_deputy, Captaincy.id)
    )
    for building_id, account_id, name, is_deputy in db.session.execute(wanted):
        found[building_id].append(Captain(account_id, name, is_deputy))
    return dict(found)


def current_zones(building_ids: Iterable[int], at: datetime) -> dict[int, ZoneLevel]:
    """Building → the level that holds at an instant; buildings without a designation are absent."""
    wanted = (
        select(ZoneDesignation.building_id, ZoneLevel)
        .join(ZoneLevel, ZoneLevel.id == ZoneDesignation.zone_level_id)
        .where(ZoneDesignation.building_id.in_(list(building_ids)), ZoneDesignation.starts_at <= at)
        .where(or_(ZoneDesignation.ends_at.is_(None), ZoneDesignation.ends_at > at))
        .order_by(ZoneDesignation.starts_at)
    )
    return {row.building_id: row.ZoneLevel for row in db.session.execute(wanted)}


def register_for(point_ids: Sequence[int]) -> Register:
    """The households that service points cover, as the address resolver sees them. Four statements."""
    buildings = (
        select(Building.id, Building.label, Compound.id, Compound.name)
        .join(Compound, Compound.id == Building.compound_id)
        .where(Building.service_point_id.in_(list(point_ids)))
    )
    labels: dict[int, tuple[str, str]] = {}
    compounds: dict[int, str] = {}
    for building_id, label, compound_id, name in db.session.execute(buildings):
        labels[building_id] = (name, label)
        compounds[compound_id] = name
    rooms = (
        select(Household.id, Stairwell.building_id, Stairwell.label, Household.room_no)
        .join(Stairwell, Stairwell.id == Household.stairwell_id)
        .join(Building, Building.id == Stairwell.building_id)
        .where(Building.service_point_id.in_(list(point_ids)), Household.is_active)
        .order_by(Household.id)
    )
    households = (
        RegisteredHousehold(household_id, *labels[building_id], stairwell, room)
        for household_id, building_id, stairwell, room in db.session.execute(rooms)
    )
    return Register(households, _profiles(compounds))


def _profiles(compounds: dict[int, str]) -> list[Profile]:
    aliases: dict[int, list[str]] = defaultdict(list)
    held = select(CompoundAlias.compound_id, CompoundAlias.alias).where(CompoundAlias.compound_id.in_(list(compounds)))
    for compound_id, alias in db.session.execute(held):
        aliases[compound_id].append(alias)
    described = select(AddressProfile).where(AddressProfile.compound_id.in_(list(compounds)))
    written = {row.compound_id: row for row in db.session.scalars(described)}
    return [
        profile_of(name, aliases.get(compound_id, ()), written.get(compound_id))
        for compound_id, name in compounds.items()
        if compound_id in aliases or compound_id in written
    ]


def profile_of(name: str, aliases: Iterable[str], row: AddressProfile | None) -> Profile:
    """The profile of a compound as the address resolver takes it."""
    if row is None:
        return Profile(name, tuple(aliases))
    return Profile(name, tuple(aliases), dict(row.words or {}), frozenset(row.levels or ()), dict(row.buildings or {}))

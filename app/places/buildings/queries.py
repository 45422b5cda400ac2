"""What the page of one building shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import joinedload

from app.access.models import Account
from app.core import clock
from app.core.db import db
from app.core.text.natural import natural_key
from app.places.models import (
    Blackout,
    Building,
    Captaincy,
    DeliveryMode,
    Household,
    Stairwell,
    ZoneDesignation,
    ZoneLevel,
)


@dataclass(frozen=True)
class FloorRow:
    floor: int
    rooms: list[str]


@dataclass(frozen=True)
class StairwellRow:
    label: str
    households: int
    floors: list[FloorRow]  # highest first, as a house stands


@dataclass(frozen=True)
class CaptaincyRow:
    id: int
    name: str
    is_deputy: bool
    starts_on: date
    ends_on: date | None
    is_running: bool


@dataclass(frozen=True)
class ZoneRow:
    label: str
    mode: str
    tone_order: int
    starts_at: datetime
    ends_at: datetime | None


def levels() -> list[ZoneLevel]:
    """Levels of restriction, mildest first."""
    return list(db.session.scalars(select(ZoneLevel).order_by(ZoneLevel.round_order, ZoneLevel.id)))


def level_options() -> list[tuple[int, str]]:
    """Levels as the choices of a form: what they are called and how goods are delivered."""
    return [(level.id, f"{level.label_zh} · {mode_label(level)}") for level in levels()]


def stairwells_of(building_id: int) -> list[StairwellRow]:
    """Stairwells with their rooms by floor. Two statements."""
    held = db.session.scalars(select(Stairwell).where(Stairwell.building_id == building_id)).all()
    rooms: dict[int, dict[int, list[str]]] = {}
    found = (
        select(Household.stairwell_id, Household.floor, Household.room_no)
        .join(Stairwell)
        .where(Stairwell.building_id == building_id, Household.is_active)
        .order_by(Household.sort_key, Household.id)
    )
    for stairwell_id, floor, room in db.session.execute(found):
        rooms.setdefault(stairwell_id, {}).setdefault(floor, []).append(room)
    return [
        _stairwell_row(row.label, rooms.get(row.id, {})) for row in sorted(held, key=lambda r: natural_key(r.label))
    ]


def _stairwell_row(label: str, by_floor: dict[int, list[str]]) -> StairwellRow:
    floors = [FloorRow(floor, by_floor[floor]) for floor in sorted(by_floor, reverse=True)]
    return StairwellRow(label, sum(len(row.rooms) for row in floors), floors)


def captaincies_of(building_id: int) -> list[CaptaincyRow]:
    """Who is and was captain, those of today first."""
    today = clock.today()
    found = (
        select(Captaincy, Account.display_name)
        .join(Account, Account.id == Captaincy.account_id)
        .where(Captaincy.building_id == building_id)
        .order_by(Captaincy.starts_on.desc(), Captaincy.id.desc())
        .limit(20)
    )
    rows = [
        CaptaincyRow(c.id, name, c.is_deputy, c.starts_on, c.ends_on, c.ends_on is None or c.ends_on >= today)
        for c, name in db.session.execute(found)
    ]
    return sorted(rows, key=lambda row: (not row.is_running, row.is_deputy))


def zones_of(building_id: int) -> list[ZoneRow]:
    """Designations of a building, the latest first."""
    found = (
        select(ZoneDesignation)
        .options(joinedload(ZoneDesignation.level))
        .where(ZoneDesignation.building_id == building_id)
        .order_by(ZoneDesignation.starts_at.desc())
        .limit(20)
    )
    return [
        ZoneRow(
            row.level.label_zh,
            mode_label(row.level),
            row.level.round_order,
            row.starts_at,
            row.ends_at,
        )
        for row in db.session.scalars(found)
    ]


def mode_label(level: ZoneLevel) -> str:
    """How goods reach households at a level, in words."""
    return DeliveryMode(level.delivery_mode).label


def blackouts_of(building: Building) -> list[Blackout]:
    """Times without delivery that are not over: of the building and of its compound."""
    return _blackouts(or_(Blackout.building_id == building.id, Blackout.compound_id == building.compound_id))


def blackouts_of_compound(compound_id: int) -> list[Blackout]:
    """Times without delivery of a compound that are not over."""
    return _blackouts(Blackout.compound_id == compound_id)


def _blackouts(condition: ColumnElement[bool]) -> list[Blackout]:
    found = select(Blackout).where(condition, Blackout.ends_at > clock.now()).order_by(Blackout.starts_at)
    return list(db.session.scalars(found))

"""What the pages of the care list show: the list for leaders, door notes alone for captains."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, select

from app.access.models import Account
from app.access.permissions import Permission, Staff
from app.core import clock
from app.core.db import db
from app.places.labels import ADDRESS, address_label, building_label, with_address
from app.places.models import Building, CareKind, CareNeed, Compound, Household, Stairwell
from app.places.scope import buildings_in_scope


@dataclass(frozen=True)
class CareRow:
    """One household on the list."""

    household_id: int
    building_id: int
    address: str
    kinds: tuple[CareKind, ...]
    carer: str
    door_note: str
    purge_on: date

    @property
    def days_left(self) -> int:
        return (self.purge_on - clock.today()).days


@dataclass(frozen=True)
class DoorNote:
    """What the door of a room should know; not why."""

    building: str
    room: str
    note: str


def _needs(by: Staff, permission: Permission, *columns: Any) -> Any:
    found: Any = select(*columns)
    return (
        with_address(found.select_from(CareNeed).join(Household, Household.id == CareNeed.household_id))
        .where(buildings_in_scope(by, permission), Household.is_active, CareNeed.purge_on > clock.today())
        .order_by(Compound.name, Building.sort_key, Building.id, Stairwell.label, Household.sort_key, CareNeed.id)
    )


def care_list(by: Staff, kind: str = "", without_carer: bool = False) -> list[CareRow]:
    """The households on the list within reach, by address; of one kind; or those without a carer. One statement."""
    columns = (CareNeed, Account.display_name, Building.id, Compound.name, Building.label, Stairwell.label)
    found = _needs(by, Permission.CARE, *columns, Household.room_no)
    found = found.outerjoin(Account, Account.id == CareNeed.carer_id)
    rows: dict[int, CareRow] = {}
    for need, carer, building_id, *address in db.session.execute(found):
        before = rows.get(need.household_id)
        rows[need.household_id] = CareRow(
            need.household_id,
            building_id,
            address_label(*address),
            (*(before.kinds if before else ()), CareKind(need.kind)),
            carer or (before.carer if before else ""),
            need.door_note or (before.door_note if before else ""),
            min(need.purge_on, before.purge_on) if before else need.purge_on,
        )
    wanted = [row for row in rows.values() if not kind or kind in row.kinds]
    return [row for row in wanted if not row.carer] if without_carer else wanted


def count(by: Staff) -> int:
    """How many households are on the list within reach."""
    found = _needs(by, Permission.CARE, func.count(CareNeed.household_id.distinct())).order_by(None)
    return int(db.session.scalar(found) or 0)


def notes_for_doors(by: Staff) -> list[DoorNote]:
    """The door notes of the buildings in which the account hands out. One statement."""
    columns = (*ADDRESS, CareNeed.door_note)
    found = _needs(by, Permission.HAND_OUT, *columns).where(CareNeed.door_note != "")
    notes = {
        (building_label(compound, building), f"{stairwell} {room}".strip()): note
        for compound, building, stairwell, room, note in db.session.execute(found)
    }
    return [DoorNote(building, room, note) for (building, room), note in notes.items()]

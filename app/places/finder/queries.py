"""Finding one household by what somebody says on the telephone: room, tail of a number, part of a name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, false, or_, select

from app.core.db import db
from app.core.text.natural import natural_key
from app.places.address.rules import room_key, stairwell_key
from app.places.finder.rules import SpokenReading, read_address_query
from app.places.labels import ADDRESS, address_label, with_address
from app.places.models import Building, Compound, CompoundAlias, Household, HouseholdContact, Stairwell

MOST = 30  # more than these help nobody: they are asked to say more


@dataclass(frozen=True)
class Found:
    """A household with the words of its address; `by`: what it was found by (room, phone, name)."""

    household_id: int
    compound: str
    building: str
    stairwell: str
    room_no: str
    by: str = "room"

    @property
    def address(self) -> str:
        return address_label(self.compound, self.building, self.stairwell, self.room_no)


def find_households(text: str, in_scope: ColumnElement[bool], with_contacts: bool = False) -> list[Found]:
    """The active households that `text` may mean, in the order of addresses; at most `MOST`, one statement a reading.

    `in_scope` is a condition on Building. Telephones and names are looked at only `with_contacts`. Readings by
    telephone are added to those by room, for four digits may be either.
    """
    rooms: list[Found] = []
    others: list[Found] = []
    for number, reading in enumerate(read_address_query(text)):
        if reading.phone or reading.name:
            others += _by_contact(reading, in_scope) if with_contacts else []
        elif not number or (not rooms and (reading.building or _is_one_building(in_scope))):
            rooms = _by_room(reading, in_scope)
    seen = {one.household_id for one in rooms}
    return [*rooms, *(one for one in others if one.household_id not in seen)][:MOST]


def building_called(text: str) -> ColumnElement[bool]:
    """A condition on Building: those that `text` names, whatever its level word (12, 12幢 and 12号楼; 甲 and 甲栋)."""
    return or_(Building.label == text, Building.sort_key == natural_key(text))


def _is_one_building(in_scope: ColumnElement[bool]) -> bool:
    """12-302 means stairwell 12 only to somebody with a single building; for others it could be a wrong household."""
    return len(db.session.scalars(select(Building.id).where(in_scope).limit(2)).all()) == 1


def _homes(in_scope: ColumnElement[bool]) -> Select[Any]:
    found: Any = (
        with_address(select(Household.id, *ADDRESS))
        .where(Household.is_active, in_scope)
        .order_by(Compound.name, Building.sort_key, Stairwell.label, Household.sort_key, Household.id)
    )
    homes: Select[Any] = found
    return homes


def _by_room(reading: SpokenReading, in_scope: ColumnElement[bool]) -> list[Found]:
    wanted = _homes(in_scope)
    if reading.place:
        wanted = wanted.where(_in_place(reading.place))
    if reading.building:
        wanted = wanted.where(or_(building_called(reading.building), Building.code == reading.building))
    if reading.room:
        key = natural_key(reading.room.lstrip("0") or reading.room)
        family = Household.sort_key.startswith(key + "\x1f") & Household.room_no.contains("(")
        wanted = wanted.where(or_(Household.sort_key == key, family))
    rows = db.session.execute(wanted.limit(400))
    return [_found(row) for row in rows if _fits(row, reading)]


def _fits(row: Any, reading: SpokenReading) -> bool:
    if reading.stairwell and stairwell_key(row[3]) != stairwell_key(reading.stairwell):
        return False
    return not reading.room or room_key(row[4].split("(")[0]) == room_key(reading.room)


def _in_place(word: str) -> ColumnElement[bool]:
    called = select(CompoundAlias.compound_id).where(CompoundAlias.alias.contains(word, autoescape=True))
    return or_(
        Compound.name.contains(word, autoescape=True),
        Compound.pinyin.startswith(word.lower(), autoescape=True),
        Compound.id.in_(called),
    )


def _by_contact(reading: SpokenReading, in_scope: ColumnElement[bool]) -> list[Found]:
    wanted = _homes(in_scope).join(HouseholdContact, HouseholdContact.household_id == Household.id)
    if reading.phone:
        bare = HouseholdContact.phone
        condition: ColumnElement[bool] = or_(bare.endswith(reading.phone, autoescape=True), _spaced(reading.phone))
    else:
        condition = HouseholdContact.name.contains(reading.name, autoescape=True) if reading.name else false()
    rows = db.session.execute(wanted.where(condition).limit(MOST))
    return [_found(row, "phone" if reading.phone else "name") for row in rows]


def _spaced(phone: str) -> ColumnElement[bool]:
    """Numbers are stored as they were written: 199 0000 5678 ends in 5678, but holds no 19900005678."""
    if len(phone) != 11:
        return false()
    return HouseholdContact.phone == f"{phone[:3]} {phone[3:7]} {phone[7:]}"


def _found(row: Any, by: str = "room") -> Found:
    household_id, compound, building, stairwell, room_no = row
    return Found(household_id, compound, building, stairwell, room_no, by)

"""The households of a cycle by the words that files use, and the families of one flat by their telephones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, or_, select
from sqlalchemy.orm import aliased

from app.access.permissions import Permission, Staff
from app.core.db import db
from app.core.events import Actor
from app.ordering.bulk import chunks
from app.ordering.gate import cycle_or_not_found
from app.ordering.roll_call import queries as roll_call_queries
from app.places.models import Building, Compound, Household, HouseholdContact, ServicePoint, Stairwell
from app.places.scope import points_in_scope


@dataclass(frozen=True)
class FileHousehold:
    """A household with the words by which files name its place."""

    id: int
    compound_code: str
    compound: str
    building_code: str
    building: str
    stairwell: str
    room_no: str


def register_of_cycle(by: Actor, cycle_id: int) -> list[FileHousehold]:
    """Every active household in a cycle's scope, for reading an order file against it. One statement.

    Raises NotFound for an unknown cycle.
    """
    cycle_or_not_found(cycle_id)
    found = (
        roll_call_queries.households_in_scope(
            cycle_id,
            Household.id,
            func.coalesce(Compound.code, ""),
            Compound.name,
            func.coalesce(Building.code, ""),
            Building.label,
            Stairwell.label,
            Household.room_no,
        )
        .join(Compound, Building.compound_id == Compound.id)
        .join(ServicePoint, Building.service_point_id == ServicePoint.id)
    )
    if isinstance(by, Staff):
        found = found.where(points_in_scope(by, Permission.CYCLE_EDIT))
    return [FileHousehold(*row) for row in db.session.execute(found)]


def known_families(household_ids: Sequence[int]) -> dict[int, dict[str, int]]:
    """Household id of a flat → telephone → which family of the flat it belongs to (0 is the household itself)."""
    first, other = aliased(Household), aliased(Household)
    found = (
        select(first.id, first.room_no, other.room_no, HouseholdContact.phone)
        .join(other, other.stairwell_id == first.stairwell_id)
        .join(HouseholdContact, HouseholdContact.household_id == other.id)
        .where(HouseholdContact.phone.is_not(None))
        .where(or_(other.id == first.id, other.room_no.like(first.room_no + "(%")))
    )
    families: dict[int, dict[str, int]] = defaultdict(dict)
    for ids in chunks(sorted(household_ids)):
        for home, room, room_of_family, phone in db.session.execute(found.where(first.id.in_(ids))):
            tail = room_of_family.removeprefix(room).strip("()")
            families[home][str(phone)] = int(tail) - 1 if tail.isdigit() else 0
    return families

"""The families of one flat by their telephones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import or_, select
from sqlalchemy.orm import aliased

from app.core.db import db
from app.ordering.bulk import chunks
from app.places.models import Household, HouseholdContact


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

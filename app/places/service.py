"""Commands on telephones that are kept with households."""

from __future__ import annotations

from sqlalchemy import func, select

from app.access.permissions import Permission, Staff
from app.core.db import command, db
from app.core.events import record
from app.places.contacts import VERB
from app.places.models import Household, HouseholdContact, Stairwell
from app.places.scope import require_building


@command
def open_numbers(by: Staff, building_id: int, purpose: str) -> int:
    """Open the telephones of a building to one account for an hour. Returns how many there are.

    Requires: CONTACT_OPEN over the building. Ensures: the log says who, where, what for and how many. Raises: NotFound.
    """
    building = require_building(by, Permission.CONTACT_OPEN, building_id)
    counted = (
        select(func.count(HouseholdContact.household_id))
        .join(Household, Household.id == HouseholdContact.household_id)
        .join(Stairwell, Stairwell.id == Household.stairwell_id)
        .where(Stairwell.building_id == building_id, HouseholdContact.phone.is_not(None))
    )
    numbers = db.session.scalar(counted) or 0
    record(by, VERB, building, purpose=purpose, numbers=numbers)
    return numbers

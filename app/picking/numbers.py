"""The number of a bag in its building's day (袋 3/35): what people on the stairs say, shorter than the code.

Kept with the bag, not counted when a sheet is made: a bag that is taken apart, or one that is packed later, must not
give the paper that is out already another bag for the same number. So a number is given once, when the bag is packed,
and never comes back; all waves and visits of a cycle count on, and the total on a sheet is the highest number so far.
Numbers follow the doors (stairwell, room) within one packing run, as bag lists and labels do.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from sqlalchemy import func, select

from app.core.db import db
from app.core.text.natural import natural_key
from app.ordering.models import HouseholdOrder, OtherDoor
from app.picking.models import Bag
from app.places.models import Household, Stairwell


def last_of_day(cycle_id: int) -> dict[int, int]:
    """Building → the highest number that its day has given, taken-apart bags included."""
    rows = db.session.execute(
        select(Bag.building_id, func.max(Bag.day_no)).where(Bag.cycle_id == cycle_id).group_by(Bag.building_id)
    )
    return {building: int(last) for building, last in rows}


def doors_in_order(cycle_id: int) -> dict[int, tuple[str, str]]:
    """Order → (stairwell, room) of the door that its bags go to, as sort keys. One statement."""
    rows = db.session.execute(
        select(HouseholdOrder.id, Stairwell.label, Household.room_no)
        .outerjoin(OtherDoor, OtherDoor.order_id == HouseholdOrder.id)
        .join(Household, Household.id == func.coalesce(OtherDoor.household_id, HouseholdOrder.household_id))
        .join(Stairwell, Stairwell.id == Household.stairwell_id)
        .where(HouseholdOrder.cycle_id == cycle_id)
    )
    return {order: (natural_key(stairwell), natural_key(room)) for order, stairwell, room in rows}


def numbered(
    bags: Iterable[tuple[int, int, int]], doors: Mapping[int, tuple[str, str]], last: Mapping[int, int]
) -> dict[tuple[int, int], int]:
    """(order, seq) → number of the day, for new bags (building, order, seq): on from the last, in order of doors."""
    count = defaultdict(int, last)
    found: dict[tuple[int, int], int] = {}
    for building, order, seq in sorted(bags, key=lambda bag: (bag[0], doors.get(bag[1], ("", "")), bag[1], bag[2])):
        count[building] += 1
        found[order, seq] = count[building]
    return found

"""Whose an order is, by which code it opens, and to which door it goes: what an undo gives back beside the goods."""

from __future__ import annotations

from dataclasses import dataclass

from app.core.db import db
from app.ordering.models import HouseholdOrder, OtherDoor


@dataclass(frozen=True)
class Keys:
    """hand: of the phone that made it by room alone. door_id: the household at whose door its bags are left, if any."""

    hand: str
    code: str
    door_id: int | None


def keys_of(order: HouseholdOrder) -> Keys:
    """As they are now."""
    door = db.session.get(OtherDoor, order.id)
    return Keys(order.hand, order.code, door.household_id if door else None)


def give_back(order: HouseholdOrder, keys: Keys) -> None:
    """Inside a command that makes an order what it was: it is also whose it was, and goes where it went.

    A door that somebody settled since stays.
    """
    order.hand, order.code = keys.hand, keys.code
    if keys.door_id is not None and db.session.get(OtherDoor, order.id) is None:
        db.session.add(OtherDoor(order_id=order.id, household_id=keys.door_id))
    db.session.flush()

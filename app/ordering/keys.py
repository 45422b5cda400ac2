"""Whose an order is, by which code it opens, and to which door it goes: what an undo gives back beside the goods."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from app.access.models import MovedIn
from app.core import clock
from app.core.db import db
from app.ordering.models import HouseholdOrder, OtherDoor


@dataclass(frozen=True)
class Keys:
    """hand: of the phone that made it by room alone. code: "" where those who knew it had moved out already.
    door_id: the household at whose door its bags are left, if any. at: when they were kept; None: not written down."""

    hand: str
    code: str
    door_id: int | None
    at: datetime | None = None

    @classmethod
    def of(cls, plain: dict[str, Any]) -> Keys:
        """From their stored form."""
        at = plain.get("at")
        return cls(plain["hand"], plain["code"], plain["door_id"], datetime.fromisoformat(at) if at else None)

    def plain(self) -> dict[str, Any]:
        """Their stored form."""
        return {**asdict(self), "at": self.at.isoformat() if self.at else None}


def keys_of(order: HouseholdOrder) -> Keys:
    """As they are now."""
    at = clock.now()  # before anything is read: whoever moves out meanwhile has moved out since
    moved_in = _moved_in(order)
    if moved_in is not None and order.placed_at < moved_in.since:
        return Keys("", "", None, at)
    door = db.session.get(OtherDoor, order.id)
    return Keys(order.hand, order.code, door.household_id if door else None, at)


def give_back(order: HouseholdOrder, keys: Keys) -> None:
    """Inside a command that makes an order what it was: it is also whose it was, and goes where it went.

    A door that somebody settled since stays. Where the access of those who had it ended since (they moved out, or
    somebody else proved to be the household), neither their code nor their door comes back: the order is that of the
    household which lives there now.
    """
    moved_in = _moved_in(order)
    if not keys.code or (moved_in is not None and (keys.at is None or keys.at <= moved_in.since)):
        return
    order.hand, order.code = keys.hand, keys.code
    if keys.door_id is not None and db.session.get(OtherDoor, order.id) is None:
        db.session.add(OtherDoor(order_id=order.id, household_id=keys.door_id))
    db.session.flush()


def _moved_in(order: HouseholdOrder) -> MovedIn | None:
    return db.session.get(MovedIn, order.household_id or 0, populate_existing=True)

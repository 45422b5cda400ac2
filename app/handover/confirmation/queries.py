"""What a household sees of its own deliveries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from app.access.permissions import Resident
from app.core import clock
from app.core.db import db
from app.core.errors import NotFound
from app.handover.doors.queries import SHOWN, Answered, LineInBag, complaints_of, lines_of
from app.handover.models import DoorOutcome, HandOut
from app.handover.rules import accepts_by_default_at, can_undo, notified_at
from app.ordering.models import Cycle, HouseholdOrder
from app.ordering.resident.queries import is_known
from app.picking.models import Bag, BagState
from app.places.labels import ADDRESS, household_label, with_address
from app.places.models import Household

LATEST = 40


@dataclass(frozen=True)
class ReceivedBag:
    """A bag as its household sees it."""

    bag_id: int
    code: str
    cycle: str
    cycle_id: int
    state: BagState
    left_at: datetime | None
    lines: list[LineInBag]
    complaints: list[Answered]

    @property
    def can_answer(self) -> bool:
        """Whether the household may accept or complain now."""
        return self.state in (BagState.DROPPED_OFF, BagState.HANDED_OUT)

    @property
    def answer_until(self) -> datetime | None:
        """From when silence counts as acceptance."""
        return answer_until(self.left_at) if self.state == BagState.HANDED_OUT else None


def answer_until(left_at: datetime | None) -> datetime | None:
    """From when silence counts as acceptance of a bag that was left at its door; None for one that was not."""
    return accepts_by_default_at(notified_at(left_at)) if left_at else None


def visible_state(state: BagState, left_at: datetime | None) -> BagState:
    """The state as the household hears it: at the door only when the entry can no longer be taken back."""
    is_told = state != BagState.HANDED_OUT or left_at is None or not is_undoable(left_at)
    return state if is_told else BagState.DROPPED_OFF


def is_undoable(entered_at: datetime) -> bool:
    """Whether what was entered then at a door can still be taken back: nobody is told of it yet."""
    return can_undo(entered_at, clock.now())


def own_bags(by: Resident) -> list[ReceivedBag]:
    """The household's bags that have reached its building, newest first. Four statements."""
    found = db.session.execute(
        select(Bag, Cycle.name)
        .join(HouseholdOrder, HouseholdOrder.id == Bag.order_id)
        .join(Cycle, Cycle.id == Bag.cycle_id)
        .where(is_known(by), Bag.state.in_(SHOWN))
        .order_by(Bag.id.desc())
        .limit(LATEST)
    ).all()
    ids = [bag.id for bag, _cycle in found]
    lines, complaints, left = lines_of(ids), complaints_of(ids), _left_at(ids)
    return [
        ReceivedBag(
            bag.id,
            bag.code,
            cycle,
            bag.cycle_id,
            visible_state(BagState(bag.state), left.get(bag.id)),
            left.get(bag.id),
            lines.get(bag.id, []),
            complaints.get(bag.id, []),
        )
        for bag, cycle in found
    ]


def own_bag(by: Resident, bag_id: int) -> ReceivedBag:
    """One of the household's bags. Raises NotFound."""
    for bag in own_bags(by):
        if bag.bag_id == bag_id:
            return bag
    raise NotFound


def _left_at(bag_ids: list[int]) -> dict[int, datetime]:
    found = db.session.execute(
        select(HandOut.bag_id, func.max(HandOut.at))
        .where(HandOut.bag_id.in_(bag_ids), HandOut.outcome == DoorOutcome.LEFT)
        .group_by(HandOut.bag_id)
    )
    return {bag: at for bag, at in found}  # noqa: C416


def address_of(household_id: int) -> str:
    """The household as it knows itself: "compound 12-302"."""
    row = db.session.execute(
        with_address(select(*ADDRESS).select_from(Household)).where(Household.id == household_id)
    ).one()
    return f"{row[0]} {household_label(*row[1:])}"

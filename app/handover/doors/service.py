"""A captain from door to door: left, not left, taken back. Each tap is an entry of its own with ten minutes of its own.

The server's clock decides: an entry can be taken back until the moment from which its household is told (`rules`).
"""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from app.access.permissions import Permission, Staff
from app.core import clock
from app.core.db import command, db
from app.core.errors import Conflict, Invalid
from app.core.events import record
from app.core.states import advance
from app.handover.models import DoorOutcome, HandOut
from app.handover.rules import can_undo
from app.handover.schemas import DoorEntry, DoorProblem, HandOutEntry, LeftAtDoors, TakeBack
from app.handover.service import CHANGED, enter_building, require_running
from app.picking.models import Bag, BagState
from app.places.scope import require_building

STATE_AFTER = {DoorOutcome.LEFT: BagState.HANDED_OUT}  # of other outcomes but a missing bag: it waits at the building


@command
def leave(by: Staff, cycle_id: int, building_id: int, left: LeftAtDoors) -> dict[str, int]:
    """These bags are at their doors.

    Requires and ensures: as `service.hand_out`. As `rest`, none of them was tried before: what failed is looked at door
    by door. Raises: NotFound, Invalid, Conflict.
    """
    tried = select(HandOut.id).where(HandOut.bag_id.in_(left.bags)).limit(1)
    if left.rest and db.session.scalar(tried) is not None:
        require_building(by, Permission.HAND_OUT, building_id)
        raise Conflict(CHANGED)
    return enter_building(by, cycle_id, building_id, HandOutEntry([DoorEntry(bag) for bag in left.bags]))


@command
def report(by: Staff, cycle_id: int, building_id: int, problem: DoorProblem) -> dict[str, int]:
    """These bags could not be left at their door, and why. As `service.hand_out`.

    Raises: NotFound, Invalid, Conflict.
    """
    if not problem.bags:
        require_building(by, Permission.HAND_OUT, building_id)
        raise Invalid({"bags": [_l("请至少选一袋。")]})
    rows = [DoorEntry(bag, problem.outcome, problem.detail) for bag in problem.bags]
    return enter_building(by, cycle_id, building_id, HandOutEntry(rows))


@command
def take_back(by: Staff, cycle_id: int, building_id: int, wanted: TakeBack) -> int:
    """Undo own attempts at doors of a building.

    Requires: each is the account's own, the newest of its bag, less than ten minutes old, and nothing happened to the
    bag since. Ensures: those bags wait at the building again and the attempts are gone (the log keeps both); an attempt
    of which that does not hold stays. Returns how many bags. Raises: NotFound, Conflict where none could be undone.
    """
    require_building(by, Permission.HAND_OUT, building_id)
    require_running(cycle_id)
    found = select(HandOut).join(Bag, Bag.id == HandOut.bag_id).where(HandOut.id.in_(wanted.attempts))
    own = found.where(Bag.cycle_id == cycle_id, Bag.building_id == building_id, HandOut.by_id == by.id)
    attempts = list(db.session.scalars(own.order_by(HandOut.bag_id)))
    now = clock.now()
    fresh = [attempt for attempt in attempts if can_undo(attempt.at, now)]
    if attempts and not fresh:
        raise Conflict(_l("过了 10 分钟，住户已经看到，不能撤了。放错了请用“登记异议”。"))
    newest = select(func.max(HandOut.id)).where(HandOut.bag_id.in_([one.bag_id for one in fresh]))
    last = set(db.session.scalars(newest.group_by(HandOut.bag_id)))
    undone = 0
    for attempt in fresh:
        bag = db.session.get_one(Bag, attempt.bag_id)
        if attempt.id not in last or bag.state != STATE_AFTER.get(DoorOutcome(attempt.outcome), BagState.DROPPED_OFF):
            continue
        if bag.state == BagState.HANDED_OUT:
            advance(bag, BagState.DROPPED_OFF)
        db.session.delete(attempt)
        undone += 1
    if not undone:
        raise Conflict(_l("没有可以撤的：已经撤过，或者之后有了变化。"))
    record(by, "undo", ("building", building_id), cycle_id=cycle_id, bags=undone)
    return undone

"""Complaints: seen, started, answered; what a missing bag ends as."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.access.permissions import Permission, Staff
from app.core import clock
from app.core.db import command, db
from app.core.errors import Conflict
from app.core.events import record
from app.core.lookup import row_or_not_found
from app.core.states import advance
from app.handover.models import Confirmation, ConfirmationLine, ConfirmedBy, Dispute, DisputeState
from app.handover.schemas import ResolveDispute
from app.ordering.models import Stage
from app.ordering.stages import Cause, move
from app.picking.models import Bag, BagState
from app.places.models import Building
from app.places.scope import buildings_in_scope, require_building

TARGET: Mapping[str, Stage] = {
    DisputeState.REDELIVERED: Stage.OPEN,
    DisputeState.REFUNDED: Stage.REFUNDED,
    DisputeState.REJECTED: Stage.ACCEPTED,
}


def require_dispute(by: Staff, dispute_id: int) -> Dispute:
    """The complaint, where the actor answers for its building. Raises NotFound."""
    dispute = row_or_not_found(Dispute, dispute_id)
    require_building(by, Permission.DISPUTE, db.session.get_one(Bag, dispute.bag_id).building_id)
    return dispute


@command
def see_all(by: Staff, cycle_id: int) -> int:
    """Note that the new complaints of a cycle within reach have been seen. Returns how many were new."""
    mine = select(Building.id).where(buildings_in_scope(by, Permission.DISPUTE))
    found = (
        select(Dispute)
        .join(Bag, Bag.id == Dispute.bag_id)
        .where(Bag.cycle_id == cycle_id, Bag.building_id.in_(mine))
        .where(Dispute.state == DisputeState.OPEN, Dispute.seen_at.is_(None))
        .order_by(Dispute.id)
    )
    new = list(db.session.scalars(found))
    for dispute in new:
        dispute.seen_at = clock.now()
    if new:
        record(by, "see", ("cycle", cycle_id), cycle_id=cycle_id, disputes=len(new))
    return len(new)


@command
def start(by: Staff, dispute_id: int) -> Dispute:
    """Begin to look into a complaint; one that is started stays so. Raises NotFound, Conflict."""
    dispute = require_dispute(by, dispute_id)
    if dispute.state != DisputeState.OPEN:
        raise Conflict(_l("这条异议已经处理过。"))
    now = clock.now()
    dispute.seen_at = dispute.seen_at or now
    if dispute.started_at is None:
        dispute.started_at = now
        record(by, "start", dispute, cycle_id=_cycle_of(dispute))
    return dispute


@command
def resolve(by: Staff, dispute_id: int, answer: ResolveDispute) -> Dispute:
    """Answer a complaint: redeliver, refund, or reject it with a reason.

    Requires: the complaint is open. Ensures: its units are `open` (given first in the next run, next wave),
    `refunded`, or `accepted`; when the last complaint about a missing bag is answered, the bag is at its end.
    Raises: NotFound, Conflict.
    """
    dispute = require_dispute(by, dispute_id)
    _answer(by, dispute, answer)
    _end_missing_bag(by, db.session.get_one(Bag, dispute.bag_id))
    return dispute


@command
def found(by: Staff, bag_id: int) -> Bag:
    """A bag that was missing at its door was found and brought there: its open complaints are over, its units accepted.

    Requires: HAND_OUT over the building; the bag is missing and complaints about it are open.
    Raises: NotFound, Conflict.
    """
    bag = row_or_not_found(Bag, bag_id)
    require_building(by, Permission.HAND_OUT, bag.building_id)
    open_ones = [one for one in _complaints_of(bag) if one.state == DisputeState.OPEN]
    if bag.state != BagState.MISSING or not open_ones:
        raise Conflict(_l("这一袋没有登记为不见，或者已经处理。"))
    for dispute in open_ones:
        _answer(by, dispute, ResolveDispute(DisputeState.REJECTED, str(_l("袋子已找到并送到"))))
    _end_missing_bag(by, bag)
    return bag


def _answer(by: Staff, dispute: Dispute, answer: ResolveDispute) -> None:
    advance(dispute, DisputeState(answer.to))
    now = clock.now()
    dispute.seen_at = dispute.seen_at or now
    dispute.started_at = dispute.started_at or now
    dispute.resolved_at, dispute.resolved_by_id, dispute.reason = now, by.id, answer.reason
    cause = Cause("dispute", dispute.id)
    move({dispute.order_line_id: dispute.qty}, Stage.DISPUTED, TARGET[answer.to], cause)
    record(by, "resolve", dispute, cycle_id=_cycle_of(dispute), to=answer.to, units=dispute.qty)


def _cycle_of(dispute: Dispute) -> int:
    return db.session.get_one(Bag, dispute.bag_id).cycle_id


def _complaints_of(bag: Bag) -> list[Dispute]:
    return list(db.session.scalars(select(Dispute).where(Dispute.bag_id == bag.id).order_by(Dispute.id)))


def _end_missing_bag(by: Staff, bag: Bag) -> None:
    """A missing bag whose complaints are all answered was delivered after all, wholly or in part, or is written off."""
    complaints = _complaints_of(bag)
    if bag.state != BagState.MISSING or any(one.state == DisputeState.OPEN for one in complaints):
        return
    accepted = {one.order_line_id: one.qty for one in complaints if one.state == DisputeState.REJECTED}
    if not accepted:
        advance(bag, BagState.WRITTEN_OFF)
        return
    advance(bag, BagState.DROPPED_OFF)
    advance(bag, BagState.CONFIRMED)
    confirmation = Confirmation(bag_id=bag.id, by_kind=ConfirmedBy.CAPTAIN, by_id=by.id, at=clock.now())
    db.session.add(confirmation)
    db.session.flush()
    for line in bag.lines:
        good = accepted.get(line.order_line_id, 0)
        db.session.add(
            ConfirmationLine(
                confirmation_id=confirmation.id,
                bag_id=bag.id,
                order_line_id=line.order_line_id,
                qty_bagged=line.qty,
                qty_accepted=good,
                qty_disputed=line.qty - good,
            )
        )

"""What came to a building, counted by whoever stands there: captain, runner, point leader or supplies team.

The first count makes the drop-off. A later one is kept beside it, with its author and time:

    later count                             what follows
    names the same bags                     nothing: both agree
    names other bags                        a difference is open; nothing else changes until it is settled
    own count again, alone, in 10 minutes   a slip: it takes the place of the first one
    ends an open difference by agreeing     the difference is settled with what both say now

A difference belongs to the leader of the building's point and the supplies team. Who counted may settle it too, but
only by giving way to the other count. What is settled is what the drop-off says from then on (E9).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import timedelta

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.access.models import Role
from app.access.permissions import Permission, Staff
from app.core import clock
from app.core.db import command, db
from app.core.errors import Conflict, Invalid
from app.core.events import record
from app.core.states import advance
from app.dispatch.arrivals.schemas import RoundArrived
from app.dispatch.counts import (
    BagCount,
    arrived_bag_ids,
    bags_signed_for,
    difference_at,
    disputed_bag_ids,
    expected_bags_at,
    latest_counts_at,
    missing_bags_resent,
    record_count,
)
from app.dispatch.custody import transfer_custody
from app.dispatch.models import ArrivalDifference, DeliveryStop, DifferenceState, DropOff, StopState
from app.dispatch.rounds.schemas import SignDropOff
from app.dispatch.rounds.service import bags_at, drop_off, drop_units, missing_among, require_stop, units_in
from app.ordering.models import Stage
from app.ordering.stages import Cause, move
from app.picking.models import Bag, BagState
from app.places.scope import reaches_building

SLIP_WITHIN = timedelta(minutes=10)
SIGNABLE = (StopState.PENDING, StopState.ARRIVED)


@command
def record_arrival(by: Staff, stop_id: int, arrived: RoundArrived) -> DeliveryStop:
    """Count the bags at a stop.

    Requires: the stop lies in a building that the actor signs for, or in a round that the actor runs; the round is on
    its way; each missing bag belongs to the stop; no difference has been settled there. Ensures: as the head of this
    file says. Raises: NotFound, Invalid, Conflict.
    """
    stop = require_stop(by, stop_id)
    missing = frozenset(arrived.missing)
    if stop.state in SIGNABLE:
        _check_among(missing, bags_at(stop))
        drop_off(by, stop, missing)
    else:
        _count_again(by, stop, missing)
    return stop


def _check_among(missing: Collection[int], bags: Iterable[Bag]) -> None:
    if not set(missing) <= {bag.id for bag in bags}:
        raise Invalid({"missing": [_l("勾出的袋不都是这一站的，请刷新后再点。")]})


def _count_again(by: Staff, stop: DeliveryStop, missing: frozenset[int]) -> None:
    if stop.state != StopState.SIGNED:
        raise Conflict(_l("这一站没有送，不能点数。"))
    difference = difference_at(stop.id)
    if difference is not None and difference.state == DifferenceState.SETTLED:
        raise Conflict(_l("这一站两边已经核对过。之后找到的袋，请点位或物资组登记“找到了”。"))
    bags = expected_bags_at(stop)
    _check_among(missing, bags)
    before = latest_counts_at([stop.id]).get(stop.id, [])
    is_alone = all(count.by_id == by.id for count in before)
    if is_alone and before and missing != before[-1].missing and clock.now() - before[-1].at > SLIP_WITHIN:
        raise Conflict(
            _("您 %(at)s 记过一次，过了 10 分钟不能自己改。请点位小组长或物资组再点一次。", at=_at(before[-1]))
        )
    count = record_count(by, stop, bags_signed_for(stop), missing | missing_bags_resent(stop))
    record(by, "count", ("stop", stop.id), cycle_id=stop.round.plan.cycle_id, missing=len(missing))
    last = latest_counts_at([stop.id])[stop.id]
    if disputed_bag_ids(last):
        if difference is None:
            _open_difference(by, stop)
        return
    if difference is not None:
        _close_difference(by, stop, difference, missing)
    elif is_alone:
        _mark_missing(by, stop, missing, Cause("arrival_count", count.id))


def count_again_by_codes(by: Staff, stop: DeliveryStop, counted: SignDropOff) -> DropOff:
    """Inside a command: count a signed stop again from paper, on which missing bags stand with their codes.

    Raises: Invalid (a code that is not of the stop), Conflict.
    """
    bags = expected_bags_at(stop)
    codes = missing_among(stop, bags_signed_for(stop), counted.missing)  # paper names those that were sent again, too
    _count_again(by, stop, frozenset(bag.id for bag in bags if bag.code in codes))
    return db.session.scalars(select(DropOff).where(DropOff.stop_id == stop.id)).one()


def _at(count: BagCount) -> str:
    return clock.to_local(count.at).strftime("%H:%M")


def _open_difference(by: Staff, stop: DeliveryStop) -> None:
    difference = ArrivalDifference(stop_id=stop.id, opened_at=clock.now())
    db.session.add(difference)
    db.session.flush()
    record(by, "open_difference", difference, cycle_id=stop.round.plan.cycle_id)


@command
def settle(by: Staff, stop_id: int, decided: RoundArrived) -> DeliveryStop:
    """Say which of the bags in question did not come; `decided.missing` names them.

    Requires: an open difference; by leader or supplies team, or by who counted, giving way to another's count.
    Ensures: the drop-off says what was settled: a bag that is there after all waits at the building with its units; one
    that did not come is missing and its units are `packed` until somebody says what became of it.
    Raises: NotFound, Invalid, Conflict (nothing open; a bag was handed out, confirmed or written off meanwhile).
    """
    stop = require_stop(by, stop_id)
    difference = difference_at(stop.id)
    if difference is None or difference.state != DifferenceState.OPEN:
        raise Conflict(_l("这一站没有要核对的差别，可能别人已经核对过。"))
    last = latest_counts_at([stop.id])[stop.id]
    contested, chosen = disputed_bag_ids(last), frozenset(decided.missing)
    if not chosen <= contested:
        raise Invalid({"missing": [_l("只能在两边不一样的袋里选。")]})
    missing = chosen | frozenset.intersection(*(count.missing for count in last))
    if not may_settle(by, stop) and missing not in [count.missing for count in last if count.by_id != by.id]:
        raise Conflict(_l("您只能认对方的数。要按自己的数定，请找点位小组长或物资组。"))
    _close_difference(by, stop, difference, missing)
    return stop


def may_settle(by: Staff, stop: DeliveryStop) -> bool:
    """Whether the actor may settle a difference either way: leader of the point or supplies team."""
    wider = replace(by, grants=tuple(grant for grant in by.grants if grant.role != Role.BUILDING_CAPTAIN))
    return reaches_building(wider, Permission.DROP_OFF, stop.building_id)


def _close_difference(by: Staff, stop: DeliveryStop, difference: ArrivalDifference, missing: frozenset[int]) -> None:
    _mark_missing(by, stop, missing, Cause("arrival_difference", difference.id))
    advance(difference, DifferenceState.SETTLED)
    difference.settled_at, difference.settled_by_id = clock.now(), by.id
    record(by, "settle_difference", difference, cycle_id=stop.round.plan.cycle_id, missing=len(missing))


def _mark_missing(by: Staff, stop: DeliveryStop, missing: frozenset[int], cause: Cause) -> None:
    """Make the drop-off say that exactly these bags did not come."""
    signed = db.session.scalars(select(DropOff).where(DropOff.stop_id == stop.id)).one()
    bags = expected_bags_at(stop)
    gone = [bag for bag in bags if bag.id in missing and bag.state not in (BagState.MISSING, BagState.WRITTEN_OFF)]
    there = arrived_bag_ids([bag.id for bag in bags])
    come = [bag for bag in bags if bag.id not in missing and bag.id not in there]
    for bag in gone:
        if bag.state != BagState.DROPPED_OFF:
            raise Conflict(_("袋 %(code)s 已经放到门口或有了答复，说明它到了，请按“到了”核对。", code=bag.code))
        advance(bag, BagState.MISSING)
    for bag in come:
        if bag.state == BagState.WRITTEN_OFF:
            raise Conflict(_("袋 %(code)s 已经核销，请按“没到”核对。", code=bag.code))
        advance(bag, BagState.DROPPED_OFF)
    move(units_in(gone), Stage.DROPPED_OFF, Stage.PACKED, cause)
    drop_units(come, cause)
    team, captain = ("team", stop.round.shift.team_id), ("captain", by.id)
    transfer_custody(gone, captain, team)
    transfer_custody(come, team, captain, signed.id)
    signed.bags_missing = len(missing) + len(missing_bags_resent(stop))
    signed.bags_counted = signed.bags_expected - signed.bags_missing

"""What people counted at a building: each count kept with its author and time, and where two of them differ."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import func, insert, select

from app.access.models import Account, Role
from app.access.permissions import Permission, Staff
from app.core import clock
from app.core.db import db
from app.dispatch.models import (
    ArrivalCount,
    ArrivalDifference,
    ArrivalMissing,
    CountedAs,
    Custody,
    DeliveryStop,
    DifferenceState,
    DropOff,
)
from app.ordering.models import LineMove
from app.picking.models import Bag, BagLine
from app.places.scope import reaches_building


@dataclass(frozen=True)
class BagCount:
    """One count as pages show it; `missing` are the bags it did not find."""

    count_id: int
    by_id: int
    by: str
    counted_as: CountedAs
    at: datetime
    here: int
    missing: frozenset[int]


def counting_role(by: Staff, stop: DeliveryStop) -> CountedAs:
    """In which role the actor counts at a stop: a captain of the building before a runner before the desk."""
    if any(g.role == Role.BUILDING_CAPTAIN and g.scope_id == stop.building_id for g in by.grants):
        return CountedAs.CAPTAIN
    if reaches_building(by, Permission.DROP_OFF, stop.building_id):
        return CountedAs.DESK
    return CountedAs.RUNNER


def record_count(by: Staff, stop: DeliveryStop, bags: Iterable[Bag], missing: Iterable[int]) -> ArrivalCount:
    """Inside a command: write down a count of `bags`, of which those with an id in `missing` were not there."""
    gone, every = set(missing), [bag.id for bag in bags]
    count = ArrivalCount(stop_id=stop.id, by_id=by.id, counted_as=counting_role(by, stop).value, at=clock.now())
    count.bags_missing, count.bags_counted = len(gone), len(every) - len(gone)
    db.session.add(count)
    db.session.flush()
    if gone:
        db.session.execute(insert(ArrivalMissing), [{"count_id": count.id, "bag_id": one} for one in sorted(gone)])
    return count


def counts_at(stop_ids: Iterable[int]) -> dict[int, list[BagCount]]:
    """Stop → its counts, oldest first. Two statements."""
    rows = db.session.execute(
        select(ArrivalCount, Account.display_name)
        .join(Account, Account.id == ArrivalCount.by_id)
        .where(ArrivalCount.stop_id.in_(list(stop_ids)))
        .order_by(ArrivalCount.id)
    ).all()
    missing: dict[int, set[int]] = {count.id: set() for count, _name in rows}
    found = select(ArrivalMissing.count_id, ArrivalMissing.bag_id).where(ArrivalMissing.count_id.in_(missing))
    for count_id, bag_id in db.session.execute(found):
        missing[count_id].add(bag_id)
    held: dict[int, list[BagCount]] = {}
    for count, name in rows:
        one = BagCount(
            count.id,
            count.by_id,
            name,
            CountedAs(count.counted_as),
            count.at,
            count.bags_counted,
            frozenset(missing[count.id]),
        )
        held.setdefault(count.stop_id, []).append(one)
    return held


def latest_counts(counts: Iterable[BagCount]) -> list[BagCount]:
    """The last word of each author, in order of time: who counts again speaks anew."""
    last = {count.by_id: count for count in counts}
    return sorted(last.values(), key=lambda count: count.count_id)


def disputed_bag_ids(counts: Iterable[BagCount]) -> frozenset[int]:
    """The bags that one of the counts missed and another found."""
    every = [count.missing for count in counts]
    return frozenset().union(*every) - frozenset.intersection(*every) if every else frozenset()


def expected_bags_at(stop: DeliveryStop) -> list[Bag]:
    """The bags that a signed stop was signed for, found or not, in order of id; one that was sent again since belongs
    to the stop that it is sent to."""
    sent = resent_bags([stop.id]).get(stop.id, frozenset())
    return [bag for bag in bags_signed_for(stop) if bag.id not in sent]


def resent_bags(stop_ids: Iterable[int]) -> dict[int, frozenset[int]]:
    """Stop → the bags of its building that left the depot with a team after it was signed. One statement."""
    found = (
        select(DeliveryStop.id, Custody.bag_id)
        .join(DropOff, DropOff.stop_id == DeliveryStop.id)
        .join(Bag, Bag.building_id == DeliveryStop.building_id)
        .join(Custody, Custody.bag_id == Bag.id)
        .where(DeliveryStop.id.in_(list(stop_ids)), Custody.from_kind == "depot", Custody.to_kind == "team")
        .where(Custody.at > DropOff.signed_at)
    )
    held: dict[int, set[int]] = {}
    for stop_id, bag_id in db.session.execute(found):
        held.setdefault(stop_id, set()).add(bag_id)
    return {stop_id: frozenset(bags) for stop_id, bags in held.items()}


def latest_counts_at(stop_ids: Iterable[int]) -> dict[int, list[BagCount]]:
    """Stop → the last word of each author there, about the bags that were not sent again since. Three statements."""
    ids = list(stop_ids)
    sent = resent_bags(ids)
    return {
        stop_id: [replace(one, missing=one.missing - sent.get(stop_id, frozenset())) for one in latest_counts(counts)]
        for stop_id, counts in counts_at(ids).items()
    }


def missing_bags_resent(stop: DeliveryStop) -> frozenset[int]:
    """The bags that did not come with a stop and were sent again since: there they stay missing."""
    sent = resent_bags([stop.id]).get(stop.id, frozenset())
    came = select(Custody.bag_id).join(DropOff, DropOff.id == Custody.drop_off_id).where(DropOff.stop_id == stop.id)
    return (sent & {bag.id for bag in bags_signed_for(stop)}) - set(db.session.scalars(came))


def bags_signed_for(stop: DeliveryStop) -> list[Bag]:
    """The bags that a signed stop was signed for, wherever they are by now, in order of id."""
    counted = select(Custody.bag_id).join(DropOff, DropOff.id == Custody.drop_off_id).where(DropOff.stop_id == stop.id)
    missed = (
        select(ArrivalMissing.bag_id)
        .join(ArrivalCount, ArrivalCount.id == ArrivalMissing.count_id)
        .where(ArrivalCount.stop_id == stop.id)
    )
    found = select(Bag).where(Bag.id.in_(counted) | Bag.id.in_(missed)).order_by(Bag.id)
    return list(db.session.scalars(found))


def difference_at(stop_id: int) -> ArrivalDifference | None:
    """The difference at a stop, open or settled."""
    return db.session.scalar(select(ArrivalDifference).where(ArrivalDifference.stop_id == stop_id))


def contested_bags(building_id: int) -> frozenset[int]:
    """The bags of a building that one person counted and another did not find, while nobody has settled it."""
    stops = select(ArrivalDifference.stop_id).join(DeliveryStop, DeliveryStop.id == ArrivalDifference.stop_id)
    stops = stops.where(DeliveryStop.building_id == building_id, ArrivalDifference.state == DifferenceState.OPEN)
    every = latest_counts_at(db.session.scalars(stops).all())
    return frozenset().union(*(disputed_bag_ids(said) for said in every.values()))


def has_arrived(bag: Bag) -> bool:
    """Whether the bag counts as having reached its building: counted there, and not taken back when it was settled."""
    return bag.id in arrived_bag_ids([bag.id])


def arrived_bag_ids(bag_ids: Collection[int]) -> set[int]:
    """Those of the bags of which `has_arrived` is true. Two statements."""
    handed = select(Custody).where(Custody.bag_id.in_(bag_ids)).order_by(Custody.bag_id, Custody.seq)
    last = {custody.bag_id: custody for custody in db.session.scalars(handed)}
    # Bags that were found before counts were kept have only the move of their units.
    own = (LineMove.order_line_id == BagLine.order_line_id) & (LineMove.cause_id == BagLine.bag_id)
    moves = select(BagLine.bag_id, func.max(LineMove.at)).join(LineMove, own)
    moves = moves.where(BagLine.bag_id.in_(bag_ids), LineMove.cause_kind == "bag_drop").group_by(BagLine.bag_id)
    moved = dict(db.session.execute(moves).all())
    found = set()
    for bag_id in bag_ids:
        custody = last.get(bag_id)
        if custody is not None and "captain" in (custody.from_kind, custody.to_kind):
            is_there = custody.to_kind == "captain"
        else:  # a move before the last hand-over is of an earlier time that it was sent
            is_there = bag_id in moved and (custody is None or moved[bag_id] > custody.at)
        if is_there:
            found.add(bag_id)
    return found

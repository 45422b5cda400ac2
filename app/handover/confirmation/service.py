"""After the door: the household confirms or complains, the captain does so on its behalf, silence accepts after 48 h.

Whoever comes first writes the one confirmation a bag can have; whoever comes second finds the bag confirmed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import insert, select

from app.access.permissions import Permission, Resident, Staff
from app.core import clock
from app.core.clock_trust import require_trusted_date
from app.core.database.turns import TurnKind
from app.core.db import command, db
from app.core.errors import Conflict, Invalid, NotFound
from app.core.events import SYSTEM, Actor, record
from app.core.jobs import Job, Running, enqueue, handles
from app.core.lookup import row_or_not_found
from app.core.states import advance
from app.handover import rules
from app.handover.models import Confirmation, ConfirmationLine, ConfirmedBy, Dispute
from app.handover.queries import overdue_bags, undoable_bags
from app.handover.schemas import Complain, Complaint, Confirm
from app.ordering.models import HouseholdOrder, Stage
from app.ordering.resident.queries import is_known
from app.ordering.stages import Cause, move_each
from app.picking.models import Bag, BagLine, BagState
from app.places.scope import require_building

ANSWERABLE = (BagState.DROPPED_OFF, BagState.HANDED_OUT)
BATCH = 1000
OVERDUE_JOB = "confirm_overdue"


@dataclass(frozen=True)
class _Voice:
    """Who confirms."""

    kind: ConfirmedBy
    id: int | None


@command(of=lambda by, *_rest, **_named: ("household", by.id))
def confirm(by: Resident, wanted: Confirm) -> int:
    """The household accepts its bags as they are: those named, or all that wait for an answer.

    Ensures: each of its bags that waits is `confirmed`, every unit in it `accepted`; one confirmed before stays as it
    is. Returns how many bags were confirmed. Raises: NotFound for a bag that is not its own.
    """
    own = _own_bags(by, wanted.bags)
    waiting = [bag for bag in own if bag.state in ANSWERABLE]
    _write(waiting, {}, _Voice(ConfirmedBy.HOUSEHOLD, by.household_id))
    _record(by, "confirm", waiting)
    return len(waiting)


@command
def complain(by: Resident, bag_id: int, said: Complain) -> Bag:
    """The household names what is wrong with one of its bags; everything else in it is accepted.

    Requires: the bag is its own and not answered yet; at least one unit is complained about, no more than the bag
    held. Ensures: those units are `disputed`, each line with an open complaint. Raises: NotFound, Invalid, Conflict.
    """
    (bag,) = _own_bags(by, [bag_id])
    return _complain(by, bag, said, _Voice(ConfirmedBy.HOUSEHOLD, by.household_id))


@command
def complain_for(by: Staff, bag_id: int, said: Complain) -> Bag:
    """The captain enters a household's complaint on its behalf. As `complain`. Raises: NotFound, Invalid, Conflict."""
    bag = row_or_not_found(Bag, bag_id)
    require_building(by, Permission.HAND_OUT, bag.building_id)
    return _complain(by, bag, said, _Voice(ConfirmedBy.CAPTAIN, by.id))


@command
def confirm_building(by: Staff, cycle_id: int, building_id: int, *, only_told: bool = False) -> int:
    """The captain accepts on behalf of the households every bag of a building that was left at its door.

    Requires: HAND_OUT over the building; something waits. Ensures: kept apart from what households confirm
    themselves; with `only_told`, as from the page, what can still be taken back is left out. Returns how many bags.
    Raises: NotFound, Conflict.
    """
    require_building(by, Permission.HAND_OUT, building_id)
    found = select(Bag).filter_by(cycle_id=cycle_id, building_id=building_id, state=BagState.HANDED_OUT.value)
    if only_told:
        found = found.where(Bag.id.not_in(undoable_bags(clock.now())))
    bags = list(db.session.scalars(found.order_by(Bag.id)))
    if not bags:
        raise Conflict(_l("这栋楼没有等待确认的袋；刚放到门口的，10 分钟后才能代确认。"))
    _write(bags, {}, _Voice(ConfirmedBy.CAPTAIN, by.id))
    _record(by, "confirm", bags)
    return len(bags)


def _own_bags(by: Resident, bag_ids: Iterable[int]) -> list[Bag]:
    wanted = set(bag_ids)
    found = select(Bag).join(HouseholdOrder, HouseholdOrder.id == Bag.order_id)
    found = found.where(is_known(by)).order_by(Bag.id)
    own = [bag for bag in db.session.scalars(found) if not wanted or bag.id in wanted]
    if wanted - {bag.id for bag in own}:
        raise NotFound
    return own


def _complain(by: Actor, bag: Bag, said: Complain, voice: _Voice) -> Bag:
    if bag.state not in ANSWERABLE:
        raise Conflict(_l("这一袋已经确认过，不能再提。如有问题，请联系楼长或点位。"))
    held = {line.order_line_id: line.qty for line in _lines([bag])}
    complaints = _checked(said.rows, held)
    _write([bag], {(bag.id, one.id): one.qty for one in complaints}, voice)
    for one in complaints:
        db.session.add(Dispute(order_line_id=one.id, bag_id=bag.id, qty=one.qty, kind=one.kind, note=said.note))
    db.session.flush()
    units = sum(one.qty for one in complaints)
    record(by, "dispute", bag, cycle_id=bag.cycle_id, lines=len(complaints), units=units)
    return bag


def _checked(rows: Iterable[Complaint], held: Mapping[int, int]) -> list[Complaint]:
    complaints = [row for row in rows if row.qty]
    if not complaints:
        raise Invalid(_l("请至少写明一种商品有问题的份数；都没问题就点“全部收到”。"))
    if len({row.id for row in complaints}) != len(complaints) or any(row.id not in held for row in complaints):
        raise NotFound
    too_many = [row for row in complaints if row.qty > held[row.id]]
    if too_many:
        raise Invalid({f"qty-{row.id}": [_("这一袋里只有 %(n)d 份。", n=held[row.id])] for row in too_many})
    return complaints


def _lines(bags: Iterable[Bag]) -> list[BagLine]:
    found = select(BagLine).where(BagLine.bag_id.in_([bag.id for bag in bags]))
    return list(db.session.scalars(found.order_by(BagLine.bag_id, BagLine.order_line_id)))


def _write(bags: list[Bag], disputed: Mapping[tuple[int, int], int], voice: _Voice) -> None:
    """The confirmations of these bags: accepted + disputed = bagged for each line (E10), units moved with them."""
    if not bags:
        return
    now = clock.now()
    for bag in bags:
        advance(bag, BagState.CONFIRMED)
    db.session.flush()
    rows = [{"bag_id": bag.id, "by_kind": voice.kind.value, "by_id": voice.id, "at": now} for bag in bags]
    ids = db.session.scalars(insert(Confirmation).returning(Confirmation.id, sort_by_parameter_order=True), rows).all()
    of_bag = {bag.id: confirmation for bag, confirmation in zip(bags, ids, strict=True)}
    held: dict[int, dict[int, int]] = {}
    for line in _lines(bags):
        held.setdefault(line.bag_id, {})[line.order_line_id] = line.qty
    splits = [
        (bag, split)
        for bag, units in held.items()
        for split in rules.split_bagged(units, {line: qty for (of, line), qty in disputed.items() if of == bag})
    ]
    db.session.execute(
        insert(ConfirmationLine),
        [
            {
                "confirmation_id": of_bag[bag],
                "bag_id": bag,
                "order_line_id": split.line_id,
                "qty_bagged": split.qty_bagged,
                "qty_accepted": split.qty_accepted,
                "qty_disputed": split.qty_disputed,
            }
            for bag, split in splits
        ],
    )
    causes = {bag: Cause("confirmation", confirmation) for bag, confirmation in of_bag.items()}
    accepted = [(split.line_id, split.qty_accepted, causes[bag]) for bag, split in splits]
    move_each(accepted, Stage.DROPPED_OFF, Stage.ACCEPTED)
    move_each([(s.line_id, s.qty_disputed, causes[bag]) for bag, s in splits], Stage.DROPPED_OFF, Stage.DISPUTED)


def _record(by: Actor, verb: str, bags: list[Bag]) -> None:
    for cycle_id in sorted({bag.cycle_id for bag in bags}):
        ids = [bag.id for bag in bags if bag.cycle_id == cycle_id]
        record(by, verb, ("bag", ids[0]), cycle_id=cycle_id, bags=len(ids))


# --- silence ----------------------------------------------------------------------------------------------------------
def confirm_overdue(now: datetime) -> int:
    """Accept by default every bag left at its door at least 48 h before `now`, batch by batch. Returns how many.

    Ensures: kept apart from what people confirm (`timeout`). A bag that somebody answers meanwhile is left alone.
    """
    done = 0
    while batch := confirm_batch(now):
        done += batch
    return done


@command
def confirm_batch(now: datetime, limit: int = BATCH) -> int:
    """One transaction of `confirm_overdue`: `limit` bags at most; 0 when nothing is due."""
    ids = list(db.session.scalars(overdue_bags(now).limit(limit)))
    bags = list(db.session.scalars(select(Bag).where(Bag.id.in_(ids)).order_by(Bag.id)))
    _write(bags, {}, _Voice(ConfirmedBy.TIMEOUT, None))
    _record(SYSTEM, "confirm", bags)
    return len(bags)


@command(turn=TurnKind.NOBODY)
def ask_confirm_overdue(by: Actor) -> Job:
    """Put the acceptance by default of everything that is due now into the queue; asked twice in a minute it is one
    job."""
    minute = clock.now().replace(second=0, microsecond=0)
    job = enqueue(OVERDUE_JOB, 0, {"minute": minute.isoformat()})
    record(by, "confirm_overdue", job)
    return job


@handles(OVERDUE_JOB)
def run_confirm_overdue(job: Running) -> dict[str, int]:
    """Accept by default what is due, batch by batch. Raises Conflict while the date is in doubt."""
    require_trusted_date()
    done = job.done_before()
    while batch := job.batch(confirm_batch, "bags", clock.now()):
        done += batch
    return {"bags": done}

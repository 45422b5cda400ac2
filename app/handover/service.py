"""At the doors: enter a building by exception, and decide about a bag that comes back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import insert, select
from sqlalchemy.orm import selectinload

from app.access.permissions import Permission, Staff
from app.allocation.returns import return_packed_goods
from app.core import clock
from app.core.db import command, db
from app.core.errors import Conflict, Invalid, NotFound
from app.core.events import record
from app.core.lookup import or_not_found
from app.core.states import advance
from app.dispatch.counts import contested_bags
from app.handover.doors.rules import NamedBag, read_exceptions
from app.handover.goods import keep_for_household
from app.handover.models import Dispute, DisputeKind, DoorOutcome, HandOut
from app.handover.queries import doors_of
from app.handover.rules import can_undo, outcomes_by_exception
from app.handover.schemas import BringBack, DisputeWish, DoorEntry, HandOutEntry, ReturnedGoodsState
from app.ordering.gate import cycle_or_not_found, require_state
from app.ordering.models import Cycle, CycleState, Stage
from app.ordering.stages import Cause, move, move_each
from app.picking.models import Bag, BagState
from app.places.scope import require_building

# What a bag is right after an entry, by outcome; a missing bag never matches, its entry cannot be taken back.
_STATE_AFTER = {DoorOutcome.LEFT: BagState.HANDED_OUT, DoorOutcome.BAG_MISSING: BagState.VOIDED}
CHANGED = _l("名单刚有变化（可能别人已经登记），请刷新后再看。")
FAILED = tuple(outcome for outcome in DoorOutcome if outcome != DoorOutcome.LEFT)


def require_bag(by: Staff, permission: Permission, bag_id: int) -> Bag:
    """The bag with its lines, where the permission reaches its building. Raises NotFound."""
    found = select(Bag).where(Bag.id == bag_id).options(selectinload(Bag.lines))
    bag = or_not_found(db.session.scalar(found))
    require_building(by, permission, bag.building_id)
    return bag


def require_running(cycle_id: int) -> Cycle:
    """The cycle, while its goods are on their way. Raises NotFound, Conflict."""
    cycle = cycle_or_not_found(cycle_id)
    require_state(cycle, CycleState.RUNNING, otherwise=_l("这一批不在配送中，不能再改。"))
    return cycle


@command
def hand_out(by: Staff, cycle_id: int, building_id: int, entry: HandOutEntry) -> dict[str, int]:
    """Enter a building: every bag that was shown is left at its door except those named with a reason.

    Requires: HAND_OUT over the building; the cycle is running; each bag shown waits at the building. Ensures: a bag
    left at its door is `handed_out`; one that failed stays `dropped_off` with its reason; one that is gone is
    `missing`, its units are disputed and a complaint is open for each line. Returns outcome → bags.
    Raises: NotFound, Invalid, Conflict.
    """
    return enter_building(by, cycle_id, building_id, entry)


def enter_building(by: Staff, cycle_id: int, building_id: int, entry: HandOutEntry) -> dict[str, int]:
    """Inside a command: what `hand_out` does."""
    require_building(by, Permission.HAND_OUT, building_id)
    require_running(cycle_id)
    bags = _waiting(cycle_id, building_id, entry.rows)
    outcomes, details = _outcomes(bags, entry)
    now = clock.now()
    rows = [
        {
            "bag_id": bag.id,
            "outcome": outcomes[bag.code],
            "detail": details.get(bag.code, ""),
            "by_id": by.id,
            "at": now,
        }
        for bag in bags
    ]
    db.session.execute(insert(HandOut), rows)
    for bag in bags:
        if outcomes[bag.code] == DoorOutcome.LEFT:
            advance(bag, BagState.HANDED_OUT)
    _report_missing([bag for bag in bags if outcomes[bag.code] == DoorOutcome.BAG_MISSING])
    counts: dict[str, int] = {}
    for outcome in outcomes.values():
        counts[outcome] = counts.get(outcome, 0) + 1
    record(by, "hand_out", ("building", building_id), cycle_id=cycle_id, **counts)
    return counts


def enter_paper(by: Staff, cycle_id: int, building_id: int, bag_ids: Iterable[int], exceptions: str) -> dict[str, int]:
    """Inside a command: `hand_out` from paper: every one of these bags was left, except those in the text."""
    entry = HandOutEntry([DoorEntry(bag_id) for bag_id in bag_ids], exceptions)
    return enter_building(by, cycle_id, building_id, entry)


def is_fresh(attempt: HandOut) -> bool:
    """Whether an attempt can still be taken back."""
    return can_undo(attempt.at, clock.now())


def undo_entry(by: Staff, cycle_id: int, building_id: int, wave: int) -> int:
    """Inside a command: take back the newest entry of this account for a building in a wave, if it is fresh.

    Ensures: bags that it left at their doors wait at the building again, and its attempts are gone (the log keeps
    both). Returns how many bags; 0 where there is nothing to take back. An entry with a bag that is missing stays,
    since its units are disputed; so does one whose bags were confirmed or tried again.
    """
    require_building(by, Permission.HAND_OUT, building_id)
    require_running(cycle_id)
    own = select(HandOut).join(Bag, Bag.id == HandOut.bag_id)
    own = own.where(Bag.cycle_id == cycle_id, Bag.building_id == building_id, Bag.wave == wave)
    attempts = list(db.session.scalars(own.order_by(HandOut.id)))
    newest = attempts[-1].at if attempts else None
    entry = [attempt for attempt in attempts if attempt.at == newest]
    if newest is None or not is_fresh(attempts[-1]) or any(one.by_id != by.id for one in entry):
        return 0
    bags = list(db.session.scalars(select(Bag).where(Bag.id.in_([one.bag_id for one in entry])).order_by(Bag.id)))
    outcomes = {one.bag_id: one.outcome for one in entry}
    if any(bag.state != _STATE_AFTER.get(DoorOutcome(outcomes[bag.id]), BagState.DROPPED_OFF) for bag in bags):
        return 0
    for bag in bags:
        if bag.state == BagState.HANDED_OUT:
            advance(bag, BagState.DROPPED_OFF)
    for attempt in entry:
        db.session.delete(attempt)
    record(by, "undo", ("building", building_id), cycle_id=cycle_id, bags=len(bags))
    return len(bags)


def _waiting(cycle_id: int, building_id: int, rows: Iterable[DoorEntry]) -> list[Bag]:
    """The bags that were shown, in order of id. Raises Invalid for none, Conflict for one that waits no more."""
    ids = sorted({row.id for row in rows})
    if not ids:
        raise Invalid(_l("没有要发放的袋。"))
    found = select(Bag).where(Bag.id.in_(ids), Bag.cycle_id == cycle_id, Bag.building_id == building_id)
    bags = list(db.session.scalars(found.options(selectinload(Bag.lines)).order_by(Bag.id)))
    if len(bags) != len(ids):
        raise NotFound
    if any(bag.state != BagState.DROPPED_OFF for bag in bags):
        raise Conflict(CHANGED)
    if contested_bags(building_id) & set(ids):
        raise Conflict(_l("有的袋到楼时两边数得不一样，核对之前先不发。"))
    return bags


def _outcomes(bags: list[Bag], entry: HandOutEntry) -> tuple[Mapping[str, str], dict[str, str]]:
    """Bag code → outcome, and bag code → detail, from the selects and the text together. Raises Invalid."""
    codes = {bag.id: bag.code for bag in bags}
    doors = doors_of(list(codes))
    named, problems = read_exceptions(entry.exceptions, doors)
    chosen = [NamedBag(codes[row.id], row.outcome, row.detail) for row in entry.rows if row.outcome != DoorOutcome.LEFT]
    twice = {one.bag_code for one in chosen} & {one.bag_code for one in named}
    # What is written overrules what was chosen for the same bag.
    every = [one for one in chosen if one.bag_code not in twice] + named
    result = outcomes_by_exception(codes.values(), [(one.bag_code, one.reason) for one in every])
    said = [problem.said for problem in (*problems, *result.problems)]
    if said:
        raise Invalid({"exceptions": [str(sentence) for sentence in said]})
    return result.outcomes, {one.bag_code: one.detail for one in every}


def _report_missing(bags: list[Bag]) -> None:
    for bag in bags:
        advance(bag, BagState.MISSING)
        for line in bag.lines:
            db.session.add(
                Dispute(order_line_id=line.order_line_id, bag_id=bag.id, qty=line.qty, kind=DisputeKind.MISSING)
            )
    moves = [(line.order_line_id, line.qty, Cause("bag_missing", bag.id)) for bag in bags for line in bag.lines]
    move_each(moves, Stage.DROPPED_OFF, Stage.DISPUTED)


@command
def bring_back(by: Staff, bag_id: int, decided: BringBack) -> Bag:
    """Take a bag that failed at its door back to the depot and apart.

    Requires: HAND_OUT over the building; the last attempt at the door failed and the bag is not missing. Ensures: the
    bag is `voided`; its units pass through `disputed` and `open`, and then are
    * allocated again with the same goods, first into the next wave (good goods, to be redelivered),
    * open for the next allocation, the goods damaged in their lots (spoiled, to be redelivered),
    * cancelled, the goods free or damaged in their lots (not wanted any more).
    Raises: NotFound, Invalid, Conflict.
    """
    bag = require_bag(by, Permission.HAND_OUT, bag_id)
    cycle = require_running(bag.cycle_id)
    tried = db.session.scalar(select(HandOut).where(HandOut.bag_id == bag.id).order_by(HandOut.id.desc()).limit(1))
    if bag.state != BagState.DROPPED_OFF or tried is None or tried.outcome not in FAILED:
        raise Conflict(_("只有没送到、还在楼里的袋能退回仓库。"))
    advance(bag, BagState.VOIDED)
    held = {line.order_line_id: line.qty for line in bag.lines}
    cause = Cause("bag_return", bag.id)
    move(held, Stage.DROPPED_OFF, Stage.DISPUTED, cause)
    move(held, Stage.DISPUTED, Stage.OPEN, cause)
    if decided.wish == DisputeWish.CANCEL:
        move(held, Stage.OPEN, Stage.CANCELLED, cause)
        return_packed_goods(held, "free" if decided.goods == ReturnedGoodsState.GOOD else "damaged")
    elif decided.goods == ReturnedGoodsState.GOOD:
        keep_for_household(held)
        move(held, Stage.OPEN, Stage.ALLOCATED, cause)
    else:
        return_packed_goods(held, "damaged")
    record(by, "return", bag, cycle_id=cycle.id, units=sum(held.values()), goods=decided.goods, wish=decided.wish)
    return bag

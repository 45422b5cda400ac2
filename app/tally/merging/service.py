"""Make two households of the register one: the same family stood in it twice.

What the household that goes has         becomes
order of a cycle that is not over        the other's, with a new code; both have one: refused
withdrawn, voided or of an earlier cycle stays as it is, found by its code, opened by nobody, brought back by no undo
standing order, care, errands, contact   the other's; of what both have, the other's stays
lines of lists, bags left at its door    about the other from now on; what is packed goes where its label says
door PIN, phones, order codes            end; those of the other stay

The row itself stays in the register, no longer active; the log says which household it became.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, or_, select, update

from app.access.models import MovedIn
from app.access.permissions import Staff
from app.core.db import command, db
from app.core.errors import Conflict
from app.core.events import record
from app.errands.models import Errand
from app.intake.models import ChainBooking, PasteLine
from app.ordering.desk.models import DeskEntry
from app.ordering.desk.service import NOTHING_BEFORE
from app.ordering.models import CycleState, HouseholdOrder, OtherDoor, RollCall
from app.ordering.orders import new_code
from app.ordering.resident.service import end_access
from app.ordering.standing.models import StandingOrder
from app.places.models import CareNeed, Household, HouseholdContact
from app.tally.claims.service import note_ordered
from app.tally.merging import queries as merging_queries
from app.tally.merging.queries import Holdings, Meeting
from app.tally.merging.schemas import Merge

NOT_SYNCED = {"synchronize_session": False}
CHANGED = -1  # a revision that no order has: a list that is taken back leaves the order as it is, and says so


@dataclass(frozen=True)
class Merged:
    """The household that stayed, and the new codes of the orders that came over."""

    household_id: int
    codes: tuple[str, ...]


@command
def merge(by: Staff, household_id: int, wanted: Merge) -> Merged:
    """Make a household part of another one of its building; see the head of this file.

    Requires: HOUSEHOLD_KEY over the building; everything is as it was shown; no cycle in which both have an order, no
    two standing orders, nothing under way of people who moved out of either, no list of their point being entered just
    now. Ensures: no key of the one that goes opens anything, and those of the one that stays open what they did.
    Raises: NotFound, Conflict.
    """
    building, gone, kept = merging_queries.require_pair(by, household_id, wanted.into)
    held = merging_queries.holdings(building, gone, kept)
    problems = merging_queries.hindrances(held)
    if problems:
        raise Conflict(problems[0])
    if held.seen != wanted.seen:
        raise Conflict(_l("刚才这两户又有了变化，没有合并。请看过新的清单，再点合并。"))
    moved_in = db.session.get(MovedIn, gone.id)
    since = moved_in.since if moved_in is not None else None  # before the merge becomes such a date itself
    end_access(by, gone.id)
    _take_orders(by, held)
    _take_roll_calls(held)
    _take_doors(gone.id, kept.id)
    _take_lines(gone.id, kept.id)
    _take_care(gone.id, kept.id)
    errands = update(Errand).where(Errand.household_id == gone.id)
    if since is not None:
        errands = errands.where(Errand.created_at >= since)
    db.session.execute(errands.values(household_id=kept.id, hand=""), execution_options=NOT_SYNCED)
    row, stays = db.session.get_one(Household, gone.id), db.session.get_one(Household, kept.id)
    row.is_active, stays.persons = False, stays.persons or row.persons
    record(by, "merge", ("household", gone.id), into_id=kept.id, orders=len(held.orders), phones=held.counts["phones"])
    record(by, "take_in", ("household", kept.id), from_id=gone.id)
    return Merged(kept.id, tuple(order.code for order in held.orders))


def _take_orders(by: Staff, held: Holdings) -> None:
    """The orders under way, each with a code that nobody has read yet; what is kept for an undo knows no old one."""
    for meeting in held.meetings:
        if meeting.goes_over is not None:
            _take_order(by, meeting, meeting.goes_over, held)
    ids = [order.id for order in held.orders]
    db.session.execute(
        update(DeskEntry).where(DeskEntry.order_id.in_(ids)).values(**NOTHING_BEFORE), execution_options=NOT_SYNCED
    )
    stays = ChainBooking.household_id == held.gone.id, ChainBooking.order_id.not_in(ids)
    db.session.execute(update(ChainBooking).where(*stays).values(revision=CHANGED), execution_options=NOT_SYNCED)
    aside = [meeting.makes_room.id for meeting in held.meetings if meeting.makes_room is not None]
    db.session.execute(delete(ChainBooking).where(ChainBooking.order_id.in_(aside)))
    for booking in db.session.scalars(select(ChainBooking).where(ChainBooking.order_id.in_(ids))):
        booking.household_id = held.kept.id
        booking.base, booking.before, booking.after = map(_without_keys, (booking.base, booking.before, booking.after))
    db.session.flush()


def _without_keys(basket: dict[str, Any] | None) -> dict[str, Any] | None:
    return basket and {**basket, "keys": None}


def _take_order(by: Staff, meeting: Meeting, order: HouseholdOrder, held: Holdings) -> None:
    """One order; a withdrawn one that the other has in the cycle changes places with it."""
    aside = meeting.makes_room
    if aside is not None:
        aside.household_id = None
        db.session.flush()
    order.household_id, order.code, order.hand = held.kept.id, new_code(set()), ""
    db.session.flush()
    if aside is not None:
        aside.household_id = held.gone.id
        db.session.flush()
    record(by, "merge", order, cycle_id=order.cycle_id, into_id=held.kept.id)


def _take_roll_calls(held: Holdings) -> None:
    """One household has one outcome: ordered where an order came over, else its own, else that of the other."""
    for noted in merging_queries.roll_calls(held.gone.id):
        if db.session.get(RollCall, (noted.cycle_id, held.kept.id)) is None:
            own = RollCall(cycle_id=noted.cycle_id, household_id=held.kept.id, outcome=noted.outcome, at=noted.at)
            own.is_override, own.recorded_by_id = noted.is_override, noted.recorded_by_id
            db.session.add(own)
        db.session.delete(noted)
    db.session.flush()
    for meeting in held.meetings:
        if meeting.goes_over is not None and meeting.cycle.state != CycleState.OPEN:
            note_ordered(meeting.cycle.id, held.kept.id)


def _take_doors(gone_id: int, kept_id: int) -> None:
    """Bags that others have left at its door, now or after an undo; for an order of its own that is no other door."""
    for door in db.session.scalars(select(OtherDoor).where(OtherDoor.household_id == gone_id)):
        door.household_id = kept_id
    db.session.flush()
    own = select(HouseholdOrder.id).where(HouseholdOrder.household_id == kept_id)
    db.session.execute(delete(OtherDoor).where(OtherDoor.household_id == kept_id, OtherDoor.order_id.in_(own)))
    kept_for_undo = update(DeskEntry).where(DeskEntry.door_before_id == gone_id)
    for entries, door_id in ((kept_for_undo.where(DeskEntry.order_id.in_(own)), None), (kept_for_undo, kept_id)):
        db.session.execute(entries.values(door_before_id=door_id), execution_options=NOT_SYNCED)
    for booking in db.session.scalars(select(ChainBooking).where(merging_queries.bookings_under_way())):
        door_id = kept_id if booking.household_id != kept_id else None
        baskets = (_to_door(one, gone_id, door_id) for one in (booking.base, booking.before, booking.after))
        booking.base, booking.before, booking.after = baskets


def _to_door(basket: dict[str, Any] | None, gone_id: int, door_id: int | None) -> dict[str, Any] | None:
    keys = (basket or {}).get("keys") or {}
    return {**(basket or {}), "keys": {**keys, "door_id": door_id}} if keys.get("door_id") == gone_id else basket


def _take_lines(gone_id: int, kept_id: int) -> None:
    """Lines of lists that name it, ask whether it is meant, or are to be handed on or put back to it."""
    kept_somewhere = or_(
        PasteLine.household_id == gone_id,
        PasteLine.candidates != [],
        PasteLine.elsewhere.is_not(None),
        PasteLine.read_as.is_not(None),
    )
    for line in db.session.scalars(select(PasteLine).where(merging_queries.lines_under_way(), kept_somewhere)):
        if line.household_id == gone_id:
            line.household_id = kept_id
        if gone_id in (line.candidates or []):
            line.candidates = list(dict.fromkeys(kept_id if home == gone_id else home for home in line.candidates))
        line.elsewhere, line.read_as = (_named(said, gone_id, kept_id) for said in (line.elsewhere, line.read_as))


def _named(said: dict[str, Any] | None, gone_id: int, kept_id: int) -> dict[str, Any] | None:
    return {**said, "household": kept_id} if said and said.get("household") == gone_id else said


def _take_care(gone_id: int, kept_id: int) -> None:
    """Standing orders, the care list, and whom to call."""
    for standing in db.session.scalars(select(StandingOrder).where(StandingOrder.household_id == gone_id)):
        standing.household_id = kept_id
    there = {need.kind: need for need in db.session.scalars(select(CareNeed).where(CareNeed.household_id == kept_id))}
    for need in db.session.scalars(select(CareNeed).where(CareNeed.household_id == gone_id)).all():
        own = there.get(need.kind)
        if own is None:
            need.household_id = kept_id
            continue
        own.carer_id, own.door_note = own.carer_id or need.carer_id, own.door_note or need.door_note
        own.consent_on, own.purge_on = own.consent_on or need.consent_on, max(own.purge_on, need.purge_on)
        db.session.delete(need)
    contact, own_contact = (db.session.get(HouseholdContact, one) for one in (gone_id, kept_id))
    if contact is not None:
        if own_contact is None:
            own_contact = HouseholdContact(household_id=kept_id, purge_on=contact.purge_on)
            db.session.add(own_contact)
        own_contact.name = own_contact.name or contact.name
        own_contact.phone = own_contact.phone or contact.phone
        own_contact.note = own_contact.note or contact.note
        own_contact.purge_on = max(own_contact.purge_on, contact.purge_on)
        db.session.delete(contact)
    db.session.flush()

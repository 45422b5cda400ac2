"""Commands on the phones that act for a household: let one in, forget them; and on its door PIN."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import and_, or_, select

from app.access import pins
from app.access.models import DoorPin, HouseholdToken, MovedIn
from app.access.permissions import Permission, Resident, Staff
from app.access.sessions import issue_token, new_phone_mark, token_digest
from app.core import clock
from app.core.db import command, db
from app.core.errors import NotFound
from app.core.events import Actor, record
from app.core.lookup import or_not_found
from app.ordering.models import Cycle, HouseholdOrder, OrderState, OtherDoor
from app.ordering.orders import household_place, token_expiry
from app.ordering.rules import read_order_code
from app.places.models import Household, Stairwell
from app.places.scope import require_building


class Proof(StrEnum):
    """What a phone showed at the door."""

    ROOM = "room"  # nothing: anybody can type a room
    CODE = "code"
    PIN = "pin"


@dataclass(frozen=True)
class OpenedDoor:
    """A door that opened: whose, to which cycle it leads (none: the first page), and by what.

    `hand`: of a code that belongs to an order made by room alone, which opens that order and not the household.
    `shown`: the code or PIN, looked at again before a key is made.
    """

    household_id: int
    cycle_id: int | None
    proof: Proof
    hand: str = ""
    shown: str = ""


@dataclass(frozen=True)
class Admission:
    """A phone let in: its token (shown once) and until when it is good."""

    household_id: int
    token: str
    expires_at: datetime


@command(of=lambda found, *_rest, **_named: ("household", found.household_id))
def admit_household(found: OpenedDoor, token: str = "") -> Admission:
    """Let a phone act for a household, until 14 days after the cut-off.

    Requires: what the phone showed still opens the door: a move-out, a merge or a new PIN may have come in between.
    Ensures: one that showed nothing acts on nothing but what it makes; one that showed the PIN or a proven code ends
    the keys of all who showed nothing. The code of an unproven order ends those of others who hold no order.
    Raises: NotFound.
    """
    cycle = db.session.get(Cycle, found.cycle_id) if found.cycle_id is not None else None
    if cycle is None and found.cycle_id is not None:
        raise NotFound
    if not _still_opens(found):
        raise NotFound
    hand = new_phone_mark() if found.proof == Proof.ROOM else found.hand
    if found.proof != Proof.ROOM:
        _end_unproven(found.household_id, hand)
    expires_at = token_expiry(cycle.cutoff_at if cycle else clock.now())
    return Admission(found.household_id, issue_token(found.household_id, expires_at, hand, token), expires_at)


def _still_opens(found: OpenedDoor) -> bool:
    if found.proof == Proof.PIN:
        return pins.household_with_pin([found.household_id], found.shown) is not None
    if found.proof == Proof.CODE:
        order = order_by_code(found.shown)
        return order is not None and (order.household_id, order.hand) == (found.household_id, found.hand)
    home = db.session.get(Household, found.household_id)
    return home is not None and home.is_active


def order_by_code(text: str) -> HouseholdOrder | None:
    """The order whose code somebody typed, unless those who made it have moved out. One statement, found or not."""
    code = read_order_code(text) or "-"
    found = (
        select(HouseholdOrder)
        .outerjoin(MovedIn, MovedIn.household_id == HouseholdOrder.household_id)
        .where(HouseholdOrder.code == code, HouseholdOrder.household_id.is_not(None))
        .where(or_(MovedIn.since.is_(None), HouseholdOrder.placed_at >= MovedIn.since))
    )
    return db.session.scalar(found)


def _end_unproven(household_id: int, hand: str) -> None:
    by = Resident("household", household_id, hand=hand)
    others = [HouseholdToken.hand.not_in(["", hand])]
    if hand:  # not the household for certain: who made an order of its own by room alone keeps that
        held = select(HouseholdOrder.hand).where(HouseholdOrder.household_id == household_id, HouseholdOrder.hand != "")
        others.append(HouseholdToken.hand.not_in(held))
    _revoke(by, household_id, *others)


@command(of=lambda by, *_rest, **_named: ("household", by.id))
def forget_phone(by: Resident, token: str) -> int:
    """Ensures: the phone that carries this token acts for the household no more. Returns how many were revoked."""
    return _revoke(by, by.household_id, HouseholdToken.token_sha256 == token_digest(token))


@command(of=lambda by, *_rest, **_named: ("household", by.id))
def forget_other_phones(by: Resident, token: str) -> int:
    """Ensures: only the phone that carries this token still acts for the household. Returns how many were revoked.

    A phone that came by its room alone throws nobody out.
    """
    own = [] if by.is_proven else [HouseholdToken.hand == by.hand]
    return _revoke(by, by.household_id, HouseholdToken.token_sha256 != token_digest(token), *own)


@command
def forget_phones_of(by: Staff, household_id: int) -> int:
    """Ensures: no phone acts for the household any more. Returns how many were revoked.

    Requires: ORDER_PROXY over the household's building. Raises NotFound.
    """
    household_place(by, household_id, Permission.ORDER_PROXY)
    return _revoke(by, household_id)


@command
def issue_pin(by: Staff, household_id: int) -> DoorPin:
    """Give a household a door PIN, another one where it has one: the old one opens nothing any more.

    Requires: HOUSEHOLD_KEY over the household's building. Raises: NotFound.
    """
    household_place(by, household_id, Permission.HOUSEHOLD_KEY)
    row = pins.issue(household_id)
    record(by, "issue_pin", ("household", household_id))
    return row


@command
def issue_slips(by: Staff, cycle_id: int, building_id: int) -> int:
    """Give each household of a building that orders in a cycle and has no PIN one, to go with its first bag (or by
    hand where its bags go to another door).

    Requires: HOUSEHOLD_KEY over the building. Ensures: who has a PIN keeps it; a slip can be printed again in its
    cycle. Returns how many are new. Raises: NotFound.
    """
    require_building(by, Permission.HOUSEHOLD_KEY, building_id)
    wanted = select(HouseholdOrder.household_id, DoorPin).where(
        HouseholdOrder.cycle_id == cycle_id,
        HouseholdOrder.building_id == building_id,
        HouseholdOrder.state.in_((OrderState.PLACED, OrderState.LOCKED)),
        HouseholdOrder.household_id.is_not(None),
    )
    wanted = wanted.outerjoin(DoorPin, DoorPin.household_id == HouseholdOrder.household_id)
    rows = db.session.execute(wanted.order_by(HouseholdOrder.household_id)).all()
    fresh = [home for home, pin in rows if home is not None and not pins.is_good(pin)]
    for household_id in fresh:
        pins.issue(household_id, cycle_id)
    record(by, "print_pins", ("building", building_id), cycle_id=cycle_id, households=len(fresh))
    return len(fresh)


class Slip(NamedTuple):
    """A PIN to print, and for which room. `is_by_hand`: the bags go to another door, so the slip goes with none."""

    row: DoorPin
    room: str
    is_by_hand: bool


def slips_of(cycle_id: int, building_id: int) -> list[Slip]:
    """The PINs that are printed for a cycle and a building, each with its room. One statement."""
    own = and_(HouseholdOrder.household_id == Household.id, HouseholdOrder.cycle_id == cycle_id)
    found = (
        select(DoorPin, Stairwell.label, Household.room_no, OtherDoor.order_id)
        .join(Household, Household.id == DoorPin.household_id)
        .join(Stairwell, Stairwell.id == Household.stairwell_id)
        .outerjoin(HouseholdOrder, own)
        .outerjoin(OtherDoor, OtherDoor.order_id == HouseholdOrder.id)
        .where(DoorPin.slip_cycle_id == cycle_id, Stairwell.building_id == building_id, Household.is_active)
        .order_by(Stairwell.label, Household.sort_key)
    )
    return [
        Slip(row, f"{stairwell} {room}".strip(), elsewhere is not None)
        for row, stairwell, room, elsewhere in db.session.execute(found)
        if pins.is_good(row)
    ]


@command
def show_pin(by: Staff, household_id: int) -> DoorPin:
    """Show somebody who looks after a household its door PIN, to be told by telephone; the log says so.

    Requires: HOUSEHOLD_KEY over the building; the household has one. Raises: NotFound.
    """
    household_place(by, household_id, Permission.HOUSEHOLD_KEY)
    row = or_not_found(pins.active_pin(household_id))
    record(by, "show_pin", ("household", household_id))
    return row


@command
def move_out(by: Staff, household_id: int) -> int:
    """Whoever lived there has gone: neither PIN nor phones nor order codes of theirs open the door, and what they
    ordered is not shown to those who follow. Returns how many phones did.

    Requires: HOUSEHOLD_KEY over the building. Raises: NotFound.
    """
    household_place(by, household_id, Permission.HOUSEHOLD_KEY)
    return end_access(by, household_id)


def end_access(by: Actor, household_id: int) -> int:
    """Inside a command: the PIN of a household, every phone and every code of before open nothing any more.

    Ensures: what was ordered and asked for up to now is hidden from all phones to come. Returns how many phones ended.
    """
    db.session.merge(MovedIn(household_id=household_id, since=clock.now()))
    if pins.revoke(household_id):
        record(by, "revoke_pin", ("household", household_id))
    return _revoke(by, household_id)


def _revoke(by: Actor, household_id: int, *which: Any) -> int:
    found = select(HouseholdToken).where(
        HouseholdToken.household_id == household_id,
        HouseholdToken.revoked_at.is_(None),
        *which,
    )
    tokens = list(db.session.scalars(found))
    for token in tokens:
        token.revoked_at = clock.now()
    if tokens:
        record(by, "revoke", ("household", household_id), phones=len(tokens))
    return len(tokens)

"""Settle what a door left with leader and captain: another family, this household, or nobody.

choice     room in the register   effect
family     yes                    a household of its own beside it, `302(2)`, with the order
family     no                     the room enters the register, with the order
replace    yes                    it is this household: its order becomes this one, all its keys end; what it was given
                                  without asking (free packs, a standing order) stays in the order
reject     any                    nothing but the reason; may be opened again
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.access.permissions import Permission, Staff
from app.core import clock
from app.core.db import check_version, command, db
from app.core.errors import Conflict, Invalid, NotFound
from app.core.events import record
from app.core.states import advance
from app.core.text.natural import natural_key
from app.ordering.claims.models import ClaimState, RoomClaim
from app.ordering.gate import cycle_at_point
from app.ordering.models import (
    Cycle,
    CyclePoint,
    CycleState,
    HouseholdOrder,
    OrderState,
    RollCall,
    RollCallOutcome,
    Source,
)
from app.ordering.orders import IfExists, OfferPick, PlaceOrder, new_code, offer_terms, order_of, point_of, save_order
from app.ordering.packs.queries import GIVEN, given_of
from app.ordering.resident.service import end_access
from app.places.buildings.rules import is_room, names_another_place, without_place
from app.places.buildings.service import floor_of
from app.places.models import Building, Household, Stairwell
from app.places.scope import require_building
from app.tally.claims.queries import OPENED
from app.tally.claims.schemas import SettleClaim
from app.tally.models import Tally, TallyState


@command
def settle(by: Staff, claim_id: int, wanted: SettleClaim) -> RoomClaim:
    """Decide on a claim; see the head of this file.

    Requires: HOUSEHOLD_KEY over the building; nobody decided meanwhile; for an order, the point that it comes to takes
    part in the cycle and its tally is not signed. Ensures: goods that are offered no more are
    left out; an order taken after the cut-off is locked and on the roll call like those of before.
    Raises: NotFound, Conflict, Invalid.
    """
    claim = _claim(by, claim_id)
    check_version(claim, wanted.version)
    if wanted.choice == "reopen":
        claim.service_point_id = _point_now(claim)
        advance(claim, ClaimState.OPEN)
        claim.settled_at = claim.settled_by_id = None
        claim.reason = ""
    else:
        order = _decide(by, claim, wanted)
        claim.order_id = order.id if order is not None else None
    db.session.flush()
    record(by, "settle_claim", claim, cycle_id=claim.cycle_id, choice=wanted.choice)
    return claim


def _decide(by: Staff, claim: RoomClaim, wanted: SettleClaim) -> HouseholdOrder | None:
    if wanted.choice == "reject":
        if not wanted.reason:
            raise Invalid({"reason": [_l("请写明为什么不收，打电话时告诉对方。")]})
        _advance(by, claim, ClaimState.REJECTED)
        claim.reason = wanted.reason
        return None
    if wanted.choice == "family":
        _advance(by, claim, ClaimState.FAMILY)
        return _placed(by, claim, _new_family(by, claim, wanted.room or claim.room).id)
    _advance(by, claim, ClaimState.REPLACED)
    home = db.session.get(Household, wanted.household_id)
    if home is None or not home.is_active or home.stairwell_id != claim.stairwell_id:
        raise NotFound
    end_access(by, home.id)
    return _placed(by, claim, home.id)


def _advance(by: Staff, claim: RoomClaim, state: ClaimState) -> None:
    advance(claim, state)
    claim.settled_at, claim.settled_by_id = clock.now(), by.id


def _point_now(claim: RoomClaim) -> int:
    """The point of its building, if that takes part in the cycle; the one it was left at otherwise."""
    now = db.session.get_one(Building, claim.building_id).service_point_id
    return now if db.session.get(CyclePoint, (claim.cycle_id or 0, now)) is not None else claim.service_point_id


def _cycle(cycle_id: int, point_id: int) -> Cycle:
    """The cycle, while an order of this point may still be taken in it. Raises Conflict."""
    absent = _l("这一户的点位没有参加这一批，这一单不能收。请写明原因，打电话告诉对方。")
    cycle = cycle_at_point(cycle_id, point_id, absent=absent, lock="stay")
    if cycle.state == CycleState.CANCELLED:
        raise Conflict(_l("这一批已经取消，这一单不能收。请写明原因，打电话告诉对方。"))
    signed = select(Tally.id).filter_by(cycle_id=cycle_id, service_point_id=point_id, state=TallyState.CONFIRMED.value)
    if cycle.state not in (CycleState.OPEN, CycleState.LOCKED) or db.session.scalar(signed) is not None:
        raise Conflict(_l("点位汇总表已签或配送已开始，这一单不能再收。要收请先重新打开汇总表；不收请写明原因。"))
    return cycle


def _placed(by: Staff, claim: RoomClaim, household_id: int) -> HouseholdOrder | None:
    """The order that the claim becomes; None where it asks for nothing that is still offered."""
    if claim.cycle_id is None or not claim.picks:
        return None
    terms = offer_terms(claim.cycle_id)
    asked = {offer: OfferPick(offer, qty, bool(may)) for offer, qty, may in claim.picks if offer in terms}
    stands = order_of(claim.cycle_id, household_id)
    point_id = point_of(stands, claim.service_point_id)
    cycle = _cycle(claim.cycle_id, point_id)
    if not asked:
        return None
    wanted = _wanted(claim, household_id, stands, asked)
    if stands is not None:
        _make_changeable(stands)
    order = save_order(by, wanted, claimed_at=point_id)
    if stands is not None:
        order.code = new_code(set())  # whoever ordered before has read the old one
    if cycle.state == CycleState.LOCKED:
        advance(order, OrderState.LOCKED)
        note_ordered(cycle.id, household_id)
    return order


def _make_changeable(order: HouseholdOrder) -> None:
    """Bring an order that locked before its claim was settled back to placed. Raises Conflict where that is too late.

    Until the tally is signed nothing was bought or allocated for it, so that the lines may become others.
    """
    if order.state in (OrderState.PLACED, OrderState.WITHDRAWN):
        return
    if order.state != OrderState.LOCKED or any(line.qty_open != line.qty_ordered for line in order.lines):
        raise Conflict(_l("这一户的订单已作废或已在配货，不能再换。请登记为另一家，或不收。"))
    advance(order, OrderState.PLACED)
    db.session.flush()


def _wanted(
    claim: RoomClaim, household_id: int, stands: HouseholdOrder | None, picks: dict[int, OfferPick]
) -> PlaceOrder:
    """What was asked for beside what was given, up to the limit of an offer that is both."""
    given = given_of(stands) if stands is not None else {}
    terms = offer_terms(claim.cycle_id or 0)
    for offer, qty in given.items():
        asked = picks.get(offer, OfferPick(offer, 0))
        most = terms[offer].max_qty if offer in terms and terms[offer].is_hard else None
        both = asked.qty + qty
        picks[offer] = replace(asked, qty=both if most is None else max(asked.qty, min(both, most)))
    words = [stands.remark if stands is not None and stands.source in GIVEN else "", claim.note]
    return PlaceOrder(
        claim.cycle_id or 0,
        household_id,
        tuple(picks.values()),
        source=Source.DOOR,
        if_exists=IfExists.REPLACE,
        accepts_soft_limits=True,
        remark="；".join(dict.fromkeys(filter(None, words)))[:200],
    )


def note_ordered(cycle_id: int, household_id: int) -> None:
    """Inside a command, after the cut-off: the roll call of the household ended with an order."""
    noted = db.session.get(RollCall, (cycle_id, household_id))
    if noted is None:
        noted = RollCall(cycle_id=cycle_id, household_id=household_id)
        db.session.add(noted)
    noted.outcome, noted.is_override, noted.recorded_by_id = RollCallOutcome.ORDERED.value, False, None
    noted.at = clock.now()


def _new_family(by: Staff, claim: RoomClaim, room: str) -> Household:
    """A household for a room that is not in the register, or beside those that live in it."""
    found = select(Household).where(Household.stairwell_id == claim.stairwell_id)
    found = found.order_by(Household.is_active.desc(), Household.id)
    present = list(db.session.scalars(found))
    stairwell = db.session.get_one(Stairwell, claim.stairwell_id).label
    building = db.session.get_one(Building, claim.building_id).label
    if names_another_place(room, stairwell, building):
        raise Invalid({"room": [_l("房号里写的楼号或单元和这里的不一样，请只写房号，例如 302。")]})
    same = [home for home in present if is_room(home.room_no, stairwell, room, building)]
    taken = {home.room_no for home in present}
    if same and not same[0].is_active:
        home = same[0]  # it was merged into another household, and stands for itself again
        home.is_active = True
    elif same:
        first = same[0]
        number = next(n for n in range(2, 100) if f"{first.room_no}({n})" not in taken)
        home = Household(room_no=f"{first.room_no}({number})", floor=first.floor)
        home.sort_key = f"{first.sort_key}\x1f({number})"
    else:
        room_no = without_place(room, stairwell, building)
        if not any(character.isdigit() for character in room_no):
            raise Invalid({"room": [_l("请写清楚房号，例如 302。")]})
        home = Household(room_no=room_no, floor=floor_of(room_no), sort_key=natural_key(room_no))
    home.stairwell_id = claim.stairwell_id
    db.session.add(home)
    db.session.flush()
    record(by, "create", ("household", home.id))
    return home


@command
def open_phone(by: Staff, claim_id: int) -> RoomClaim:
    """Show the telephone of a claim to one account for an hour; the log says so. Raises: NotFound."""
    claim = _claim(by, claim_id)
    record(by, OPENED, claim, cycle_id=claim.cycle_id)
    return claim


def _claim(by: Staff, claim_id: int) -> RoomClaim:
    claim: Any = db.session.get(RoomClaim, claim_id, populate_existing=True, with_for_update=True)
    if claim is None:
        raise NotFound
    require_building(by, Permission.HOUSEHOLD_KEY, claim.building_id)
    held: RoomClaim = claim
    return held

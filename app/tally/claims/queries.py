"""Claims that doors left with leader and captain: who to call, what they want, and what stands at their room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, and_, func, or_, select

from app.access.permissions import Permission, Staff
from app.core import clock
from app.core.db import db
from app.core.events import Event
from app.ordering.claims.models import ClaimKind, ClaimState, RoomClaim
from app.ordering.models import ORDERS_COUNTED, HouseholdOrder, Offer, Source
from app.ordering.packs.queries import GIVEN
from app.places.buildings.rules import is_room
from app.places.contacts import OPEN_FOR, masked
from app.places.models import Building, Compound, Household, Stairwell
from app.places.scope import buildings_in_scope

OPENED = "open_claim_phone"
WITHOUT_CYCLE_FOR = timedelta(days=14)


@dataclass(frozen=True)
class ClaimHousehold:
    """A household of the register at the room that was typed, and its order of the cycle, if any.

    is_given: it never asked for what it has (a free pack, a standing order), so that the claim is put on top.
    """

    household_id: int
    room_no: str
    has_order: bool
    source: str = ""
    is_unproven: bool = False
    is_given: bool = False


@dataclass(frozen=True)
class ClaimRow:
    """A claim as the desk shows it. `phone` is masked unless this account opened it; `tel`: what is dialled, or ""."""

    claim: RoomClaim
    kind: ClaimKind
    state: ClaimState
    place: str
    goods: str
    phone: str
    tel: str
    homes: tuple[ClaimHousehold, ...]


def waiting_at(cycle_id: int, point_id: int | None = None) -> ColumnElement[bool]:
    """A condition on RoomClaim: claims of a cycle, or of one point of it, that nobody has settled."""
    waiting = and_(RoomClaim.cycle_id == cycle_id, RoomClaim.state == ClaimState.OPEN)
    return waiting if point_id is None else and_(waiting, RoomClaim.service_point_id == point_id)


def waiting_count(cycle_id: int, in_scope: ColumnElement[bool]) -> int:
    """How many claims of a cycle wait within a scope, a condition on Building."""
    found = select(func.count(RoomClaim.id)).join(Building, Building.id == RoomClaim.building_id)
    return db.session.scalar(found.where(waiting_at(cycle_id), in_scope)) or 0


def waiting_at_point(cycle_id: int, point_id: int) -> int:
    """How many claims of a cycle wait at a point: its tally is not signed before they are settled."""
    return db.session.scalar(select(func.count(RoomClaim.id)).where(waiting_at(cycle_id, point_id))) or 0


def waiting_by_point(cycle_id: int) -> dict[int, int]:
    """Point → claims of a cycle that wait there. One statement."""
    found = select(RoomClaim.service_point_id, func.count()).where(waiting_at(cycle_id))
    return {point: count for point, count in db.session.execute(found.group_by(RoomClaim.service_point_id))}  # noqa: C416


def rows(by: Staff, cycle_id: int) -> list[ClaimRow]:
    """The claims of a cycle within reach, and recent ones of no cycle; those that wait first. Five statements."""
    recent = and_(RoomClaim.cycle_id.is_(None), RoomClaim.created_at > clock.now() - WITHOUT_CYCLE_FOR)
    found: Any = (
        select(RoomClaim, Compound.name, Building.label, Stairwell.label)
        .join(Building, Building.id == RoomClaim.building_id)
        .join(Compound, Compound.id == Building.compound_id)
        .join(Stairwell, Stairwell.id == RoomClaim.stairwell_id)
        .where(or_(RoomClaim.cycle_id == cycle_id, recent), buildings_in_scope(by, Permission.HOUSEHOLD_KEY))
        .order_by(RoomClaim.state != ClaimState.OPEN, RoomClaim.id)
    )
    claims = [(claim, where) for claim, *where in db.session.execute(found)]
    homes = _homes([claim for claim, _where in claims], cycle_id)
    offers = _offers(cycle_id)
    opened = _opened(by, [claim.id for claim, _where in claims])
    return [
        ClaimRow(
            claim,
            ClaimKind(claim.kind),
            ClaimState(claim.state),
            " ".join([*filter(None, where), claim.room]),
            _goods(claim, offers),
            claim.phone if claim.id in opened else masked(claim.phone),
            "".join(c for c in claim.phone if c.isdigit() or c == "+") if claim.id in opened else "",
            tuple(
                home
                for home in homes.get(claim.stairwell_id, [])
                if is_room(home.room_no, where[2], claim.room, where[1])
            ),
        )
        for claim, where in claims
    ]


def _homes(claims: Sequence[RoomClaim], cycle_id: int) -> dict[int, list[ClaimHousehold]]:
    found = (
        select(Household, HouseholdOrder)
        .outerjoin(
            HouseholdOrder,
            and_(
                HouseholdOrder.household_id == Household.id,
                HouseholdOrder.cycle_id == cycle_id,
                HouseholdOrder.state.in_(ORDERS_COUNTED),
            ),
        )
        .where(Household.stairwell_id.in_({claim.stairwell_id for claim in claims}), Household.is_active)
        .order_by(Household.sort_key)
    )
    homes: dict[int, list[ClaimHousehold]] = {}
    for household, order in db.session.execute(found):
        homes.setdefault(household.stairwell_id, []).append(_home(household, order))
    return homes


def _home(household: Household, order: HouseholdOrder | None) -> ClaimHousehold:
    if order is None:
        return ClaimHousehold(household.id, household.room_no, has_order=False)
    source = Source(order.source)
    return ClaimHousehold(household.id, household.room_no, True, source.label, bool(order.hand), source in GIVEN)


def _offers(cycle_id: int) -> dict[int, tuple[str, bool]]:
    """Offer → its name, and whether it is still offered."""
    found = select(Offer.id, Offer.name, Offer.is_listed).where(Offer.cycle_id == cycle_id)
    return {offer: (name, is_listed) for offer, name, is_listed in db.session.execute(found)}


def _goods(claim: RoomClaim, offers: dict[int, tuple[str, bool]]) -> str:
    said = []
    for offer, qty, _may in claim.picks:
        name, is_listed = offers.get(offer, ("?", True))
        off = claim.state == ClaimState.OPEN and not is_listed
        said.append(_("%(goods)s（已下架，收不了）", goods=f"{name}×{qty}") if off else f"{name}×{qty}")
    return "、".join(said)


def left_out(claim: RoomClaim) -> str:
    """The goods of a claim that are offered no more, so that they are in no order; "" for none."""
    offers = _offers(claim.cycle_id) if claim.cycle_id is not None else {}
    gone = [(offers[offer][0], qty) for offer, qty, _may in claim.picks if offer in offers and not offers[offer][1]]
    return "、".join(f"{name}×{qty}" for name, qty in gone)


def _opened(by: Staff, claim_ids: Sequence[int]) -> set[int]:
    found = select(Event.subject_id).where(
        Event.verb == OPENED,
        Event.subject_type == "room_claim",
        Event.subject_id.in_(claim_ids),
        Event.actor_kind == by.kind,
        Event.actor_id == by.id,
        Event.at > clock.now() - OPEN_FOR,
    )
    return set(db.session.scalars(found))

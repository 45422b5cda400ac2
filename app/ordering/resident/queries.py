"""What a resident's own pages show: the household's cycles, what it ordered before, the phones that remember it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, Text, and_, bindparam, func, or_, select
from sqlalchemy.orm import aliased

from app.access.models import HouseholdToken
from app.access.permissions import Resident
from app.core import clock
from app.core.db import UtcDateTime, db
from app.core.lookup import or_not_found
from app.ordering.gate import is_order_of
from app.ordering.models import (
    ORDERS_KEPT,
    Cycle,
    CyclePoint,
    CycleState,
    HouseholdOrder,
    Offer,
    OrderChoice,
    OrderState,
    Source,
)
from app.ordering.resident.rules import OfferedGoods, OnOffer, PastChoice
from app.ordering.shelf.listing import NAMES_SHELF, OfferListing, Stamps, stamp_of
from app.places import help_lines
from app.places.help_lines import HelpLine
from app.places.models import Building, Community, Compound, Household, ServicePoint, Stairwell, Subdistrict

SHOWN = (CycleState.OPEN, CycleState.LOCKED, CycleState.RUNNING, CycleState.CLOSED, CycleState.CANCELLED)
MOST_FAVOURITES = 8


@dataclass(frozen=True)
class HouseholdCycleCard:
    """One cycle as the household sees it, with its order there, if any."""

    cycle: Cycle
    order: HouseholdOrder | None

    @property
    def has_order(self) -> bool:
        return self.order is not None and self.order.state != OrderState.WITHDRAWN


def is_known(by: Resident) -> ColumnElement[bool]:
    """A condition on HouseholdOrder: an order of the household that this phone may know of and act on."""
    own = HouseholdOrder.household_id == by.household_id
    if by.since is not None:
        own = and_(own, HouseholdOrder.placed_at >= by.since)
    return own if by.is_proven else and_(own, HouseholdOrder.hand == by.hand)


def cards(by: Resident) -> list[HouseholdCycleCard]:
    """The cycles that concern a household: open ones at its point, and those in which it ordered; newest first.

    What it ordered is there whatever became of its building or point since.
    """
    found = (
        _with_orders(by)
        .where(
            or_(
                and_(Cycle.state == CycleState.OPEN, CyclePoint.cycle_id.is_not(None)),
                HouseholdOrder.id.is_not(None),
            )
        )
        .order_by(Cycle.deliver_on.desc(), Cycle.id.desc())
        .limit(12)
    )
    return [HouseholdCycleCard(cycle, order) for cycle, order in db.session.execute(found)]


def card(by: Resident, cycle_id: int) -> HouseholdCycleCard:
    """One cycle at the household's point, also one that is over and in which it has no order. Raises NotFound."""
    takes_part = or_(CyclePoint.cycle_id.is_not(None), HouseholdOrder.id.is_not(None))
    row = or_not_found(db.session.execute(_with_orders(by).where(Cycle.id == cycle_id, takes_part)).first())
    return HouseholdCycleCard(*row)


def _with_orders(by: Resident) -> Select[Any]:
    found: Any = (
        select(Cycle, HouseholdOrder)
        .select_from(Household)
        .join(Stairwell, Household.stairwell_id == Stairwell.id)
        .join(Building, Stairwell.building_id == Building.id)
        .join(Cycle, Cycle.state.in_(SHOWN))
        .outerjoin(
            CyclePoint,
            and_(CyclePoint.cycle_id == Cycle.id, CyclePoint.service_point_id == Building.service_point_id),
        )
        .outerjoin(HouseholdOrder, and_(HouseholdOrder.cycle_id == Cycle.id, is_known(by)))
        .where(Household.id == by.household_id)
    )
    joined: Select[Any] = found
    return joined


# --- the order form ---------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class OrderFormCard:
    """What the order form of a cycle needs to know of the household: its order there, if any, its address in one line,
    whom it calls, whether it ordered before, and the stamps of what the cycle lists."""

    cycle: Cycle
    order: HouseholdOrder | None
    address: str
    help_lines: list[HelpLine]
    has_past: bool
    stamps: Stamps


LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_HOME, _CYCLE = bindparam("home", type_=Integer), bindparam("cycle", type_=Integer)
_HAND = bindparam("hand", type_=Text)
_PAST = aliased(HouseholdOrder)
_IS_KNOWN = and_(
    is_order_of(_HOME, _CYCLE),
    HouseholdOrder.placed_at >= bindparam("since", type_=UtcDateTime),
    or_(_HAND == "", HouseholdOrder.hand == _HAND),
)
_OFFICE = select(Subdistrict).join(Community, Community.subdistrict_id == Subdistrict.id)
_OFFICE = _OFFICE.join(ServicePoint).where(ServicePoint.id == Building.service_point_id)
_POINT = select(ServicePoint).where(ServicePoint.id == Building.service_point_id)
# What is looked up by one key stands in the columns: PostgreSQL plans eleven joined tables for 50 ms, six for one.
_FORM_CARD = (
    select(
        Cycle,
        HouseholdOrder,
        stamp_of(_CYCLE),
        stamp_of(NAMES_SHELF),
        select(_PAST.id).where(_PAST.household_id == _HOME, _PAST.cycle_id != _CYCLE).exists(),
        select(Compound.name).where(Compound.id == Building.compound_id).scalar_subquery(),
        Building.label,
        Stairwell.label,
        Household.room_no,
        _POINT.with_only_columns(ServicePoint.name).scalar_subquery(),
        _POINT.with_only_columns(ServicePoint.phone).scalar_subquery(),
        _OFFICE.with_only_columns(Subdistrict.name).scalar_subquery(),
        _OFFICE.with_only_columns(Subdistrict.help_phone).scalar_subquery(),
    )
    .select_from(Household)
    .join(Stairwell, Household.stairwell_id == Stairwell.id)
    .join(Building, Stairwell.building_id == Building.id)
    .join(Cycle, and_(Cycle.id == _CYCLE, Cycle.state.in_(SHOWN)))
    .outerjoin(
        CyclePoint, and_(CyclePoint.cycle_id == _CYCLE, CyclePoint.service_point_id == Building.service_point_id)
    )
    .outerjoin(HouseholdOrder, _IS_KNOWN)
    .where(Household.id == _HOME, or_(CyclePoint.cycle_id.is_not(None), HouseholdOrder.id.is_not(None)))
)


def form_card(by: Resident, cycle_id: int) -> OrderFormCard:
    """One cycle as its order form shows it to the household; see `card`. One statement. Raises NotFound."""
    known = {"home": by.household_id, "cycle": cycle_id, "hand": by.hand, "since": by.since or LONG_AGO}
    row = or_not_found(db.session.execute(_FORM_CARD, known).first())
    cycle, order, offers, names, has_past, *where, point, phone, office, help_phone = row
    lines = help_lines.first_of(point, phone, office, help_phone)
    return OrderFormCard(cycle, order, " ".join(where).strip(), lines, has_past, Stamps(offers or "", names or ""))


# --- what it ordered before -------------------------------------------------------------------------------------------
def on_offer(listed: OfferListing) -> list[OnOffer]:
    """What a cycle offers, as goods that can be compared with those of other cycles."""
    return [
        OnOffer(offer.id, offer.name, OfferedGoods(*listed.goods[offer.id]), offer.limit, not offer.is_soft)
        for offer in listed.offers
    ]


def last_order(by: Resident, cycle_id: int) -> list[PastChoice]:
    """What the household chose in its newest order of another cycle, free packs left out. One statement."""
    newest = (
        select(func.max(HouseholdOrder.id))
        .where(
            is_known(by),
            HouseholdOrder.cycle_id != cycle_id,
            HouseholdOrder.state.in_(ORDERS_KEPT),
            HouseholdOrder.source != Source.FREE,
        )
        .scalar_subquery()
    )
    found = (
        select(Offer.name, Offer.item_id, Offer.bundle_id, OrderChoice.qty)
        .join(OrderChoice, OrderChoice.offer_id == Offer.id)
        .where(OrderChoice.order_id == newest)
        .order_by(Offer.position, Offer.id)
    )
    return [PastChoice(name, OfferedGoods(item, bundle), qty) for name, item, bundle, qty in db.session.execute(found)]


def favourites(by: Resident, cycle_id: int, offers: list[OnOffer]) -> list[OnOffer]:
    """What the household chose most often in other cycles and this one offers, at most `MOST_FAVOURITES`."""
    times = func.count()
    found = (
        select(Offer.item_id, Offer.bundle_id)
        .join(OrderChoice, OrderChoice.offer_id == Offer.id)
        .join(HouseholdOrder, HouseholdOrder.id == OrderChoice.order_id)
        .where(
            is_known(by),
            HouseholdOrder.cycle_id != cycle_id,
            HouseholdOrder.state.in_(ORDERS_KEPT),
            HouseholdOrder.source != Source.FREE,
        )
        .group_by(Offer.item_id, Offer.bundle_id)
        .order_by(times.desc(), func.max(HouseholdOrder.id).desc(), Offer.item_id, Offer.bundle_id)
    )
    by_goods = {offer.goods: offer for offer in offers}
    chosen = (OfferedGoods(item, bundle) for item, bundle in db.session.execute(found))
    return [by_goods[goods] for goods in chosen if goods in by_goods][:MOST_FAVOURITES]


# --- phones that remember it ------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Phone:
    """A phone that may act for the household: since when, until when, and whether it is the one that asks."""

    since: datetime
    until: datetime
    is_this: bool


def phones(by: Resident, token_sha256: str = "") -> list[Phone]:
    """The phones that remember a household now and that this one may know of, the newest first. One statement."""
    own = HouseholdToken.household_id == by.household_id
    found = (
        select(HouseholdToken)
        .where(
            own if by.is_proven else and_(own, HouseholdToken.hand == by.hand),
            HouseholdToken.revoked_at.is_(None),
            HouseholdToken.expires_at > clock.now(),
        )
        .order_by(HouseholdToken.id.desc())
    )
    return [
        Phone(row.created_at, row.expires_at, row.token_sha256 == token_sha256) for row in db.session.scalars(found)
    ]


@dataclass(frozen=True)
class HomeAt:
    """Where a household lives, in the words of its door."""

    poster_code: str
    stairwell_id: int
    room_no: str


def home_of(household_id: int) -> HomeAt:
    """A household's building, stairwell and room. Raises NotFound."""
    found = (
        select(Building.public_code, Stairwell.id, Household.room_no)
        .join(Stairwell, Stairwell.building_id == Building.id)
        .join(Household, Household.stairwell_id == Stairwell.id)
        .where(Household.id == household_id)
    )
    row = or_not_found(db.session.execute(found).first())
    return HomeAt(*row)


def poster_of(household_id: int) -> str:
    """The code of the poster at a household's building. Raises NotFound."""
    return home_of(household_id).poster_code

"""Commands of standing orders: keep them, and book what falls due when a cycle opens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import selectinload
from sqlalchemy.orm.attributes import flag_modified

from app.access.permissions import Permission, Staff
from app.catalog.models import Item
from app.catalog.scope import within
from app.core import clock
from app.core.db import check_version, command, db
from app.core.errors import Conflict, Invalid
from app.core.events import record
from app.core.lookup import or_not_found
from app.core.states import advance
from app.ordering.bulk import (
    BulkOrderRow,
    ImportReport,
    insert_orders,
    open_cycle_for,
    places_in_scope,
    standing_choices,
)
from app.ordering.models import Cycle, HouseholdOrder, Offer, Source
from app.ordering.orders import OfferPick, household_place, offer_terms
from app.ordering.standing.models import BookingOutcome, StandingBooking, StandingLine, StandingOrder, StandingState
from app.ordering.standing.rules import FittedStandingOrder, Rhythm, fit_offers
from app.places.care.needs import carers_of
from app.places.models import Building

MOST_LINES = 30
MOST_QTY = 99


@dataclass(frozen=True)
class SaveStanding:
    """A standing order as its form sends it: exactly one of `every_days` and `weekdays`; item id → units."""

    lines: tuple[tuple[int, int], ...]
    starts_on: date
    ends_on: date | None = None
    every_days: int | None = None
    weekdays: int | None = None
    carer_id: int | None = None
    version: int = 0


@command
def create(by: Staff, household_id: int, wanted: SaveStanding) -> StandingOrder:
    """Start a standing order for a household.

    Requires: CARE over the building; no standing order of the household that has not ended; a carer who reaches it.
    Raises: NotFound, Conflict, Invalid.
    """
    place = household_place(by, household_id, Permission.CARE)
    live = select(StandingOrder.id).filter_by(household_id=household_id)
    if db.session.scalar(live.where(StandingOrder.state != StandingState.ENDED)) is not None:
        raise Conflict(_l("这一户已有长期订单，请直接修改。"))
    standing = StandingOrder(household_id=household_id)
    _describe(standing, wanted, place.id)
    db.session.add(standing)
    db.session.flush()
    record(by, "create", standing, lines=len(wanted.lines))
    return standing


@command
def edit(by: Staff, standing_id: int, wanted: SaveStanding) -> StandingOrder:
    """Change a standing order that has not ended; cycles that were booked stay as they are.

    Raises: NotFound, StaleEdit, Conflict, Invalid.
    """
    standing, building_id = require_standing(by, standing_id)
    check_version(standing, wanted.version)
    if standing.state == StandingState.ENDED:
        raise Conflict(_l("这份长期订单已结束。需要时请新建一份。"))
    _describe(standing, wanted, building_id)
    flag_modified(standing, "starts_on")  # a change of lines alone raises the version too
    record(by, "edit", standing, lines=len(wanted.lines))
    return standing


@command
def set_state(by: Staff, standing_id: int, state: StandingState) -> StandingOrder:
    """Pause, take up again or end. Raises: NotFound, Conflict (from where it is, that is no step)."""
    standing, _building = require_standing(by, standing_id)
    advance(standing, state)
    if state == StandingState.ENDED:
        standing.ends_on = max(clock.today(), standing.starts_on)
    record(by, {"active": "resume", "paused": "pause", "ended": "end"}[state.value], standing)
    return standing


def require_standing(by: Staff, standing_id: int) -> tuple[StandingOrder, int]:
    """A standing order in reach, and the building of its household. Raises NotFound."""
    found = select(StandingOrder).where(StandingOrder.id == standing_id).options(selectinload(StandingOrder.lines))
    standing = or_not_found(db.session.scalar(found.execution_options(populate_existing=True)))
    return standing, household_place(by, standing.household_id, Permission.CARE).id


def _describe(standing: StandingOrder, wanted: SaveStanding, building_id: int) -> None:
    problems: dict[str, list[Any]] = {}
    if not wanted.lines:
        problems["goods"] = [_l("请至少写一种商品。")]
    if wanted.ends_on is not None and wanted.ends_on < wanted.starts_on:
        problems["ends_on"] = [_l("结束日期不能早于开始日期。")]
    if wanted.carer_id and wanted.carer_id not in dict(carers_of(building_id)):
        problems["carer_id"] = [_l("请从列出的选项里选。")]
    if (wanted.every_days is None) == (wanted.weekdays is None):
        problems["every_days"] = [_l("请写每几天一次，或者选星期几，二选一。")]
    own = within(Item, [db.session.get_one(Building, building_id).subdistrict_id or 0])
    known = set(db.session.scalars(select(Item.id).where(Item.id.in_([i for i, _qty in wanted.lines]), own)))
    if any(i not in known or not 0 < qty <= MOST_QTY for i, qty in wanted.lines) or len(wanted.lines) > MOST_LINES:
        problems["goods"] = [_l("商品或数量不对，请核对。")]
    if problems:
        raise Invalid(problems)
    standing.starts_on, standing.ends_on = wanted.starts_on, wanted.ends_on
    standing.every_days, standing.weekdays = wanted.every_days, wanted.weekdays
    standing.carer_id = wanted.carer_id
    present = {line.item_id: line for line in standing.lines}
    for item_id, qty in wanted.lines:
        if item_id in present:
            present.pop(item_id).qty = qty
        else:
            standing.lines.append(StandingLine(item_id=item_id, qty=qty))
    for gone in present.values():
        standing.lines.remove(gone)


# --- booking ----------------------------------------------------------------------------------------------------------
@command
def book_again(by: Staff, cycle_id: int) -> ImportReport:
    """Book the standing orders that fall due and have no booking in the cycle yet.

    Requires: CYCLE_EDIT; the cycle takes orders. Raises: NotFound, Conflict.
    """
    return book_due(by, open_cycle_for(by, cycle_id))


def book_due(by: Staff, cycle: Cycle) -> ImportReport:
    """Inside a command: order what falls due on the day of delivery, each standing order once in a cycle.

    Ensures: never more than a limit, nothing that is not offered; what was left out, and why, is kept with the booking;
    a household that has an order is left alone.
    """
    due = _due(cycle)
    places = places_in_scope(cycle.id, [standing.household_id for standing in due])
    due = [standing for standing in due if standing.household_id in places]
    has_one = standing_choices(cycle.id) if due else {}
    terms = offer_terms(cycle.id)
    offers = _single_offers(cycle.id)
    fitted = {s.id: fit_offers({line.item_id: line.qty for line in s.lines}, offers) for s in due}
    booked = [s for s in due if s.household_id not in has_one and fitted[s.id].picks]
    rows = [BulkOrderRow(s.id, s.household_id, tuple(OfferPick(*pick) for pick in fitted[s.id].picks)) for s in booked]
    report = ImportReport()
    insert_orders(by, cycle, rows, (places, terms), Source.STANDING, report)
    orders = _orders(cycle.id, [standing.household_id for standing in due])
    db.session.add_all(_booking(cycle, s, fitted[s.id], orders, s.household_id in has_one) for s in due)
    if due:
        left_out = sum(len(one.left_out) for one in fitted.values())
        record(by, "book_standing", cycle, cycle_id=cycle.id, due=len(due), booked=len(booked), left_out=left_out)
    return report


def _due(cycle: Cycle) -> list[StandingOrder]:
    booked = select(StandingBooking.standing_order_id).where(StandingBooking.cycle_id == cycle.id)
    found = select(StandingOrder).where(StandingOrder.state == StandingState.ACTIVE, StandingOrder.id.not_in(booked))
    every = db.session.scalars(found.options(selectinload(StandingOrder.lines)).order_by(StandingOrder.id))
    return [standing for standing in every if rhythm_of(standing).falls_on(cycle.deliver_on)]


def rhythm_of(standing: StandingOrder) -> Rhythm:
    """When it falls due, as the rule sees it."""
    return Rhythm(standing.starts_on, standing.ends_on, standing.every_days, standing.weekdays)


def _single_offers(cycle_id: int) -> dict[int, tuple[int, int | None]]:
    listed = select(Offer.item_id, Offer.id, Offer.limit_per_household)
    listed = listed.where(Offer.cycle_id == cycle_id, Offer.is_listed, Offer.item_id.is_not(None))
    return {int(item_id or 0): (offer_id, most) for item_id, offer_id, most in db.session.execute(listed)}


def _orders(cycle_id: int, household_ids: Sequence[int]) -> dict[int, int]:
    found = select(HouseholdOrder.household_id, HouseholdOrder.id).where(
        HouseholdOrder.cycle_id == cycle_id, HouseholdOrder.household_id.in_(household_ids)
    )
    return {int(home or 0): order_id for home, order_id in db.session.execute(found)}


def _booking(
    cycle: Cycle, standing: StandingOrder, fitted: FittedStandingOrder, orders: dict[int, int], had_order: bool
) -> StandingBooking:
    outcome = BookingOutcome.PARTLY if fitted.left_out else BookingOutcome.BOOKED
    if had_order:
        outcome = BookingOutcome.HAD_ORDER
    elif not fitted.picks:
        outcome = BookingOutcome.NOTHING
    return StandingBooking(
        standing_order_id=standing.id,
        cycle_id=cycle.id,
        order_id=orders.get(standing.household_id),
        outcome=outcome,
        left_out=[{"item_id": one.item_id, "qty": one.qty, "why": one.why} for one in fitted.left_out],
    )

"""Commands that place one order for each of many households: standing orders, a free pack."""

from __future__ import annotations

from datetime import date

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.access.permissions import Staff
from app.core.db import command, db
from app.core.errors import Conflict, NotFound
from app.core.events import record
from app.ordering import queries_roll_call
from app.ordering.bulk import ImportReport, OrderRow, insert_orders, open_cycle_for, places_in_scope, standing_choices
from app.ordering.models import (
    Cycle,
    Offer,
    Source,
    StandingOrder,
)
from app.ordering.orders import Pick, offer_terms
from app.places.models import Building, Household


@command
def place_standing_orders(by: Staff, cycle_id: int) -> ImportReport:
    """Place the standing orders that fall on the day of delivery, for households that have not ordered themselves.

    Requires: CYCLE_EDIT; the cycle takes orders. Ensures: items that the cycle does not offer singly are left out and
    counted in `problems`. Raises: NotFound, Conflict.
    """
    cycle = open_cycle_for(by, cycle_id)
    terms = offer_terms(cycle_id)
    offer_of = {
        offer.item_id: offer.id
        for offer in db.session.scalars(select(Offer).where(Offer.cycle_id == cycle_id, Offer.is_listed))
        if offer.item_id is not None
    }
    due = [o for o in db.session.scalars(select(StandingOrder).where(StandingOrder.is_active)) if is_due(o, cycle)]
    places = places_in_scope(cycle_id, [standing.household_id for standing in due])
    has_one = standing_choices(cycle_id)
    report = ImportReport()
    rows: list[OrderRow] = []
    for standing in due:
        if standing.household_id in has_one or standing.household_id not in places:
            continue
        wanted = {int(item_id): int(qty) for item_id, qty in standing.wanted.items()}
        picks = tuple(Pick(offer_of[i], qty) for i, qty in sorted(wanted.items()) if i in offer_of and qty > 0)
        if len(picks) < len(wanted):
            report.problems[str(standing.id)] = [_l("长期订单里有商品不在这一批的清单里。")]
        if picks:
            rows.append(OrderRow(standing.id, standing.household_id, picks))
    insert_orders(by, cycle, rows, (places, terms), Source.STANDING, report)
    record(by, "place_standing", cycle, cycle_id=cycle_id, placed=report.placed)
    return report


def is_due(standing: StandingOrder, cycle: Cycle) -> bool:
    """Whether a standing order falls on the cycle's day of delivery."""
    days = (_day(cycle) - standing.starts_on).days
    return days >= 0 and days % standing.every_days == 0


def _day(cycle: Cycle) -> date:
    return cycle.deliver_on


@command
def give_free_pack(by: Staff, cycle_id: int, offer_id: int) -> ImportReport:
    """Place one unit of a free offer for each active household in scope that has no order in the cycle yet.

    Requires: CYCLE_EDIT; the cycle takes orders; the offer costs nothing. Raises: NotFound, Conflict.
    """
    cycle = open_cycle_for(by, cycle_id)
    terms = offer_terms(cycle_id)
    if offer_id not in terms:
        raise NotFound
    if terms[offer_id].price_fen:
        raise Conflict(_("“%(name)s”不是免费的，不能当作免费包发给每一户。", name=terms[offer_id].name))
    report = ImportReport()
    homes = queries_roll_call.households_in_scope(cycle_id, Household.id, Building.id, Building.service_point_id)
    places = {home: (building, point) for home, building, point in db.session.execute(homes)}
    has_one = standing_choices(cycle_id)
    rows = [OrderRow(0, home, (Pick(offer_id, 1),)) for home in sorted(places) if home not in has_one]
    insert_orders(by, cycle, rows, (places, terms), Source.FREE, report)
    record(by, "give_free_pack", cycle, cycle_id=cycle_id, offer_id=offer_id, placed=report.placed)
    return report

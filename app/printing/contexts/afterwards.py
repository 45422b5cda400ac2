"""Exceptions and money: what follows the day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from sqlalchemy import ColumnElement, func, select

from app.core.db import db
from app.core.sentences import N_
from app.core.text.natural import natural_key
from app.core.units import date_time
from app.handover.models import Dispute, DisputeKind, DisputeState, DoorOutcome, HandOut
from app.ordering.models import HouseholdOrder, OrderLine
from app.picking.models import DOOR_OF_BAG, Bag, BagState
from app.places.models import Building, Household, Stairwell
from app.printing.contexts.ground import Ground, Prepared, short_place
from app.printing.sheets.afterwards.exception_list import ExceptionBuilding, ExceptionList, ExceptionRow
from app.printing.sheets.afterwards.settlement_sheet import SettlementBuilding, SettlementRow, SettlementSheet
from app.printing.sheets.base import Totals
from app.settlement.models import Payment, Statement

_WHOLE_BAG = N_("整袋")
_OVER = (BagState.CONFIRMED, BagState.VOIDED, BagState.WRITTEN_OFF)


def exception_lists(ground: Ground) -> Iterator[Prepared]:
    """Yield, for each point with open ends, failed doors and undecided complaints."""
    found = _failed_doors(ground)
    for building, rows in _complaints(ground).items():
        found[building] += rows
    for point in ground.points_in_order():
        own = [building for building in ground.at_point(point.id) if found.get(building.id)]
        buildings = tuple(
            ExceptionBuilding(building.name, tuple(sorted(found[building.id], key=lambda row: natural_key(row.room))))
            for building in own
        )
        if buildings:
            control = Totals(lines=sum(len(found[building.id]) for building in own))
            yield Prepared(ground.of_point(point.id), ExceptionList(ground.head(point.id), control, buildings))


def points_with_exceptions(cycle_id: int) -> set[int]:
    """The points that `exception_lists` has a sheet for."""
    of_bag = select(Building.service_point_id).join(Bag, Bag.building_id == Building.id)
    failed = of_bag.join(HandOut, HandOut.bag_id == Bag.id).where(*_has_failed(cycle_id))
    disputed = of_bag.join(Dispute, Dispute.bag_id == Bag.id)
    disputed = disputed.where(Bag.cycle_id == cycle_id, Dispute.state == DisputeState.OPEN)
    return {point for wanted in (failed, disputed) for point in db.session.scalars(wanted.distinct())}


def points_with_money(cycle_id: int) -> set[int]:
    """The points that `settlement_sheets` has a sheet for."""
    return set(_settlement_control(cycle_id))


def _has_failed(cycle_id: int) -> tuple[ColumnElement[bool], ...]:
    """Bags whose latest try at the door failed and that are not over; joins bag and try."""
    latest = select(func.max(HandOut.id)).group_by(HandOut.bag_id)
    return (
        Bag.cycle_id == cycle_id,
        Bag.state.not_in(_OVER),
        HandOut.id.in_(latest),
        HandOut.outcome != DoorOutcome.LEFT,
    )


def _failed_doors(ground: Ground) -> dict[int, list[ExceptionRow]]:
    """Building → bags whose latest try at the door failed and that are not over."""
    rows = db.session.execute(
        select(Bag, HandOut, Stairwell.label, Household.room_no)
        .join(HandOut, HandOut.bag_id == Bag.id)
        .join(HouseholdOrder, HouseholdOrder.id == Bag.order_id)
        .join(Household, Household.id == DOOR_OF_BAG)
        .join(Stairwell, Stairwell.id == Household.stairwell_id)
        .where(*_has_failed(ground.cycle_id))
    )
    found: dict[int, list[ExceptionRow]] = defaultdict(list)
    for bag, attempt, stairwell, room in rows:
        place, reason = short_place("", stairwell, room), DoorOutcome(attempt.outcome).label
        found[bag.building_id].append(ExceptionRow(place, bag.code, _WHOLE_BAG, reason, date_time(attempt.at)[5:]))
    return found


def _complaints(ground: Ground) -> dict[int, list[ExceptionRow]]:
    rows = db.session.execute(
        select(Dispute, Bag, OrderLine.item_id, Stairwell.label, Household.room_no)
        .join(Bag, Bag.id == Dispute.bag_id)
        .join(OrderLine, OrderLine.id == Dispute.order_line_id)
        .join(HouseholdOrder, HouseholdOrder.id == Bag.order_id)
        .join(Household, Household.id == DOOR_OF_BAG)
        .join(Stairwell, Stairwell.id == Household.stairwell_id)
        .where(Bag.cycle_id == ground.cycle_id, Dispute.state == DisputeState.OPEN)
    )
    found: dict[int, list[ExceptionRow]] = defaultdict(list)
    for dispute, bag, item_id, stairwell, room in rows:
        place, item = short_place("", stairwell, room), ground.items[item_id].name
        since, reason = date_time(dispute.created_at)[5:], DisputeKind(dispute.kind).label
        found[bag.building_id].append(ExceptionRow(place, bag.code, item, reason, since, dispute.qty))
    return found


def settlement_sheets(ground: Ground) -> Iterator[Prepared]:
    """Yield the money of each point: due is what was accepted, refund what was paid beyond it."""
    paid = paid_by_order(ground.cycle_id)
    rows = db.session.execute(
        select(HouseholdOrder.id, HouseholdOrder.building_id, Stairwell.label, Household.room_no, Statement)
        .join(Statement, Statement.household_order_id == HouseholdOrder.id)
        .join(Household, Household.id == HouseholdOrder.household_id)
        .join(Stairwell, Stairwell.id == Household.stairwell_id)
        .where(HouseholdOrder.cycle_id == ground.cycle_id)
    )
    found: dict[int, list[SettlementRow]] = defaultdict(list)
    for order_id, building, stairwell, room, statement in rows:
        net, due = paid.get(order_id, 0), statement.accepted_fen
        change, refund = due - statement.ordered_fen, max(0, net - due)
        found[building].append(SettlementRow(short_place("", stairwell, room), due, net, change, refund))
    control = _settlement_control(ground.cycle_id)
    for point in ground.points_in_order():
        buildings = tuple(
            SettlementBuilding(building.name, tuple(sorted(found[building.id], key=lambda row: natural_key(row.room))))
            for building in ground.at_point(point.id)
            if building.id in found
        )
        if buildings:
            sheet = SettlementSheet(ground.head(point.id), control.get(point.id, Totals()), buildings)
            yield Prepared(ground.of_point(point.id), sheet)


def paid_by_order(cycle_id: int) -> dict[int, int]:
    """Order → money that stayed with us: payments, less refunds, with corrections."""
    rows = db.session.execute(
        select(Payment.household_order_id, func.sum(Payment.amount_fen))
        .join(HouseholdOrder, HouseholdOrder.id == Payment.household_order_id)
        .where(HouseholdOrder.cycle_id == cycle_id)
        .group_by(Payment.household_order_id)
    )
    return {order: int(fen) for order, fen in rows}


def _settlement_control(cycle_id: int) -> dict[int, Totals]:
    rows = db.session.execute(
        select(HouseholdOrder.service_point_id, func.count(), func.sum(Statement.accepted_fen))
        .join(Statement, Statement.household_order_id == HouseholdOrder.id)
        .where(HouseholdOrder.cycle_id == cycle_id, HouseholdOrder.household_id.is_not(None))
        .group_by(HouseholdOrder.service_point_id)
    )
    return {point: Totals(lines=count, amount_fen=int(fen)) for point, count, fen in rows}

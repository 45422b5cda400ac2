"""Settlement sheets: the money of each point."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from sqlalchemy import func, select

from app.core.db import db
from app.core.sentences import N_
from app.core.text.natural import natural_key
from app.handover import group_texts
from app.ordering.models import ORDERS_DUE, HouseholdOrder
from app.places.models import Household, Stairwell
from app.printing.contexts.expected import ExpectedCounts
from app.printing.contexts.ground import Ground, Prepared, short_place
from app.printing.contexts.telling import Saying
from app.printing.kinds import SheetKind, SheetStage, register
from app.printing.sheet import Totals
from app.printing.sheets.afterwards.settlement_sheet import SettlementBuilding, SettlementRow, SettlementSheet
from app.settlement.models import Payment, Statement


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


def payment_texts(ground: Ground) -> Saying:
    rows = db.session.execute(
        select(HouseholdOrder.building_id, func.count())
        .where(
            HouseholdOrder.cycle_id == ground.cycle_id,
            HouseholdOrder.state.in_(ORDERS_DUE),
        )
        .group_by(HouseholdOrder.building_id)
    )
    found = dict(rows.all())
    return lambda at: group_texts.paying(at.name, found[at.id]) if at.id in found else None


def _expected(counted: ExpectedCounts) -> dict[int, int]:
    return counted.one_of(_settlement_control(counted.cycle_id))


register(
    SheetKind(
        key="settlement_sheet",
        code="SE",
        label_zh=N_("结算/退款单"),
        reader_zh=N_("小组长"),
        stage=SheetStage.AFTERWARDS,
        place=3,
        watches="statement payment household_order dispute cycle",
        sheet=SettlementSheet,
        prepare=lambda builder: settlement_sheets(builder.ground),
        group_text=lambda ground, _address: payment_texts(ground),
        expected=_expected,
    )
)

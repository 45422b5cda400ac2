"""The closing equations E1–E11: each counts its violations; all zero means that nothing is lost.

E1–E4, E9 and E10 are CHECKs and foreign keys already; they are counted here all the same, so that a database that was
tampered with, or restored wrongly, is found out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, func, literal, or_, select, union_all

from app.core.db import db
from app.core.sentences import N_
from app.dispatch.models import ArrivalCount, DeliveryPlan, DeliveryRound, DropOff, PlanBag, PlanState, RoundState
from app.handover.models import Confirmation, ConfirmationLine
from app.handover.queries import bag_gaps
from app.ordering.models import (
    ORDERS_COUNTED,
    STAGE_COLUMNS,
    Cycle,
    CyclePoint,
    CycleState,
    HouseholdOrder,
    LineMove,
    OrderLine,
    RollCall,
    Stage,
)
from app.picking.models import Bag, BagLine, BagState
from app.places.models import Building, Household, Stairwell
from app.purchasing.models import DEMAND_PARTS, Demand, PurchaseOrderLine
from app.stock.models import LOT_PARTS, Lot
from app.tally.models import Tally, TallyLine, TallyState

AFTER_LOCK = (CycleState.LOCKED, CycleState.RUNNING, CycleState.CLOSED)


@dataclass(frozen=True)
class Equation:
    """One closing equation: its code, what it says, and how many rows break it."""

    code: str
    name: str
    violations: int


def equations() -> list[Equation]:
    """All eleven, in order, over the whole database, at one instant."""
    return [Equation(code, name, count()) for code, name, count in COUNTS]


def _count(statement: Select[*tuple[object, ...]]) -> int:
    return db.session.scalar(select(func.count()).select_from(statement.subquery())) or 0


def _broken(model: type, columns: tuple[str, ...], total: ColumnElement[int]) -> int:
    table = model.__table__  # type: ignore[attr-defined]
    parts = [table.c[name] for name in columns]
    summed = sum(parts[1:], parts[0])
    return (
        db.session.scalar(
            select(func.count()).select_from(table).where(or_(summed != total, *(part < 0 for part in parts)))
        )
        or 0
    )


def _line_sums() -> int:
    return _broken(OrderLine, STAGE_COLUMNS, OrderLine.__table__.c.qty_ordered)


def _lot_sums() -> int:
    return _broken(Lot, LOT_PARTS, Lot.__table__.c.qty_received)


def _purchase_sums() -> int:
    table = PurchaseOrderLine.__table__
    return _broken(
        PurchaseOrderLine, ("qty_awaited", "qty_received", "qty_undelivered"), table.c.packs * table.c.pack_size
    )


def _demand() -> int:
    """A covered item whose parts do not add up, or a negative part."""
    covered = Demand.qty_purchased + Demand.qty_from_stock + Demand.qty_waived - Demand.qty_surplus
    negative = or_(*(Demand.__table__.c[part] < 0 for part in DEMAND_PARTS))
    return _count(select(Demand.item_id).where(or_(and_(Demand.is_covered, covered != Demand.qty_demanded), negative)))


def _tallies() -> int:
    """(point, item) pairs of confirmed tallies whose frozen units differ from the orders that count.

    A substitute was never ordered, so no tally counts it.
    """
    frozen = (
        select(
            Tally.cycle_id.label("cycle"),
            Tally.service_point_id.label("point"),
            TallyLine.item_id.label("item"),
            TallyLine.qty.label("qty"),
        )
        .join(TallyLine, TallyLine.tally_id == Tally.id)
        .where(Tally.state == TallyState.CONFIRMED)
    )
    signed = select(Tally.id).where(
        Tally.cycle_id == HouseholdOrder.cycle_id,
        Tally.service_point_id == HouseholdOrder.service_point_id,
        Tally.state == TallyState.CONFIRMED,
    )
    ordered = (
        select(
            HouseholdOrder.cycle_id,
            HouseholdOrder.service_point_id,
            OrderLine.item_id,
            -OrderLine.qty_ordered,
        )
        .join(OrderLine, OrderLine.order_id == HouseholdOrder.id)
        .where(HouseholdOrder.state.in_(ORDERS_COUNTED), OrderLine.substitute_for_id.is_(None), signed.exists())
    )
    both = union_all(frozen, ordered).subquery()
    difference = func.sum(both.c.qty)
    grouped = select(both.c.cycle).group_by(both.c.cycle, both.c.point, both.c.item).having(difference != 0)
    return _count(grouped)


def _journal() -> int:
    """Lines whose counters differ from what their moves say, stage by stage."""
    entries = union_all(
        select(LineMove.order_line_id.label("line"), LineMove.from_stage.label("stage"), (-LineMove.qty).label("qty")),
        select(LineMove.order_line_id, LineMove.to_stage, LineMove.qty),
        select(OrderLine.id, literal(Stage.OPEN.value), OrderLine.qty_ordered),
        *(select(OrderLine.id, literal(stage.value), -getattr(OrderLine, f"qty_{stage.value}")) for stage in Stage),
    ).subquery()
    wrong = select(entries.c.line).group_by(entries.c.line, entries.c.stage).having(func.sum(entries.c.qty) != 0)
    return _count(wrong)


def _bags() -> int:
    """Lines for which the units in bags and the units in the stages behind packing differ (see handover.queries)."""
    cycles = db.session.scalars(select(Bag.cycle_id).distinct()).all()
    return sum(len(bag_gaps(cycle_id)) for cycle_id in cycles)


def _plans() -> int:
    """Packed bags of a wave whose plan is published, without an answer in it; and answers that are both or none."""
    answered = select(PlanBag.bag_id).where(PlanBag.plan_id == DeliveryPlan.id, PlanBag.bag_id == Bag.id).exists()
    under_way = (
        select(DeliveryRound.id)
        .where(DeliveryRound.plan_id == DeliveryPlan.id, DeliveryRound.state == RoundState.COMPLETED)
        .exists()
    )
    published = and_(
        DeliveryPlan.cycle_id == Bag.cycle_id,
        DeliveryPlan.wave == Bag.wave,
        DeliveryPlan.state == PlanState.PUBLISHED,
    )
    lost = select(Bag.id).join(DeliveryPlan, published).where(Bag.state == BagState.LOADED, ~answered)
    unanswered = (
        select(Bag.id)
        .join(DeliveryPlan, published)
        .where(Bag.state == BagState.PACKED, ~answered, ~under_way, Bag.created_at < DeliveryPlan.created_at)
    )
    both = select(PlanBag.bag_id).where(PlanBag.stop_id.is_(None) == PlanBag.held_reason.is_(None))
    return _count(lost) + _count(unanswered) + _count(both)


def _drop_offs() -> int:
    """Drop-offs that do not add up, and counts of other numbers of bags than their drop-off expects.

    The drop-off says what holds: the first count, until a difference with a later one is settled. What is open is no
    breach: it is listed with its owner (`dispatch.arrivals.queries`).
    """
    sums = select(DropOff.id).where(DropOff.bags_counted + DropOff.bags_missing != DropOff.bags_expected)
    total = ArrivalCount.bags_counted + ArrivalCount.bags_missing
    counts = select(ArrivalCount.id).join(DropOff, DropOff.stop_id == ArrivalCount.stop_id)
    return _count(sums) + _count(counts.where(total != DropOff.bags_expected))


def _confirmations() -> int:
    """Confirmed lines that do not add up, or differ from the bag; and bag lines of a confirmed bag left out."""
    sums = select(ConfirmationLine.bag_id).where(
        ConfirmationLine.qty_accepted + ConfirmationLine.qty_disputed != ConfirmationLine.qty_bagged
    )
    left_out = (
        select(BagLine.bag_id)
        .join(Confirmation, Confirmation.bag_id == BagLine.bag_id)
        .outerjoin(
            ConfirmationLine,
            and_(
                ConfirmationLine.bag_id == BagLine.bag_id,
                ConfirmationLine.order_line_id == BagLine.order_line_id,
                ConfirmationLine.qty_bagged == BagLine.qty,
            ),
        )
        .where(ConfirmationLine.confirmation_id.is_(None))
    )
    return _count(sums) + _count(left_out)


def _roll_calls() -> int:
    """Active households in the scope of a locked cycle without an outcome."""
    called = select(RollCall.household_id).where(RollCall.cycle_id == Cycle.id, RollCall.household_id == Household.id)
    ordered = select(HouseholdOrder.id).where(
        HouseholdOrder.cycle_id == Cycle.id,
        HouseholdOrder.household_id == Household.id,
        HouseholdOrder.state.in_(ORDERS_COUNTED),
    )
    missing = (
        select(Household.id)
        .join(Stairwell, Stairwell.id == Household.stairwell_id)
        .join(Building, Building.id == Stairwell.building_id)
        .join(CyclePoint, CyclePoint.service_point_id == Building.service_point_id)
        .join(Cycle, Cycle.id == CyclePoint.cycle_id)
        .where(Cycle.state.in_(AFTER_LOCK), Household.is_active, ~called.exists(), ~ordered.exists())
    )
    return _count(missing)


COUNTS: tuple[tuple[str, str, Callable[[], int]], ...] = (
    ("E1", N_("每份商品只在一个环节"), _line_sums),
    ("E2", N_("每批库存的去向相加等于到货"), _lot_sums),
    ("E3", N_("每行采购的去向相加等于订购"), _purchase_sums),
    ("E4", N_("每种商品的需求都有着落"), _demand),
    ("E5", N_("点位汇总等于已截单的订单"), _tallies),
    ("E6", N_("流水重演等于各环节数量"), _journal),
    ("E7", N_("装袋的份数等于袋里的份数"), _bags),
    ("E8", N_("每个待送的袋都有安排"), _plans),
    ("E9", N_("实到加缺少等于应到"), _drop_offs),
    ("E10", N_("接受加异议等于袋内数量"), _confirmations),
    ("E11", N_("每户点名都有结果"), _roll_calls),
)

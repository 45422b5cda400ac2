"""What the hand-over pages show, and closing equation E7.

E7, for each order line, exactly:

    qty_packed + qty_dropped_off + qty_accepted + qty_disputed + qty_refunded
      =  Σ bag_line.qty over its bags that are not voided
       − Σ line_move.qty to `open` from `packed` or `disputed`, causes `bag_void` and `bag_return` left out

In words: what was put into bags is on its way, at the door or at its end, except what went back from a bag that still
counts (`units_sent_back`): a complaint answered by redelivery (cause `dispute`), a bag written off at the drop-off
(cause `bag_write_off`). A voided bag counts for nothing: its units left it for `open` in the same transaction, because
it was packed anew (`bag_void`) or brought back from its door (`bag_return`). Refunded units count on the left because
the only way to `refunded` leads through `disputed`, behind the bag; a bag written off after complaints still counts on
the right for the same reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Integer, Select, and_, case, cast, func, select

from app.core import clock
from app.core.db import db
from app.dispatch.models import DeliveryPlan, DeliveryStop, DropOff
from app.handover.doors.rules import DoorOfBag, is_hand_out_late
from app.handover.models import Dispute, DisputeState, DoorOutcome, HandOut
from app.handover.rules import DEFAULT_ACCEPTANCE, overdue_when_left_by, undoable_when_left_after
from app.ordering.models import HouseholdOrder, LineMove, OrderLine, Stage
from app.picking.models import DOOR_OF_BAG, Bag, BagLine, BagState
from app.places.labels import household_label
from app.places.models import Building, Compound, Household, ServicePoint, Stairwell

LEFT_WITH_THEIR_BAG = ("bag_void", "bag_return")
COMING = (BagState.PACKED, BagState.HELD, BagState.LOADED)


@dataclass(frozen=True)
class HandOverBuildingRow:
    """One building of a cycle: its bags by what became of them."""

    building_id: int
    compound: str
    building: str
    point: str
    coming: int
    waiting: int  # at the building, no attempt yet
    failed: int  # at the building, the last attempt failed
    handed_out: int
    confirmed: int
    missing: int
    disputes: int
    dropped_at: datetime | None
    is_late: bool

    @property
    def bags(self) -> int:
        """Bags that have reached the building, or are missing."""
        return self.waiting + self.failed + self.handed_out + self.confirmed + self.missing

    @property
    def is_done(self) -> bool:
        return not (self.coming or self.waiting or self.failed or self.missing or self.disputes)


def building_rows(cycle_id: int, in_scope: ColumnElement[bool]) -> list[HandOverBuildingRow]:
    """The buildings within reach that have bags, by compound and number. Four statements."""
    places = db.session.execute(
        select(Building.id, Compound.name, Building.label, ServicePoint.name)
        .join(Compound, Compound.id == Building.compound_id)
        .join(ServicePoint, ServicePoint.id == Building.service_point_id)
        .where(in_scope, Building.id.in_(select(Bag.building_id).where(Bag.cycle_id == cycle_id).distinct()))
        .order_by(Compound.name, Building.sort_key, Building.id)
    )
    counts, disputes, dropped = _bag_counts(cycle_id), _open_disputes(cycle_id), _dropped_at(cycle_id)
    now = clock.now()
    rows = []
    for building_id, compound, label, point in places:
        coming, waiting, failed, handed_out, confirmed, missing = counts.get(building_id, (0,) * 6)
        dropped_at = dropped.get(building_id)
        row = HandOverBuildingRow(
            building_id=building_id,
            compound=compound,
            building=label,
            point=point,
            coming=coming,
            waiting=waiting,
            failed=failed,
            handed_out=handed_out,
            confirmed=confirmed,
            missing=missing,
            disputes=disputes.get(building_id, 0),
            dropped_at=dropped_at,
            is_late=waiting > 0 and is_hand_out_late(dropped_at, now),
        )
        rows.append(row)
    return [row for row in rows if row.bags or row.coming or row.disputes]


def _bag_counts(cycle_id: int) -> dict[int, tuple[int, ...]]:
    """Building → bags coming, waiting, failed, handed out, confirmed, missing."""
    tried = select(HandOut.id).where(HandOut.bag_id == Bag.id).exists()
    at_building = Bag.state == BagState.DROPPED_OFF
    found = db.session.execute(
        select(
            Bag.building_id,
            _count(Bag.state.in_(COMING)),
            _count(and_(at_building, ~tried)),
            _count(and_(at_building, tried)),
            _count(Bag.state == BagState.HANDED_OUT),
            _count(Bag.state == BagState.CONFIRMED),
            _count(Bag.state == BagState.MISSING),
        )
        .where(Bag.cycle_id == cycle_id)
        .group_by(Bag.building_id)
    )
    return {row[0]: tuple(int(number or 0) for number in row[1:]) for row in found}


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(cast(case((condition, 1), else_=0), Integer))


def _open_disputes(cycle_id: int) -> dict[int, int]:
    found = db.session.execute(
        select(Bag.building_id, func.count(Dispute.id))
        .join(Bag, Bag.id == Dispute.bag_id)
        .where(Bag.cycle_id == cycle_id, Dispute.state == DisputeState.OPEN)
        .group_by(Bag.building_id)
    )
    return {building: count for building, count in found}  # noqa: C416


def _dropped_at(cycle_id: int) -> dict[int, datetime]:
    """Building → when bags last arrived there."""
    found = db.session.execute(
        select(DeliveryStop.building_id, func.max(DropOff.signed_at))
        .join(DropOff, DropOff.stop_id == DeliveryStop.id)
        .join(DeliveryPlan, DeliveryPlan.id == DeliveryStop.plan_id)
        .where(DeliveryPlan.cycle_id == cycle_id)
        .group_by(DeliveryStop.building_id)
    )
    return {building: at for building, at in found}  # noqa: C416


def overdue_bags(now: datetime, after: timedelta = DEFAULT_ACCEPTANCE) -> Select[int]:
    """A statement: ids of the bags that count as accepted by default, in order. The time runs from when the household
    was told of the last attempt."""
    left = (
        select(HandOut.bag_id)
        .where(HandOut.outcome == DoorOutcome.LEFT)
        .group_by(HandOut.bag_id)
        .having(func.max(HandOut.at) <= overdue_when_left_by(now, after))
    )
    return select(Bag.id).where(Bag.state == BagState.HANDED_OUT, Bag.id.in_(left)).order_by(Bag.id)


def undoable_bags(now: datetime) -> Select[int]:
    """A statement: ids of the bags whose last attempts can still be taken back."""
    return select(HandOut.bag_id).where(HandOut.at > undoable_when_left_after(now))


def overdue_count(cycle_id: int, in_scope: ColumnElement[bool]) -> int:
    """How many bags of a cycle within reach wait for acceptance by default."""
    found = overdue_bags(clock.now()).join(Building, Building.id == Bag.building_id)
    found = found.where(Bag.cycle_id == cycle_id, in_scope).order_by(None)
    return db.session.scalar(select(func.count()).select_from(found.subquery())) or 0


def doors_of(bag_ids: Sequence[int]) -> list[DoorOfBag]:
    """The doors of these bags, in order of bag; a purged order has none but its bag's code."""
    found = db.session.execute(
        select(Bag.code, Household.room_no, Stairwell.label, Bag.day_no)
        .join(HouseholdOrder, HouseholdOrder.id == Bag.order_id)
        .outerjoin(Household, Household.id == DOOR_OF_BAG)
        .outerjoin(Stairwell, Stairwell.id == Household.stairwell_id)
        .where(Bag.id.in_(bag_ids))
        .order_by(Bag.id)
    )
    return [
        DoorOfBag(code, room or "", household_label("", stairwell or "", room or ""), no)
        for code, room, stairwell, no in found
    ]


# --- E7 ---------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class BagGap:
    """An order line whose counters and bags disagree."""

    order_line_id: int
    qty_counted: int
    qty_bagged: int


def units_sent_back(cycle_id: int) -> dict[int, int]:
    """Order line → units that went back to `open` from bags that still count (see the head of this file)."""
    found = db.session.execute(
        select(LineMove.order_line_id, func.sum(LineMove.qty))
        .join(OrderLine, OrderLine.id == LineMove.order_line_id)
        .where(OrderLine.cycle_id == cycle_id, _is_sent_back())
        .group_by(LineMove.order_line_id)
    )
    return {line: int(qty) for line, qty in found}


def _is_sent_back() -> ColumnElement[bool]:
    return and_(
        LineMove.to_stage == Stage.OPEN,
        LineMove.from_stage.in_((Stage.PACKED, Stage.DISPUTED)),
        LineMove.cause_kind.not_in(LEFT_WITH_THEIR_BAG),
    )


def units_bagged(cycle_id: int) -> dict[int, int]:
    """Order line → units in its bags that are not voided."""
    found = db.session.execute(
        select(BagLine.order_line_id, func.sum(BagLine.qty))
        .join(Bag, Bag.id == BagLine.bag_id)
        .where(Bag.cycle_id == cycle_id, Bag.state != BagState.VOIDED)
        .group_by(BagLine.order_line_id)
    )
    return {line: int(qty) for line, qty in found}


def bag_gaps(cycle_id: int) -> list[BagGap]:
    """The order lines of a cycle for which E7 does not hold; empty when all is well. Three statements."""
    behind = (
        OrderLine.qty_packed
        + OrderLine.qty_dropped_off
        + OrderLine.qty_accepted
        + OrderLine.qty_disputed
        + OrderLine.qty_refunded
    )
    counted = {
        line: int(qty)
        for line, qty in db.session.execute(
            select(OrderLine.id, behind).where(OrderLine.cycle_id == cycle_id, behind > 0)
        )
    }
    bagged, back = units_bagged(cycle_id), units_sent_back(cycle_id)
    return [
        BagGap(line, counted.get(line, 0), bagged.get(line, 0))
        for line in sorted(counted.keys() | bagged.keys())
        if counted.get(line, 0) != bagged.get(line, 0) - back.get(line, 0)
    ]

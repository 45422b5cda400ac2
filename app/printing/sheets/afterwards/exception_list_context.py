"""Exception lists: failed doors and undecided complaints."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from sqlalchemy import ColumnElement, func, select

from app.core.db import db
from app.core.sentences import N_
from app.core.text.natural import natural_key
from app.core.units import date_time
from app.handover import group_texts
from app.handover.models import Dispute, DisputeKind, DisputeState, DoorOutcome, HandOut
from app.ordering.models import HouseholdOrder, OrderLine
from app.picking.models import DOOR_OF_BAG, Bag, BagState
from app.places.models import Building, Household, Stairwell
from app.printing.contexts.expected import ExpectedCounts
from app.printing.contexts.ground import Ground, Prepared, short_place
from app.printing.contexts.telling import Saying
from app.printing.kinds import SheetKind, SheetStage, register
from app.printing.sheet import Totals
from app.printing.sheets.afterwards.exception_list import ExceptionBuilding, ExceptionList, ExceptionRow

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


def _questions(ground: Ground) -> Saying:
    rows = db.session.execute(
        select(Bag.building_id, func.count(Dispute.id))
        .join(Dispute, Dispute.bag_id == Bag.id)
        .where(Bag.cycle_id == ground.cycle_id, Dispute.state == DisputeState.OPEN)
        .group_by(Bag.building_id)
    )
    found = dict(rows.all())
    return lambda at: group_texts.open_questions(at.name, found[at.id]) if at.id in found else None


def _expected(counted: ExpectedCounts) -> dict[int, int]:
    return counted.one_of(points_with_exceptions(counted.cycle_id))


register(
    SheetKind(
        key="exception_list",
        code="EX",
        label_zh=N_("异常/补送单"),
        reader_zh=N_("物资组"),
        stage=SheetStage.AFTERWARDS,
        place=2,
        watches="hand_out dispute bag stop drop_off",
        sheet=ExceptionList,
        prepare=lambda builder: exception_lists(builder.ground),
        group_text=lambda ground, _address: _questions(ground),
        expected=_expected,
    )
)

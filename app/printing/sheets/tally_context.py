"""Tallies: what the points asked for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

from sqlalchemy import func, select

from app.core.db import db
from app.core.sentences import N_
from app.core.text.natural import natural_key
from app.handover import group_texts
from app.ordering.models import ORDERS_COUNTED, HouseholdOrder, OrderLine, RollCall, RollCallOutcome
from app.places.models import Building, Household, Stairwell
from app.printing.contexts.expected import ExpectedCounts
from app.printing.contexts.ground import Ground, Prepared, short_place
from app.printing.contexts.telling import Saying
from app.printing.kinds import ORDERS, SheetKind, SheetStage, register
from app.printing.sheet import Totals
from app.printing.sheets.tally import RollCallBuilding, RollCallGroup, TallyRow, TallySheet
from app.tally.models import Tally, TallyLine, TallyState

_WITHOUT_ORDER = (RollCallOutcome.DECLINED, RollCallOutcome.UNREACHABLE, RollCallOutcome.AWAY)
Matrix = dict[int, dict[tuple[int, int], int]]  # point → (building, item) → units


def tallies(ground: Ground) -> Iterator[Prepared]:
    """Yield the tally of each point: signed numbers where it is signed, the counted orders otherwise."""
    matrix = _matrix(ground.cycle_id)
    households = _households_with_order(ground.cycle_id)
    scope = _households_in_scope()
    calls = _roll_call(ground)
    for point in ground.points_in_order():
        cells = matrix.get(point.id, {})
        item_ids = sorted({item for _, item in cells}, key=lambda item: ground.items[item].no)
        rows = tuple(
            TallyRow(
                building.name,
                households.get(building.id, 0),
                tuple(cells.get((building.id, item), 0) for item in item_ids),
            )
            for building in ground.in_order(building for building, _ in cells)
        )
        items = tuple(replace(ground.items[item], no=number) for number, item in enumerate(item_ids, start=1))
        control = Totals(lines=sum(1 for qty in cells.values() if qty), units=sum(cells.values()))
        sheet = TallySheet(ground.head(point.id), control, items, rows, calls.get(point.id, ()), scope.get(point.id, 0))
        yield Prepared(ground.of_point(point.id), sheet)


def _matrix(cycle_id: int) -> Matrix:
    frozen = select(Tally.service_point_id).where(Tally.cycle_id == cycle_id, Tally.state == TallyState.CONFIRMED)
    signed = db.session.execute(
        select(Tally.service_point_id, TallyLine.building_id, TallyLine.item_id, TallyLine.qty)
        .join(TallyLine, TallyLine.tally_id == Tally.id)
        .where(Tally.cycle_id == cycle_id, Tally.state == TallyState.CONFIRMED)
    )
    live = db.session.execute(
        select(
            HouseholdOrder.service_point_id,
            HouseholdOrder.building_id,
            OrderLine.item_id,
            func.sum(OrderLine.qty_ordered),
        )
        .join(OrderLine, OrderLine.order_id == HouseholdOrder.id)
        .where(
            HouseholdOrder.cycle_id == cycle_id,
            HouseholdOrder.state.in_(ORDERS_COUNTED),
            HouseholdOrder.service_point_id.not_in(frozen),
        )
        .group_by(HouseholdOrder.service_point_id, HouseholdOrder.building_id, OrderLine.item_id)
    )
    matrix: Matrix = defaultdict(dict)
    for point, building, item, qty in [*signed, *live]:
        matrix[point][building, item] = int(qty)
    return matrix


def _households_with_order(cycle_id: int) -> dict[int, int]:
    rows = db.session.execute(
        select(HouseholdOrder.building_id, func.count())
        .where(HouseholdOrder.cycle_id == cycle_id, HouseholdOrder.state.in_(ORDERS_COUNTED))
        .group_by(HouseholdOrder.building_id)
    )
    return dict(rows.all())


def _households_in_scope() -> dict[int, int]:
    rows = db.session.execute(
        select(Building.service_point_id, func.count(Household.id))
        .join(Stairwell, Stairwell.building_id == Building.id)
        .join(Household, Household.stairwell_id == Stairwell.id)
        .where(Household.is_active)
        .group_by(Building.service_point_id)
    )
    return dict(rows.all())


def _roll_call(ground: Ground) -> dict[int, tuple[RollCallGroup, ...]]:
    """Point → rooms without an order, by outcome."""
    rows = db.session.execute(
        select(Building.id, Stairwell.label, Household.room_no, RollCall.outcome)
        .join(Household, Household.id == RollCall.household_id)
        .join(Stairwell, Stairwell.id == Household.stairwell_id)
        .join(Building, Building.id == Stairwell.building_id)
        .where(RollCall.cycle_id == ground.cycle_id, RollCall.outcome.in_(_WITHOUT_ORDER))
    )
    rooms: dict[tuple[str, int], list[str]] = defaultdict(list)
    for building_id, stairwell, room, outcome in rows:
        if building_id in ground.buildings:
            rooms[str(outcome), building_id].append(short_place("", stairwell, room))
    return {point.id: tuple(_groups(ground, point.id, rooms)) for point in ground.points.values()}


def _groups(ground: Ground, point_id: int, rooms: dict[tuple[str, int], list[str]]) -> Iterator[RollCallGroup]:
    for outcome in _WITHOUT_ORDER:
        buildings = tuple(
            RollCallBuilding(building.name, tuple(sorted(rooms[outcome, building.id], key=natural_key)))
            for building in ground.at_point(point_id)
            if (outcome, building.id) in rooms
        )
        if buildings:
            yield RollCallGroup(str(outcome), buildings)


def _ordered(ground: Ground) -> Saying:
    rows = db.session.execute(
        select(
            HouseholdOrder.building_id, func.count(func.distinct(HouseholdOrder.id)), func.sum(OrderLine.qty_ordered)
        )
        .join(OrderLine, OrderLine.order_id == HouseholdOrder.id)
        .where(
            HouseholdOrder.cycle_id == ground.cycle_id,
            HouseholdOrder.state.in_(ORDERS_COUNTED),
            OrderLine.substitute_for_id.is_(None),
        )
        .group_by(HouseholdOrder.building_id)
    )
    found = {building: (households, int(units)) for building, households, units in rows}
    return lambda at: group_texts.ordered(at.name, *found[at.id]) if at.id in found else None


register(
    SheetKind(
        key="tally",
        code="TA",
        label_zh=N_("点位汇总表"),
        reader_zh=N_("小组长"),
        stage=SheetStage.BOUGHT,
        place=1,
        watches=f"{ORDERS} tally roll_call service_point chain_paste",
        sheet=TallySheet,
        prepare=lambda builder: tallies(builder.ground),
        group_text=lambda ground, _address: _ordered(ground),
        expected=ExpectedCounts.one_a_point,
    )
)

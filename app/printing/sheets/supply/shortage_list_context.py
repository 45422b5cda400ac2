"""Shortage lists: the households that get less than they ordered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from sqlalchemy import ColumnElement, func, select

from app.allocation.models import ShareNote
from app.core.db import db
from app.core.sentences import N_, Sentence
from app.core.text.natural import natural_key
from app.handover import group_texts
from app.ordering.models import ORDERS_DUE, HouseholdOrder, OrderLine
from app.places.models import Household, Stairwell
from app.printing.contexts.expected import ExpectedCounts
from app.printing.contexts.ground import BuildingPlace, Ground, Prepared, short_place
from app.printing.contexts.telling import Saying
from app.printing.kinds import ORDERS, SheetKind, SheetStage, register
from app.printing.sheet import Totals
from app.printing.sheets.supply.shortage_list import ShortageList, ShortBuilding, ShortRow


def shortage_lists(ground: Ground) -> Iterator[Prepared]:
    """Yield, for each point with shortages, the households that get less than they ordered."""
    rows = db.session.execute(
        select(HouseholdOrder.building_id, Stairwell.label, Household.room_no, OrderLine, ShareNote)
        .join(OrderLine, OrderLine.order_id == HouseholdOrder.id)
        .join(ShareNote, ShareNote.order_line_id == OrderLine.id)
        .join(Household, Household.id == HouseholdOrder.household_id)
        .join(Stairwell, Stairwell.id == Household.stairwell_id)
        .where(*is_short(ground.cycle_id))
    )
    found: dict[int, list[ShortRow]] = defaultdict(list)
    for building, stairwell, room, line, note in rows:
        item = ground.items[line.item_id]
        place = short_place("", stairwell, room)
        found[building].append(ShortRow(place, item.name, item.unit, line.qty_ordered, note.qty_share, note.sentence))
    control = _short_control(ground.cycle_id)
    for point in ground.points_in_order():
        buildings = tuple(
            ShortBuilding(building.name, tuple(sorted(found[building.id], key=_short_order)))
            for building in ground.at_point(point.id)
            if building.id in found
        )
        if buildings:
            sheet = ShortageList(ground.head(point.id), control.get(point.id, Totals()), buildings)
            yield Prepared(ground.of_point(point.id), sheet)


def _short_order(row: ShortRow) -> tuple[str, str]:
    return natural_key(row.room), row.item


def is_short(cycle_id: int) -> tuple[ColumnElement[bool], ...]:
    """Lines of households that get less than they ordered; joins order, line and note."""
    return (
        HouseholdOrder.cycle_id == cycle_id,
        HouseholdOrder.state.in_(ORDERS_DUE),
        HouseholdOrder.household_id.is_not(None),
        ShareNote.qty_share < OrderLine.qty_ordered,
    )


def _short_control(cycle_id: int) -> dict[int, Totals]:
    rows = db.session.execute(
        select(HouseholdOrder.service_point_id, func.count(), func.sum(OrderLine.qty_ordered - ShareNote.qty_share))
        .join(OrderLine, OrderLine.order_id == HouseholdOrder.id)
        .join(ShareNote, ShareNote.order_line_id == OrderLine.id)
        .where(*is_short(cycle_id))
        .group_by(HouseholdOrder.service_point_id)
    )
    return {point: Totals(lines=count, units=int(units)) for point, count, units in rows}


def _short(ground: Ground) -> Saying:
    rows = db.session.execute(
        select(HouseholdOrder.building_id, OrderLine.item_id)
        .join(OrderLine, OrderLine.order_id == HouseholdOrder.id)
        .join(ShareNote, ShareNote.order_line_id == OrderLine.id)
        .where(*is_short(ground.cycle_id))
        .group_by(HouseholdOrder.building_id, OrderLine.item_id)
    )
    items: dict[int, list[int]] = defaultdict(list)
    for building, item in rows:
        items[building].append(item)

    def say(at: BuildingPlace) -> Sentence | None:
        own = sorted(items.get(at.id, ()), key=lambda item: ground.items[item].no)
        return group_texts.shortage(at.name, [ground.items[item].name for item in own]) if own else None

    return say


def _expected(counted: ExpectedCounts) -> dict[int, int]:
    return counted.one_of(_short_control(counted.cycle_id))


register(
    SheetKind(
        key="shortage_list",
        code="SH",
        label_zh=N_("缺货单"),
        reader_zh=N_("小组长"),
        stage=SheetStage.BAGGED,
        place=1,
        watches=f"{ORDERS} allocation_run order_line",
        sheet=ShortageList,
        prepare=lambda builder: shortage_lists(builder.ground),
        group_text=lambda ground, _address: _short(ground),
        expected=_expected,
    )
)

"""Shortage lists and pick lists: what each building gets of each item."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

from sqlalchemy import ColumnElement, func, select

from app.allocation.models import ShareNote
from app.core.db import db
from app.core.text.natural import natural_key
from app.ordering.models import ORDERS_DUE, ORDERS_KEPT, HouseholdOrder, OrderLine
from app.picking.models import LIVE_BAGS, Bag, BagLine
from app.places.models import Household, Stairwell
from app.printing.contexts.ground import Ground, Prepared, short_place
from app.printing.sheets.base import Totals
from app.printing.sheets.supply.pick_list import PickCell, PickItem, PickList
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


def points_with_shortages(cycle_id: int) -> set[int]:
    """The points that `shortage_lists` has a sheet for."""
    return set(_short_control(cycle_id))


Cells = dict[tuple[int, int], int]  # (building, item) → units


def pick_lists(ground: Ground) -> Iterator[Prepared]:
    """Yield the pick list of each point: units already in bags of the wave plus units allocated and still loose."""
    bagged, loose = _bagged(ground), _loose(ground.cycle_id)
    wanted = _wanted(ground.cycle_id) if ground.wave == 1 else {}
    cells: Cells = {place: bagged.get(place, 0) + loose.get(place, 0) for place in bagged.keys() | loose.keys()}
    for point in ground.points_in_order():
        buildings = ground.at_point(point.id)
        own = {building.id for building in buildings}
        items: list[PickItem] = []
        for item_id in sorted({item for building, item in cells if building in own}, key=lambda i: ground.items[i].no):
            row = tuple(
                PickCell(building.name, cells.get((building.id, item_id), 0), wanted.get((building.id, item_id), 0))
                for building in buildings
                if cells.get((building.id, item_id)) or wanted.get((building.id, item_id))
            )
            items.append(PickItem(replace(ground.items[item_id], no=len(items) + 1), row))
        if items:
            given = [qty for (building, _), qty in cells.items() if building in own and qty]
            control = Totals(lines=len(given), units=sum(given))
            sheet = PickList(ground.head(point.id, has_wave=True), control, tuple(items))
            yield Prepared(ground.of_point(point.id), sheet)


def _bagged(ground: Ground) -> Cells:
    rows = db.session.execute(
        select(Bag.building_id, OrderLine.item_id, func.sum(BagLine.qty))
        .join(BagLine, BagLine.bag_id == Bag.id)
        .join(OrderLine, OrderLine.id == BagLine.order_line_id)
        .where(Bag.cycle_id == ground.cycle_id, Bag.wave == ground.wave, Bag.state.in_(LIVE_BAGS))
        .group_by(Bag.building_id, OrderLine.item_id)
    )
    return {(building, item): int(qty) for building, item, qty in rows}


def _loose(cycle_id: int) -> Cells:
    return _line_sums(cycle_id, "qty_allocated")


def _wanted(cycle_id: int) -> Cells:
    return _line_sums(cycle_id, "qty_ordered")


def _line_sums(cycle_id: int, column: str) -> Cells:
    counted = getattr(OrderLine, column)
    rows = db.session.execute(
        select(HouseholdOrder.building_id, OrderLine.item_id, func.sum(counted))
        .join(OrderLine, OrderLine.order_id == HouseholdOrder.id)
        .where(OrderLine.cycle_id == cycle_id, counted > 0, HouseholdOrder.state.in_(ORDERS_KEPT))
        .group_by(HouseholdOrder.building_id, OrderLine.item_id)
    )
    return {(building, item): int(qty) for building, item, qty in rows}

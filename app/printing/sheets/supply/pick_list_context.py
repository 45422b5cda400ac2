"""Pick lists: what each building gets of each item."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sqlalchemy import func, select

from app.core.db import db
from app.core.sentences import N_
from app.ordering.models import ORDERS_KEPT, HouseholdOrder, OrderLine
from app.picking.models import LIVE_BAGS, Bag, BagLine
from app.printing.contexts.expected import ExpectedCounts
from app.printing.contexts.ground import Ground, Prepared
from app.printing.kinds import PACKED, SheetKind, SheetStage, register
from app.printing.sheet import Totals
from app.printing.sheets.supply.pick_list import PickCell, PickItem, PickListSheet

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
            sheet = PickListSheet(ground.head(point.id, has_wave=True), control, tuple(items))
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


register(
    SheetKind(
        key="pick_list",
        code="PI",
        label_zh=N_("拣货单"),
        reader_zh=N_("拣货人"),
        stage=SheetStage.BAGGED,
        place=2,
        watches=PACKED,
        sheet=PickListSheet,
        prepare=lambda builder: pick_lists(builder.ground),
        expected=ExpectedCounts.points_with_bags,
        has_wave=True,
    )
)

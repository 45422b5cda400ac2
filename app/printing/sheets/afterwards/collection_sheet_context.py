"""Collection sheets: what each household of a building still has to pay, before its order is settled."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from sqlalchemy import Subquery, func, select

from app.core.db import db
from app.core.sentences import N_
from app.core.text.natural import natural_key
from app.ordering.models import ORDERS_DUE, HouseholdOrder, OrderLine
from app.places.models import Household, Stairwell
from app.printing.contexts.ground import Ground, Prepared, short_place
from app.printing.kinds import ORDERS, SheetKind, SheetStage, register
from app.printing.sheet import Totals
from app.printing.sheets.afterwards.collection_sheet import CollectionRow, CollectionSheet
from app.printing.sheets.afterwards.settlement_sheet_context import paid_by_order, payment_texts
from app.settlement.queries import line_sums


def collection_sheets(ground: Ground) -> Iterator[Prepared]:
    """Yield the sheet of each building whose orders all have a price; due is what is accepted or still may be."""
    each = line_sums().where(OrderLine.cycle_id == ground.cycle_id).subquery()
    paid = paid_by_order(ground.cycle_id)
    rows = db.session.execute(
        select(HouseholdOrder.id, HouseholdOrder.building_id, Stairwell.label, Household.room_no, each.c.at_most)
        .join(each, each.c.order_id == HouseholdOrder.id)
        .join(Household, Household.id == HouseholdOrder.household_id)
        .join(Stairwell, Stairwell.id == Household.stairwell_id)
        .where(HouseholdOrder.state.in_(ORDERS_DUE))
    )
    found: dict[int, list[CollectionRow]] = defaultdict(list)
    for order_id, building, stairwell, room, due in rows:
        place = short_place("", stairwell, room)
        found[building].append(CollectionRow(place, int(due), paid.get(order_id, 0)))
    control = _control(each)
    for building in ground.in_order(found):
        total, unpriced = control.get(building.id, (Totals(), 0))
        if unpriced:
            continue
        sheet = CollectionSheet(
            head=ground.head(building.point_id),
            control=total,
            compound=building.compound,
            building=building.label,
            rows=tuple(sorted(found[building.id], key=lambda row: natural_key(row.room))),
        )
        yield Prepared(ground.of_building(building), sheet)


def _control(each: Subquery) -> dict[int, tuple[Totals, int]]:
    """Building → households and money as the database adds them up, and lines without a price."""
    rows = db.session.execute(
        select(HouseholdOrder.building_id, func.count(), func.sum(each.c.at_most), func.sum(each.c.unpriced))
        .join(each, each.c.order_id == HouseholdOrder.id)
        .where(HouseholdOrder.household_id.is_not(None), HouseholdOrder.state.in_(ORDERS_DUE))
        .group_by(HouseholdOrder.building_id)
    )
    return {building: (Totals(lines=count, amount_fen=int(fen)), int(open_)) for building, count, fen, open_ in rows}


register(
    SheetKind(
        key="collection_sheet",
        code="CO",
        label_zh=N_("收款单"),
        reader_zh=N_("楼长和小组长"),
        stage=SheetStage.AFTERWARDS,
        place=1,
        watches=f"{ORDERS} payment hand_out dispute bag line_amount",
        sheet=CollectionSheet,
        prepare=lambda builder: collection_sheets(builder.ground),
        group_text=lambda ground, _address: payment_texts(ground),
        is_in_kit=False,
    )
)

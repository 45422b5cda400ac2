"""The closed loop of a cycle: for each item where its units are, and every gap with its owner and its age."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, func, literal, select, union_all

from app.catalog.models import Item
from app.core.db import db
from app.core.sentences import N_
from app.ordering.models import HouseholdOrder, LineMove, OrderLine, OrderState, Stage
from app.places.models import Building, Compound
from app.purchasing.models import Demand
from app.stock.models import GoodsReceipt, Lot
from app.tally.models import Tally, TallyLine, TallyState

WAITING = (Stage.OPEN, Stage.ALLOCATED, Stage.PACKED, Stage.DROPPED_OFF, Stage.DISPUTED)
OWNERS = {
    Stage.OPEN: N_("物资组：到货后分配，或确认缺货"),
    Stage.ALLOCATED: N_("物资组：装袋"),
    Stage.PACKED: N_("物资组与配送队：排路线、装车、送到楼"),
    Stage.DROPPED_OFF: N_("楼长：放到门口，等待确认"),
    Stage.DISPUTED: N_("点位小组长：处理异议"),
}


@dataclass(frozen=True)
class LoopRow:
    """One item on its way through the loop, in sale units."""

    item_id: int
    item: str
    sale_unit: str
    ordered: int
    tallied: int
    bought: int
    received: int
    stages: dict[str, int]

    @property
    def waiting(self) -> int:
        """Units that have not reached their end."""
        return sum(self.stages[stage.value] for stage in WAITING)


def loop_rows(cycle_id: int) -> list[LoopRow]:
    """Items of a cycle by number. Four statements, however many orders."""
    columns = [func.sum(getattr(OrderLine, f"qty_{stage.value}")) for stage in Stage]
    found = db.session.execute(
        select(Item.id, Item.name, Item.sale_unit, func.sum(OrderLine.qty_ordered), *columns)
        .join(OrderLine, OrderLine.item_id == Item.id)
        .join(HouseholdOrder, HouseholdOrder.id == OrderLine.order_id)
        .where(OrderLine.cycle_id == cycle_id, HouseholdOrder.state != OrderState.WITHDRAWN)
        .group_by(Item.id, Item.name, Item.sale_unit, Item.sku)
        .order_by(Item.sku)
    ).all()
    tallied, bought, received = _tallied(cycle_id), _bought(cycle_id), _received(cycle_id)
    return [
        LoopRow(
            item_id=row[0],
            item=row[1],
            sale_unit=row[2],
            ordered=int(row[3]),
            tallied=tallied.get(row[0], 0),
            bought=bought.get(row[0], 0),
            received=received.get(row[0], 0),
            stages={stage.value: int(qty) for stage, qty in zip(Stage, row[4:], strict=True)},
        )
        for row in found
    ]


def _sums(statement: Select[*tuple[Any, ...]]) -> dict[int, int]:
    return {item: int(qty or 0) for item, qty in db.session.execute(statement)}


def _tallied(cycle_id: int) -> dict[int, int]:
    return _sums(
        select(TallyLine.item_id, func.sum(TallyLine.qty))
        .join(Tally, Tally.id == TallyLine.tally_id)
        .where(Tally.cycle_id == cycle_id, Tally.state == TallyState.CONFIRMED)
        .group_by(TallyLine.item_id)
    )


def _bought(cycle_id: int) -> dict[int, int]:
    covered = Demand.qty_purchased + Demand.qty_from_stock
    return _sums(select(Demand.item_id, covered).where(Demand.cycle_id == cycle_id))


def _received(cycle_id: int) -> dict[int, int]:
    return _sums(
        select(Lot.item_id, func.sum(Lot.qty_received - Lot.qty_damaged - Lot.qty_returned))
        .join(GoodsReceipt, GoodsReceipt.id == Lot.goods_receipt_id)
        .where(GoodsReceipt.cycle_id == cycle_id)
        .group_by(Lot.item_id)
    )


@dataclass(frozen=True)
class Gap:
    """Units of one item for one building that wait in one stage, since when, and who moves them on."""

    stage: str
    owner: str
    compound: str
    building: str
    item: str
    qty: int
    since: datetime | None


def gap_statement(cycle_id: int, stage: str = "", search: str = "") -> Select[*tuple[Any, ...]]:
    """(stage, compound, building, item, units, since) for every gap, oldest first: a statement for paging."""
    wanted = [one for one in WAITING if not stage or one.value == stage]
    parts = [
        select(
            literal(one.value).label("stage"),
            OrderLine.id.label("line"),
            OrderLine.order_id.label("order_id"),
            OrderLine.item_id.label("item_id"),
            getattr(OrderLine, f"qty_{one.value}").label("qty"),
        ).where(OrderLine.cycle_id == cycle_id, getattr(OrderLine, f"qty_{one.value}") > 0)
        for one in wanted
    ]
    waiting = union_all(*parts).subquery()
    moved = (
        select(
            LineMove.order_line_id.label("line"), LineMove.to_stage.label("stage"), func.max(LineMove.at).label("at")
        )
        .join(OrderLine, OrderLine.id == LineMove.order_line_id)
        .where(OrderLine.cycle_id == cycle_id)
        .group_by(LineMove.order_line_id, LineMove.to_stage)
        .subquery()
    )
    since = func.min(func.coalesce(moved.c.at, HouseholdOrder.placed_at)).label("since")
    statement = (
        select(
            waiting.c.stage, Compound.name.label("compound"), Building.label.label("building"),
            Item.name.label("item"), func.sum(waiting.c.qty).label("qty"), since,
        )
        .join(HouseholdOrder, HouseholdOrder.id == waiting.c.order_id)
        .join(Building, Building.id == HouseholdOrder.building_id)
        .join(Compound, Compound.id == Building.compound_id)
        .join(Item, Item.id == waiting.c.item_id)
        .outerjoin(moved, and_(moved.c.line == waiting.c.line, moved.c.stage == waiting.c.stage))
        .where(HouseholdOrder.state != OrderState.WITHDRAWN)
        .group_by(waiting.c.stage, Compound.name, Building.label, Building.sort_key, Item.name, Item.sku)
        .order_by(since, Compound.name, Building.sort_key, Item.sku)
    )  # fmt: skip
    if search:
        statement = statement.where(
            Compound.name.contains(search, autoescape=True)
            | Item.name.contains(search, autoescape=True)
            | (Building.label == search)
        )
    return statement


def stage_totals(rows: list[LoopRow]) -> dict[str, int]:
    """Stage → units over all items."""
    return {stage.value: sum(row.stages[stage.value] for row in rows) for stage in Stage}

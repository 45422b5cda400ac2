"""The closed loop of a cycle: for each item where its units are, and every gap with its owner and its age."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, case, func, select

from app.allocation.models import AllocationRun
from app.catalog.models import Item
from app.core.db import db
from app.core.sentences import N_
from app.dispatch.models import DeliveryStop, DropOff
from app.handover.models import Dispute, DisputeState
from app.ordering.models import Cycle, HouseholdOrder, OrderLine, Stage
from app.picking.models import Bag, BagState
from app.places.finder.queries import building_called
from app.places.labels import building_label
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
    """One item on its way through the loop, in sale units. The stages add up to ordered + substituting."""

    item_id: int
    item: str
    sale_unit: str
    ordered: int
    substituting: int  # units that stand in for another item
    tallied: int
    bought: int
    received: int
    stages: dict[str, int]

    @property
    def waiting(self) -> int:
        """Units that have not reached their end."""
        return sum(self.stages[stage.value] for stage in WAITING)


def loop_rows(cycle_id: int) -> list[LoopRow]:
    """Items of a cycle by number. Five statements, however many orders."""
    columns = [func.sum(getattr(OrderLine, f"qty_{stage.value}")) for stage in Stage]
    ordered = case((OrderLine.substitute_for_id.is_(None), OrderLine.qty_ordered), else_=0)
    sums = db.session.execute(
        select(OrderLine.item_id, func.sum(ordered), func.sum(OrderLine.qty_ordered - ordered), *columns)
        .where(OrderLine.cycle_id == cycle_id)  # a withdrawn order has no lines
        .group_by(OrderLine.item_id)
    ).all()
    found = {row[0]: row for row in sums}
    items = db.session.execute(select(Item.id, Item.name, Item.sale_unit).order_by(Item.sku))
    tallied, bought, received = _tallied(cycle_id), _bought(cycle_id), _received(cycle_id)
    return [
        LoopRow(
            item_id=item_id,
            item=name,
            sale_unit=unit,
            ordered=int(found[item_id][1]),
            substituting=int(found[item_id][2]),
            tallied=tallied.get(item_id, 0),
            bought=bought.get(item_id, 0),
            received=received.get(item_id, 0),
            stages={stage.value: int(qty) for stage, qty in zip(Stage, found[item_id][3:], strict=True)},
        )
        for item_id, name, unit in items
        if item_id in found
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
class LoopGap:
    """Units for one building (of one item, where `item` is given) that wait in one stage, and since when."""

    stage: str
    building_id: int
    place: str
    item: str
    qty: int
    since: datetime


def gaps(cycle: Cycle, stage: str = "", search: str = "", building_id: int | None = None) -> list[LoopGap]:
    """What waits, oldest first: by building, or for one building by item. Six statements, however many orders."""
    wanted = [one for one in WAITING if not stage or one.value == stage]
    columns = [func.sum(getattr(OrderLine, f"qty_{one.value}")) for one in wanted]
    what = OrderLine.item_id if building_id is not None else HouseholdOrder.building_id
    statement = (
        select(what, *columns)
        .join(HouseholdOrder, HouseholdOrder.id == OrderLine.order_id)
        .where(OrderLine.cycle_id == cycle.id)
        .group_by(what)
    )
    if building_id is not None:
        statement = statement.where(HouseholdOrder.building_id == building_id)
    places, since = _places(search), _since(cycle)
    items: dict[int, str] = {}
    if building_id is not None:
        items = {item: name for item, name in db.session.execute(select(Item.id, Item.name))}  # noqa: C416
    found = []
    for key, *sums in db.session.execute(statement):
        home = key if building_id is None else building_id
        if home not in places:
            continue
        for one, qty in zip(wanted, sums, strict=True):
            if qty:
                instant = since[one].get(home, cycle.cutoff_at)
                found.append(LoopGap(one.value, home, places[home][0], items.get(key, ""), int(qty), instant))
    return sorted(found, key=lambda gap: (gap.since, places[gap.building_id][1], gap.item))


def _places(search: str) -> dict[int, tuple[str, tuple[str, str]]]:
    """Building id → its name, and what sorts it."""
    found = select(Building.id, Compound.name, Building.label, Building.sort_key)
    found = found.join(Compound, Compound.id == Building.compound_id)
    if search:
        found = found.where(Compound.name.contains(search, autoescape=True) | building_called(search))
    return {
        building: (building_label(compound, label), (compound, key))
        for building, compound, label, key in db.session.execute(found)
    }


def _since(cycle: Cycle) -> dict[Stage, dict[int, datetime]]:
    """Stage → building → since when the oldest unit waits there. Stages that begin for all at once have no entry."""
    buildings = db.session.scalars(select(Building.id)).all()
    run = db.session.scalar(select(func.min(AllocationRun.created_at)).where(AllocationRun.cycle_id == cycle.id))
    bags = (
        select(Bag.building_id, func.min(Bag.created_at))
        .where(Bag.cycle_id == cycle.id, Bag.state.in_((BagState.PACKED, BagState.LOADED, BagState.HELD)))
        .group_by(Bag.building_id)
    )
    drops = (
        select(DeliveryStop.building_id, func.min(DropOff.signed_at))
        .join(DropOff, DropOff.stop_id == DeliveryStop.id)
        .where(DeliveryStop.building_id.in_(select(Bag.building_id).where(Bag.cycle_id == cycle.id)))
        .where(DropOff.signed_at >= cycle.cutoff_at)
        .group_by(DeliveryStop.building_id)
    )
    disputes = (
        select(Bag.building_id, func.min(Dispute.created_at))
        .join(Bag, Bag.id == Dispute.bag_id)
        .where(Bag.cycle_id == cycle.id, Dispute.state == DisputeState.OPEN)
        .group_by(Bag.building_id)
    )
    return {
        Stage.OPEN: {},
        Stage.ALLOCATED: dict.fromkeys(buildings, run) if run else {},
        Stage.PACKED: _instants(bags),
        Stage.DROPPED_OFF: _instants(drops),
        Stage.DISPUTED: _instants(disputes),
    }


def _instants(statement: Select[*tuple[Any, ...]]) -> dict[int, datetime]:
    return {building: at for building, at in db.session.execute(statement) if at is not None}


def stage_totals(rows: list[LoopRow]) -> dict[str, int]:
    """Stage → units over all items."""
    return {stage.value: sum(row.stages[stage.value] for row in rows) for stage in Stage}

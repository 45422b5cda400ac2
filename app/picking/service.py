"""Pack what was allocated into bags, void a bag to pack it again, hold one back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

from flask_babel import lazy_gettext as _l
from sqlalchemy import Table, bindparam, func, insert, select, update

from app.access.forms.background import enqueue_for_cycle
from app.access.permissions import Permission, Staff
from app.allocation.models import Allocation
from app.allocation.returns import return_packed_goods
from app.catalog.models import Item
from app.core import clock
from app.core.db import command, db
from app.core.errors import Conflict
from app.core.events import record
from app.core.jobs import Job
from app.core.lookup import row_or_not_found
from app.core.states import advance
from app.ordering.gate import require_cycle
from app.ordering.models import Cycle, CycleState, HouseholdOrder, OrderLine, OrderState, OtherDoor, Stage
from app.ordering.stages import Cause, move, move_each
from app.picking import numbers, rules
from app.picking.models import Bag, BagDoor, BagLine, BagState
from app.picking.schemas import VoidBag
from app.places.models import Household, Stairwell
from app.stock.lots import move_lots


@dataclass(frozen=True)
class Packed:
    """The result of a packing run."""

    wave: int
    bags: int
    units: int


def require_running(by: Staff, cycle_id: int) -> Cycle:
    """A cycle that is being delivered, where the actor packs. Raises: NotFound, Conflict."""
    return require_cycle(by, Permission.PICK, cycle_id, CycleState.RUNNING, otherwise=_l("配送日开始之后才能装袋。"))


def wave_to_pack(cycle_id: int) -> int:
    """The wave that new bags belong to: the last one while none of its bags has left the depot, else the next."""
    last = db.session.scalar(select(func.max(Bag.wave)).where(Bag.cycle_id == cycle_id))
    if last is None:
        return 1
    at_depot = (BagState.PACKED, BagState.HELD, BagState.VOIDED)
    gone = select(Bag.id).where(Bag.cycle_id == cycle_id, Bag.wave == last, Bag.state.not_in(at_depot)).limit(1)
    return last if db.session.scalar(gone) is None else last + 1


@command
def pack(by: Staff, cycle_id: int) -> Packed:
    """Put every allocated unit of the cycle into bags, household by household.

    Requires: the cycle is running and something is allocated. Ensures: units in new bags = units moved to `packed`
    (E7) = units taken from reserved lots. Raises: NotFound, Conflict.
    """
    cycle = require_running(by, cycle_id)
    goods = _allocated_goods(cycle_id)
    if not goods:
        raise Conflict(_l("没有已分配、待装袋的商品。请先分配。"))
    wave = wave_to_pack(cycle_id)
    bags, units = _new_bags(cycle_id, wave, goods)
    moves = [(line_id, qty, Cause("bag", bag_id)) for bag_id, held in units for line_id, qty in held.items()]
    move_each(moves, Stage.ALLOCATED, Stage.PACKED)
    packed: dict[int, int] = {}
    for line_id, qty, _cause in moves:
        packed[line_id] = packed.get(line_id, 0) + qty
    _take_from_lots(cycle_id, packed)
    total = sum(packed.values())
    record(by, "pack", cycle, cycle_id=cycle_id, wave=wave, bags=bags, units=total)
    return Packed(wave, bags, total)


class Destination(NamedTuple):
    """Where the bags of an order go; `door_id` is another household than the one that ordered, or None."""

    order_id: int
    building_id: int
    door_id: int | None


def _allocated_goods(cycle_id: int) -> dict[Destination, list[rules.GoodsToPack]]:
    """Goods to pack of each order, in order of order id."""
    found = db.session.execute(
        select(
            HouseholdOrder.id,
            func.coalesce(Stairwell.building_id, HouseholdOrder.building_id),
            OtherDoor.household_id,
            OrderLine.id,
            OrderLine.qty_allocated,
            Item.weight_g,
            Item.volume_ml,
            Item.storage,
            Item.is_fragile,
        )
        .join(OrderLine, OrderLine.order_id == HouseholdOrder.id)
        .join(Item, Item.id == OrderLine.item_id)
        .outerjoin(OtherDoor, OtherDoor.order_id == HouseholdOrder.id)
        .outerjoin(Household, Household.id == OtherDoor.household_id)
        .outerjoin(Stairwell, Stairwell.id == Household.stairwell_id)
        .where(
            HouseholdOrder.cycle_id == cycle_id,
            HouseholdOrder.state == OrderState.LOCKED,
            OrderLine.qty_allocated > 0,
        )
        .order_by(HouseholdOrder.id, OrderLine.id)
    )
    goods: dict[Destination, list[rules.GoodsToPack]] = {}
    for order_id, building_id, door_id, line_id, qty, weight_g, volume_ml, storage, is_fragile in found:
        one = rules.GoodsToPack(line_id, qty, weight_g, volume_ml, storage, is_fragile)
        goods.setdefault(Destination(order_id, building_id, door_id), []).append(one)
    return goods


def _new_bags(
    cycle_id: int, wave: int, goods: Mapping[Destination, list[rules.GoodsToPack]]
) -> tuple[int, list[tuple[int, Mapping[int, int]]]]:
    """Write bags and their lines; returns how many bags, and for each bag id what it holds."""
    taken = _last_seq(cycle_id, wave)
    rows: list[dict[str, Any]] = []
    contents, doors = [], []
    for (order_id, building_id, door_id), one in goods.items():
        for bag in rules.split_into_bags(one):
            seq = taken.get(order_id, 0) + bag.seq
            rows.append(
                {
                    "code": rules.bag_code(order_id, wave, seq),
                    "cycle_id": cycle_id,
                    "order_id": order_id,
                    "building_id": building_id,
                    "wave": wave,
                    "seq": seq,
                    "state": BagState.PACKED.value,
                    "weight_g": bag.weight_g,
                    "volume_ml": bag.volume_ml,
                    "is_cold": bag.is_cold,
                    "is_fragile": bag.is_fragile,
                    "is_heavy": bag.is_heavy,
                    "version": 1,
                    "created_at": clock.now(),
                }
            )
            contents.append(bag.units)
            doors.append(door_id)
    made = [(row["building_id"], row["order_id"], row["seq"]) for row in rows]
    of_day = numbers.numbered(made, numbers.doors_in_order(cycle_id), numbers.last_of_day(cycle_id))
    for row in rows:
        row["day_no"] = of_day[row["order_id"], row["seq"]]
    ids = db.session.scalars(insert(Bag).returning(Bag.id, sort_by_parameter_order=True), rows).all()
    units = list(zip(ids, contents, strict=True))
    lines = [{"bag_id": bag, "order_line_id": line, "qty": qty} for bag, held in units for line, qty in held.items()]
    db.session.execute(insert(BagLine), lines)
    elsewhere = [{"bag_id": bag, "household_id": door} for bag, door in zip(ids, doors, strict=True) if door]
    if elsewhere:
        db.session.execute(insert(BagDoor), elsewhere)
    return len(ids), units


def _last_seq(cycle_id: int, wave: int) -> dict[int, int]:
    """Order id → highest bag number it has in the wave (voided ones keep theirs: a code never comes back)."""
    found = db.session.execute(
        select(Bag.order_id, func.max(Bag.seq)).where(Bag.cycle_id == cycle_id, Bag.wave == wave).group_by(Bag.order_id)
    )
    return {order_id: int(seq) for order_id, seq in found}


def _take_from_lots(cycle_id: int, packed: Mapping[int, int]) -> None:
    """Move the packed units of each line from reserved to packed in the lots that were allocated to it."""
    left = dict(packed)
    lots: dict[int, int] = {}
    changes = []
    waiting = db.session.execute(
        select(Allocation.id, Allocation.order_line_id, Allocation.lot_id, Allocation.qty - Allocation.qty_packed)
        .join(OrderLine, OrderLine.id == Allocation.order_line_id)
        .where(OrderLine.cycle_id == cycle_id, Allocation.qty_packed < Allocation.qty)
        .order_by(Allocation.id)
    )
    for allocation_id, line_id, lot_id, unpacked in waiting:
        taken = min(left.get(line_id, 0), unpacked)
        if taken:
            left[line_id] -= taken
            lots[lot_id] = lots.get(lot_id, 0) + taken
            changes.append({"allocation": allocation_id, "moved": taken})
    table = cast(Table, Allocation.__table__)
    change = update(table).where(table.c.id == bindparam("allocation"))
    change = change.values(qty_packed=table.c.qty_packed + bindparam("moved"))
    db.session.connection().execute(change, changes)
    move_lots(lots, "reserved", "packed")


def require_bag(by: Staff, bag_id: int) -> Bag:
    """The bag, where the actor packs for its subdistrict. Raises NotFound."""
    bag = row_or_not_found(Bag, bag_id)
    require_cycle(by, Permission.PICK, bag.cycle_id)
    return bag


@command
def void(by: Staff, bag_id: int, why: VoidBag) -> Bag:
    """Take a bag apart: its units are open again, its goods free in stock.

    Requires: the bag is packed and has no stop in a published plan that departs with it (its state says so).
    Raises: NotFound, Conflict.
    """
    bag = require_bag(by, bag_id)
    advance(bag, BagState.VOIDED)
    held = {line.order_line_id: line.qty for line in bag.lines}
    move(held, Stage.PACKED, Stage.OPEN, Cause("bag_void", bag.id))
    return_packed_goods(held, "free")
    record(by, "void", bag, cycle_id=bag.cycle_id, units=sum(held.values()), reason=why.reason)
    return bag


@command
def hold(by: Staff, bag_id: int) -> Bag:
    """Keep a packed bag back from planning. Raises NotFound, Conflict."""
    bag = require_bag(by, bag_id)
    advance(bag, BagState.HELD)
    record(by, "hold", bag, cycle_id=bag.cycle_id)
    return bag


@command
def release(by: Staff, bag_id: int) -> Bag:
    """Let a held bag travel again. Raises NotFound, Conflict."""
    bag = require_bag(by, bag_id)
    advance(bag, BagState.PACKED)
    record(by, "release", bag, cycle_id=bag.cycle_id)
    return bag


PACK_JOB = "pack"


@command
def ask_pack(by: Staff, cycle_id: int) -> Job:
    """Put the packing of everything that is allocated into the queue. Raises: NotFound, Conflict."""
    require_running(by, cycle_id)
    return enqueue_for_cycle(by, PACK_JOB, cycle_id, {})

"""The bags of a wave, loaded once: bag lists, labels and hand-out lists are three views of the same rows."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import aliased

from app.allocation.models import Replacement
from app.core.db import db
from app.core.text.natural import natural_key
from app.ordering.models import HouseholdOrder, OrderLine
from app.picking.models import DOOR_OF_BAG, LIVE_BAGS, Bag, BagLine
from app.picking.numbers import last_of_day
from app.picking.queries import note_at_door, ordered_by_others
from app.places.models import Household, HouseholdContact, Stairwell
from app.printing.contexts.ground import BuildingPlace, Ground, mask_name
from app.printing.sheet import Totals

_NOT_COMING = OrderLine.qty_short + OrderLine.qty_open
_SHORT = aliased(OrderLine)  # the line that a substitute stands in for


@dataclass
class HeldLine:
    """Units of an order line in a bag; ``short`` of the line are not coming at all, nor is anything in their place.

    ``instead_of``: the item that the line stands in for, 0 where it was ordered.
    """

    item_id: int
    qty: int
    short: int = 0
    instead_of: int = 0


@dataclass
class BagOnPaper:
    """A live bag with its door. ``k`` of ``n`` counts within the household and wave."""

    id: int
    code: str
    order_id: int
    building_id: int
    stairwell_id: int
    stairwell: str
    floor: int | None
    room: str
    called: str
    door_note: str
    marks: tuple[str, ...]
    seq: int
    no: int = 0  # of the building's day
    k: int = 1
    n: int = 1
    lines: list[HeldLine] = field(default_factory=list)

    @property
    def order_on_paper(self) -> tuple[str, str, int]:
        """Stairwell, room, bag: the packing order within a building."""
        return natural_key(self.stairwell), natural_key(self.room), self.seq


@dataclass
class BagsOfWave:
    """All live bags of a wave by building, in packing order."""

    ground: Ground
    by_building: dict[int, list[BagOnPaper]]

    @cached_property
    def with_several_stairwells(self) -> set[int]:
        """Buildings whose labels must name the stairwell."""
        rows = db.session.execute(
            select(Stairwell.building_id).group_by(Stairwell.building_id).having(func.count() > 1)
        )
        return {building for (building,) in rows}

    @cached_property
    def short_orders(self) -> set[int]:
        """Orders of which some units are not coming."""
        rows = db.session.execute(
            select(OrderLine.order_id).where(OrderLine.cycle_id == self.ground.cycle_id, _NOT_COMING > 0)
        )
        return {order for (order,) in rows}

    @cached_property
    def day_totals(self) -> dict[int, int]:
        """Building → the highest number of its day."""
        return last_of_day(self.ground.cycle_id)

    def buildings(self) -> list[BuildingPlace]:
        """Buildings that have bags, in order."""
        return self.ground.in_order(self.by_building)


def load_bags(ground: Ground) -> BagsOfWave:
    """Load the wave in four statements."""
    bags = {bag.id: bag for bag in _doors(ground)}
    _fill(ground, bags)
    by_building: dict[int, list[BagOnPaper]] = defaultdict(list)
    for bag in sorted(bags.values(), key=lambda bag: bag.order_on_paper):
        by_building[bag.building_id].append(bag)
    return BagsOfWave(ground, dict(by_building))


def _marks(bag: Bag) -> tuple[str, ...]:
    found = {"cold": bag.is_cold, "heavy": bag.is_heavy, "fragile": bag.is_fragile}
    return tuple(name for name, applies in found.items() if applies)


def _live(ground: Ground) -> tuple[ColumnElement[bool], ...]:
    """Live bags of the wave, of the wanted buildings."""
    live = (Bag.cycle_id == ground.cycle_id, Bag.wave == ground.wave, Bag.state.in_(LIVE_BAGS))
    return live if ground.only is None else (*live, Bag.building_id.in_(ground.only))


def _doors(ground: Ground) -> list[BagOnPaper]:
    rows = db.session.execute(
        select(
            Bag,
            HouseholdOrder.door_note,
            Household.stairwell_id,
            Household.floor,
            Household.room_no,
            Stairwell.label,
            HouseholdContact.name,
        )
        .join(HouseholdOrder, HouseholdOrder.id == Bag.order_id)
        .outerjoin(Household, Household.id == DOOR_OF_BAG)
        .outerjoin(Stairwell, Stairwell.id == Household.stairwell_id)
        .outerjoin(HouseholdContact, HouseholdContact.household_id == Household.id)
        .where(*_live(ground))
    ).all()
    others = ordered_by_others(ground.cycle_id)
    bags = [
        BagOnPaper(
            id=bag.id,
            code=bag.code,
            order_id=bag.order_id,
            building_id=bag.building_id,
            stairwell_id=stairwell_id or 0,
            stairwell=stairwell or "",
            floor=floor,
            room=room or "",
            called=mask_name(name),
            door_note=note_at_door(door_note, others.get(bag.id)),
            marks=_marks(bag),
            seq=bag.seq,
            no=bag.day_no,
        )
        for bag, door_note, stairwell_id, floor, room, stairwell, name in rows
    ]
    _count_within_household(bags)
    return bags


def _count_within_household(bags: list[BagOnPaper]) -> None:
    of_order: dict[int, list[BagOnPaper]] = defaultdict(list)
    for bag in sorted(bags, key=lambda bag: bag.seq):
        of_order[bag.order_id].append(bag)
    for own in of_order.values():
        for k, bag in enumerate(own, start=1):
            bag.k, bag.n = k, len(own)


def _fill(ground: Ground, bags: dict[int, BagOnPaper]) -> None:
    """Put the lines into the bags; what an order misses altogether is told on its first bag."""
    rows = db.session.execute(
        select(BagLine.bag_id, OrderLine.id, OrderLine.item_id, BagLine.qty, _NOT_COMING, _SHORT.item_id)
        .join(OrderLine, OrderLine.id == BagLine.order_line_id)
        .join(Bag, Bag.id == BagLine.bag_id)
        .outerjoin(_SHORT, _SHORT.id == OrderLine.substitute_for_id)
        .where(OrderLine.cycle_id == ground.cycle_id, *_live(ground))
    ).all()
    covered = _covered(ground.cycle_id)
    first_with: set[int] = set()
    is_first_wave = ground.wave == 1  # what is missing is told once, on the first bags
    in_order = sorted(rows, key=lambda row: (row[0], ground.items[row[2]].no, row[1]))
    for bag_id, line_id, item_id, qty, not_coming, instead_of in in_order:
        bag = bags.get(bag_id)
        if bag is not None:
            short = not_coming - covered.get(line_id, 0) if is_first_wave and line_id not in first_with else 0
            bag.lines.append(HeldLine(item_id, qty, short, instead_of or 0))
            first_with.add(line_id)
    if not is_first_wave:
        return
    nothing = db.session.execute(
        select(OrderLine.id, OrderLine.order_id, OrderLine.item_id, _NOT_COMING).where(
            OrderLine.cycle_id == ground.cycle_id, OrderLine.qty_ordered == _NOT_COMING
        )
    )
    first_bag = {bag.order_id: bag for bag in bags.values() if bag.k == 1}
    for line_id, order_id, item_id, not_coming in nothing:
        short = not_coming - covered.get(line_id, 0)
        if short and line_id not in first_with and order_id in first_bag:
            first_bag[order_id].lines.append(HeldLine(item_id, 0, short))


def _covered(cycle_id: int) -> dict[int, int]:
    """Line → units of it that a substitute stands in for."""
    rows = db.session.execute(
        select(OrderLine.substitute_for_id, func.sum(Replacement.qty_covered))
        .join(Replacement, Replacement.order_line_id == OrderLine.id)
        .where(OrderLine.cycle_id == cycle_id)
        .group_by(OrderLine.substitute_for_id)
    )
    return {line: int(qty) for line, qty in rows if line is not None}


def bag_control(ground: Ground) -> dict[int, Totals]:
    """Bags, lines and units of each building as the database adds them up."""
    live = _live(ground)
    bags = db.session.execute(select(Bag.building_id, func.count()).where(*live).group_by(Bag.building_id))
    lines = db.session.execute(
        select(Bag.building_id, func.count(), func.sum(BagLine.qty))
        .join(BagLine, BagLine.bag_id == Bag.id)
        .where(*live)
        .group_by(Bag.building_id)
    )
    inside = {building: (count, int(units)) for building, count, units in lines}
    return {building: Totals(count, *inside.get(building, (0, 0))) for building, count in bags}

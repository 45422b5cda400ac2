"""What the pages of one building show: doors in walking order, with the bags of each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from app.catalog.models import Item
from app.core.db import db
from app.handover.doors.rules import masked_surname, walking_key
from app.handover.models import Dispute, DisputeKind, DisputeState, DoorOutcome, HandOut
from app.handover.queries import COMING
from app.handover.rules import NextStep, next_step
from app.ordering.models import HouseholdOrder, OrderLine
from app.picking.models import DOOR_OF_BAG, Bag, BagLine, BagState
from app.picking.queries import note_at_door, ordered_by_others
from app.places.labels import building_label, household_label
from app.places.models import Building, Compound, Household, HouseholdContact, Stairwell

SHOWN = (BagState.DROPPED_OFF, BagState.HANDED_OUT, BagState.CONFIRMED, BagState.MISSING)


@dataclass(frozen=True)
class BagAtDoor:
    """One bag and its door. `tried`: the outcome of the last attempt, empty before the first."""

    bag_id: int
    code: str
    state: BagState
    wave: int
    is_cold: bool
    is_heavy: bool
    is_fragile: bool
    stairwell: str
    floor: int | None
    room: str
    called: str
    door_note: str
    tried: str
    detail: str
    tried_at: datetime | None
    tried_by_id: int | None
    attempt_id: int  # 0 before the first
    order_id: int

    @property
    def door(self) -> str:
        """The door inside its building: 302, or 1-302 with a stairwell."""
        return household_label("", self.stairwell, self.room) or self.code

    @property
    def is_failed(self) -> bool:
        return self.state == BagState.DROPPED_OFF and bool(self.tried)

    @property
    def next_step(self) -> NextStep | None:
        """What follows from a failed attempt."""
        return next_step(self.tried, self.is_cold) if self.is_failed else None

    @property
    def tried_label(self) -> str:
        return DoorOutcome(self.tried).label if self.tried else ""


def place_of(building_id: int) -> str:
    """A building as staff call it: "compound label"."""
    name, label = db.session.execute(
        select(Compound.name, Building.label)
        .join(Compound, Compound.id == Building.compound_id)
        .where(Building.id == building_id)
    ).one()
    return building_label(name, label)


def bags_at(cycle_id: int, building: Building) -> list[BagAtDoor]:
    """The bags that have reached a building, in walking order. Three statements."""
    found = db.session.execute(
        select(
            Bag,
            Stairwell.label,
            Household.floor,
            Household.room_no,
            HouseholdContact.name,
            HouseholdOrder.door_note,
        )
        .join(HouseholdOrder, HouseholdOrder.id == Bag.order_id)
        .outerjoin(Household, Household.id == DOOR_OF_BAG)
        .outerjoin(Stairwell, Stairwell.id == Household.stairwell_id)
        .outerjoin(HouseholdContact, HouseholdContact.household_id == Household.id)
        .where(Bag.cycle_id == cycle_id, Bag.building_id == building.id, Bag.state.in_(SHOWN))
    ).all()
    tried = _last_attempts(cycle_id, building.id)
    others = ordered_by_others(cycle_id, building.id)
    bags = [
        _at_door(bag, (stairwell, floor, room), (name, note_at_door(note, others.get(bag.id))), tried.get(bag.id))
        for bag, stairwell, floor, room, name, note in found
    ]
    lift = building.has_lift
    return sorted(bags, key=lambda bag: (*walking_key(bag.stairwell, bag.floor, bag.room, lift), bag.bag_id))


def _at_door(
    bag: Bag, door: tuple[str | None, int | None, str | None], said: tuple[str | None, str], last: HandOut | None
) -> BagAtDoor:
    return BagAtDoor(
        bag_id=bag.id,
        code=bag.code,
        state=BagState(bag.state),
        wave=bag.wave,
        is_cold=bag.is_cold,
        is_heavy=bag.is_heavy,
        is_fragile=bag.is_fragile,
        stairwell=door[0] or "",
        floor=door[1],
        room=door[2] or "",
        called=masked_surname(said[0]),
        door_note=said[1],
        tried=last.outcome if last else "",
        detail=last.detail if last else "",
        tried_at=last.at if last else None,
        tried_by_id=last.by_id if last else None,
        attempt_id=last.id if last else 0,
        order_id=bag.order_id,
    )


def _last_attempts(cycle_id: int, building_id: int) -> dict[int, HandOut]:
    found = (
        select(HandOut)
        .join(Bag, Bag.id == HandOut.bag_id)
        .where(Bag.cycle_id == cycle_id, Bag.building_id == building_id)
        .order_by(HandOut.id)
    )
    return {attempt.bag_id: attempt for attempt in db.session.scalars(found)}


def coming_count(cycle_id: int, building_id: int, wave: int | None = None) -> int:
    """Bags for the building, of one wave or of all, that are still at the depot or on the road."""
    found = select(func.count()).select_from(Bag)
    found = found.where(Bag.cycle_id == cycle_id, Bag.building_id == building_id, Bag.state.in_(COMING))
    found = found if wave is None else found.where(Bag.wave == wave)
    return db.session.scalar(found) or 0


@dataclass(frozen=True)
class LineInBag:
    """One item of a bag. `instead_of`: the item that it stands in for, empty if ordered."""

    line_id: int
    item: str
    spec: str
    sale_unit: str
    qty: int
    instead_of: str = ""


def lines_of(bag_ids: list[int]) -> dict[int, list[LineInBag]]:
    """Bag → what is in it, in order of item. One statement."""
    short, replaced = aliased(OrderLine), aliased(Item)
    found = db.session.execute(
        select(BagLine.bag_id, OrderLine.id, Item.name, Item.spec, Item.sale_unit, BagLine.qty, replaced.name)
        .join(OrderLine, OrderLine.id == BagLine.order_line_id)
        .join(Item, Item.id == OrderLine.item_id)
        .outerjoin(short, short.id == OrderLine.substitute_for_id)
        .outerjoin(replaced, replaced.id == short.item_id)
        .where(BagLine.bag_id.in_(bag_ids))
        .order_by(BagLine.bag_id, Item.sku, OrderLine.id)
    )
    held: dict[int, list[LineInBag]] = {}
    for bag_id, line_id, item, spec, unit, qty, instead_of in found:
        held.setdefault(bag_id, []).append(LineInBag(line_id, item, spec, unit, qty, instead_of or ""))
    return held


@dataclass(frozen=True)
class Answered:
    """A complaint as the household sees it."""

    item: str
    qty: int
    kind: str
    state: DisputeState
    raised_at: datetime
    reason: str


def complaints_of(bag_ids: list[int]) -> dict[int, list[Answered]]:
    """Bag → its complaints, oldest first. One statement."""
    found = db.session.execute(
        select(Dispute, Item.name)
        .join(OrderLine, OrderLine.id == Dispute.order_line_id)
        .join(Item, Item.id == OrderLine.item_id)
        .where(Dispute.bag_id.in_(bag_ids))
        .order_by(Dispute.id)
    )
    held: dict[int, list[Answered]] = {}
    for dispute, item in found:
        one = Answered(
            item,
            dispute.qty,
            DisputeKind(dispute.kind).label,
            DisputeState(dispute.state),
            dispute.created_at,
            dispute.reason,
        )
        held.setdefault(dispute.bag_id, []).append(one)
    return held

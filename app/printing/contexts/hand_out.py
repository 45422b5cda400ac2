"""Hand-out lists: the doors of a building in the captain's order, and the picture of all its doors."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import func, select

from app.core.db import db
from app.picking.models import Bag
from app.places.models import DeliveryMode, Household, Stairwell
from app.printing.contexts.bags import BagOnPaper, BagsOfWave, live_bags, reasons_of_staying, stays_in_depot
from app.printing.contexts.ground import Ground, Prepared, short_place
from app.printing.sheets.base import Totals
from app.printing.sheets.hand_out_list import EmptyDoor, HandOutList, HandOutRow, KeptBack


@dataclass(frozen=True)
class HandOutDay:
    """What the day adds to the bags: building → delivery mode, captain; building → order → slot of collection."""

    modes: Mapping[int, str]
    captains: Mapping[int, str]
    slots: Mapping[int, Mapping[int, str]]


def hand_out_lists(wave: BagsOfWave, day: HandOutDay) -> Iterator[Prepared]:
    """Yield the hand-out list of each building: doors once, with all bags that come; those kept back stand below."""
    ground, control, stays = wave.ground, _control(wave.ground), reasons_of_staying(wave.ground)
    all_doors = _all_doors(wave) if ground.options.has_grid else {}
    for building in wave.buildings():
        doors: dict[int, list[BagOnPaper]] = defaultdict(list)
        for bag in wave.by_building[building.id]:
            if bag.id not in stays:
                doors[bag.order_id].append(bag)
        slots = day.slots.get(building.id, {})
        rows = tuple(_door(own, order in wave.short_orders, slots.get(order, "")) for order, own in doors.items())
        sheet = HandOutList(
            head=ground.head(building.point_id, has_wave=True),
            control=control.get(building.id, Totals()),
            compound=building.compound,
            building=building.label,
            captain=day.captains.get(building.id, ""),
            has_lift=building.has_lift,
            mode=day.modes.get(building.id, DeliveryMode.TO_DOOR),
            rows=rows,
            empty_doors=_without_bags(all_doors.get(building.id, []), rows),
            has_grid=ground.options.has_grid,
            kept_back=tuple(
                KeptBack(short_place("", bag.stairwell, bag.room), bag.code, stays[bag.id])
                for bag in wave.by_building[building.id]
                if bag.id in stays
            ),
        )
        yield Prepared(ground.of_building(building), sheet)


def _control(ground: Ground) -> dict[int, Totals]:
    """Building → bags that come and the doors they go to, as the database counts them."""
    rows = db.session.execute(
        select(Bag.building_id, func.count(), func.count(func.distinct(Bag.order_id)))
        .where(*live_bags(ground), ~stays_in_depot(ground))
        .group_by(Bag.building_id)
    )
    return {building: Totals(bags=bags, lines=doors) for building, bags, doors in rows}


def _all_doors(wave: BagsOfWave) -> dict[int, list[EmptyDoor]]:
    """Building → all its doors; one statement."""
    rows = db.session.execute(
        select(Stairwell.building_id, Stairwell.label, Household.floor, Household.room_no)
        .join(Household, Household.stairwell_id == Stairwell.id)
        .where(Household.is_active, Stairwell.building_id.in_(wave.by_building))
        .order_by(Stairwell.building_id, Household.id)
    )
    found: dict[int, list[EmptyDoor]] = defaultdict(list)
    for building, stairwell, floor, room in rows:
        found[building].append(EmptyDoor(stairwell, floor, room))
    return found


def _without_bags(doors: list[EmptyDoor], rows: tuple[HandOutRow, ...]) -> tuple[EmptyDoor, ...]:
    served = {(row.stairwell, row.room) for row in rows}
    return tuple(door for door in doors if (door.stairwell, door.room) not in served)


def _door(own: list[BagOnPaper], is_short: bool, slot: str) -> HandOutRow:
    first = own[0]
    marks = tuple(mark for mark in ("cold", "heavy", "fragile") if any(mark in bag.marks for bag in own))
    return HandOutRow(
        stairwell=first.stairwell,
        floor=first.floor,
        room=first.room,
        called=first.called,
        codes=tuple(bag.code for bag in own),
        door_note=first.door_note,
        marks=marks,
        is_short=is_short,
        slot=slot,
    )

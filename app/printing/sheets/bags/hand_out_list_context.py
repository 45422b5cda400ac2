"""Hand-out lists: the doors of a building in the captain's order, and the picture of all its doors."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from sqlalchemy import select

from app.core.db import db
from app.core.sentences import N_
from app.core.units import clock_time
from app.places.models import DeliveryMode, Household, Stairwell
from app.printing.contexts.builder import SheetBuilder
from app.printing.contexts.day import VisitOnPaper
from app.printing.contexts.ground import Prepared
from app.printing.contexts.wave_bags import BagOnPaper, BagsOfWave, bag_control
from app.printing.kinds import PLANNED, SheetKind, SheetStage, register
from app.printing.layout.arrange import number_list
from app.printing.sheet import Totals
from app.printing.sheets.bags.hand_out_list import EmptyDoor, HandOutList, HandOutRow, HandOutVisit
from app.printing.sheets.rounds.rounds_context import arrival_texts


@dataclass(frozen=True)
class HandOutDay:
    """What the day adds to the bags: building → delivery mode, captain; building → order → slot of collection."""

    modes: Mapping[int, str]
    captains: Mapping[int, str]
    slots: Mapping[int, Mapping[int, str]]
    visits: Mapping[int, tuple[VisitOnPaper, ...]] = field(default_factory=dict)
    totals: Mapping[int, int] = field(default_factory=dict)
    desks: Mapping[int, str] = field(default_factory=dict)


def hand_out_lists(wave: BagsOfWave, day: HandOutDay) -> Iterator[Prepared]:
    """Yield the hand-out list of each building; doors once, with all their bags."""
    ground, control, all_doors = (
        wave.ground,
        bag_control(wave.ground),
        _all_doors(wave) if wave.ground.options.has_grid else {},
    )
    for building in wave.buildings():
        visits = day.visits.get(building.id, ())
        doors: dict[tuple[int, int], list[BagOnPaper]] = defaultdict(list)
        for bag in wave.by_building[building.id]:
            doors[bag.order_id, _visit_of(bag, visits)].append(bag)
        slots = day.slots.get(building.id, {})
        also: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for (order, visit), own in sorted(doors.items()):
            also[order].append((visit, len(own)))
        rows = tuple(
            replace(
                _door(own, order in wave.short_orders, slots.get(order, "")),
                visit=visit,
                also=tuple(one for one in also[order] if one[0] != visit),
            )
            for (order, visit), own in doors.items()
        )
        sheet = HandOutList(
            head=ground.head(building.point_id, has_wave=True),
            control=Totals(bags=control[building.id].bags, lines=len(also)),
            compound=building.compound,
            building=building.label,
            captain=day.captains.get(building.id, ""),
            has_lift=building.has_lift,
            mode=day.modes.get(building.id, DeliveryMode.TO_DOOR),
            rows=rows,
            empty_doors=_without_bags(all_doors.get(building.id, []), rows),
            has_grid=ground.options.has_grid,
            day_bags=day.totals.get(building.id, 0),
            call=day.desks.get(building.id, ""),
            visits=tuple(
                HandOutVisit(one.no, clock_time(one.at), len(one.codes), number_list(one.numbers)) for one in visits
            ),
        )
        yield Prepared(ground.of_building(building), sheet)


def _visit_of(bag: BagOnPaper, visits: tuple[VisitOnPaper, ...]) -> int:
    """The visit that brings a bag; 0 where there is only one, and for a bag that none brings."""
    return next((one.no for one in visits if bag.code in one.codes), 0)


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
        numbers=tuple(bag.no for bag in own),
    )


def _of_day(builder: SheetBuilder) -> Iterator[Prepared]:
    of = builder.day
    day = HandOutDay(of.modes, of.captains, builder.collecting.by_order(), of.visits, of.totals, of.desks)
    return hand_out_lists(builder.bags, day)


register(
    SheetKind(
        key="hand_out_list",
        code="HO",
        label_zh=N_("发放表"),
        reader_zh=N_("楼长"),
        stage=SheetStage.CARRIED,
        place=3,
        watches=PLANNED,
        sheet=HandOutList,
        prepare=_of_day,
        group_text=lambda ground, _address: arrival_texts(ground),
        expected=lambda counted: counted.buildings_with_bags,
        has_wave=True,
        part_place=3,
    )
)

"""Texts of the day: when the goods come to which building, and staggered times to collect them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

from flask_babel import gettext as _
from sqlalchemy import func, select

from app.core import clock
from app.core.db import db
from app.core.units import clock_time
from app.dispatch.models import Plan, PlanBag, PlanState, Stop
from app.handover import group_texts
from app.ordering.models import Cycle, HouseholdOrder
from app.oversight.rules_texts import Floor, Slot, slots
from app.oversight.texts_places import Group, GroupText, Place, Wish, ids_of_groups
from app.picking.models import DOOR_OF_BAG, LIVE_BAGS, Bag
from app.places.models import DeliveryMode, Household, Stairwell
from app.places.queries import current_zones

ON_FOOT = timedelta(minutes=10)  # from the arrival of the goods to the first slot


# --- arrival and slots ------------------------------------------------------------------------------------------------
def _stops(cycle_id: int, building_ids: list[int]) -> dict[int, tuple[datetime, int]]:
    """Building → (when its first stop of the published plans is expected, bags on it). One statement."""
    found = (
        select(Stop.building_id, func.min(Stop.arrive_at), func.count(func.distinct(Bag.id)))
        .join(Plan, Plan.id == Stop.plan_id)
        .join(PlanBag, PlanBag.stop_id == Stop.id)
        .join(Bag, Bag.id == PlanBag.bag_id)
        .where(
            Plan.cycle_id == cycle_id,
            Plan.state == PlanState.PUBLISHED,
            Bag.state.in_(LIVE_BAGS),
            Stop.building_id.in_(building_ids),
        )
        .group_by(Stop.building_id)
    )
    return {building: (at, bags) for building, at, bags in db.session.execute(found)}


def arrival(cycle: Cycle, _wish: Wish, groups: list[Group]) -> Iterable[GroupText]:
    """When the goods come, building by building; what to do then depends on whether they are carried to the doors."""
    ids = ids_of_groups(groups)
    stops, collecting = _stops(cycle.id, ids), _collecting(ids)
    for group in groups:
        here = [(place, *stops[place.id]) for place in group.buildings if place.id in stops]
        if not here:
            continue
        if len(group.buildings) == 1:
            place, at, bags = here[0]
            text = group_texts.arrival(group.name, clock_time(at), bags, place.id not in collecting)
        else:
            times = "\n".join(
                _("%(place)s：%(time)s，%(bags)s 袋", place=place.name, time=clock_time(at), bags=bags)
                for place, at, bags in sorted(here, key=_by_time)
            )
            to_door = not any(place.id in collecting for place, _at, _bags in here)
            text = group_texts.arrivals(group.name, times, to_door)
        yield GroupText(group.key, group.name, str(text))


def _by_time(row: tuple[Place, datetime, int]) -> datetime:
    return row[1]


def _collecting(building_ids: Iterable[int]) -> set[int]:
    """Buildings whose goods are not carried to the doors now."""
    zones = current_zones(building_ids, clock.now())
    return {building for building, zone in zones.items() if zone.delivery_mode != DeliveryMode.TO_DOOR}


def slot_texts(cycle: Cycle, near: list[Place]) -> list[GroupText]:
    """Only for buildings whose goods are not carried to the doors."""
    stops = _stops(cycle.id, [place.id for place in near])
    not_to_door = _collecting(stops)
    collecting = [place for place in near if place.id in stops and place.id in not_to_door]
    floors = _floors(cycle.id, [place.id for place in collecting])
    return [
        GroupText(f"b{place.id}", place.name, _slot_text(place, slots(floors[place.id], stops[place.id][0] + ON_FOOT)))
        for place in collecting
        if floors.get(place.id)
    ]


def _floors(cycle_id: int, building_ids: list[int]) -> dict[int, list[Floor]]:
    """Building → its floors with households that have bags coming. One statement."""
    found = (
        select(Stairwell.building_id, Stairwell.label, Household.floor, func.count(func.distinct(Household.id)))
        .join(Household, Household.stairwell_id == Stairwell.id)
        .join(Bag, Bag.building_id == Stairwell.building_id)
        .join(HouseholdOrder, HouseholdOrder.id == Bag.order_id)
        .where(Household.id == DOOR_OF_BAG, Bag.cycle_id == cycle_id, Bag.state.in_(LIVE_BAGS))
        .where(Stairwell.building_id.in_(building_ids))
        .group_by(Stairwell.building_id, Stairwell.label, Household.floor)
        .order_by(Stairwell.building_id, Stairwell.label, Household.floor)
    )
    floors: dict[int, list[Floor]] = defaultdict(list)
    for building, stairwell, floor, households in db.session.execute(found):
        floors[building].append(Floor(stairwell, floor or 0, households))
    return floors


def _slot_text(place: Place, times: list[Slot]) -> str:
    rows = [f"{clock_time(slot.starts_at)}–{clock_time(slot.ends_at)}　{_where(slot)}" for slot in times]
    first = _("【%(group)s】物资到楼下后请按下面的时段错开来取，一户一人，戴好口罩，取完就回：", group=place.name)
    last = _("赶不上自己时段的，请等全部取完再来，或告诉楼长。行动不便的由楼长送上门。")
    return "\n".join((first, *rows, last))


def _where(slot: Slot) -> str:
    known = [floor for floor in slot.floors if floor]
    if not known:
        return slot.stairwell
    if len(known) == 1:
        return str(_("%(stairwell)s %(floor)s 层", stairwell=slot.stairwell, floor=known[0]))
    return str(_("%(stairwell)s %(first)s–%(last)s 层", stairwell=slot.stairwell, first=known[0], last=known[-1]))

"""Texts of the day: when the goods come to which building, and staggered times to collect them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta

from flask_babel import gettext as _
from sqlalchemy import func, select

from app.core.db import db
from app.core.units import clock_time
from app.dispatch.models import PlanBag
from app.handover import group_texts
from app.handover.queries_arrival import COMING, ExpectedVisit, visits
from app.ordering.models import Cycle, HouseholdOrder
from app.oversight.texts.places import Group, GroupText, TextPlace, TextRequest, ids_of_groups
from app.oversight.texts.rules import CollectionSlot, Floor, slots
from app.picking.models import DOOR_OF_BAG, Bag
from app.places.models import DeliveryMode, Household, Stairwell
from app.places.serving import modes_of

ON_FOOT = timedelta(minutes=10)  # from the arrival of the goods to the first slot


# --- arrival and slots ------------------------------------------------------------------------------------------------
def arrival(cycle: Cycle, _wish: TextRequest, groups: list[Group]) -> Iterable[GroupText]:
    """When the goods come, building by building and visit by visit; what to do then depends on how each is served."""
    ids = ids_of_groups(groups)
    coming, modes = visits(cycle.id, ids), modes_of(ids, cycle.deliver_on)
    for group in groups:
        here = [(place, coming[place.id]) for place in group.buildings if place.id in coming]
        if not here:
            continue
        if len(group.buildings) == 1:
            place, own = here[0]
            text = group_texts.arrival(group.name, _visits_of_stairwells(own), modes[place.id].value)
        else:
            times = "\n".join(
                _("%(place)s：%(times)s", place=place.name, times=group_texts.times_of(_visits_of_stairwells(own)))
                for place, own in sorted(here, key=lambda row: row[1][0].at)
            )
            text = group_texts.arrivals(group.name, times, {modes[place.id].value for place, _own in here})
        yield GroupText(group.key, group.name, str(text))


def _visits_of_stairwells(own: list[ExpectedVisit]) -> list[tuple[str, int]]:
    return [(clock_time(visit.at), visit.bags) for visit in own]


def slot_texts(cycle: Cycle, near: list[TextPlace]) -> list[GroupText]:
    """Only for buildings whose goods are not carried to the doors; each visit has its own slots."""
    modes = modes_of([place.id for place in near], cycle.deliver_on)
    collecting = [place for place in near if modes[place.id] != DeliveryMode.TO_DOOR]
    coming = visits(cycle.id, [place.id for place in collecting])
    floors = _floors([visit.stop_id for own in coming.values() for visit in own])
    found = []
    for place in collecting:
        times = [
            slot
            for visit in coming.get(place.id, [])
            if visit.stop_id in floors
            for slot in slots(floors[visit.stop_id], visit.at + ON_FOOT)
        ]
        if times:
            found.append(GroupText(f"b{place.id}", place.name, _slot_text(place, times)))
    return found


def _floors(stop_ids: list[int]) -> dict[int, list[Floor]]:
    """Stop → the floors with households whose bags it brings. One statement."""
    found = (
        select(PlanBag.stop_id, Stairwell.label, Household.floor, func.count(func.distinct(Household.id)))
        .join(Bag, Bag.id == PlanBag.bag_id)
        .join(HouseholdOrder, HouseholdOrder.id == Bag.order_id)
        .join(Household, Household.id == DOOR_OF_BAG)
        .join(Stairwell, Stairwell.id == Household.stairwell_id)
        .where(PlanBag.stop_id.in_(stop_ids), Bag.state.in_(COMING))
        .group_by(PlanBag.stop_id, Stairwell.label, Household.floor)
        .order_by(PlanBag.stop_id, Stairwell.label, Household.floor)
    )
    floors: dict[int, list[Floor]] = defaultdict(list)
    for stop, stairwell, floor, households in db.session.execute(found):
        floors[stop or 0].append(Floor(stairwell, floor or 0, households))
    return dict(floors)


def _slot_text(place: TextPlace, times: list[CollectionSlot]) -> str:
    rows = [f"{clock_time(slot.starts_at)}–{clock_time(slot.ends_at)}　{_where(slot)}" for slot in times]
    first = _("【%(group)s】物资到楼下后请按下面的时段错开来取，一户一人，戴好口罩，取完就回：", group=place.name)
    last = _("赶不上自己时段的，请等全部取完再来，或告诉楼长。行动不便的由楼长送上门。")
    return "\n".join((first, *rows, last))


def _where(slot: CollectionSlot) -> str:
    known = [floor for floor in slot.floors if floor]
    if not known:
        return slot.stairwell
    if len(known) == 1:
        return str(_("%(stairwell)s %(floor)s 层", stairwell=slot.stairwell, floor=known[0]))
    return str(_("%(stairwell)s %(first)s–%(last)s 层", stairwell=slot.stairwell, first=known[0], last=known[-1]))

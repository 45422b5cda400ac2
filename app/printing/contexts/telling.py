"""What to say in the groups when a sheet goes out: one text for each building it concerns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass

from sqlalchemy import func, select

from app.allocation.models import ShareNote
from app.core import clock
from app.core.db import db
from app.core.sentences import Sentence
from app.core.units import clock_time
from app.handover import group_texts
from app.handover.models import Dispute, DisputeState
from app.handover.queries_arrival import visits
from app.ordering.models import ORDERS_COUNTED, ORDERS_DUE, HouseholdOrder, OrderLine
from app.picking.models import Bag
from app.places.models import DeliveryMode
from app.printing.contexts.bags import load_bags
from app.printing.contexts.day import arrivals, zones
from app.printing.contexts.ground import BuildingPlace, Ground, load_ground
from app.printing.contexts.notices import Collecting
from app.printing.contexts.shared_out import is_short

_POSTER = "poster"


@dataclass(frozen=True)
class Told:
    """The text for the group of one building."""

    building_id: int
    building: str
    text: str


Saying = Callable[[BuildingPlace], Sentence | None]


def texts_for(kind: str, cycle_id: int, wave: int, point_ids: Collection[int], address: str = "") -> list[Told]:
    """The texts that go with a kind of sheet for the buildings of some points; none where there is nothing to say.

    ``address`` is where residents order, up to the building's code. A fixed number of statements.
    """
    if not has_texts(kind):
        return []
    ground = load_ground(cycle_id, wave)
    saying = _opening(ground, address) if kind == _POSTER else _SAYINGS[kind](ground)
    own = ground.in_order(one.id for one in ground.buildings.values() if one.point_id in point_ids)
    found = ((building, saying(building)) for building in own)
    return [Told(one.id, one.name, sentence.zh) for one, sentence in found if sentence is not None]


def has_texts(kind: str) -> bool:
    """Whether anything is said in the groups with this kind of sheet."""
    return kind == _POSTER or kind in _SAYINGS


def _opening(ground: Ground, address: str) -> Saying:
    cutoff = clock.to_local(ground.cutoff_at)
    until = f"{cutoff.month}月{cutoff.day}日 {cutoff:%H:%M}"
    delivery = f"{ground.deliver_on.month}月{ground.deliver_on.day}日"
    what = group_texts.Opening(ground.cycle, until, delivery)
    return lambda at: group_texts.ordering_opens(at.name, what, f"{address}/{at.public_code}")


def _ordered(ground: Ground) -> Saying:
    rows = db.session.execute(
        select(
            HouseholdOrder.building_id, func.count(func.distinct(HouseholdOrder.id)), func.sum(OrderLine.qty_ordered)
        )
        .join(OrderLine, OrderLine.order_id == HouseholdOrder.id)
        .where(
            HouseholdOrder.cycle_id == ground.cycle_id,
            HouseholdOrder.state.in_(ORDERS_COUNTED),
            OrderLine.substitute_for_id.is_(None),
        )
        .group_by(HouseholdOrder.building_id)
    )
    found = {building: (households, int(units)) for building, households, units in rows}
    return lambda at: group_texts.ordered(at.name, *found[at.id]) if at.id in found else None


def _short(ground: Ground) -> Saying:
    rows = db.session.execute(
        select(HouseholdOrder.building_id, OrderLine.item_id)
        .join(OrderLine, OrderLine.order_id == HouseholdOrder.id)
        .join(ShareNote, ShareNote.order_line_id == OrderLine.id)
        .where(*is_short(ground.cycle_id))
        .group_by(HouseholdOrder.building_id, OrderLine.item_id)
    )
    items: dict[int, list[int]] = defaultdict(list)
    for building, item in rows:
        items[building].append(item)

    def say(at: BuildingPlace) -> Sentence | None:
        own = sorted(items.get(at.id, ()), key=lambda item: ground.items[item].no)
        return group_texts.shortage(at.name, [ground.items[item].name for item in own]) if own else None

    return say


def _arriving(ground: Ground) -> Saying:
    when = visits(ground.cycle_id, ground.buildings, ground.wave)
    levels = zones(ground)

    def say(at: BuildingPlace) -> Sentence | None:
        if at.id not in when:
            return None
        mode = levels[at.id].mode if at.id in levels else DeliveryMode.TO_DOOR.value
        return group_texts.arrival(at.name, [(clock_time(one.at), one.bags) for one in when[at.id]], mode)

    return say


def _collecting(ground: Ground) -> Saying:
    modes = {building: zone.mode for building, zone in zones(ground).items()}
    collecting = Collecting(load_bags(ground), modes, arrivals(ground))

    def say(at: BuildingPlace) -> Sentence | None:
        hours = collecting.hours(at.id)
        return group_texts.collecting(at.name, at.drop_spot or "楼下", *hours) if hours else None

    return say


def _questions(ground: Ground) -> Saying:
    rows = db.session.execute(
        select(Bag.building_id, func.count(Dispute.id))
        .join(Dispute, Dispute.bag_id == Bag.id)
        .where(Bag.cycle_id == ground.cycle_id, Dispute.state == DisputeState.OPEN)
        .group_by(Bag.building_id)
    )
    found = dict(rows.all())
    return lambda at: group_texts.open_questions(at.name, found[at.id]) if at.id in found else None


def _paying(ground: Ground) -> Saying:
    rows = db.session.execute(
        select(HouseholdOrder.building_id, func.count())
        .where(
            HouseholdOrder.cycle_id == ground.cycle_id,
            HouseholdOrder.state.in_(ORDERS_DUE),
        )
        .group_by(HouseholdOrder.building_id)
    )
    found = dict(rows.all())
    return lambda at: group_texts.paying(at.name, found[at.id]) if at.id in found else None


_SAYINGS: dict[str, Callable[[Ground], Saying]] = {
    "tally": _ordered,
    "shortage_list": _short,
    "route_sheet": _arriving,
    "drop_off_sheet": _arriving,
    "hand_out_list": _arriving,
    "collection_slip": _collecting,
    "exception_list": _questions,
    "collection_sheet": _paying,
    "settlement_sheet": _paying,
}

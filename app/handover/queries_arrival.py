"""When the published rounds bring bags to a building, for group texts: each visit with the bags that it brings."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from app.core.db import db
from app.dispatch.models import DeliveryPlan, DeliveryRound, DeliveryStop, PlanBag, PlanState, RoundState
from app.picking.models import LIVE_BAGS, Bag, BagState

COMING = tuple(state for state in LIVE_BAGS if state != BagState.HELD)  # and what has come: a text may be read later
NOT_GOING = (RoundState.CANCELLED, RoundState.ABORTED)


@dataclass(frozen=True)
class ExpectedVisit:
    """One stop at a building: when it is expected, and how many bags come with it."""

    stop_id: int
    at: datetime
    bags: int


def visits(cycle_id: int, building_ids: Iterable[int], wave: int | None = None) -> dict[int, list[ExpectedVisit]]:
    """Building → its visits in order of time, of one wave or of all. One statement.

    Bags kept back do not count. A bag that did not come with one wave counts with the last that it was planned for.
    """
    found = (
        select(DeliveryStop.building_id, DeliveryStop.id, DeliveryStop.arrive_at, DeliveryPlan.wave, Bag.id)
        .join(DeliveryPlan, DeliveryPlan.id == DeliveryStop.plan_id)
        .join(DeliveryRound, DeliveryRound.id == DeliveryStop.round_id)
        .join(PlanBag, PlanBag.stop_id == DeliveryStop.id)
        .join(Bag, Bag.id == PlanBag.bag_id)
        .where(
            DeliveryPlan.cycle_id == cycle_id,
            DeliveryPlan.state == PlanState.PUBLISHED,
            DeliveryRound.state.not_in(NOT_GOING),
            Bag.state.in_(COMING),
            DeliveryStop.building_id.in_(list(building_ids)),
        )
        .order_by(DeliveryPlan.wave, DeliveryStop.id)
    )
    last = {bag: (at, stop_id, building, of) for building, stop_id, at, of, bag in db.session.execute(found)}
    bags = Counter(stop for stop in last.values() if wave in (None, stop[3]))
    rows: dict[int, list[ExpectedVisit]] = defaultdict(list)
    for (at, stop_id, building, _of), number in sorted(bags.items()):
        rows[building].append(ExpectedVisit(stop_id, at, number))
    return dict(rows)

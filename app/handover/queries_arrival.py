"""When the published rounds bring bags to a building, for group texts: each visit with the bags that it brings."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from app.core.db import db
from app.dispatch.models import Plan, PlanBag, PlanState, Round, RoundState, Stop
from app.picking.models import LIVE_BAGS, Bag, BagState

COMING = tuple(state for state in LIVE_BAGS if state != BagState.HELD)  # and what has come: a text may be read later
NOT_GOING = (RoundState.CANCELLED, RoundState.ABORTED)


@dataclass(frozen=True)
class Visit:
    """One stop at a building: when it is expected, and how many bags come with it."""

    stop_id: int
    at: datetime
    bags: int


def visits(cycle_id: int, building_ids: Iterable[int], wave: int | None = None) -> dict[int, list[Visit]]:
    """Building → its visits in order of time, of one wave or of all. One statement.

    Bags kept back do not count. A bag that did not come with one wave counts with the last that it was planned for.
    """
    found = (
        select(Stop.building_id, Stop.id, Stop.arrive_at, Plan.wave, Bag.id)
        .join(Plan, Plan.id == Stop.plan_id)
        .join(Round, Round.id == Stop.round_id)
        .join(PlanBag, PlanBag.stop_id == Stop.id)
        .join(Bag, Bag.id == PlanBag.bag_id)
        .where(
            Plan.cycle_id == cycle_id,
            Plan.state == PlanState.PUBLISHED,
            Round.state.not_in(NOT_GOING),
            Bag.state.in_(COMING),
            Stop.building_id.in_(list(building_ids)),
        )
        .order_by(Plan.wave, Stop.id)
    )
    last = {bag: (at, stop_id, building, of) for building, stop_id, at, of, bag in db.session.execute(found)}
    bags = Counter(stop for stop in last.values() if wave in (None, stop[3]))
    rows: dict[int, list[Visit]] = defaultdict(list)
    for (at, stop_id, building, _of), number in sorted(bags.items()):
        rows[building].append(Visit(stop_id, at, number))
    return dict(rows)

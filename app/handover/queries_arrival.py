"""When the published rounds bring bags to a building, for group texts: each visit with the bags that it brings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

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
    """Building → its visits in order of time, of one wave or of all; bags kept back do not count. One statement."""
    found = (
        select(Stop.building_id, Stop.id, Stop.arrive_at, func.count(func.distinct(Bag.id)))
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
        .group_by(Stop.id, Stop.building_id, Stop.arrive_at)
        .order_by(Stop.arrive_at, Stop.id)
    )
    if wave is not None:
        found = found.where(Plan.wave == wave)
    rows: dict[int, list[Visit]] = defaultdict(list)
    for building, stop_id, at, bags in db.session.execute(found):
        rows[building].append(Visit(stop_id, at, bags))
    return dict(rows)

"""What is under way in a building that gets another service point, beyond its orders: lines of lists about it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select

from app.core.db import db
from app.intake.models import ChainPaste, PasteLine
from app.ordering.cycles.moving import buildings_with_orders
from app.ordering.models import Cycle, CycleState
from app.places.models import Building, Household, ServicePoint, Stairwell
from app.tally.queries import open_reviews_at


@dataclass(frozen=True)
class WaitingLine:
    """A line of a list that somebody at its point still has to settle or place, and the buildings it may be about."""

    cycle_id: int
    point_id: int
    point: str
    buildings: frozenset[int]


def buildings_to_ask_about(building_ids: Collection[int]) -> set[int]:
    """Those of the buildings with orders under way, claims that wait, or lines that their point has yet to place."""
    wanted = set(building_ids)
    return buildings_with_orders(wanted) | {one for line in waiting_lines(wanted) for one in line.buildings & wanted}


def waiting_lines(building_ids: Collection[int]) -> list[WaitingLine]:
    """Lines of cycles that take orders which name a household of these buildings, or ask whether it is one of theirs.

    Once the building has gone, its new leader does not see them and its old one cannot place them.
    """
    lines: list[tuple[Cycle, ServicePoint, PasteLine]] = []
    for cycle in db.session.scalars(select(Cycle).where(Cycle.state == CycleState.OPEN).order_by(Cycle.id)):
        found = (
            select(ServicePoint, PasteLine)
            .join(ChainPaste, ChainPaste.service_point_id == ServicePoint.id)
            .join(PasteLine, PasteLine.paste_id == ChainPaste.id)
            .where(open_reviews_at(cycle.id))
        )
        lines += [(cycle, point, line) for point, line in db.session.execute(found)]
    at = _building_of({home for _cycle, _point, line in lines for home in _homes(line)}) if building_ids else {}
    wanted = set(building_ids)
    rows = [
        WaitingLine(cycle.id, point.id, point.name, frozenset(at[home] for home in _homes(line) if home in at))
        for cycle, point, line in lines
    ]
    return [row for row in rows if row.buildings & wanted]


def _homes(line: PasteLine) -> set[int]:
    named = {line.household_id} if line.household_id is not None else set(line.candidates or [])
    return {int(home) for home in named}


def _building_of(household_ids: set[int]) -> dict[int, int]:
    ids = sorted(household_ids)
    at: dict[int, int] = {}
    for start in range(0, len(ids), 900):
        found = (
            select(Household.id, Building.id)
            .join(Stairwell, Stairwell.id == Household.stairwell_id)
            .join(Building, Building.id == Stairwell.building_id)
            .where(Household.id.in_(ids[start : start + 900]))
        )
        at |= {home: building for home, building in db.session.execute(found)}  # noqa: C416
    return at

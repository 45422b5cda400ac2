"""How many sheets there should be, counted before any is prepared; what several kinds count is counted once."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from sqlalchemy import ColumnElement, Select, func, select

from app.core.db import db
from app.dispatch.models import DeliveryPlan, DeliveryRound, DeliveryStop, PlanState, RoundState
from app.ordering.models import CyclePoint
from app.picking.models import LIVE_BAGS, Bag
from app.places.models import Building
from app.purchasing.models import PurchaseOrder


class ExpectedCounts:
    """Counts of a cycle and wave by service point, for all points of the cycle."""

    def __init__(self, cycle_id: int, wave: int) -> None:
        self.cycle_id, self.wave = cycle_id, wave

    @cached_property
    def points(self) -> list[int]:
        """The points of the cycle."""
        wanted = select(CyclePoint.service_point_id).where(CyclePoint.cycle_id == self.cycle_id)
        return list(db.session.scalars(wanted))

    @cached_property
    def buildings(self) -> dict[int, int]:
        """Point → its buildings."""
        return self._filled(dict(db.session.execute(self._houses()).all()))

    @cached_property
    def buildings_with_bags(self) -> dict[int, int]:
        """Point → buildings that have bags."""
        live = (Bag.cycle_id == self.cycle_id, Bag.wave == self.wave, Bag.state.in_(LIVE_BAGS))
        rows = db.session.execute(self._houses().join(Bag, Bag.building_id == Building.id).where(*live))
        return self._filled(dict(rows.all()))

    @cached_property
    def stops(self) -> dict[int, int]:
        """Point → stops of the published plan."""
        rows = db.session.execute(
            select(Building.service_point_id, func.count(DeliveryStop.id))
            .join(DeliveryStop, DeliveryStop.building_id == Building.id)
            .join(DeliveryRound, DeliveryRound.id == DeliveryStop.round_id)
            .join(DeliveryPlan, DeliveryPlan.id == DeliveryStop.plan_id)
            .where(*self._live_rounds(), Building.service_point_id.in_(self.points))
            .group_by(Building.service_point_id)
        )
        return self._filled(dict(rows.all()))

    @cached_property
    def purchase_orders(self) -> dict[str, int]:
        """State → purchase orders of the cycle."""
        wanted = select(PurchaseOrder.state, func.count()).where(PurchaseOrder.cycle_id == self.cycle_id)
        return dict(db.session.execute(wanted.group_by(PurchaseOrder.state)).all())

    def rounds(self) -> int:
        """Rounds of the published plan."""
        wanted = (
            select(func.count(DeliveryRound.id))
            .join(DeliveryPlan, DeliveryPlan.id == DeliveryRound.plan_id)
            .where(*self._live_rounds())
        )
        return db.session.scalar(wanted) or 0

    def one_a_point(self) -> dict[int, int]:
        """One for every point."""
        return dict.fromkeys(self.points, 1)

    def points_with_bags(self) -> dict[int, int]:
        """One for every point that has bags."""
        return {point: min(1, count) for point, count in self.buildings_with_bags.items()}

    def one_of(self, concerned: Iterable[int]) -> dict[int, int]:
        """One for every point that is concerned."""
        found = set(concerned)
        return {point: int(point in found) for point in self.points}

    def _filled(self, found: dict[int, int]) -> dict[int, int]:
        return {point: found.get(point, 0) for point in self.points}

    def _houses(self) -> Select[int, int]:
        houses = select(Building.service_point_id, func.count(func.distinct(Building.id)))
        return houses.where(Building.service_point_id.in_(self.points)).group_by(Building.service_point_id)

    def _live_rounds(self) -> tuple[ColumnElement[bool], ...]:
        return (
            DeliveryPlan.cycle_id == self.cycle_id,
            DeliveryPlan.wave == self.wave,
            DeliveryPlan.state == PlanState.PUBLISHED,
            DeliveryRound.state != RoundState.CANCELLED,
        )

"""Printing less than everything: one building, one round of a team, one sheet, or the sheets that a page shows."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from app.core.db import db
from app.core.errors import NotFound
from app.dispatch.models import DeliveryPlan, DeliveryRound, DeliveryStop, PlanState
from app.picking.models import Bag
from app.places.models import Building
from app.printing.kinds import of_parts
from app.printing.models import Document

Subjects = dict[str, list[int]]  # subject type → ids


@dataclass(frozen=True)
class PrintScope:
    """What is asked for within a cycle and wave: at most one of the three."""

    building_id: int | None = None
    round_id: int | None = None
    document_ids: tuple[int, ...] = ()

    @property
    def is_everything(self) -> bool:
        """Whether nothing is narrowed."""
        return self.building_id is None and self.round_id is None and not self.document_ids


@dataclass(frozen=True)
class ResolvedScope:
    """The subjects a print is limited to, the buildings whose bags have to be read, and the points they belong to.

    ``buildings`` is None where all have to be read (a sheet of a point or of the whole subdistrict).
    """

    subjects: Subjects
    buildings: list[int] | None
    point_ids: frozenset[int | None]


def kinds_of(wanted: PrintScope) -> tuple[str, ...]:
    """The kinds that belong to what was named, when none were chosen."""
    if wanted.building_id is not None:
        return tuple(kind.key for kind in of_parts() if not kind.is_wide)
    if wanted.round_id is not None:
        return tuple(kind.key for kind in of_parts())
    found = db.session.scalars(select(Document.kind).where(Document.id.in_(wanted.document_ids)).distinct())
    return tuple(found)


def resolve_scope(cycle_id: int, wave: int, wanted: PrintScope) -> ResolvedScope:
    """Find the subjects behind a request.

    Raises:
        NotFound: there is no such building, round or sheet in the cycle.
    """
    if wanted.building_id is not None:
        return _building(cycle_id, wave, wanted.building_id)
    if wanted.round_id is not None:
        return _round(cycle_id, wanted.round_id)
    return _documents(cycle_id, wanted.document_ids)


def _building(cycle_id: int, wave: int, building_id: int) -> ResolvedScope:
    building = db.session.get(Building, building_id)
    served = select(Bag.id).where(Bag.cycle_id == cycle_id, Bag.building_id == building_id).limit(1)
    if building is None or db.session.scalar(served) is None:
        raise NotFound
    stops = db.session.scalars(
        select(DeliveryStop.id)
        .join(DeliveryPlan, DeliveryPlan.id == DeliveryStop.plan_id)
        .where(
            DeliveryPlan.cycle_id == cycle_id,
            DeliveryPlan.wave == wave,
            DeliveryPlan.state == PlanState.PUBLISHED,
            DeliveryStop.building_id == building_id,
        )
    )
    subjects = {"building": [building_id], "stop": list(stops)}
    return ResolvedScope(subjects, [building_id], frozenset({building.service_point_id}))


def _round(cycle_id: int, round_id: int) -> ResolvedScope:
    rows = db.session.execute(
        select(DeliveryStop.id, DeliveryStop.building_id)
        .join(DeliveryRound, DeliveryRound.id == DeliveryStop.round_id)
        .join(DeliveryPlan, DeliveryPlan.id == DeliveryRound.plan_id)
        .where(
            DeliveryRound.id == round_id, DeliveryPlan.cycle_id == cycle_id, DeliveryPlan.state == PlanState.PUBLISHED
        )
    ).all()
    if not rows:
        raise NotFound
    buildings = sorted({building for _stop, building in rows})
    subjects = {"round": [round_id], "stop": [stop for stop, _building in rows], "building": buildings}
    return ResolvedScope(subjects, buildings, frozenset({None}))


def _documents(cycle_id: int, document_ids: tuple[int, ...]) -> ResolvedScope:
    rows = db.session.scalars(select(Document).where(Document.id.in_(document_ids), Document.cycle_id == cycle_id))
    subjects: Subjects = {}
    points = set()
    for row in rows:
        subjects.setdefault(row.subject_type, []).append(row.subject_id)
        points.add(row.service_point_id)
    if not subjects:
        raise NotFound
    return ResolvedScope(subjects, _buildings_of(subjects), frozenset(points))


def _buildings_of(subjects: Subjects) -> list[int] | None:
    if set(subjects) - {"building", "stop"}:
        return None
    stops = db.session.scalars(select(DeliveryStop.building_id).where(DeliveryStop.id.in_(subjects.get("stop", []))))
    return sorted({*subjects.get("building", []), *stops})

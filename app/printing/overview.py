"""What the print centre shows: for each kind how much there is to print, what is ready, stale or missing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, or_, select, true

from app.core.db import db
from app.core.events import Event
from app.core.natural import natural_key
from app.dispatch.models import Plan, PlanState, Round, RoundState, Stop
from app.ordering.models import CyclePoint, Offer
from app.picking.models import LIVE_BAGS, Bag
from app.places.models import Building, ServicePoint
from app.printing.kinds import ALL, KIT, SheetKind, wave_of
from app.printing.models import Document, DocumentState
from app.purchasing.models import PurchaseOrder, PurchaseState

_OPEN_ENDED = frozenset({"shortage_list", "exception_list", "settlement_sheet"})


@dataclass(frozen=True)
class KindRow:
    """One kind in the print centre. ``expected`` is None where it depends on what happened (shortages, complaints)."""

    kind: SheetKind
    expected: int | None
    ready: int
    stale: int
    pages: int

    @property
    def missing(self) -> int:
        """Sheets that were never printed."""
        return max(0, self.expected - self.ready - self.stale) if self.expected is not None else 0

    @property
    def tone(self) -> str:
        """How the row is marked: ok, todo, alarm (printed but outdated), idle (nothing to print)."""
        if self.stale:
            return "alarm"
        if self.missing:
            return "todo"
        return "ok" if self.ready else "idle"


@dataclass(frozen=True)
class SheetRow:
    """One printed sheet in the list of a kind."""

    document: Document
    is_stale: bool

    @property
    def is_void(self) -> bool:
        """Whether a newer version replaced it or its subject is gone."""
        return self.document.state == DocumentState.SUPERSEDED


def changed_at(cycle_id: int) -> dict[str, int]:
    """Table → newest event that may change a sheet of the cycle."""
    rows = db.session.execute(
        select(Event.subject_type, func.max(Event.id))
        .where(or_(Event.cycle_id == cycle_id, Event.cycle_id.is_(None)))
        .group_by(Event.subject_type)
    )
    return dict(rows.all())


def is_stale(document: Document, watches: frozenset[str], changes: dict[str, int]) -> bool:
    """Whether something happened since the sheet was last compared with the database."""
    return any(changes.get(table, 0) > document.as_of_event_id for table in watches)


def current_documents(
    cycle_id: int, wave: int, within: ColumnElement[bool], kind: str | None = None, *, with_void: bool = False
) -> list[Document]:
    """Printed sheets of a cycle and wave within a scope (a condition on Document), in order of printing."""
    wanted = select(Document).where(Document.cycle_id == cycle_id, Document.wave.in_((0, wave)), within)
    if kind is not None:
        wanted = wanted.where(Document.kind == kind)
    if not with_void:
        wanted = wanted.where(Document.state != DocumentState.SUPERSEDED)
    rows = [row for row in db.session.scalars(wanted) if row.wave == wave_of(row.kind, wave)]
    return sorted(rows, key=lambda row: (row.kind, natural_key(row.label), -row.revision))


def rows(cycle_id: int, wave: int, within: ColumnElement[bool], point_ids: list[int] | None) -> list[KindRow]:
    """The print centre; ``point_ids`` limits it to some points and leaves out what covers the whole subdistrict."""
    documents, changes = current_documents(cycle_id, wave, within), changed_at(cycle_id)
    expected = _expected(cycle_id, wave, point_ids)
    found = []
    for kind in (*ALL, KIT):
        if kind.is_wide and point_ids is not None:
            continue
        own = [row for row in documents if row.kind == kind.key]
        stale = sum(1 for row in own if is_stale(row, kind.watches, changes))
        pages = sum(row.pages for row in own)
        found.append(KindRow(kind, expected.get(kind.key), len(own) - stale, stale, pages))
    return found


def _expected(cycle_id: int, wave: int, point_ids: list[int] | None) -> dict[str, int]:
    points = list(db.session.scalars(select(CyclePoint.service_point_id).where(CyclePoint.cycle_id == cycle_id)))
    own = points if point_ids is None else [point for point in points if point in point_ids]
    per_point = select(Building.service_point_id).where(Building.service_point_id.in_(own))
    bagged = per_point.join(Bag, Bag.building_id == Building.id)
    bagged = bagged.where(Bag.cycle_id == cycle_id, Bag.wave == wave, Bag.state.in_(LIVE_BAGS))
    with_bags = Counter(db.session.scalars(bagged.group_by(Building.service_point_id, Building.id)))
    buildings = db.session.scalar(select(func.count()).select_from(per_point.subquery())) or 0
    counts = {"tally": len(own), "poster": buildings, "door_notice": buildings}
    counts |= dict.fromkeys(("bag_list", "hand_out_list"), sum(with_bags.values()))
    counts |= dict.fromkeys(("pick_list", "bag_label"), len(with_bags))
    counts["drop_off_sheet"] = _published(cycle_id, wave, own)
    if point_ids is None:
        counts |= _wide(cycle_id, wave)
    return counts


def _published(cycle_id: int, wave: int, point_ids: list[int]) -> int:
    stops = (
        select(func.count(Stop.id))
        .join(Round, Round.id == Stop.round_id)
        .join(Plan, Plan.id == Stop.plan_id)
        .join(Building, Building.id == Stop.building_id)
        .where(*_live_rounds(cycle_id, wave), Building.service_point_id.in_(point_ids))
    )
    return db.session.scalar(stops) or 0


def _live_rounds(cycle_id: int, wave: int) -> tuple[ColumnElement[bool], ...]:
    return (
        Plan.cycle_id == cycle_id,
        Plan.wave == wave,
        Plan.state == PlanState.PUBLISHED,
        Round.state != RoundState.CANCELLED,
    )


def _wide(cycle_id: int, wave: int) -> dict[str, int]:
    orders = dict(
        db.session.execute(
            select(PurchaseOrder.state, func.count())
            .where(PurchaseOrder.cycle_id == cycle_id)
            .group_by(PurchaseOrder.state)
        ).all()
    )
    approved = sum(orders.get(state, 0) for state in (PurchaseState.APPROVED, PurchaseState.SENT, PurchaseState.CLOSED))
    rounds = select(func.count(Round.id)).join(Plan, Plan.id == Round.plan_id).where(*_live_rounds(cycle_id, wave))
    offers = select(func.count()).select_from(Offer).where(Offer.cycle_id == cycle_id, Offer.is_listed)
    return {
        "order_form": 1 if db.session.scalar(offers) else 0,
        "purchase_order": approved + orders.get(PurchaseState.DRAFT, 0),
        "goods_receipt": approved,
        "route_sheet": db.session.scalar(rounds) or 0,
        "kit_cover": 1,
    }


def waves(cycle_id: int) -> list[int]:
    """The waves that have bags; at least the first."""
    found = db.session.scalars(select(Bag.wave).where(Bag.cycle_id == cycle_id).distinct().order_by(Bag.wave))
    return list(found) or [1]


def points_of(cycle_id: int, in_scope: ColumnElement[bool]) -> list[tuple[int, str]]:
    """The points of a cycle within a scope (a condition on ServicePoint)."""
    found = db.session.execute(
        select(ServicePoint.id, ServicePoint.name)
        .join(CyclePoint, CyclePoint.service_point_id == ServicePoint.id)
        .where(CyclePoint.cycle_id == cycle_id, in_scope)
        .order_by(ServicePoint.name)
    )
    return [(point, name) for point, name in found]


def everywhere() -> ColumnElement[bool]:
    """The condition that limits nothing."""
    return true()

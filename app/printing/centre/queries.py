"""What the print centre shows: for each kind how much there is to print, what is ready, stale or missing."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import ColumnElement, Select, func, or_, select, true

from app.core.db import db
from app.core.events import Event
from app.core.text.natural import natural_key
from app.dispatch.models import Plan, PlanState, Round, RoundState, Stop
from app.ordering.models import CyclePoint, Offer
from app.picking.models import LIVE_BAGS, Bag
from app.places.models import Building, ServicePoint
from app.printing.contexts.afterwards import points_with_exceptions, points_with_money
from app.printing.contexts.shared_out import points_with_shortages
from app.printing.kinds import ALL, BY_KEY, KIT, SheetKind, wave_of
from app.printing.models import Document, DocumentState
from app.purchasing.models import PurchaseOrder, PurchaseState


@dataclass(frozen=True)
class KindRow:
    """One kind in the print centre. ``expected`` is None where nobody knows before it is prepared."""

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


def is_stale(as_of_event_id: int, watches: frozenset[str], changes: dict[str, int]) -> bool:
    """Whether something happened since a sheet was last compared with the database."""
    return any(changes.get(table, 0) > as_of_event_id for table in watches)


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


@dataclass(frozen=True)
class PointRow:
    """All sheets of one point; ``due`` are the kinds that are missing or outdated."""

    point_id: int
    name: str
    ready: int
    stale: int
    missing: int
    pages: int
    due: tuple[str, ...]

    @property
    def tone(self) -> str:
        """How the row is marked."""
        return "alarm" if self.stale else "todo" if self.missing else "ok" if self.ready else "idle"


@dataclass
class _Count:
    """Current sheets of a kind and point."""

    ready: int = 0
    stale: int = 0
    pages: int = 0


Counts = dict[tuple[str, int | None], _Count]  # (kind, point); no point: the whole subdistrict
Expected = dict[int | None, dict[str, int]]


@dataclass(frozen=True)
class Overview:
    """The print centre: kinds in order of the loop, and the points one by one."""

    kinds: tuple[KindRow, ...]
    points: tuple[PointRow, ...]

    @property
    def stages(self) -> list[tuple[str, list[KindRow]]]:
        """The kinds by the stage of the loop that wants them."""
        return [(stage, list(own)) for stage, own in groupby(self.kinds, lambda row: row.kind.stage_zh)]


def overview(
    cycle_id: int, wave: int, within: ColumnElement[bool], point_ids: list[int] | None, points: list[tuple[int, str]]
) -> Overview:
    """Count what there is; ``point_ids`` limits it to some points and leaves out what covers the whole subdistrict."""
    counts, expected = _counts(cycle_id, wave, within), _expected(cycle_id, wave, point_ids)
    shown = [kind for kind in (*ALL, KIT) if point_ids is None or not kind.is_wide]
    kinds = tuple(_kind_row(kind, counts, expected) for kind in shown)
    own = [one for one in points if point_ids is None or one[0] in point_ids]
    return Overview(kinds, tuple(_point_row(one, counts, expected) for one in own))


def rows(cycle_id: int, wave: int, within: ColumnElement[bool], point_ids: list[int] | None) -> list[KindRow]:
    """The kinds of `overview` alone."""
    return list(overview(cycle_id, wave, within, point_ids, []).kinds)


def _counts(cycle_id: int, wave: int, within: ColumnElement[bool]) -> Counts:
    found = db.session.execute(
        select(Document.kind, Document.wave, Document.service_point_id, Document.as_of_event_id, Document.pages).where(
            Document.cycle_id == cycle_id,
            Document.wave.in_((0, wave)),
            Document.state != DocumentState.SUPERSEDED,
            within,
        )
    )
    changes, counts = changed_at(cycle_id), Counts()
    for key, own_wave, point, as_of, pages in found:
        kind = BY_KEY.get(key, KIT)
        if own_wave == wave_of(key, wave):
            count = counts.setdefault((kind.key, point), _Count())
            outdated = is_stale(as_of, kind.watches, changes)
            count.stale, count.ready = count.stale + outdated, count.ready + (not outdated)
            count.pages += pages
    return counts


def _kind_row(kind: SheetKind, counts: Counts, expected: Expected) -> KindRow:
    own = [count for (key, _point), count in counts.items() if key == kind.key]
    wanted = [numbers[kind.key] for numbers in expected.values() if kind.key in numbers]
    ready, stale = sum(count.ready for count in own), sum(count.stale for count in own)
    return KindRow(kind, sum(wanted) if wanted else None, ready, stale, sum(count.pages for count in own))


def _point_row(point: tuple[int, str], counts: Counts, expected: Expected) -> PointRow:
    point_id, name = point
    own = {key: count for (key, at), count in counts.items() if at == point_id}
    missing = {
        key: max(0, wanted - own.get(key, _Count()).ready - own.get(key, _Count()).stale)
        for key, wanted in expected.get(point_id, {}).items()
    }
    due = tuple(kind.key for kind in ALL if missing.get(kind.key) or own.get(kind.key, _Count()).stale)
    ready, stale = sum(count.ready for count in own.values()), sum(count.stale for count in own.values())
    pages = sum(count.pages for count in own.values())
    return PointRow(point_id, name, ready, stale, sum(missing.values()), pages, due)


def _expected(cycle_id: int, wave: int, point_ids: list[int] | None) -> Expected:
    """Point → kind → sheets there should be; under None what covers the whole subdistrict."""
    points = list(db.session.scalars(select(CyclePoint.service_point_id).where(CyclePoint.cycle_id == cycle_id)))
    own = points if point_ids is None else [point for point in points if point in point_ids]
    houses = select(Building.service_point_id, func.count(func.distinct(Building.id)))
    houses = houses.where(Building.service_point_id.in_(own)).group_by(Building.service_point_id)
    live = (Bag.cycle_id == cycle_id, Bag.wave == wave, Bag.state.in_(LIVE_BAGS))
    buildings = dict(db.session.execute(houses).all())
    bagged = dict(db.session.execute(houses.join(Bag, Bag.building_id == Building.id).where(*live)).all())
    rows = db.session.execute(_stops(cycle_id, wave).where(Building.service_point_id.in_(own)))
    stops: dict[int, int] = {point: count for point, count in rows}  # noqa: C416 - rows, not pairs
    found: Expected = {}
    for point in own:
        with_bags = bagged.get(point, 0)
        found[point] = {"tally": 1, "drop_off_sheet": stops.get(point, 0)}
        found[point] |= dict.fromkeys(("poster", "door_notice"), buildings.get(point, 0))
        found[point] |= dict.fromkeys(("bag_list", "hand_out_list"), with_bags)
        found[point] |= dict.fromkeys(("pick_list", "bag_label"), min(1, with_bags))
    by_cause = {"shortage_list": points_with_shortages, "exception_list": points_with_exceptions}
    for kind, points_of_cause in {**by_cause, "settlement_sheet": points_with_money}.items():
        concerned = points_of_cause(cycle_id)
        for point in own:
            found[point][kind] = int(point in concerned)
    return found | ({None: _wide(cycle_id, wave)} if point_ids is None else {})


def _stops(cycle_id: int, wave: int) -> Select[int, int]:
    return (
        select(Building.service_point_id, func.count(Stop.id))
        .join(Stop, Stop.building_id == Building.id)
        .join(Round, Round.id == Stop.round_id)
        .join(Plan, Plan.id == Stop.plan_id)
        .where(*_live_rounds(cycle_id, wave))
        .group_by(Building.service_point_id)
    )


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

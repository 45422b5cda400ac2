"""What the print centre shows: for each kind how much there is to print, what is ready, stale or missing."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import ColumnElement, func, or_, select, true

from app.core.db import db
from app.core.events import Event
from app.core.text.natural import natural_key
from app.ordering.models import CyclePoint
from app.picking.models import Bag
from app.places.models import ServicePoint
from app.printing.contexts.expected import ExpectedCounts
from app.printing.kinds import KIT, SheetKind, by_key, listed, wave_of
from app.printing.models import Document, DocumentState


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
class PrintedSheetRow:
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
class PrintPointRow:
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
    points: tuple[PrintPointRow, ...]

    @property
    def stages(self) -> list[tuple[str, list[KindRow]]]:
        """The kinds by the stage of the loop that wants them."""
        return [(stage, list(own)) for stage, own in groupby(self.kinds, lambda row: row.kind.stage_zh)]


def overview(
    cycle_id: int, wave: int, within: ColumnElement[bool], point_ids: list[int] | None, points: list[tuple[int, str]]
) -> Overview:
    """Count what there is; ``point_ids`` limits it to some points and leaves out what covers the whole subdistrict."""
    counts, expected = _counts(cycle_id, wave, within), _expected(cycle_id, wave, point_ids)
    shown = [kind for kind in (*listed(), KIT) if point_ids is None or not kind.is_wide]
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
        kind = by_key().get(key, KIT)
        if own_wave == wave_of(key, wave):
            count = counts.setdefault((kind.key, point), _Count())
            outdated = is_stale(as_of, kind.watched_tables, changes)
            count.stale, count.ready = count.stale + outdated, count.ready + (not outdated)
            count.pages += pages
    return counts


def _kind_row(kind: SheetKind, counts: Counts, expected: Expected) -> KindRow:
    own = [count for (key, _point), count in counts.items() if key == kind.key]
    wanted = [numbers[kind.key] for numbers in expected.values() if kind.key in numbers]
    ready, stale = sum(count.ready for count in own), sum(count.stale for count in own)
    return KindRow(kind, sum(wanted) if wanted else None, ready, stale, sum(count.pages for count in own))


def _point_row(point: tuple[int, str], counts: Counts, expected: Expected) -> PrintPointRow:
    point_id, name = point
    own = {key: count for (key, at), count in counts.items() if at == point_id}
    missing = {
        key: max(0, wanted - own.get(key, _Count()).ready - own.get(key, _Count()).stale)
        for key, wanted in expected.get(point_id, {}).items()
    }
    due = tuple(kind.key for kind in listed() if missing.get(kind.key) or own.get(kind.key, _Count()).stale)
    ready, stale = sum(count.ready for count in own.values()), sum(count.stale for count in own.values())
    pages = sum(count.pages for count in own.values())
    return PrintPointRow(point_id, name, ready, stale, sum(missing.values()), pages, due)


def _expected(cycle_id: int, wave: int, point_ids: list[int] | None) -> Expected:
    """Point → kind → sheets there should be; under None what covers the whole subdistrict."""
    counted = ExpectedCounts(cycle_id, wave)
    own = [point for point in counted.points if point_ids is None or point in point_ids]
    found: Expected = {point: {} for point in (*own, *([None] if point_ids is None else []))}
    for kind in by_key().values():
        if kind.expected is not None and not (kind.is_wide and point_ids is not None):
            for point, count in kind.expected(counted).items():
                if point in found:
                    found[point][kind.key] = count
    return found


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

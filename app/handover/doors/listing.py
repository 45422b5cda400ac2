"""The buildings of a cycle: totals, search and filters over rows that were read once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from app.core.labels import Labelled
from app.core.paging import Page, slice_page
from app.core.text.natural import natural_key
from app.handover.queries import HandOverBuildingRow
from app.places.labels import building_label


class DoorListFilter(Labelled):
    """What the list is narrowed to."""

    WAITING = "waiting", "待发放"
    FAILED = "failed", "有没送到的"
    DISPUTES = "disputes", "有异议"
    LATE = "late", "超时"
    COMING = "coming", "还在路上"
    DONE = "done", "已完成"


@dataclass(frozen=True)
class HandOverTotals:
    """Sums over all buildings within reach."""

    buildings: int
    coming: int
    waiting: int
    failed: int
    handed_out: int
    confirmed: int
    missing: int
    disputes: int
    late: int

    @classmethod
    def of(cls, rows: Sequence[HandOverBuildingRow]) -> HandOverTotals:
        """Add up the rows."""
        parts = ("coming", "waiting", "failed", "handed_out", "confirmed", "missing", "disputes")
        sums = {part: sum(getattr(row, part) for row in rows) for part in parts}
        return cls(buildings=len(rows), late=sum(1 for row in rows if row.is_late), **sums)

    @property
    def bags(self) -> int:
        """Bags that have reached their building, or are missing."""
        return self.waiting + self.failed + self.handed_out + self.confirmed + self.missing


def narrowed(
    rows: Iterable[HandOverBuildingRow], show: str, text: str, page: str | None, url: Callable[[int], str]
) -> Page[HandOverBuildingRow]:
    """One page of the rows that fit; a page number that makes no sense is the nearest one that does."""
    fitting = [row for row in rows if _fits(row, show) and _matches(row, text)]
    return slice_page(fitting, page, url)


def _fits(row: HandOverBuildingRow, show: str) -> bool:
    fitting = {
        DoorListFilter.WAITING: row.waiting > 0,
        DoorListFilter.FAILED: row.failed + row.missing > 0,
        DoorListFilter.DISPUTES: row.disputes > 0,
        DoorListFilter.LATE: row.is_late,
        DoorListFilter.COMING: row.coming > 0,
        DoorListFilter.DONE: row.is_done,
    }
    return {str(key): value for key, value in fitting.items()}.get(show, True)


def _matches(row: HandOverBuildingRow, text: str) -> bool:
    if not text:
        return True
    whole = building_label(row.compound, row.building)
    return text in row.compound or text in row.point or text in whole or natural_key(text) == natural_key(row.building)

"""The accounts of a cycle: totals that add up, search and filters over rows that were read once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from app.core.labels import Labelled
from app.core.natural import natural_key
from app.core.paging import PER_PAGE, Page
from app.ordering.models import OrderState
from app.settlement.queries import OrderRow, Place


class Show(Labelled):
    """What the list is narrowed to."""

    UNPAID = "unpaid", "还没付清"
    REFUND = "refund", "应退款"
    PENDING = "pending", "还有没结果的份数"
    READY = "ready", "可以结算"
    SETTLED = "settled", "已结算"


@dataclass(frozen=True)
class Filter:
    """What was asked for; empty members do not narrow."""

    show: str = ""
    text: str = ""
    point_id: int | None = None


@dataclass(frozen=True)
class Totals:
    """Sums over orders. ordered = accepted + not charged + pending; what is owed is the sum of what households owe."""

    orders: int
    settled: int
    ready: int
    unpriced: int
    ordered_fen: int
    accepted_fen: int
    not_charged_fen: int
    pending_fen: int
    paid_fen: int
    to_collect_fen: int
    to_refund_fen: int
    unpaid: int
    refunds: int

    @classmethod
    def of(cls, rows: Collection[OrderRow]) -> Totals:
        """Add up the rows."""
        accounts = [row.account for row in rows]
        return cls(
            orders=len(rows),
            settled=sum(1 for row in rows if row.state == OrderState.SETTLED),
            ready=sum(1 for row in rows if row.can_settle),
            unpriced=sum(1 for row in rows if row.unpriced),
            ordered_fen=sum(one.ordered_fen for one in accounts),
            accepted_fen=sum(one.accepted_fen for one in accounts),
            not_charged_fen=sum(one.not_charged_fen for one in accounts),
            pending_fen=sum(one.pending_fen for one in accounts),
            paid_fen=sum(one.paid_fen for one in accounts),
            to_collect_fen=sum(one.to_collect_fen for one in accounts),
            to_refund_fen=sum(one.to_refund_fen for one in accounts),
            unpaid=sum(1 for one in accounts if one.to_collect_fen),
            refunds=sum(1 for one in accounts if one.to_refund_fen),
        )


@dataclass(frozen=True)
class BuildingRow:
    """The accounts of one building."""

    place: Place
    totals: Totals


def in_order(rows: Iterable[OrderRow], places: Mapping[int, Place]) -> list[OrderRow]:
    """The rows by building in natural order; within a building they keep the order they came in (by room)."""
    rank = {building_id: number for number, building_id in enumerate(places)}
    return sorted(rows, key=lambda row: rank.get(row.building_id, len(rank)))


def fitting(rows: Iterable[OrderRow], places: Mapping[int, Place], wanted: Filter) -> list[OrderRow]:
    """The rows that a filter lets through."""
    return [
        row
        for row in rows
        if (wanted.point_id is None or row.point_id == wanted.point_id)
        and _shows(row, wanted.show)
        and _matches(row, places.get(row.building_id), wanted.text)
    ]


def _shows(row: OrderRow, show: str) -> bool:
    states = {
        Show.UNPAID.value: row.account.to_collect_fen > 0,
        Show.REFUND.value: row.account.to_refund_fen > 0,
        Show.PENDING.value: row.units_pending > 0,
        Show.READY.value: row.can_settle,
        Show.SETTLED.value: row.state == OrderState.SETTLED,
    }
    return states.get(show, True)


def _matches(row: OrderRow, place: Place | None, text: str) -> bool:
    if not text:
        return True
    if text.upper().replace("-", "").replace(" ", "") == row.code or text == row.room:
        return True
    if place is None:
        return False
    exact = natural_key(text) in (
        natural_key(f"{place.building}-{row.stairwell}-{row.room}"),
        natural_key(place.building),
    )
    return exact or text in place.name


def by_building(rows: Iterable[OrderRow], places: Mapping[int, Place]) -> list[BuildingRow]:
    """The rows added up by building, in natural order."""
    own: dict[int, list[OrderRow]] = {}
    for row in rows:
        own.setdefault(row.building_id, []).append(row)
    return [BuildingRow(place, Totals.of(own[building])) for building, place in places.items() if building in own]


def page_of(rows: Sequence[OrderRow], page: str | None, url: Callable[[int], str]) -> Page[OrderRow]:
    """One page; a page number that makes no sense is the nearest one that does."""
    pages = max(1, -(-len(rows) // PER_PAGE))
    asked = page or ""
    number = min(max(1, int(asked)), pages) if asked.isascii() and asked.isdigit() and len(asked) < 10 else 1
    return Page(rows[(number - 1) * PER_PAGE : number * PER_PAGE], number, pages, len(rows), url)

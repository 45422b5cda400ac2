"""The accounts of a cycle: totals that add up, search and filters over accounts that were read once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from app.core.labels import Labelled
from app.core.natural import natural_key
from app.core.paging import PER_PAGE, Page
from app.ordering.models import OrderState
from app.settlement.queries import OrderRow, OrderSum, Place, by_room, matching, with_doors


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
    def of(cls, sums: Collection[OrderSum]) -> Totals:
        """Add up the accounts."""
        owed = [one.to_collect_fen for one in sums]
        due = [one.to_refund_fen for one in sums]
        ordered, accepted = sum(one.ordered_fen for one in sums), sum(one.accepted_fen for one in sums)
        pending = sum(one.pending_fen for one in sums)
        return cls(
            orders=len(sums),
            settled=sum(1 for one in sums if one.state == OrderState.SETTLED.value),
            ready=sum(1 for one in sums if one.can_settle),
            unpriced=sum(1 for one in sums if one.unpriced),
            ordered_fen=ordered,
            accepted_fen=accepted,
            not_charged_fen=ordered - accepted - pending,
            pending_fen=pending,
            paid_fen=sum(one.paid_fen for one in sums),
            to_collect_fen=sum(owed),
            to_refund_fen=sum(due),
            unpaid=sum(1 for fen in owed if fen),
            refunds=sum(1 for fen in due if fen),
        )


@dataclass(frozen=True)
class BuildingRow:
    """The accounts of one building."""

    place: Place
    totals: Totals


_SHOWS: Mapping[str, Callable[[OrderSum], bool]] = {
    Show.UNPAID.value: lambda one: one.to_collect_fen > 0,
    Show.REFUND.value: lambda one: one.to_refund_fen > 0,
    Show.PENDING.value: lambda one: one.units_pending > 0,
    Show.READY.value: lambda one: one.can_settle,
    Show.SETTLED.value: lambda one: one.state == OrderState.SETTLED.value,
}


def fitting(cycle_id: int, sums: Sequence[OrderSum], places: Mapping[int, Place], wanted: Filter) -> Sequence[OrderSum]:
    """The accounts that a filter lets through."""
    found = sums
    if wanted.point_id is not None:
        found = [one for one in found if one.point_id == wanted.point_id]
    if wanted.show in _SHOWS:
        found = [one for one in found if _SHOWS[wanted.show](one)]
    if wanted.text:
        orders = matching(cycle_id, wanted.text)
        key = natural_key(wanted.text)
        buildings = {
            building_id
            for building_id, place in places.items()
            if wanted.text in place.name or natural_key(place.building) == key
        }
        found = [one for one in found if one.building_id in buildings or one.order_id in orders]
    return found


def by_building(sums: Iterable[OrderSum], places: Mapping[int, Place]) -> list[BuildingRow]:
    """The accounts added up by building, in natural order."""
    own = _of_buildings(sums)
    return [BuildingRow(place, Totals.of(own[building])) for building, place in places.items() if building in own]


def _of_buildings(sums: Iterable[OrderSum]) -> dict[int, list[OrderSum]]:
    own: dict[int, list[OrderSum]] = {}
    for one in sums:
        own.setdefault(one.building_id, []).append(one)
    return own


def page_of(
    cycle_id: int, sums: Sequence[OrderSum], places: Mapping[int, Place], page: str | None, url: Callable[[int], str]
) -> Page[OrderRow]:
    """One page of accounts by building and room; a page number that makes no sense is the nearest one that does.

    Rooms are put in order only in the buildings that the page shows. Two statements.
    """
    pages = max(1, -(-len(sums) // PER_PAGE))
    asked = page or ""
    number = min(max(1, int(asked)), pages) if asked.isascii() and asked.isdigit() and len(asked) < 10 else 1
    start = (number - 1) * PER_PAGE
    own, shown, before = _of_buildings(sums), {}, 0
    for building in (building for building in places if building in own):
        if before + len(own[building]) > start and before < start + PER_PAGE:
            shown[building] = before
        before += len(own[building])
    rank = by_room(cycle_id, list(shown))
    ordered = [one for building in shown for one in sorted(own[building], key=lambda one: rank[one.order_id])]
    skipped = start - min(shown.values(), default=0)
    return Page(with_doors(ordered[skipped : skipped + PER_PAGE]), number, pages, len(sums), url)

"""The accounts of a cycle by building and room: totals that add up, search and filters.

A cycle has twenty thousand accounts. The database adds them up by building in one statement; only the orders of the
buildings that a page shows are read one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import ColumnElement, Subquery, and_, case, func, or_, select

from app.core.db import db
from app.core.labels import Labelled
from app.core.paging import PER_PAGE, Page
from app.core.text.natural import natural_key
from app.ordering.models import ORDERS_CHARGED, HouseholdOrder, OrderLine, OrderState
from app.settlement.models import Payment
from app.settlement.queries import (
    OrderSum,
    SettlementOrderRow,
    SettlementPlace,
    by_room,
    line_sums,
    matching,
    sums_of,
    with_doors,
)


class AccountListFilter(Labelled):
    """What the list is narrowed to."""

    UNPAID = "unpaid", "还没付清"
    REFUND = "refund", "应退款"
    PENDING = "pending", "还有没结果的份数"
    READY = "ready", "可以结算"
    SETTLED = "settled", "已结算"


@dataclass(frozen=True)
class SettlementFilter:
    """What was asked for; empty members do not narrow."""

    show: str = ""
    text: str = ""
    point_id: int | None = None


@dataclass(frozen=True)
class SettlementTotals:
    """Sums over orders. ordered = accepted + not charged + pending; what is owed is the sum of what households owe."""

    orders: int = 0
    settled: int = 0
    ready: int = 0
    unpriced: int = 0
    ordered_fen: int = 0
    accepted_fen: int = 0
    pending_fen: int = 0
    paid_fen: int = 0
    to_collect_fen: int = 0
    to_refund_fen: int = 0
    unpaid: int = 0
    refunds: int = 0

    @property
    def not_charged_fen(self) -> int:
        """What shortages, cancellations and refunds took off."""
        return self.ordered_fen - self.accepted_fen - self.pending_fen

    @classmethod
    def of(cls, sums: Collection[OrderSum]) -> SettlementTotals:
        """Add up accounts that were read one by one."""
        accounts = [one.account for one in sums]
        return cls(
            orders=len(sums),
            settled=sum(1 for one in sums if one.state == OrderState.SETTLED.value),
            ready=sum(1 for one in sums if one.can_settle),
            unpriced=sum(1 for one in sums if one.unpriced),
            ordered_fen=sum(one.ordered_fen for one in accounts),
            accepted_fen=sum(one.accepted_fen for one in accounts),
            pending_fen=sum(one.pending_fen for one in accounts),
            paid_fen=sum(one.paid_fen for one in accounts),
            to_collect_fen=sum(one.to_collect_fen for one in accounts),
            to_refund_fen=sum(one.to_refund_fen for one in accounts),
            unpaid=sum(1 for one in accounts if one.to_collect_fen),
            refunds=sum(1 for one in accounts if one.to_refund_fen),
        )

    @classmethod
    def sum_of(cls, several: Collection[SettlementTotals]) -> SettlementTotals:
        """Add up totals."""
        return cls(**{part.name: sum(getattr(one, part.name) for one in several) for part in fields(cls)})


@dataclass(frozen=True)
class SettlementBuildingRow:
    """The accounts of one building."""

    place: SettlementPlace
    totals: SettlementTotals


def by_building(
    cycle_id: int, places: Mapping[int, SettlementPlace], wanted: SettlementFilter
) -> list[SettlementBuildingRow]:
    """The accounts that a filter lets through, added up by building in natural order. One or two statements."""
    each = _accounts(cycle_id)
    owed, due = each.c.accepted - each.c.paid, each.c.paid - each.c.at_most
    ready = and_(each.c.pending == 0, each.c.state == OrderState.LOCKED.value)
    columns = (
        func.count(),
        _how_many(each.c.state == OrderState.SETTLED.value),
        _how_many(ready),
        _how_many(each.c.unpriced > 0),
        func.sum(each.c.ordered),
        func.sum(each.c.accepted),
        func.sum(each.c.at_most - each.c.accepted),
        func.sum(each.c.paid),
        func.sum(case((owed > 0, owed), else_=0)),
        func.sum(case((due > 0, due), else_=0)),
        _how_many(owed > 0),
        _how_many(due > 0),
    )
    shows: dict[str, ColumnElement[bool]] = {
        AccountListFilter.UNPAID.value: owed > 0,
        AccountListFilter.REFUND.value: due > 0,
        AccountListFilter.PENDING.value: each.c.pending > 0,
        AccountListFilter.READY.value: ready,
        AccountListFilter.SETTLED.value: each.c.state == OrderState.SETTLED.value,
    }
    found: Any = select(each.c.building_id, *columns).group_by(each.c.building_id)
    if wanted.show in shows:
        found = found.where(shows[wanted.show])
    found = found.where(*_places(each, places, wanted), *_text(cycle_id, each, places, wanted))
    totals = {row[0]: SettlementTotals(*(int(number or 0) for number in row[1:])) for row in db.session.execute(found)}
    return [SettlementBuildingRow(place, totals[building]) for building, place in places.items() if building in totals]


def _accounts(cycle_id: int) -> Subquery:
    lines = line_sums().where(OrderLine.cycle_id == cycle_id).subquery()
    paid = (
        select(Payment.household_order_id.label("id"), func.sum(Payment.amount_fen).label("fen"))
        .group_by(Payment.household_order_id)
        .subquery()
    )
    found: Any = (
        select(
            HouseholdOrder.id,
            HouseholdOrder.building_id,
            HouseholdOrder.state,
            lines.c.pending,
            lines.c.unpriced,
            lines.c.ordered,
            lines.c.accepted,
            lines.c.at_most,
            func.coalesce(paid.c.fen, 0).label("paid"),
        )
        .join(lines, lines.c.order_id == HouseholdOrder.id)
        .outerjoin(paid, paid.c.id == HouseholdOrder.id)
        .where(HouseholdOrder.cycle_id == cycle_id, HouseholdOrder.state.in_(ORDERS_CHARGED))
    )
    subquery: Subquery = found.subquery()
    return subquery


def _how_many(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))


def _places(
    each: Subquery, places: Mapping[int, SettlementPlace], wanted: SettlementFilter
) -> Iterator[ColumnElement[bool]]:
    reached = [
        building for building, place in places.items() if wanted.point_id is None or place.point_id == wanted.point_id
    ]
    yield each.c.building_id.in_(reached)


def _text(
    cycle_id: int, each: Subquery, places: Mapping[int, SettlementPlace], wanted: SettlementFilter
) -> Iterator[ColumnElement[bool]]:
    if wanted.text:
        named = _named(places, wanted.text)
        yield or_(each.c.building_id.in_(named), each.c.id.in_(matching(cycle_id, wanted.text)))


def _named(places: Mapping[int, SettlementPlace], text: str) -> set[int]:
    key = natural_key(text)
    return {i for i, place in places.items() if text in place.name or natural_key(place.building) == key}


_SHOWS: Mapping[str, Callable[[OrderSum], bool]] = {
    AccountListFilter.UNPAID.value: lambda one: one.account.to_collect_fen > 0,
    AccountListFilter.REFUND.value: lambda one: one.account.to_refund_fen > 0,
    AccountListFilter.PENDING.value: lambda one: one.units_pending > 0,
    AccountListFilter.READY.value: lambda one: one.can_settle,
    AccountListFilter.SETTLED.value: lambda one: one.state == OrderState.SETTLED.value,
}


def page_of(
    cycle_id: int,
    buildings: Sequence[SettlementBuildingRow],
    wanted: SettlementFilter,
    page: str | None,
    url: Callable[[int], str],
) -> Page[SettlementOrderRow]:
    """One page of accounts by building and room; a page number that makes no sense is the nearest one that does.

    Only the buildings that the page shows are read order by order. Six statements at most.
    """
    total = sum(row.totals.orders for row in buildings)
    pages = max(1, -(-total // PER_PAGE))
    asked = page or ""
    number = min(max(1, int(asked)), pages) if asked.isascii() and asked.isdigit() and len(asked) < 10 else 1
    start, before, shown = (number - 1) * PER_PAGE, 0, {}
    for row in buildings:
        if before + row.totals.orders > start and before < start + PER_PAGE:
            shown[row.place.building_id] = before
        before += row.totals.orders
    rank = by_room(cycle_id, list(shown))
    place = {building: position for position, building in enumerate(shown)}
    sums = _fitting(cycle_id, sums_of(cycle_id, list(rank)), {r.place.building_id: r.place for r in buildings}, wanted)
    ordered = sorted(sums, key=lambda one: (place[one.building_id], rank[one.order_id]))
    skipped = start - min(shown.values(), default=0)
    return Page(with_doors(ordered[skipped : skipped + PER_PAGE]), number, pages, total, url)


def _fitting(
    cycle_id: int, sums: Iterable[OrderSum], places: Mapping[int, SettlementPlace], wanted: SettlementFilter
) -> Iterator[OrderSum]:
    """The same filter as `by_building`, over accounts that were read one by one."""
    orders = matching(cycle_id, wanted.text) if wanted.text else set()
    named = _named(places, wanted.text) if wanted.text else set()
    for one in sums:
        by_text = not wanted.text or one.building_id in named or one.order_id in orders
        if by_text and (wanted.show not in _SHOWS or _SHOWS[wanted.show](one)):
            yield one

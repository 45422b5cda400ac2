"""The queue of complaints with its clocks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select

from app.access.models import Account
from app.access.permissions import Permission, Staff
from app.catalog.models import Item
from app.core import clock
from app.core.codes import normalise
from app.core.db import db
from app.handover.models import Dispute, DisputeKind, DisputeState
from app.handover.rules import ComplaintSpeed, is_in_time
from app.ordering.models import HouseholdOrder, OrderLine
from app.picking.models import DOOR_OF_BAG, Bag, BagState
from app.places.finder.queries import building_called
from app.places.labels import household_label
from app.places.models import Building, Compound, Household, Stairwell
from app.places.scope import buildings_in_scope


@dataclass(frozen=True)
class Clock:
    """One of the three times of a complaint. `minutes`: how long it took, or has taken so far."""

    label: str
    minutes: int
    is_done: bool
    is_in_time: bool


@dataclass(frozen=True)
class DisputeRow:
    """One complaint in the queue. No name is shown, only the door."""

    id: int
    bag_id: int
    cycle_id: int
    bag_code: str
    is_bag_missing: bool
    compound: str
    building_id: int
    door: str
    item: str
    sale_unit: str
    qty: int
    kind: str
    state: DisputeState
    note: str
    reason: str
    raised_at: datetime
    seen_at: datetime | None
    started_at: datetime | None
    resolved_at: datetime | None
    resolved_by: str

    @property
    def is_open(self) -> bool:
        return self.state == DisputeState.OPEN

    @property
    def clocks(self) -> list[Clock]:
        """Seen within 1 minute, started within 5, answered within 10."""
        now = clock.now()
        times = (
            (ComplaintSpeed.SEEN, self.seen_at),
            (ComplaintSpeed.STARTED, self.started_at),
            (ComplaintSpeed.ANSWERED, self.resolved_at),
        )
        return [
            Clock(
                kind.label,
                int(((done or now) - self.raised_at).total_seconds() // 60),
                done is not None,
                is_in_time(kind, self.raised_at, done, now),
            )
            for kind, done in times
        ]

    @property
    def is_late(self) -> bool:
        return self.is_open and any(not one.is_in_time for one in self.clocks)


@dataclass(frozen=True)
class DisputeFilter:
    """What the queue is narrowed to; empty members do not narrow."""

    state: str = ""
    kind: str = ""
    text: str = ""


def _columns() -> Select[Any]:
    columns: Any = (
        select(
            Dispute,
            Bag.cycle_id,
            Bag.code,
            Bag.state,
            Compound.name,
            Building.id,
            Building.label,
            Stairwell.label,
            Household.room_no,
            Item.name,
            Item.sale_unit,
            Account.display_name,
        )
        .join(Bag, Bag.id == Dispute.bag_id)
        .join(HouseholdOrder, HouseholdOrder.id == Bag.order_id)
        .join(Building, Building.id == Bag.building_id)
        .join(Compound, Compound.id == Building.compound_id)
        .join(OrderLine, OrderLine.id == Dispute.order_line_id)
        .join(Item, Item.id == OrderLine.item_id)
        .outerjoin(Household, Household.id == DOOR_OF_BAG)
        .outerjoin(Stairwell, Stairwell.id == Household.stairwell_id)
        .outerjoin(Account, Account.id == Dispute.resolved_by_id)
    )
    statement: Select[Any] = columns
    return statement


def queue(by: Staff, cycle_id: int, narrowed: DisputeFilter) -> Select[Any]:
    """The complaints of a cycle within reach, open ones first, oldest first: a statement for paging."""
    found = _columns().where(Bag.cycle_id == cycle_id, buildings_in_scope(by, Permission.DISPUTE))
    found = found.where(*_conditions(narrowed))
    return found.order_by((Dispute.state != DisputeState.OPEN), Dispute.id)


def _conditions(narrowed: DisputeFilter) -> Iterator[ColumnElement[bool]]:
    if narrowed.state in set(DisputeState):
        yield Dispute.state == narrowed.state
    if narrowed.kind in set(DisputeKind):
        yield Dispute.kind == narrowed.kind
    text = narrowed.text.strip()[:40]
    if text:
        code = normalise(text)
        named = Compound.name.contains(text, autoescape=True) | Item.name.contains(text, autoescape=True)
        yield (Bag.code == code) | building_called(text) | (Household.room_no == text) | named


def as_row(row: Any) -> DisputeRow:
    """A row of `queue` as the page needs it."""
    dispute, cycle_id, code, bag_state, compound, building_id, label, stairwell, room, item, unit, who = row
    return DisputeRow(
        id=dispute.id,
        bag_id=dispute.bag_id,
        cycle_id=cycle_id,
        bag_code=code,
        is_bag_missing=bag_state == BagState.MISSING,
        compound=compound,
        building_id=building_id,
        door=household_label(label, stairwell or "", room or ""),
        item=item,
        sale_unit=unit,
        qty=dispute.qty,
        kind=DisputeKind(dispute.kind).label,
        state=DisputeState(dispute.state),
        note=dispute.note,
        reason=dispute.reason,
        raised_at=dispute.created_at,
        seen_at=dispute.seen_at,
        started_at=dispute.started_at,
        resolved_at=dispute.resolved_at,
        resolved_by=who or "",
    )


def dispute_row(dispute_id: int) -> DisputeRow:
    """One complaint; the caller has checked that it is within reach."""
    return as_row(db.session.execute(_columns().where(Dispute.id == dispute_id)).one())


@dataclass(frozen=True)
class QueueCounts:
    """How many complaints there are, and how many have not been seen."""

    open: int
    unseen: int
    late: int
    answered: int


def counts(by: Staff, cycle_id: int) -> QueueCounts:
    """Two statements; open complaints are few."""
    found = (
        select(Dispute)
        .join(Bag, Bag.id == Dispute.bag_id)
        .where(Bag.cycle_id == cycle_id)
        .where(Bag.building_id.in_(select(Building.id).where(buildings_in_scope(by, Permission.DISPUTE))))
    )
    now = clock.now()
    waiting = list(db.session.scalars(found.where(Dispute.state == DisputeState.OPEN)))
    late = [one for one in waiting if not is_in_time(ComplaintSpeed.ANSWERED, one.created_at, None, now)]
    every = db.session.scalar(select(func.count()).select_from(found.subquery())) or 0
    return QueueCounts(len(waiting), sum(1 for one in waiting if one.seen_at is None), len(late), every - len(waiting))

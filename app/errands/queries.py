"""What the pages of errands show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.orm import aliased

from app.access.models import Account
from app.access.permissions import Permission, Resident, Staff
from app.core import clock
from app.core.db import db
from app.core.events import Event
from app.errands.models import Errand, ErrandKind, ErrandState
from app.errands.rules import TARGETS_S, is_late, left_s
from app.places.labels import ADDRESS, address_label, with_address
from app.places.models import Building, Household, Stairwell
from app.places.scope import buildings_in_scope

WAITING = (ErrandState.ASKED, ErrandState.SEEN, ErrandState.STARTED)


@dataclass(frozen=True)
class ErrandRow:
    """One errand with its household's address, who does it, and its clock."""

    errand: Errand
    kind: ErrandKind
    state: ErrandState
    address: str
    waited_s: int
    assignee: str = ""

    @property
    def is_late(self) -> bool:
        return is_late(self.state.value, self.waited_s)

    @property
    def left_s(self) -> int | None:
        return left_s(self.state.value, self.waited_s)

    @property
    def clock(self) -> str:
        """What is left of the time, or how much it is over: "0:42"."""
        whole = abs(self.left_s or 0)
        return f"{whole // 60}:{whole % 60:02d}"

    @property
    def due_at(self) -> datetime | None:
        return self.errand.due_at

    @property
    def is_past_due(self) -> bool:
        """The household's own deadline has gone by."""
        return self.errand.due_at is not None and self.state in WAITING and self.errand.due_at < clock.now()

    def steps(self) -> list[ErrandState]:
        """The states that may follow."""
        return [state for state in ErrandState if state in Errand.LEGAL.get(self.state.value, frozenset())]


def is_overdue() -> ColumnElement[bool]:
    """A condition on Errand: the next answer is overdue now."""
    now = clock.now()
    return or_(
        *(
            and_(Errand.state == state, Errand.created_at < now - timedelta(seconds=seconds))
            for state, seconds in TARGETS_S.items()
        )
    )


def _with_address() -> Select[Any]:
    who = aliased(Account)
    found: Any = with_address(
        select(Errand, *ADDRESS, who.display_name).join(Household, Household.id == Errand.household_id)
    ).outerjoin(who, who.id == Errand.assigned_to_id)
    joined: Select[Any] = found
    return joined


def queue(by: Staff, state: str, only_mine: bool = False) -> Select[Any]:
    """The errands within reach: overdue ones first, then those that wait, oldest first; rows go through `errand_row`.

    `state` narrows to one; "waiting" to all that wait.
    """
    place = case((is_overdue(), 0), (Errand.state.in_(WAITING), 1), else_=2)
    newest = case((Errand.state.in_(WAITING), 0), else_=-Errand.id)
    found = _with_address().where(_in_scope(by)).order_by(place, newest, Errand.created_at, Errand.id)
    if state:
        found = found.where(Errand.state.in_(WAITING) if state == "waiting" else Errand.state == state)
    return found.where(Errand.assigned_to_id == by.id) if only_mine else found


def _in_scope(by: Staff) -> ColumnElement[bool]:
    return buildings_in_scope(by, Permission.ERRAND)


def errand_row(row: Any) -> ErrandRow:
    """A row of `queue` as the page needs it."""
    errand, *address, assignee = row
    return _row(errand, address_label(*address), assignee or "")


def _row(errand: Errand, address: str, assignee: str = "") -> ErrandRow:
    until = errand.answered_at or clock.now()
    waited = int((until - errand.created_at).total_seconds())
    return ErrandRow(errand, ErrandKind(errand.kind), ErrandState(errand.state), address, waited, assignee)


def errand_counts(by: Staff) -> dict[str, int]:
    """Errand state → how many within reach; "late": of those, overdue ones; "waiting": all that wait."""
    found = (
        select(Errand.state, func.count(), func.coalesce(func.sum(case((is_overdue(), 1), else_=0)), 0))
        .join(Household, Household.id == Errand.household_id)
        .join(Stairwell, Stairwell.id == Household.stairwell_id)
        .join(Building, Building.id == Stairwell.building_id)
        .where(_in_scope(by))
        .group_by(Errand.state)
    )
    rows = db.session.execute(found).all()
    by_state = {state: int(number) for state, number, _late_ones in rows}
    waiting = sum(by_state.get(state, 0) for state in WAITING)
    return {**by_state, "late": sum(int(late) for _state, _number, late in rows), "waiting": waiting}


def of_household(household_id: int, by: Resident | None = None) -> list[ErrandRow]:
    """The errands of one household, newest first; `by`: only those that this phone may know of."""
    found = select(Errand).where(Errand.household_id == household_id).order_by(Errand.id.desc()).limit(30)
    if by is not None and not by.is_proven:
        found = found.where(Errand.hand == by.hand)
    if by is not None and by.since is not None:
        found = found.where(Errand.created_at >= by.since)
    return [_row(errand, "") for errand in db.session.scalars(found)]


def errands_assigned_to(by: Staff) -> list[ErrandRow]:
    """The errands that were given to an account and wait. One statement."""
    found = _with_address().where(Errand.assigned_to_id == by.id, Errand.state.in_(WAITING))
    return [errand_row(row) for row in db.session.execute(found.order_by(Errand.created_at, Errand.id))]


def errand_detail(errand_id: int) -> ErrandRow | None:
    """One errand with its address; who may see it is the caller's check."""
    row = db.session.execute(_with_address().where(Errand.id == errand_id)).first()
    return errand_row(row) if row is not None else None


def history(errand_id: int) -> list[Event]:
    """What happened to an errand, in order."""
    found = select(Event).where(Event.subject_type == "errand", Event.subject_id == errand_id)
    return list(db.session.scalars(found.order_by(Event.id)))

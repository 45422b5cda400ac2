"""What the pages of errands show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, select

from app.access.permissions import Permission, Staff
from app.core import clock
from app.core.db import db
from app.errands.models import Errand, ErrandKind, ErrandState
from app.errands.rules import is_late, target_s
from app.places.models import Building, Compound, Household, Stairwell
from app.places.scope import buildings_in_scope


@dataclass(frozen=True)
class ErrandRow:
    """One errand with its household's address and its clock."""

    errand: Errand
    kind: ErrandKind
    state: ErrandState
    address: str
    waited_s: int

    @property
    def is_late(self) -> bool:
        return is_late(self.state.value, self.waited_s)

    @property
    def target_minutes(self) -> int | None:
        target = target_s(self.state.value)
        return None if target is None else target // 60

    @property
    def due_at(self) -> datetime | None:
        return self.errand.due_at

    def steps(self) -> list[ErrandState]:
        """The states that may follow."""
        return [state for state in ErrandState if state in Errand.LEGAL.get(self.state.value, frozenset())]


def queue(by: Staff, state: str) -> Select[Any]:
    """The errands within reach, waiting ones first, oldest first; rows go through `errand_row`."""
    waiting = case((Errand.state.in_(("asked", "seen", "started")), 0), else_=1)
    found: Any = (
        select(Errand, Compound.name, Building.label, Stairwell.label, Household.room_no)
        .join(Household, Household.id == Errand.household_id)
        .join(Stairwell, Stairwell.id == Household.stairwell_id)
        .join(Building, Building.id == Stairwell.building_id)
        .join(Compound, Compound.id == Building.compound_id)
        .where(_in_scope(by))
        .order_by(waiting, Errand.created_at, Errand.id)
    )
    narrowed: Select[Any] = found.where(Errand.state == state) if state else found
    return narrowed


def _in_scope(by: Staff) -> ColumnElement[bool]:
    return buildings_in_scope(by, Permission.ERRAND)


def errand_row(row: Any) -> ErrandRow:
    """A row of `queue` as the page needs it."""
    errand, compound, building, stairwell, room = row
    return _row(errand, " ".join(part for part in (compound, building, stairwell, room) if part))


def _row(errand: Errand, address: str) -> ErrandRow:
    until = errand.answered_at or clock.now()
    waited = int((until - errand.created_at).total_seconds())
    return ErrandRow(errand, ErrandKind(errand.kind), ErrandState(errand.state), address, waited)


def counts(by: Staff) -> dict[str, int]:
    """Errand state → how many within reach."""
    found = (
        select(Errand.state, func.count())
        .join(Household, Household.id == Errand.household_id)
        .join(Stairwell, Stairwell.id == Household.stairwell_id)
        .join(Building, Building.id == Stairwell.building_id)
        .where(_in_scope(by))
        .group_by(Errand.state)
    )
    return {state: number for state, number in db.session.execute(found)}  # noqa: C416


def of_household(household_id: int) -> list[ErrandRow]:
    """The errands of one household, newest first."""
    found = select(Errand).where(Errand.household_id == household_id).order_by(Errand.id.desc()).limit(30)
    return [_row(errand, "") for errand in db.session.scalars(found)]

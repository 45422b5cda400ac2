"""Whom to call next: the households of a building by floor, those who need care first, with their telephones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from app.access.permissions import Permission, Staff
from app.core.db import db
from app.ordering.models import RollCallOutcome
from app.ordering.roll_call import queries as roll_call_queries
from app.ordering.roll_call.queries import RollCallBuildingRow
from app.places.care.needs import kinds_of
from app.places.contacts import is_open, masked
from app.places.models import Household, HouseholdContact

SHOWS = ("todo", "unreachable", "all")


@dataclass(frozen=True)
class CallRow:
    """One household: its room, how its roll call stands ("" if open), what care it needs, its telephone.

    `phone` is masked unless it was opened; `tel` is what a telephone dials, "" while it is masked.
    """

    id: int
    room: str
    floor: int
    outcome: str
    has_order: bool
    care: tuple[str, ...]
    phone: str
    tel: str


@dataclass(frozen=True)
class CallGroup:
    """Households under one heading: those who need care (`floor` None), or a floor."""

    floor: int | None
    rows: tuple[CallRow, ...]


@dataclass(frozen=True)
class CallSheet:
    """A building's roll call: groups in the order of calling, counts that add up to `households`."""

    groups: tuple[CallGroup, ...]
    households: int
    counts: dict[str, int]
    is_open: bool
    may_open: bool
    numbers: int

    @property
    def missing(self) -> int:
        return self.counts[""]

    @property
    def order(self) -> list[int]:
        """Household ids in the order of the page."""
        return [row.id for group in self.groups for row in group.rows]


def call_sheet(by: Staff, cycle_id: int, building_id: int, show: str) -> CallSheet:
    """The roll call of a building, narrowed to what is still open, unreachable, or all. Five statements."""
    rooms = roll_call_queries.rooms(cycle_id, building_id)
    ids = [room.id for room in rooms]
    may_open = by.may(Permission.CONTACT_OPEN)
    opened = may_open and is_open(by, building_id)
    phones = _phones(ids) if may_open else {}
    care = kinds_of(ids) if by.may(Permission.CARE) else {}
    floors = _floors(ids)
    rows = [
        CallRow(
            room.id,
            room.label,
            floors.get(room.id, 0),
            room.outcome,
            room.order_id is not None,
            tuple(kind.label for kind in care.get(room.id, ())),
            (phones[room.id] if opened else masked(phones[room.id])) if room.id in phones else "",
            _dialled(phones[room.id]) if opened and room.id in phones else "",
        )
        for room in rooms
    ]
    counts = {
        outcome: sum(row.outcome == outcome for row in rows) for outcome in ("", *(str(o) for o in RollCallOutcome))
    }
    return CallSheet(_grouped(_shown(rows, show)), len(rows), counts, opened, may_open, len(phones))


def _phones(ids: Sequence[int]) -> dict[int, str]:
    found = select(HouseholdContact.household_id, HouseholdContact.phone)
    found = found.where(HouseholdContact.household_id.in_(ids), HouseholdContact.phone.is_not(None))
    return {household_id: str(phone) for household_id, phone in db.session.execute(found)}


def _floors(ids: Sequence[int]) -> dict[int, int]:
    found = select(Household.id, Household.floor).where(Household.id.in_(ids))
    return {household_id: floor for household_id, floor in db.session.execute(found)}  # noqa: C416


def _dialled(phone: str) -> str:
    return "".join(character for character in phone if character.isdigit() or character == "+")


def _shown(rows: Iterable[CallRow], show: str) -> list[CallRow]:
    if show == "all":
        return list(rows)
    wanted = RollCallOutcome.UNREACHABLE.value if show == "unreachable" else ""
    return [row for row in rows if row.outcome == wanted]


def _grouped(rows: Sequence[CallRow]) -> tuple[CallGroup, ...]:
    first = tuple(row for row in rows if row.care)
    rest = [row for row in rows if not row.care]
    floors = sorted({row.floor for row in rest})
    groups = [CallGroup(floor, tuple(row for row in rest if row.floor == floor)) for floor in floors]
    return (*((CallGroup(None, first),) if first else ()), *groups)


def narrowed(rows: Sequence[RollCallBuildingRow], show: str) -> list[RollCallBuildingRow]:
    """Buildings with somebody still to call, with somebody unreachable, or all."""
    if show == "todo":
        return [row for row in rows if row.missing]
    if show == "unreachable":
        return [row for row in rows if row.unreachable]
    return list(rows)

"""The door of the resident's pages: which household stands behind a poster, a stairwell and a room.

Whoever asks learns nothing about a room: a room that does not exist, one with an order already and one shared by two
families get the same answer, "type your order code". Only a room without an order, in a cycle that takes orders, opens
by itself. The same statements run in each case.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from app.core import clock
from app.core.db import db
from app.ordering.models import Cycle, CyclePoint, CycleState, HouseholdOrder
from app.ordering.rules import read_order_code
from app.ordering.schemas import Enter
from app.places.address.register import room_key, stairwell_key
from app.places.models import Building, Compound, Household, HouseholdContact, Stairwell


@dataclass(frozen=True)
class Door:
    """A building as its poster names it, with its stairwells and the cycle that takes orders there now, if any."""

    building_id: int
    public_code: str
    name: str
    stairwells: tuple[tuple[int, str], ...]
    cycle: Cycle | None


def door(public_code: str) -> Door | None:
    """The building of a poster code, as typed or from its QR; None if there is none. Three statements."""
    code = public_code.strip()[:40]
    found = select(Building, Compound.name).join(Compound, Building.compound_id == Compound.id)
    row = db.session.execute(found.where(Building.public_code.in_([code, code.upper()]))).first()
    if row is None:
        return None
    building, compound = row
    stairwells = db.session.execute(
        select(Stairwell.id, Stairwell.label).where(Stairwell.building_id == building.id).order_by(Stairwell.label)
    )
    ordered = sorted(((i, label) for i, label in stairwells), key=lambda pair: _as_number(pair[1]))
    return Door(
        building.id,
        building.public_code,
        f"{compound} {building.label}",
        tuple(ordered),
        cycle_taking_orders_at(building.service_point_id),
    )


def _as_number(label: str) -> tuple[int, str]:
    key = stairwell_key(label)
    return (int(key), "") if key.isdigit() else (10**6, key)


def is_taking_orders(cycle: Cycle) -> bool:
    """Whether the cycle takes orders at this instant."""
    return cycle.state == CycleState.OPEN and cycle.opens_at <= clock.now() < cycle.cutoff_at


def cycle_taking_orders_at(service_point_id: int) -> Cycle | None:
    """The cycle of a point that takes orders now; of several the one that closes first."""
    now = clock.now()
    found = (
        select(Cycle)
        .join(CyclePoint, CyclePoint.cycle_id == Cycle.id)
        .where(
            CyclePoint.service_point_id == service_point_id,
            Cycle.state == CycleState.OPEN,
            Cycle.opens_at <= now,
            Cycle.cutoff_at > now,
        )
        .order_by(Cycle.cutoff_at, Cycle.id)
        .limit(1)
    )
    return db.session.scalar(found)


def is_room(room_no: str, stairwell: str, typed: str) -> bool:
    """Whether what somebody typed ("302", "1-302", "302室") means this room of this stairwell."""
    parts = [part for part in typed.replace("－", "-").replace("—", "-").split("-") if part.strip()]
    room = parts[-1] if parts else ""
    if len(parts) > 1 and stairwell_key(parts[-2]) != stairwell_key(stairwell):
        return False
    return _flat(room_no) == room_key(room)


def _flat(room_no: str) -> str:
    """The flat of a room number: further families in one flat are written `401(2)`."""
    return room_key(room_no.split("(")[0])


@dataclass(frozen=True)
class Answer:
    """Who may come in: a household and the cycle to go to, or nobody without an order code."""

    household_id: int | None = None
    cycle_id: int | None = None
    is_by_code: bool = True


def answer(at: Door, typed: Enter) -> Answer:
    """Let in by room alone, or by room and order code; else nobody. Always four statements."""
    homes = _homes(at, typed)
    known = set(homes)
    ordered = _ordered(at, known)
    by_code = _order_by_code(typed.order_code)
    if by_code is not None and by_code.household_id in known:
        return Answer(by_code.household_id, by_code.cycle_id)
    if len(known) == 1 and at.cycle is not None and not typed.order_code:
        (home,) = known
        if home not in ordered:
            return Answer(home, at.cycle.id, is_by_code=False)
    return Answer()


def by_code_alone(text: str) -> Answer:
    """The household of an order code, from another phone."""
    order = _order_by_code(text)
    return Answer(order.household_id, order.cycle_id) if order is not None else Answer()


def target(at: Door, typed: Enter) -> str:
    """What a wrong order code is counted against: the room that was typed, whether it exists or not."""
    return f"room:{at.building_id}:{typed.stairwell_id}:{room_key(typed.room)}"


def _homes(at: Door, typed: Enter) -> list[int]:
    found = (
        select(Household.id, Household.room_no, HouseholdContact.phone)
        .join(Stairwell, Household.stairwell_id == Stairwell.id)
        .outerjoin(HouseholdContact, HouseholdContact.household_id == Household.id)
        .where(Stairwell.id == typed.stairwell_id, Stairwell.building_id == at.building_id, Household.is_active)
    )
    wanted = room_key(typed.room)
    rows = [(i, phone or "") for i, room_no, phone in db.session.execute(found) if _flat(room_no) == wanted]
    if typed.phone_tail and len(rows) > 1:
        rows = [(i, phone) for i, phone in rows if phone.endswith(typed.phone_tail)]
    return [i for i, _phone in rows]


def _ordered(at: Door, homes: set[int]) -> set[int]:
    cycle_id = at.cycle.id if at.cycle else 0
    found = select(HouseholdOrder.household_id).where(
        HouseholdOrder.cycle_id == cycle_id, HouseholdOrder.household_id.in_(homes or {0})
    )
    return set(db.session.scalars(found))


def _order_by_code(text: str) -> HouseholdOrder | None:
    code = read_order_code(text) or "-"
    return db.session.scalar(
        select(HouseholdOrder).where(HouseholdOrder.code == code, HouseholdOrder.household_id.is_not(None))
    )

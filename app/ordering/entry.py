"""The door of the resident's pages: which household stands behind a poster, a stairwell and a room.

    typed                          opens                                            as
    room                           one household, no order in the open cycle        unproven
    room + order code              the code's household, if it is of that room      household, or that order alone
    room + door PIN                the household whose PIN it is                    household
    order code                     the code's household                             household, or that order alone
    a code of who moved out        nothing
    anything else                  nothing: one page, whatever the reason

All failures return the same response after the same statements, so rooms cannot be enumerated: one that does not
exist, one with an order already, one shared by two families and one that was tried too often look alike. A telephone's
tail opens nothing; with a code or PIN it has to fit too.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import select

from app.access import pins
from app.access.throttle import LIMIT, OF_AN_ADDRESS, ThrottleBudget
from app.core import clock
from app.core.db import db
from app.ordering.models import Cycle, CyclePoint, CycleState, HouseholdOrder
from app.ordering.resident.schemas import Enter
from app.ordering.resident.service import OpenedDoor, Proof, order_by_code
from app.places.address.register import stairwell_key
from app.places.buildings.rules import bare_key, is_room
from app.places.models import Building, Compound, Household, HouseholdContact, Stairwell

ROOMS_OF_AN_ADDRESS = 20  # rooms typed from one address in a quarter of an hour, at whatever buildings


@dataclass(frozen=True)
class BuildingDoor:
    """A building as its poster names it, with its stairwells and the cycle that takes orders there now, if any."""

    building_id: int
    public_code: str
    name: str
    stairwells: tuple[tuple[int, str], ...]
    cycle: Cycle | None


def building_by_code(public_code: str) -> BuildingDoor | None:
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
    return BuildingDoor(
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


def with_cycle(at: BuildingDoor, cycle_id: int) -> BuildingDoor:
    """The door as somebody sees it who orders in this cycle, while it takes orders there."""
    found = (
        select(Cycle)
        .join(CyclePoint, CyclePoint.cycle_id == Cycle.id)
        .join(Building, Building.service_point_id == CyclePoint.service_point_id)
        .where(Building.id == at.building_id, Cycle.id == cycle_id)
    )
    cycle = db.session.scalar(found)
    return replace(at, cycle=cycle) if cycle is not None and is_taking_orders(cycle) else at


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


def authenticate_household(at: BuildingDoor, typed: Enter) -> OpenedDoor | None:
    """Whom to let in, or nobody. Always four statements."""
    homes = _homes(at, typed)
    ordered = _ordered(at, set(homes))
    order = order_by_code(typed.order_code)
    by_pin = pins.household_with_pin(list(homes), typed.order_code)
    if typed.order_code:
        found = _by_order(order) if order is not None and order.household_id in homes else None
        if by_pin is not None:
            found = OpenedDoor(by_pin, at.cycle.id if at.cycle else None, Proof.PIN, shown=typed.order_code)
        fits = found is not None and homes[found.household_id].endswith(typed.phone_tail)
        return found if fits else None
    if len(homes) == 1 and at.cycle is not None and not ordered and not typed.phone_tail:
        return OpenedDoor(next(iter(homes)), at.cycle.id, Proof.ROOM)
    return None


def authenticate_by_code(text: str) -> OpenedDoor | None:
    """The household, or the order, of an order code, from another phone."""
    order = order_by_code(text)
    return _by_order(order) if order is not None else None


def _by_order(order: HouseholdOrder) -> OpenedDoor:
    return OpenedDoor(order.household_id or 0, order.cycle_id, Proof.CODE, order.hand, order.code)


@dataclass(frozen=True)
class Whence:
    """Where a try comes from: an address, which others may share, and the household of a phone that has proved it."""

    address: str
    household_id: int | None = None

    @property
    def named(self) -> str:
        """The household, whatever phones and keys it makes itself anew; else the address."""
        return f"household:{self.household_id}" if self.household_id is not None else self._of_address

    @property
    def each(self) -> list[str]:
        return list(dict.fromkeys([self.named, self._of_address]))

    @property
    def _of_address(self) -> str:
        return f"address:{self.address}"


def attempt_budgets(at: BuildingDoor, typed: Enter, whence: Whence) -> list[ThrottleBudget]:
    """What a try at the door is counted against.

    A room alone: so many rooms of a building from one place, found or not; a known household is counted with its
    address, since it has no need of other rooms. A code or PIN: so many for one room from one place. Neither closes a
    door to anybody elsewhere, and a code or PIN is looked at whatever was typed without one.
    """
    if typed.order_code:
        room = f"{at.building_id}:{typed.stairwell_id}:{bare_key(typed.room)}"
        return [ThrottleBudget(f"code:{room} from:{whence.named}", LIMIT), codes_from(whence)]
    here = [ThrottleBudget(f"rooms:{at.building_id} from:{place}", LIMIT) for place in whence.each]
    return [*here, *(ThrottleBudget(f"rooms from:{place}", ROOMS_OF_AN_ADDRESS) for place in whence.each)]


def codes_from(whence: Whence) -> ThrottleBudget:
    """Codes and PINs tried from one place, at whatever door."""
    return ThrottleBudget(f"codes from:{whence.named}", OF_AN_ADDRESS)


def _homes(at: BuildingDoor, typed: Enter) -> dict[int, str]:
    """Household → telephone, of the families in the flat that was typed."""
    found = (
        select(Household.id, Household.room_no, Stairwell.label, Building.label, HouseholdContact.phone)
        .join(Stairwell, Household.stairwell_id == Stairwell.id)
        .join(Building, Building.id == Stairwell.building_id)
        .outerjoin(HouseholdContact, HouseholdContact.household_id == Household.id)
        .where(Stairwell.id == typed.stairwell_id, Stairwell.building_id == at.building_id, Household.is_active)
    )
    return {
        household_id: phone or ""
        for household_id, room_no, stairwell, building, phone in db.session.execute(found)
        if is_room(room_no, stairwell, typed.room, building)
    }


def _ordered(at: BuildingDoor, homes: set[int]) -> set[int]:
    cycle_id = at.cycle.id if at.cycle else 0
    found = select(HouseholdOrder.household_id).where(
        HouseholdOrder.cycle_id == cycle_id, HouseholdOrder.household_id.in_(homes or {0})
    )
    return set(db.session.scalars(found))

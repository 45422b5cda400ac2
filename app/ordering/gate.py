"""The way to a cycle: who may come to it, and in which states of it.

A cycle out of reach answers as one that does not exist (NotFound); one in another state refuses (Conflict).
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Integer, and_, bindparam, select

from app.access.permissions import Permission, Resident, Staff
from app.core import clock
from app.core.db import db
from app.core.errors import Conflict, NotFound
from app.core.events import Actor
from app.core.lookup import or_not_found
from app.ordering.models import Cycle, CyclePoint, CycleState, HouseholdOrder
from app.ordering.shelf.listing import NAMES_SHELF, Stamps, stamp_of
from app.places.care.needs import door_note_of
from app.places.models import Building, CareNeed, Household, Stairwell
from app.places.scope import require_building, require_part_of, require_point, require_subdistrict

Lock = Literal["change", "stay"]  # it is changed here; it may not change while something else is written


def cycle_or_not_found(cycle_id: int, lock: Lock | None = None) -> Cycle:
    """The cycle, whoever asks. `lock`: read again and locked to the end of the command. Raises NotFound."""
    if lock is None:
        cycle = db.session.get(Cycle, cycle_id)
    else:
        held: Any = True if lock == "change" else {"read": True}
        cycle = db.session.get(Cycle, cycle_id, populate_existing=True, with_for_update=held)
    if cycle is None:
        raise NotFound
    return cycle


def readable_cycle(by: Staff, permission: Permission, cycle_id: int) -> Cycle:
    """The cycle, if `by` holds the permission anywhere within its subdistrict. Raises NotFound."""
    cycle = cycle_or_not_found(cycle_id)
    require_part_of(by, permission, cycle.subdistrict_id)
    return cycle


def require_cycle(
    by: Staff,
    permission: Permission,
    cycle_id: int,
    *states: CycleState,
    otherwise: object = None,
    lock: Lock | None = None,
) -> Cycle:
    """The cycle, if `by` holds the permission for its whole subdistrict and it is in one of `states` (none given: any).

    `otherwise`: what is said where it is in another one. Raises: NotFound, Conflict.
    """
    cycle = cycle_or_not_found(cycle_id, lock)
    require_subdistrict(by, permission, cycle.subdistrict_id)
    require_state(cycle, *states, otherwise=otherwise)
    return cycle


def cycle_at_point(
    cycle_id: int,
    point_id: int,
    *states: CycleState,
    otherwise: object = None,
    absent: object = None,
    lock: Lock | None = None,
) -> Cycle:
    """The cycle, whoever asks, if the point takes part in it and it is in one of `states` (none given: any).

    `otherwise`: what is said where it is in another one. `absent`: what is said where the point does not take part;
    without it such a cycle answers as one that does not exist. Raises: NotFound, Conflict.
    """
    cycle = cycle_or_not_found(cycle_id, lock)
    if db.session.get(CyclePoint, (cycle_id, point_id)) is None:
        raise Conflict(absent) if absent else NotFound
    require_state(cycle, *states, otherwise=otherwise)
    return cycle


def require_cycle_at_point(
    by: Staff,
    permission: Permission,
    cycle_id: int,
    point_id: int,
    *states: CycleState,
    otherwise: object = None,
    absent: object = None,
) -> Cycle:
    """The same, if `by` holds the permission for the point. Raises: NotFound, Conflict."""
    require_point(by, permission, point_id)
    return cycle_at_point(cycle_id, point_id, *states, otherwise=otherwise, absent=absent)


def require_state(cycle: Cycle, *states: CycleState, otherwise: object = None) -> None:
    """Raises Conflict unless the cycle is in one of `states` (none given: any)."""
    if states and cycle.state not in states:
        now, then = CycleState(cycle.state).label, "、".join(state.label for state in states)
        raise Conflict(otherwise or _("这一批现在是“%(now)s”，只有“%(then)s”时才能改。", now=now, then=then))


# --- where an order is placed -----------------------------------------------------------------------------------------
class OrderPlace(NamedTuple):
    """Where a household orders: its building and point, the cycle if the point takes part in it, whether it has an
    order there, the note of its door on the care list, and the stamps of what the cycle lists."""

    building_id: int
    point_id: int
    cycle: Cycle | None
    has_order: bool
    usual_note: str
    stamps: Stamps


def is_order_of(household_id: ColumnElement[int], cycle_id: ColumnElement[int]) -> ColumnElement[bool]:
    """A condition on HouseholdOrder: the one of a household in a cycle, found among the few orders of the household.

    PostgreSQL, which plans a statement while a new cycle is still empty, finds all its indexes equally good then, and
    keeps a plan that reads every order of the cycle; `+ 0` leaves it the index of the household alone.
    """
    return and_(HouseholdOrder.household_id == household_id, HouseholdOrder.cycle_id + 0 == cycle_id)


_HOME, _CYCLE = bindparam("home", type_=Integer), bindparam("cycle", type_=Integer)
_PLACE = (
    select(
        Building.id,
        Building.service_point_id,
        Cycle,
        HouseholdOrder.id.is_not(None),
        door_note_of(_HOME, bindparam("today", type_=CareNeed.purge_on.type)),
        stamp_of(_CYCLE),
        stamp_of(NAMES_SHELF),
    )
    .select_from(Household)
    .join(Stairwell, Stairwell.id == Household.stairwell_id)
    .join(Building, Building.id == Stairwell.building_id)
    .outerjoin(
        CyclePoint, and_(CyclePoint.cycle_id == _CYCLE, CyclePoint.service_point_id == Building.service_point_id)
    )
    .outerjoin(Cycle, Cycle.id == CyclePoint.cycle_id)
    .outerjoin(HouseholdOrder, is_order_of(_HOME, _CYCLE))
    .where(Household.id == _HOME, Household.is_active)
)


def order_place(by: Actor, cycle_id: int, household_id: int) -> OrderPlace:
    """Everything that an order of a household is placed under, in one statement, if `by` may order for it.

    Under a shared turn nothing of it changes before the command is over: a cycle opens, closes and gets its points, and
    a building or household moves, under an exclusive one. Raises NotFound.
    """
    known = {"home": household_id, "cycle": cycle_id, "today": clock.today()}
    row = db.session.execute(_PLACE, known, execution_options={"populate_existing": True}).first()
    building, point, cycle, has_order, note, offers, names = or_not_found(row)
    if isinstance(by, Staff):
        require_building(by, Permission.ORDER_PROXY, building)
    elif isinstance(by, Resident) and by.household_id != household_id:
        raise NotFound
    return OrderPlace(building, point, cycle, has_order, note or "", Stamps(offers or "", names or ""))

"""The way to a cycle: who may come to it, and in which states of it.

A cycle out of reach answers as one that does not exist (NotFound); one in another state refuses (Conflict).
"""

from __future__ import annotations

from typing import Any, Literal

from flask_babel import gettext as _

from app.access.permissions import Permission, Staff
from app.core.db import db
from app.core.errors import Conflict, NotFound
from app.ordering.models import Cycle, CyclePoint, CycleState
from app.places.scope import require_part_of, require_point, require_subdistrict

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

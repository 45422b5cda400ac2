"""Where an account starts after signing in: the page of today's cycle that its role works on."""

from __future__ import annotations

from flask import current_app, url_for
from sqlalchemy import select

from app.access.permissions import Permission, Staff
from app.core.db import db
from app.core.errors import NotFound
from app.ordering.models import Cycle, CycleState
from app.places.scope import require_part_of

# The first permission that an account holds says where it starts.
_START = (
    (Permission.TALLY_SIGN, "point_desk.index"),
    (Permission.CYCLE_EDIT, "ordering.cycle"),
    (Permission.HAND_OUT, "handover.index"),
    (Permission.LOAD, "dispatch.my_rounds"),
    (Permission.ORDER_PROXY, "telephone.index"),
    (Permission.AUDIT, "oversight.dashboard"),
)


def for_staff(actor: Staff) -> str | None:
    """The address, or None where there is no cycle yet and the frame knows a page that needs none."""
    endpoint = next((page for needed, page in _START if actor.may(needed)), "")
    if endpoint not in current_app.view_functions:
        return None
    if not current_app.url_map.is_endpoint_expecting(endpoint, "cycle_id"):
        return url_for(endpoint)
    cycle = _present(actor, (CycleState.RUNNING,) if endpoint == "handover.index" else ())
    return url_for(endpoint, cycle_id=cycle.id) if cycle else None


def _present(actor: Staff, wanted: tuple[CycleState, ...]) -> Cycle | None:
    """The newest cycle in scope in a wanted state, else the newest that is under way, else the newest in scope.

    A captain hands out the bags of today while orders for tomorrow are taken: wanted is the cycle that is delivered.
    """
    found = select(Cycle).where(Cycle.state != CycleState.CANCELLED).order_by(Cycle.id.desc()).limit(20)
    mine = [cycle for cycle in db.session.scalars(found) if _in_scope(actor, cycle)]
    first = [cycle for cycle in mine if cycle.state in wanted]
    running = [c for c in mine if c.state in (CycleState.OPEN, CycleState.LOCKED, CycleState.RUNNING)]
    return next(iter(first or running or mine), None)


def _in_scope(actor: Staff, cycle: Cycle) -> bool:
    try:
        require_part_of(actor, Permission.CYCLE_READ, cycle.subdistrict_id)
    except NotFound:
        return False
    return True

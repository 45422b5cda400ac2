"""Commands of the roll call: how each household's asking ended, written down by the telephone desk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, insert

from app.access.permissions import Permission, Staff
from app.core import clock
from app.core.db import command, db
from app.core.errors import Invalid, NotFound
from app.core.events import record
from app.ordering.gate import cycle_at_point
from app.ordering.models import CycleState, RollCall, RollCallOutcome
from app.ordering.roll_call import queries as roll_call_queries
from app.places.scope import require_building

Noted = tuple[int, RollCallOutcome]  # household id, outcome


@command
def record_building(by: Staff, cycle_id: int, building_id: int, outcomes: Sequence[Noted]) -> int:
    """Note the outcomes of many households of one building together. Returns how many were written.

    Households that ordered in the meantime are passed over: their order counts. Raises: NotFound, Conflict, Invalid.
    """
    building = require_building(by, Permission.ROLL_CALL, building_id)
    _require_time_of_call(cycle_id, building.service_point_id)
    rooms = {room.id: room for room in roll_call_queries.rooms(cycle_id, building_id)}
    if any(household_id not in rooms for household_id, _outcome in outcomes):
        raise NotFound
    written = [(i, outcome) for i, outcome in outcomes if rooms[i].order_id is None]
    _write(by, cycle_id, written)
    return len(written)


@command
def clear_one(by: Staff, cycle_id: int, building_id: int, household_id: int) -> int:
    """Take back what was noted of one household, as if it had not been called. Returns how many notes went (0 or 1).

    Raises: NotFound, Conflict.
    """
    building = require_building(by, Permission.ROLL_CALL, building_id)
    _require_time_of_call(cycle_id, building.service_point_id)
    if household_id not in {room.id for room in roll_call_queries.rooms(cycle_id, building_id)}:
        raise NotFound
    own = (RollCall.cycle_id == cycle_id) & (RollCall.household_id == household_id)
    gone = db.session.execute(delete(RollCall).where(own, RollCall.outcome != RollCallOutcome.ORDERED))
    cleared = int(getattr(gone, "rowcount", 0))
    record(by, "roll_call", ("cycle", cycle_id), cycle_id=cycle_id, cleared=cleared)
    return cleared


@command
def record_rest(by: Staff, cycle_id: int, building_id: int, outcome: RollCallOutcome) -> int:
    """Note one outcome for every household of a building that has none yet. Returns how many were written."""
    building = require_building(by, Permission.ROLL_CALL, building_id)
    _require_time_of_call(cycle_id, building.service_point_id)
    written = [(room.id, outcome) for room in roll_call_queries.rooms(cycle_id, building_id) if not room.outcome]
    _write(by, cycle_id, written)
    return len(written)


def _require_time_of_call(cycle_id: int, point_id: int) -> None:
    otherwise = _l("接单中或刚截单时才能点名。")
    cycle_at_point(cycle_id, point_id, CycleState.OPEN, CycleState.LOCKED, otherwise=otherwise, lock="stay")


def _write(by: Staff, cycle_id: int, outcomes: Sequence[Noted]) -> None:
    if any(outcome == RollCallOutcome.ORDERED for _household_id, outcome in outcomes):
        raise Invalid(_l("“已下单”由订单决定，请直接代下单。"))
    if not outcomes:
        return
    ids = [household_id for household_id, _outcome in outcomes]
    db.session.execute(delete(RollCall).where(RollCall.cycle_id == cycle_id, RollCall.household_id.in_(ids)))
    now = clock.now()
    db.session.execute(
        insert(RollCall),
        [
            {
                "cycle_id": cycle_id,
                "household_id": household_id,
                "outcome": outcome.value,
                "is_override": False,
                "recorded_by_id": by.id,
                "at": now,
            }
            for household_id, outcome in outcomes
        ],
    )
    counted = Counter(outcome.value for _household_id, outcome in outcomes)
    record(by, "roll_call", ("cycle", cycle_id), cycle_id=cycle_id, outcomes=dict(counted))

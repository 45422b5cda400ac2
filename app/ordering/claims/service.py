"""Leave a claim at a door that stays shut. What becomes of it is settled before the tally is signed (tally)."""

from __future__ import annotations

from dataclasses import dataclass

from app.access.throttle import OF_AN_ADDRESS, ThrottleBudget
from app.core import clock
from app.core.db import command, db
from app.core.errors import Conflict
from app.core.events import Actor, record
from app.ordering.claims.models import RoomClaim
from app.ordering.claims.schemas import LeaveClaim
from app.ordering.models import Cycle, CyclePoint, CycleState
from app.places.models import Building

ANYBODY = Actor("household", 0)  # nobody knows yet which


@dataclass(frozen=True)
class ClaimPlace:
    """The building at whose door it is left, and the cycle that takes orders there, if any."""

    building_id: int
    cycle_id: int | None


def claim_budgets(building_id: int, address: str) -> list[ThrottleBudget]:
    """What leaving a claim is counted against."""
    return [
        ThrottleBudget(f"claims:{building_id} from:{address}"),
        ThrottleBudget(f"claims from:{address}", OF_AN_ADDRESS),
    ]


@command(of=lambda at, _wanted: ("building", at.building_id))
def leave(at: ClaimPlace, wanted: LeaveClaim) -> RoomClaim:
    """Keep what a household says that cannot come in: leader and captain call it and decide.

    Requires: the stairwell is one of the building; the cycle takes orders there. Ensures: nobody else's order is
    touched and nothing is said about it. Raises: Conflict after the cut-off.
    """
    cycle = db.session.get(Cycle, at.cycle_id) if at.cycle_id is not None else None
    point_id = db.session.get_one(Building, at.building_id).service_point_id
    if cycle is not None and not (cycle.state == CycleState.OPEN and clock.now() < cycle.cutoff_at):
        raise Conflict()
    if cycle is not None and db.session.get(CyclePoint, (cycle.id, point_id)) is None:
        raise Conflict()  # the building has just got another point
    claim = RoomClaim(
        cycle_id=at.cycle_id,
        building_id=at.building_id,
        service_point_id=point_id,
        stairwell_id=wanted.stairwell_id,
        room=wanted.room,
        kind=wanted.kind,
        phone=wanted.phone,
        note=wanted.note,
        picks=[[pick.offer_id, pick.qty, pick.is_substitutable] for pick in wanted.picks],
    )
    db.session.add(claim)
    db.session.flush()
    record(ANYBODY, "claim", claim, cycle_id=at.cycle_id, kinds=len(wanted.picks))
    return claim

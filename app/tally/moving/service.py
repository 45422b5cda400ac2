"""Give a building another service point while it has orders under way."""

from __future__ import annotations

from collections import Counter

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select, update

from app.access.permissions import Permission, Staff
from app.core import events
from app.core.db import check_version, command, db
from app.core.errors import Conflict, Invalid, NotFound
from app.ordering.claims.models import RoomClaim
from app.ordering.cycles.moving import BEFORE_TALLY, MovingCycle, cycles_under_way
from app.ordering.models import Cycle, CyclePoint, CycleState, HouseholdOrder
from app.places.buildings import moves
from app.places.models import Building, ServicePoint
from app.places.scope import require_building, require_point
from app.tally.models import Tally, TallyState
from app.tally.moving import queries as moving_queries
from app.tally.moving.schemas import NEXT, MoveBuilding

EDIT = Permission.PLACES_EDIT


def in_reach(by: Staff, building_id: int, point_id: int) -> tuple[Building, ServicePoint]:
    """The building and the point that it may go to. Raises NotFound."""
    return require_building(by, EDIT, building_id), require_point(by, EDIT, point_id)


def hindrances(cycles: list[MovingCycle], building_id: int, point_id: int) -> list[str]:
    """Why the building cannot go at once with its open orders and claims, a sentence each; none where it can."""
    said = _unplaced(building_id, point_id)
    for cycle in cycles:
        if cycle.state == CycleState.RUNNING:
            continue  # signed and bought: its orders stay with the point that signed them
        if not cycle.has_point:
            said.append(_("新的点位没有参加“%(name)s”，这一批的订单不能带走。", name=cycle.name))
        elif _is_signed(cycle.id, {point_id, *cycle.points}):
            said.append(_("“%(name)s”的汇总表已经签字。请先重新打开两个点位的汇总表，再带走订单。", name=cycle.name))
    return said


def _unplaced(building_id: int, point_id: int) -> list[str]:
    lines = [line for line in moving_queries.waiting_lines([building_id]) if line.point_id != point_id]
    return [
        _("%(point)s的接龙或表格里，还有 %(n)d 行写的是这一栋，没有处理或没有入单。请先处理完。", point=name, n=number)
        for name, number in sorted(Counter(line.point for line in lines).items())
    ]


def _is_signed(cycle_id: int, points: set[int]) -> bool:
    signed = select(Tally.id).where(Tally.cycle_id == cycle_id, Tally.state == TallyState.CONFIRMED)
    return db.session.scalar(signed.where(Tally.service_point_id.in_(points)).limit(1)) is not None


@command
def move_building(by: Staff, building_id: int, wanted: MoveBuilding) -> Building:
    """Give the building another point.

    Ensures: `next`: everything stays as it is until the next cycle is opened; `along`: the building and its orders and
    claims of cycles before their tally is signed belong to the new point, withdrawn ones too, those that are being
    delivered stay with the old one, whose leader still reaches them. Raises: NotFound, StaleEdit, Invalid, Conflict.
    """
    building, point = in_reach(by, building_id, wanted.to)
    check_version(building, wanted.version, {_("点位"): building.service_point.name})
    if point.id == building.service_point_id:
        raise Invalid({"choice": [_l("这一栋已经归这个点位了。")]})
    cycles = cycles_under_way(building.id, point.id)
    before = building.service_point_id
    if wanted.choice == NEXT:
        moves.postpone_move(building, point.id)
    else:
        problems = hindrances(cycles, building.id, point.id)
        if problems:
            raise Conflict(problems[0])
        _take_along(building.id, point.id)
        moves.move_now(building, point.id)
        if all(cycle.state != CycleState.RUNNING for cycle in cycles):
            moves.release_old_points([building.id])
    events.record(by, "move", building, choice=wanted.choice, from_point_id=before, to_point_id=point.id)
    return building


def _take_along(building_id: int, point_id: int) -> None:
    takes_part = select(CyclePoint.cycle_id).where(CyclePoint.service_point_id == point_id)
    found = select(Cycle.id).where(Cycle.state.in_(BEFORE_TALLY), Cycle.id.in_(takes_part))
    cycles = list(db.session.scalars(found))
    for table in (HouseholdOrder, RoomClaim):
        theirs = update(table).where(table.building_id == building_id, table.cycle_id.in_(cycles))
        db.session.execute(theirs.values(service_point_id=point_id), execution_options={"synchronize_session": False})


@command
def stay(by: Staff, building_id: int) -> Building:
    """The building stays with its point after all. Raises NotFound where nothing waits."""
    building = require_building(by, EDIT, building_id)
    if not moves.cancel_move(building.id):
        raise NotFound
    events.record(by, "stay", building)
    return building

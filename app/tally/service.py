"""Sign the tally of a point, open it again, and start the day when all points have signed."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy import delete, insert, select

from app.access.permissions import Permission, Staff
from app.core import clock
from app.core.db import command, db
from app.core.errors import Conflict
from app.core.events import record
from app.core.states import advance
from app.ordering.gate import require_cycle, require_cycle_at_point
from app.ordering.models import Cycle, CycleState
from app.tally import queries
from app.tally.claims import queries as claims_queries
from app.tally.models import Tally, TallyLine, TallyState
from app.tally.rules import Obstacle, SigningState, obstacles
from app.tally.schemas import Reopen, SignTally


@command
def sign(by: Staff, cycle_id: int, point_id: int, seen: SignTally) -> Tally:
    """Freeze the tally of a point as a numbered snapshot.

    Requires: the cycle is locked, no review line is open, every household has an outcome, the total is the one that
    was seen. Ensures: the frozen lines equal the locked orders (E5). Raises: NotFound, Conflict.
    """
    _require_locked(by, cycle_id, point_id, _l("截单之后、配送开始之前才能签点位汇总表。"))
    tally = _tally(cycle_id, point_id)
    cells = queries.ordered_cells(cycle_id, point_id)
    _nothing_in_the_way(
        SigningState(
            claims=claims_queries.waiting_at_point(cycle_id, point_id),
            open_reviews=queries.open_review_count(cycle_id, point_id),
            without_outcome=queries.without_outcome(cycle_id, point_id),
            qty_counted=sum(cell.qty for cell in cells),
            qty_seen=seen.total,
        )
    )
    advance(tally, TallyState.CONFIRMED)
    tally.number += 1
    tally.confirmed_by_id, tally.confirmed_at = by.id, clock.now()
    db.session.flush()
    db.session.execute(delete(TallyLine).where(TallyLine.tally_id == tally.id))
    lines = [
        {"tally_id": tally.id, "building_id": cell.building_id, "item_id": cell.item_id, "qty": cell.qty}
        for cell in cells
    ]
    if lines:
        db.session.execute(insert(TallyLine), lines)
    record(by, "confirm", tally, cycle_id=cycle_id, number=tally.number, units=seen.total)
    return tally


def _nothing_in_the_way(state: SigningState) -> None:
    said = {
        Obstacle.CLAIMS: lambda: ngettext(
            "还有 %(num)d 户在门口留了电话待核对，处理完才能签。",
            "还有 %(num)d 户在门口留了电话待核对，处理完才能签。",
            state.claims,
        ),
        Obstacle.REVIEWS: lambda: ngettext(
            "还有 %(num)d 行接龙待确认或还没入单，处理完才能签。",
            "还有 %(num)d 行接龙待确认或还没入单，处理完才能签。",
            state.open_reviews,
        ),
        Obstacle.HOUSEHOLDS: lambda: ngettext(
            "还有 %(num)d 户没有点名结果，补齐才能签。",
            "还有 %(num)d 户没有点名结果，补齐才能签。",
            state.without_outcome,
        ),
        Obstacle.CHANGED: lambda: _("汇总数刚有变化，请看过新的数字再签。"),
    }
    for obstacle in obstacles(state):
        raise Conflict(said[obstacle]())


@command
def reopen(by: Staff, cycle_id: int, point_id: int, why: Reopen) -> Tally:
    """Open a signed tally again; the next signature makes a new version.

    Requires: the cycle is locked (buying has not started the day). Raises: NotFound, Conflict.
    """
    _require_locked(by, cycle_id, point_id, _l("配送已经开始，汇总表不能再打开。"))
    tally = _tally(cycle_id, point_id)
    advance(tally, TallyState.DRAFT)
    tally.reopen_reason = why.reason
    tally.confirmed_by_id = tally.confirmed_at = None
    record(by, "reopen", tally, cycle_id=cycle_id, number=tally.number)
    return tally


@command
def start_running(by: Staff, cycle_id: int) -> Cycle:
    """Start the day: the cycle goes from locked to running.

    Requires: every point of the cycle has signed. Raises: NotFound, Conflict.
    """
    cycle = require_cycle(by, Permission.CYCLE_EDIT, cycle_id)
    if not queries.is_every_point_signed(cycle_id):
        raise Conflict(_l("还有点位没有签汇总表，不能开始配送。"))
    advance(cycle, CycleState.RUNNING)
    record(by, "start", cycle, cycle_id=cycle_id)
    return cycle


def _require_locked(by: Staff, cycle_id: int, point_id: int, otherwise: object) -> None:
    absent = _l("这个点位不在本批次里。")
    require_cycle_at_point(
        by, Permission.TALLY_SIGN, cycle_id, point_id, CycleState.LOCKED, otherwise=otherwise, absent=absent
    )


def _tally(cycle_id: int, point_id: int) -> Tally:
    tally = db.session.scalar(select(Tally).filter_by(cycle_id=cycle_id, service_point_id=point_id))
    if tally is None:
        tally = Tally(cycle_id=cycle_id, service_point_id=point_id)
        db.session.add(tally)
        db.session.flush()
    return tally

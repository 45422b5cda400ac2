"""A bag that could not be found when it was counted: found after all, or written off."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.access.permissions import Permission, Staff
from app.allocation.returns import return_packed_goods
from app.core.db import command, db
from app.core.errors import Conflict, NotFound
from app.core.events import record
from app.core.labels import Labelled
from app.core.states import advance
from app.dispatch.counts import has_arrived
from app.dispatch.custody import mark_never_left, transfer_custody
from app.dispatch.missing_bags.schemas import ResolveMissingBag
from app.dispatch.models import Custody
from app.dispatch.rounds.service import drop_units
from app.ordering.models import Stage
from app.ordering.stages import Cause, move
from app.picking.models import Bag, BagState
from app.places.scope import require_building


class Fate(Labelled):
    FOUND = "found", "找到了"
    IN_DEPOT = "in_depot", "还在仓库"
    WRITTEN_OFF = "written_off", "确认丢失"


@command
def resolve_missing(by: Staff, bag_id: int, what: ResolveMissingBag) -> Bag:
    """Say what became of a bag that was missing at the building.

    Requires: the bag is missing and its units never reached the building. Ensures: found → bag and units are
    `dropped_off`; in the depot → it is `packed` and waits for the next wave; written off → its units are open again
    (given first in the next run) and its goods damaged in their lots. Raises: NotFound, Conflict.
    """
    bag = db.session.get(Bag, bag_id)
    if bag is None or what.fate not in {fate.value for fate in Fate}:
        raise NotFound
    require_building(by, Permission.DROP_OFF, bag.building_id)
    if bag.state != BagState.MISSING or has_arrived(bag):
        raise Conflict(_l("这一袋不是在交接时缺的，请在异议里处理。"))
    if what.fate == Fate.FOUND:
        advance(bag, BagState.DROPPED_OFF)
        _found(by, bag)
    elif what.fate == Fate.IN_DEPOT:
        advance(bag, BagState.PACKED)
        mark_never_left(bag)
    else:
        advance(bag, BagState.WRITTEN_OFF)
        held = {line.order_line_id: line.qty for line in bag.lines}
        move(held, Stage.PACKED, Stage.OPEN, Cause("bag_write_off", bag.id))
        return_packed_goods(held, "damaged")
    record(by, "resolve", bag, cycle_id=bag.cycle_id, fate=what.fate)
    return bag


def _found(by: Staff, bag: Bag) -> None:
    """It is at its building. A bag can be found once for each time it was sent: the hand-over tells them apart."""
    last = db.session.scalar(select(Custody).where(Custody.bag_id == bag.id).order_by(Custody.seq.desc()).limit(1))
    drop_units([bag], Cause(f"bag_found:{last.seq if last else 0}", bag.id))
    if last is not None and last.to_kind == "team":
        transfer_custody([bag], ("team", last.to_id), ("captain", by.id))

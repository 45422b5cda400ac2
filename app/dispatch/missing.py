"""A bag that could not be found when it was counted: found after all, or written off."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.access.permissions import Permission, Staff
from app.allocation.returns import take_back
from app.core.db import command, db
from app.core.errors import Conflict, NotFound
from app.core.events import record
from app.core.labels import Labelled
from app.core.schemas import CommandSchema, Line
from app.core.states import advance
from app.dispatch.rounds import drop_units
from app.ordering.models import LineMove, Stage
from app.ordering.stages import Cause, move
from app.picking.models import Bag, BagState
from app.places.scope import require_building


class Fate(Labelled):
    FOUND = "found", "找到了"
    WRITTEN_OFF = "written_off", "确认丢失"


@dataclass(frozen=True)
class Resolve:
    """What became of the bag."""

    fate: str


class ResolveSchema(CommandSchema):
    makes = Resolve
    fate = Line(required=True, longest=20)


@command
def resolve_missing(by: Staff, bag_id: int, what: Resolve) -> Bag:
    """Say what became of a bag that was missing at the building.

    Requires: the bag is missing and its units never reached the building. Ensures: found → bag and units are
    `dropped_off`; written off → its units are open again (given first in the next run) and its goods damaged in
    their lots. Raises: NotFound, Conflict.
    """
    bag = db.session.get(Bag, bag_id)
    if bag is None or what.fate not in {fate.value for fate in Fate}:
        raise NotFound
    require_building(by, Permission.DROP_OFF, bag.building_id)
    if bag.state != BagState.MISSING or has_arrived(bag):
        raise Conflict(_l("这一袋不是在交接时缺的，请在异议里处理。"))
    if what.fate == Fate.FOUND:
        advance(bag, BagState.DROPPED_OFF)
        drop_units([bag])
    else:
        advance(bag, BagState.WRITTEN_OFF)
        held = {line.order_line_id: line.qty for line in bag.lines}
        move(held, Stage.PACKED, Stage.OPEN, Cause("bag_write_off", bag.id))
        take_back(held, "damaged")
    record(by, "resolve", bag, cycle_id=bag.cycle_id, fate=what.fate)
    return bag


def has_arrived(bag: Bag) -> bool:
    """Whether the bag's units were counted at the building once."""
    found = select(LineMove.id).where(LineMove.cause_kind == "bag_drop", LineMove.cause_id == bag.id).limit(1)
    return db.session.scalar(found) is not None

"""Which bags are on a round that is being loaded: some stay in the depot after all, some are put on it late."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.access.permissions import Staff
from app.core.db import command, db
from app.core.errors import Conflict, Invalid
from app.core.events import record
from app.core.states import advance
from app.dispatch.custody import transfer_custody
from app.dispatch.models import DeliveryRound, DeliveryStop, PlanBag, RoundState, StopState
from app.dispatch.rounds import staying
from app.dispatch.rounds.schemas import Left
from app.dispatch.rounds.service import bags_of_round, leave_behind, named_bags, require_rested, require_round
from app.picking.models import Bag, BagState


@command
def unload(by: Staff, round_id: int, left: Left) -> DeliveryRound:
    """Say that bags of a round that is being loaded stay in the depot after all.

    Requires: the round is loading, each bag is loaded on it, and at least one stays on it. Ensures: the bags are
    `packed`, and the plan says that they stayed. Raises: NotFound, Invalid, Conflict.
    """
    round_ = require_round(by, round_id)
    _require_loading(round_)
    bags = bags_of_round(round_id)
    named = named_bags(bags, left)
    if not named:
        raise Invalid({"bags": [_l("请勾选留下的袋。")]})
    if len(named) == len(bags):
        raise Conflict(_l("所有的袋都留下，就请取消这一趟。"))
    back = [bag for bag in bags if bag.id in named]
    for bag in back:
        advance(bag, BagState.PACKED)
    transfer_custody(back, ("team", round_.shift.team_id), ("depot", round_.shift.depot_id))
    leave_behind(round_, dict.fromkeys(named, staying.Why.IN_DEPOT))
    record(by, "unload", round_, cycle_id=round_.plan.cycle_id, left=len(named))
    return round_


def _require_loading(round_: DeliveryRound) -> None:
    if round_.state != RoundState.LOADING:
        raise Conflict(_l("只有正在装车的趟可以改装了哪些袋。"))


@command
def join(by: Staff, round_id: int, what: Left) -> DeliveryRound:
    """Put bags that stayed on the round they were meant for, while it is still being loaded.

    Requires: the round is loading; each bag stayed from it, lies in the depot, and no later plan has it.
    Ensures: the bags are `loaded` and their stops are served. Raises: NotFound, Invalid, Conflict.
    """
    round_ = require_round(by, round_id)
    _require_loading(round_)
    may = {one.bag_id for one in staying.staying_bags(round_.plan_id) if one.round_id == round_id and one.may_join}
    if not what.bags or not set(what.bags) <= may:
        raise Conflict(_l("这一袋现在不能装上这一趟，请刷新再看。"))
    bags = list(db.session.scalars(select(Bag).where(Bag.id.in_(what.bags)).order_by(Bag.id)))
    require_rested(bags)
    for bag in bags:
        advance(bag, BagState.LOADED)
        stop = db.session.get_one(
            DeliveryStop, staying.take_back(db.session.get_one(PlanBag, (round_.plan_id, bag.id)))
        )
        if stop.state == StopState.SKIPPED:
            advance(stop, StopState.PENDING)
            stop.skip_reason = ""
    transfer_custody(bags, ("depot", round_.shift.depot_id), ("team", round_.shift.team_id))
    record(by, "join", round_, cycle_id=round_.plan.cycle_id, bags=len(bags))
    return round_

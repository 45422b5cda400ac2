"""Running a round: load its bags, depart, sign for them at each building, come back with the rest."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from app.access.models import Role
from app.access.permissions import Permission, Staff
from app.allocation.models import Allocation
from app.core import clock
from app.core.codes import normalise
from app.core.db import command, db
from app.core.errors import Conflict, Invalid, NotFound
from app.core.events import record
from app.core.lookup import row_or_not_found
from app.core.states import advance
from app.core.text.bag_numbers import read_bag_no, typed_bags
from app.dispatch.counts import record_count
from app.dispatch.custody import transfer_custody
from app.dispatch.models import (
    DeliveryPlan,
    DeliveryRound,
    DeliveryStop,
    DropOff,
    PlanBag,
    PlanState,
    RoundState,
    StopState,
    TeamMember,
)
from app.dispatch.rounds import conditions, staying
from app.dispatch.rounds.schemas import Left, SignDropOff, Skip
from app.ordering.models import Cycle, Stage
from app.ordering.stages import Cause, move
from app.picking.models import Bag, BagLine, BagState
from app.places.scope import is_subdistrict_in_scope, reaches_building, require_part_of
from app.stock.models import Lot

FINAL_STOPS = (StopState.SIGNED, StopState.REFUSED, StopState.SKIPPED)


def require_round(by: Staff, round_id: int) -> DeliveryRound:
    """A round of a published plan that the actor may run: a runner only of the own team. Raises NotFound."""
    round_ = row_or_not_found(DeliveryRound, round_id)
    if not runs_round(by, round_):
        raise NotFound
    return round_


def runs_round(by: Staff, round_: DeliveryRound) -> bool:
    """Whether the actor may load a round and let it depart."""
    teams = teams_run(by, round_.plan.cycle_id)
    return teams is None or round_.shift.team_id in teams


def teams_run(by: Staff, cycle_id: int) -> list[int] | None:
    """The teams whose rounds of a cycle the actor may run: None for every team, the own ones for who is there only as a
    runner, whatever else the account may be elsewhere; none for everybody else."""
    subdistrict_id = db.session.get_one(Cycle, cycle_id).subdistrict_id
    otherwise = replace(by, grants=tuple(grant for grant in by.grants if grant.role != Role.RUNNER))
    if is_subdistrict_in_scope(otherwise, Permission.LOAD, subdistrict_id):
        return None
    try:
        require_part_of(by, Permission.LOAD, subdistrict_id)
    except NotFound:
        return []
    return own_teams(by)


def own_teams(by: Staff) -> list[int]:
    """The teams the actor is a member of."""
    return list(db.session.scalars(select(TeamMember.team_id).where(TeamMember.account_id == by.id)))


def bags_of_round(round_id: int) -> list[Bag]:
    """The bags that the plan gives to a round, in order of stop."""
    found = select(Bag).join(PlanBag, PlanBag.bag_id == Bag.id).join(DeliveryStop, DeliveryStop.id == PlanBag.stop_id)
    return list(db.session.scalars(found.where(DeliveryStop.round_id == round_id).order_by(DeliveryStop.seq, Bag.id)))


@command
def load(by: Staff, round_id: int, left: Left | None = None) -> DeliveryRound:
    """Load the bags of a round; those that are held, taken apart or named in `left` stay.

    Requires: its plan is published, the round is planned, its team is on duty, a bag of it can travel, the goods of
    each that does have rested long enough, and a stop can be served as published (see `conditions`).
    Ensures: each bag is `loaded` and in the custody of the team, or the plan's answer says why it stays; a stop to
    which nothing comes, or that cannot be served any more, is skipped. Raises: NotFound, Invalid, Conflict.
    """
    return load_round(by, round_id, left)


def load_round(by: Staff, round_id: int, left: Left | None = None, *, on_paper: bool = False) -> DeliveryRound:
    """Inside a command: as `load`. Paper tells what was loaded: it is not judged by what changed since."""
    round_ = require_round(by, round_id)
    if round_.plan.state != PlanState.PUBLISHED:
        raise Conflict(_l("方案还没有发布，不能装车。"))
    blocked = {} if on_paper else conditions.blocked_stops(round_)
    bags = bags_of_round(round_id)
    named = named_bags(bags, left) | bags_of_stops(blocked)
    going = [bag for bag in bags if bag.id not in named and bag.state not in staying.STAYS]
    if not going:
        raise Conflict(_l("这一趟没有能装车的袋。请先解除暂存，或取消这一趟。"))
    require_rested(going)
    advance(round_, RoundState.LOADING)
    for stop in round_.stops:
        if stop.id in blocked:
            _leave_out(stop, blocked[stop.id])
    for bag in going:
        advance(bag, BagState.LOADED)
    transfer_custody(going, ("depot", round_.shift.depot_id), ("team", round_.shift.team_id))
    behind = {bag.id: staying.reason_of(bag) for bag in bags if bag not in going}
    leave_behind(round_, behind)
    record(by, "load", round_, cycle_id=round_.plan.cycle_id, bags=len(going), left=len(behind))
    return round_


def bags_of_stops(stop_ids: Iterable[int]) -> set[int]:
    """The bags that the plan gives to these stops."""
    return set(db.session.scalars(select(PlanBag.bag_id).where(PlanBag.stop_id.in_(list(stop_ids)))))


def _leave_out(stop: DeliveryStop, why: str) -> None:
    advance(stop, StopState.SKIPPED)
    stop.skip_reason = why


def named_bags(bags: list[Bag], left: Left | None) -> set[int]:
    """The ids in `left`. Raises Invalid for one that is no bag of the round."""
    named = set(left.bags) if left else set()
    if named - {bag.id for bag in bags}:
        raise Invalid({"bags": [_l("有的袋不在这一趟里，请刷新再选。")]})
    return named


def leave_behind(round_: DeliveryRound, behind: Mapping[int, staying.Why]) -> None:
    """Write down that these bags stay; a stop that waits for nothing any more is skipped."""
    found = select(PlanBag).where(PlanBag.plan_id == round_.plan_id, PlanBag.bag_id.in_(list(behind)))
    for answer in db.session.scalars(found):
        staying.mark_staying(answer, behind[answer.bag_id])
    db.session.flush()
    awaited = set(
        db.session.scalars(
            select(PlanBag.stop_id)
            .join(DeliveryStop, DeliveryStop.id == PlanBag.stop_id)
            .where(DeliveryStop.round_id == round_.id)
        )
    )
    for stop in round_.stops:
        if stop.id not in awaited and stop.state == StopState.PENDING:
            advance(stop, StopState.SKIPPED)
            stop.skip_reason = _("这一站的袋都没有装车")


def require_rested(bags: list[Bag]) -> None:
    """Raises Conflict where bags hold goods that may not leave yet, with how many and until when."""
    found = db.session.execute(
        select(func.count(func.distinct(BagLine.bag_id)), func.max(Lot.released_at))
        .join(Allocation, Allocation.order_line_id == BagLine.order_line_id)
        .join(Lot, Lot.id == Allocation.lot_id)
        .where(BagLine.bag_id.in_([bag.id for bag in bags]), Lot.released_at > clock.now())
    ).one()
    if found[0]:
        until = clock.to_local(found[1]).strftime("%H:%M")
        raise Conflict(_("还有 %(n)d 袋在静置，%(at)s 之后才能装车。", n=found[0], at=until))


@command
def depart(by: Staff, round_id: int) -> DeliveryRound:
    """The team leaves with what is loaded.

    Requires: no stop has become impossible since its bags were loaded. Raises: NotFound, Conflict.
    """
    return depart_round(by, round_id)


def depart_round(by: Staff, round_id: int, *, on_paper: bool = False) -> DeliveryRound:
    """Inside a command: as `depart`. Paper tells that it left: it is not judged by what changed since."""
    round_ = require_round(by, round_id)
    if not on_paper:
        conditions.require_departable(round_)
    advance(round_, RoundState.DEPARTED)
    record(by, "depart", round_, cycle_id=round_.plan.cycle_id)
    return round_


@command
def cancel(by: Staff, round_id: int) -> DeliveryRound:
    """Call a round off before it departs: loaded bags go back to the depot. Raises: NotFound, Conflict."""
    round_ = require_round(by, round_id)
    advance(round_, RoundState.CANCELLED)
    _bring_back(round_)
    record(by, "cancel", round_, cycle_id=round_.plan.cycle_id)
    return round_


def require_stop(by: Staff, stop_id: int) -> DeliveryStop:
    """A stop of a published plan that the actor signs for: in a building within reach, or of a round that the actor
    runs. Raises NotFound."""
    stop = db.session.get(DeliveryStop, stop_id)
    if stop is None or db.session.get_one(DeliveryPlan, stop.plan_id).state != PlanState.PUBLISHED:
        raise NotFound
    if not reaches_building(by, Permission.DROP_OFF, stop.building_id):
        require_round(by, stop.round_id)
    return stop


@command
def sign(by: Staff, stop_id: int, counted: SignDropOff) -> DropOff:
    """Sign for the bags at a building.

    Requires: the round has departed, the stop is not signed yet, each missing code belongs to the stop.
    Ensures: counted + missing = expected (E9); counted bags are `dropped_off` and their units with them; missing bags
    are `missing` and their units stay `packed` until somebody says what became of them.
    Raises: NotFound, Invalid, Conflict.
    """
    return sign_stop(by, stop_id, counted)


def sign_stop(by: Staff, stop_id: int, counted: SignDropOff, *, on_paper: bool = False) -> DropOff:
    """Inside a command: as `sign`. What was signed on paper is not judged by when the door was open."""
    stop = require_stop(by, stop_id)
    codes = missing_among(stop, bags := bags_at(stop), counted.missing)
    return drop_off(by, stop, {bag.id for bag in bags if bag.code in codes}, on_paper=on_paper)


def drop_off(by: Staff, stop: DeliveryStop, missing: Collection[int], *, on_paper: bool = False) -> DropOff:
    """Inside a command: the first count of a stop, of whose bags those with an id in `missing` are not there.

    Raises: Conflict (the round is not on its way, the stop is signed, it cannot be served as published).
    """
    if stop.round.state != RoundState.DEPARTED:
        raise Conflict(_l("这一趟还没有出发，不能签收。"))
    conditions.require_servable(stop, on_paper=on_paper)
    bags = bags_at(stop)
    advance(stop, StopState.SIGNED)
    here = [bag for bag in bags if bag.id not in missing]
    signed = DropOff(
        stop_id=stop.id,
        signed_by_id=by.id,
        signed_at=clock.now(),
        bags_expected=len(bags),
        bags_counted=len(here),
        bags_missing=len(bags) - len(here),
    )
    db.session.add(signed)
    db.session.flush()
    for bag in bags:
        advance(bag, BagState.DROPPED_OFF if bag.id not in missing else BagState.MISSING)
    drop_units(here, Cause("drop_off", signed.id))
    transfer_custody(here, ("team", stop.round.shift.team_id), ("captain", by.id), signed.id)
    record_count(by, stop, bags, [bag.id for bag in bags if bag.id in missing])
    record(by, "sign", signed, cycle_id=stop.round.plan.cycle_id, expected=len(bags), missing=signed.bags_missing)
    _complete_if_done(by, stop.round)
    return signed


def bags_at(stop: DeliveryStop) -> list[Bag]:
    """The loaded bags that a stop waits for."""
    found = select(Bag).join(PlanBag, PlanBag.bag_id == Bag.id).where(PlanBag.stop_id == stop.id)
    return list(db.session.scalars(found.where(Bag.state == BagState.LOADED).order_by(Bag.id)))


def missing_among(stop: DeliveryStop, bags: list[Bag], typed: str) -> set[str]:
    """The codes of what was typed, a code or a number of the day a word. One that stayed in the depot is on older
    paper and is missing rightly."""
    codes = {bag.code for bag in bags}
    stayed = {bag.code for bag in staying.staying_by_stop(stop.plan_id).get(stop.id, [])} if typed else set()
    of_day = _numbers_at(stop) if typed else {}
    missing = set()
    for word in typed_bags(typed):
        no = read_bag_no(word)
        code = normalise(word) if no is None else of_day.get(no)
        if code in stayed or any(one.endswith(word.upper()) for one in stayed if len(word) > 2):
            continue
        if code is None or code not in codes:
            raise Invalid({"missing": [_("“%(word)s”不是这一站的袋号或袋码。", word=word[:20])]})
        missing.add(code)
    return missing


def _numbers_at(stop: DeliveryStop) -> dict[int, str]:
    """Number of the building's day → code: one number names one bag, in whichever wave and visit."""
    cycle_id = db.session.get_one(DeliveryPlan, stop.plan_id).cycle_id
    own = select(Bag.day_no, Bag.code).where(Bag.cycle_id == cycle_id, Bag.building_id == stop.building_id)
    return dict(db.session.execute(own).all())


def drop_units(bags: Iterable[Bag], cause: Cause) -> None:
    """Inside a command: the units of these bags reach the building; `cause` is the count, or the find, that says so.

    It is never the bag: one that was counted, did not come after all and travels again arrives a second time.
    """
    move(units_in(bags), Stage.PACKED, Stage.DROPPED_OFF, cause)


def units_in(bags: Iterable[Bag]) -> dict[int, int]:
    """Order line → its units in these bags together: a line of many units lies in several of them."""
    own = BagLine.bag_id.in_([bag.id for bag in bags])
    found = select(BagLine.order_line_id, func.sum(BagLine.qty)).where(own).group_by(BagLine.order_line_id)
    return {line_id: int(qty) for line_id, qty in db.session.execute(found)}


@command
def skip(by: Staff, stop_id: int, why: Skip) -> DeliveryStop:
    """Leave a stop out: its bags come back with the round, or at once where it has not left yet.

    Raises: NotFound, Conflict.
    """
    stop = row_or_not_found(DeliveryStop, stop_id)
    require_round(by, stop.round_id)
    if stop.round.state not in (RoundState.LOADING, RoundState.DEPARTED):
        raise Conflict(_l("这一趟不在路上。"))
    _leave_out(stop, why.reason)
    if stop.round.state == RoundState.LOADING:
        _unload(stop)
    record(by, "skip", stop, cycle_id=stop.round.plan.cycle_id)
    if stop.round.state == RoundState.DEPARTED:
        _complete_if_done(by, stop.round)
    return stop


def _unload(stop: DeliveryStop) -> None:
    """The bags of a stop go back to the depot before the round leaves; one stop at least stays on it."""
    if not any(other.id != stop.id and other.state not in FINAL_STOPS for other in stop.round.stops):
        raise Conflict(_l("这是最后一站，请取消这一趟。"))
    bags = bags_at(stop)
    for bag in bags:
        advance(bag, BagState.PACKED)
    transfer_custody(bags, ("team", stop.round.shift.team_id), ("depot", stop.round.shift.depot_id))
    leave_behind(stop.round, {bag.id: staying.Why.IN_DEPOT for bag in bags})


@command
def abort(by: Staff, round_id: int, why: Skip) -> DeliveryRound:
    """The round turns back: every bag not handed over returns to the depot. Raises: NotFound, Conflict."""
    round_ = require_round(by, round_id)
    advance(round_, RoundState.ABORTED)
    for stop in round_.stops:
        if stop.state not in FINAL_STOPS:
            advance(stop, StopState.SKIPPED)
            stop.skip_reason = why.reason
    _bring_back(round_)
    record(by, "abort", round_, cycle_id=round_.plan.cycle_id)
    return round_


def _complete_if_done(by: Staff, round_: DeliveryRound) -> None:
    db.session.flush()
    if all(stop.state in FINAL_STOPS for stop in round_.stops):
        advance(round_, RoundState.COMPLETED)
        _bring_back(round_)
        record(by, "complete", round_, cycle_id=round_.plan.cycle_id)


def _bring_back(round_: DeliveryRound) -> None:
    bags = [bag for bag in bags_of_round(round_.id) if bag.state == BagState.LOADED]
    for bag in bags:
        advance(bag, BagState.PACKED)
    transfer_custody(bags, ("team", round_.shift.team_id), ("depot", round_.shift.depot_id))

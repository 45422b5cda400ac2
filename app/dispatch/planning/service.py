"""Ask for a plan, publish or discard it, and run the rounds: load, depart, sign at the building, come back."""

from __future__ import annotations

from datetime import date

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from app.access.permissions import Permission, Staff
from app.core import clock
from app.core.db import check_version, command, db
from app.core.errors import Conflict
from app.core.events import record
from app.core.jobs import Job, enqueue
from app.core.lookup import row_or_not_found
from app.core.states import advance
from app.dispatch.models import DeliveryPlan, DeliveryRound, DeliveryStop, PlanBag, PlanState, RoundState
from app.dispatch.planning.schemas import AskAgain, AskPlan
from app.dispatch.planning.work import shifts_of
from app.ordering.gate import require_cycle
from app.ordering.models import Cycle, CycleState
from app.picking.models import Bag, BagState

PLAN_JOB = "plan"
STARTED = (RoundState.LOADING, RoundState.DEPARTED, RoundState.COMPLETED, RoundState.ABORTED)


def wave_to_plan(cycle_id: int) -> int:
    """The wave that the next plan is for: the last one with bags, or the one after a plan that is under way."""
    last = db.session.scalar(select(func.max(Bag.wave)).where(Bag.cycle_id == cycle_id)) or 1
    started = db.session.scalar(
        select(func.max(DeliveryPlan.wave))
        .join(DeliveryRound, DeliveryRound.plan_id == DeliveryPlan.id)
        .where(
            DeliveryPlan.cycle_id == cycle_id,
            DeliveryPlan.state == PlanState.PUBLISHED,
            DeliveryRound.state.in_(STARTED),
        )
    )
    return int(last) if started is None else max(int(last), int(started) + 1)


@command
def ask_plan(by: Staff, cycle_id: int, wanted: AskPlan) -> Job:
    """Put a planning job into the queue.

    Requires: the cycle is running, somebody has a shift on the day, no other planning job of the cycle is under way.
    Raises: NotFound, Conflict.
    """
    cycle = require_cycle(by, Permission.PLAN, cycle_id)
    if cycle.state != CycleState.RUNNING:
        raise Conflict(_l("配送日开始之后才能排路线。"))
    if not shifts_of(cycle.subdistrict_id, wanted.day):
        raise Conflict(_("%(day)s 没有登记任何队伍的班次，请先登记。", day=wanted.day.isoformat()))
    return _enqueue(cycle_id, {"day": wanted.day.isoformat(), "seconds": wanted.seconds})


def _enqueue(cycle_id: int, wanted: dict[str, str | int]) -> Job:
    """One planning job of a cycle at a time."""
    jobs = select(Job).where(Job.kind == PLAN_JOB, Job.subject_id == cycle_id)
    earlier = db.session.scalars(jobs).all()
    if any(not job.is_over for job in earlier):
        raise Conflict(_l("正在排这一批的路线，请等它完成。"))
    payload = {"cycle_id": cycle_id, "wave": wave_to_plan(cycle_id), "seed": 1, "turn": len(earlier) + 1, **wanted}
    return enqueue(PLAN_JOB, cycle_id, payload, cycle_id=cycle_id)


@command
def ask_replan(by: Staff, plan_id: int, wanted: AskAgain) -> Job:
    """Plan what is left with the teams and bags of now, keeping this plan as far as possible (see `replanning`).

    Requires: a draft or a published plan of a running cycle, somebody on duty, no other planning job under way.
    Raises: NotFound, Conflict.
    """
    plan = require_plan(by, Permission.PLAN, plan_id)
    cycle = require_cycle(by, Permission.PLAN, plan.cycle_id)
    if cycle.state != CycleState.RUNNING or plan.state not in (PlanState.PROPOSED, PlanState.PUBLISHED):
        raise Conflict(_l("只有配送日当天的草案或已发布的方案可以接着重排。"))
    day = plan.statistics.get("day") or max(cycle.deliver_on, clock.today()).isoformat()
    if not shifts_of(cycle.subdistrict_id, date.fromisoformat(day)):
        raise Conflict(_("%(day)s 没有登记任何队伍的班次，请先登记。", day=day))
    return _enqueue(cycle.id, {"day": day, "seconds": wanted.seconds, "keep": plan.id})


def require_plan(by: Staff, permission: Permission, plan_id: int) -> DeliveryPlan:
    """The plan, where the actor holds the permission for its subdistrict. Raises NotFound."""
    plan = row_or_not_found(DeliveryPlan, plan_id)
    require_cycle(by, permission, plan.cycle_id)
    return plan


@command
def publish(by: Staff, plan_id: int, seen: int | None = None) -> DeliveryPlan:
    """Publish a plan; the one published before for the wave is superseded and its rounds are cancelled.

    Requires: every packed bag of the wave has an answer in the plan (the database checks it too), each bag in it is
    still packed, no round of the earlier plan has started loading; `seen` is the version that was looked at, if known:
    a draft that somebody adjusted meanwhile is looked at again. Raises: NotFound, StaleEdit, Conflict.
    """
    plan = require_plan(by, Permission.PLAN, plan_id)
    if seen is not None and plan.state == PlanState.PROPOSED:
        check_version(plan, seen)
    unanswered, gone = unanswered_bags(plan), vanished_bags(plan)
    if unanswered or gone:
        raise Conflict(
            _("排完之后袋子变了：%(new)d 袋没有安排，%(gone)d 袋已不在仓。请重新排。", new=unanswered, gone=gone)
        )
    _supersede(by, plan)
    _release_earlier(by, plan)
    # The trigger `plan_answers_every_bag` counts again: a bag without stop or reason would stay in the depot unseen.
    advance(plan, PlanState.PUBLISHED)
    db.session.flush()
    record(by, "publish", plan, cycle_id=plan.cycle_id, wave=plan.wave, rounds=len(plan.rounds))
    return plan


def _supersede(by: Staff, plan: DeliveryPlan) -> None:
    before = db.session.scalar(
        select(DeliveryPlan).filter_by(cycle_id=plan.cycle_id, wave=plan.wave, state=PlanState.PUBLISHED.value)
    )
    if before is None:
        return
    if any(round_.state in STARTED for round_ in before.rounds):
        raise Conflict(_l("这一波已有队伍开始装车，不能再换方案；剩下的袋排进下一波。"))
    for round_ in before.rounds:
        if round_.state == RoundState.PLANNED:
            advance(round_, RoundState.CANCELLED)
    advance(before, PlanState.SUPERSEDED)
    db.session.flush()
    record(by, "supersede", before, cycle_id=plan.cycle_id)


def _release_earlier(by: Staff, plan: DeliveryPlan) -> None:
    """Rounds of earlier waves that have not begun give their bags to this plan where it has a stop for them."""
    taken = select(PlanBag.bag_id).where(PlanBag.plan_id == plan.id)
    waiting = (
        select(DeliveryRound)
        .join(DeliveryPlan, DeliveryPlan.id == DeliveryRound.plan_id)
        .where(
            DeliveryPlan.cycle_id == plan.cycle_id,
            DeliveryPlan.wave < plan.wave,
            DeliveryPlan.state == PlanState.PUBLISHED,
        )
        .where(DeliveryRound.state == RoundState.PLANNED)
        .where(
            select(PlanBag.bag_id)
            .join(DeliveryStop, DeliveryStop.id == PlanBag.stop_id)
            .where(DeliveryStop.round_id == DeliveryRound.id, PlanBag.bag_id.in_(taken))
            .exists()
        )
    )
    for round_ in db.session.scalars(waiting).all():
        advance(round_, RoundState.CANCELLED)
        record(by, "cancel", round_, cycle_id=plan.cycle_id)


def unanswered_bags(plan: DeliveryPlan) -> int:
    """Packed bags of the plan's waves that the plan does not answer for."""
    answered = select(PlanBag.bag_id).where(PlanBag.plan_id == plan.id)
    waiting = select(func.count()).select_from(Bag)
    waiting = waiting.where(Bag.cycle_id == plan.cycle_id, Bag.wave <= plan.wave, Bag.state == BagState.PACKED)
    return db.session.scalar(waiting.where(Bag.id.not_in(answered))) or 0


def vanished_bags(plan: DeliveryPlan) -> int:
    """Bags with a stop in the plan that are no longer packed."""
    found = (
        select(func.count())
        .select_from(PlanBag)
        .join(Bag, Bag.id == PlanBag.bag_id)
        .where(PlanBag.plan_id == plan.id, PlanBag.stop_id.is_not(None), Bag.state != BagState.PACKED)
    )
    return db.session.scalar(found) or 0


@command
def discard(by: Staff, plan_id: int) -> DeliveryPlan:
    """Throw a proposed plan away. Raises NotFound, Conflict."""
    plan = require_plan(by, Permission.PLAN, plan_id)
    advance(plan, PlanState.DISCARDED)
    record(by, "discard", plan, cycle_id=plan.cycle_id)
    return plan


def published_plans() -> list[DeliveryPlan]:
    """Published plans of running cycles, newest first."""
    found = (
        select(DeliveryPlan)
        .join(Cycle, Cycle.id == DeliveryPlan.cycle_id)
        .where(DeliveryPlan.state == PlanState.PUBLISHED, Cycle.state == CycleState.RUNNING)
        .order_by(DeliveryPlan.id.desc())
    )
    return list(db.session.scalars(found))

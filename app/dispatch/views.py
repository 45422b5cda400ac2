"""Pages of planning and of the rounds. No page here names a household."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import true
from werkzeug.wrappers import Response

from app.access.guard import requires, set_page_cycle, staff, submit
from app.access.page_registry import describe_page
from app.access.permissions import Permission, Staff
from app.core import clock
from app.core.db import db
from app.core.errors import Invalid, NotFound
from app.core.input.schemas import Form
from app.core.jobs import Job, JobState, cancel
from app.core.lookup import row_or_not_found
from app.dispatch import queries
from app.dispatch.arrivals import queries as arrivals_queries
from app.dispatch.arrivals import views as arrivals_views
from app.dispatch.loading import service as loading_service
from app.dispatch.missing_bags import service as missing_bags_service
from app.dispatch.missing_bags.schemas import ResolveMissingBag
from app.dispatch.models import DeliveryPlan, DeliveryRound, DeliveryStop, PlanState, RoundState
from app.dispatch.planning import service
from app.dispatch.planning.schemas import AskPlan
from app.dispatch.rounds import conditions, staying
from app.dispatch.rounds import service as rounds_service
from app.dispatch.rounds.schemas import Left, Skip
from app.dispatch.sketch import sketch
from app.ordering.gate import require_cycle
from app.ordering.models import Cycle
from app.picking.models import Bag

bp = Blueprint("dispatch", __name__)


@bp.get("/cycles/<int:cycle_id>/dispatch")
@requires(Permission.PLAN_READ)
def index(cycle_id: int) -> str:
    """Plans of a cycle, the planning job, and bags that cannot be found."""
    return _index(cycle_id, Form())


def _index(cycle_id: int, form: Form) -> str:
    cycle = require_cycle(staff(), Permission.PLAN_READ, cycle_id)
    plans = queries.plans(cycle_id)
    day, shifts = queries.next_on_duty(cycle.subdistrict_id, max(cycle.deliver_on, clock.today()))
    return render_template(
        "dispatch/index.html",
        cycle=cycle,
        plans=plans,
        states=PlanState,
        counts=queries.answer_counts([plan.id for plan in plans]),
        bags=queries.bag_counts(cycle_id),
        missing=queries.missing_bags(cycle_id),
        differences=arrivals_queries.open_differences(cycle_id, true()),
        may_count=staff().may(Permission.ARRIVAL),
        job=queries.latest_job(cycle_id),
        broken=conditions.of_cycles([cycle_id]),
        may_print=staff().may(Permission.PRINT),
        wave=service.wave_to_plan(cycle_id),
        shifts=shifts,
        day=day,
        form=form if form.is_bound else Form(initial={"day": day.isoformat(), "seconds": 20}),
        may_plan=staff().may(Permission.PLAN),
        may_resolve=staff().may(Permission.DROP_OFF),
    )


@bp.post("/cycles/<int:cycle_id>/dispatch/plan")
@requires(Permission.PLAN)
def ask_plan(cycle_id: int) -> Response | tuple[str, int]:
    """Ask for a plan."""
    form = Form(AskPlan, request.form)
    if not form.is_valid:
        return _index(cycle_id, form), 422
    return submit[Job](then=lambda job: url_for("dispatch.job", job_id=job.id))(
        service.ask_plan, staff(), cycle_id, form.command
    )


def _job(job_id: int) -> tuple[Job, Cycle]:
    job = db.session.get(Job, job_id)
    if job is None or job.kind != service.PLAN_JOB:
        raise NotFound
    return job, require_cycle(staff(), Permission.PLAN, job.subject_id)


@bp.get("/plan-jobs/<int:job_id>")
@requires(Permission.PLAN)
def job(job_id: int) -> str:
    """How far a planning job is."""
    found, cycle = _job(job_id)
    set_page_cycle(cycle.id)
    plan_id = (found.result or {}).get("plan_id") if found.state == JobState.SUCCEEDED else None
    return render_template("dispatch/job.html", job=found, cycle=cycle, plan_id=plan_id)


@bp.post("/plan-jobs/<int:job_id>/cancel")
@requires(Permission.PLAN)
def cancel_job(job_id: int) -> Response:
    """Stop a planning job."""
    _found, cycle = _job(job_id)
    return submit[None](then=lambda _none: url_for("dispatch.index", cycle_id=cycle.id), says=_("已请求停止。"))(
        cancel, job_id
    )


@bp.get("/plans/<int:plan_id>")
@requires(Permission.PLAN_READ)
def plan(plan_id: int) -> str:
    """One plan: its rounds, what is held and why, and what stands in the way of publishing."""
    found = service.require_plan(staff(), Permission.PLAN_READ, plan_id)
    set_page_cycle(found.cycle_id)
    proposed = found.state == PlanState.PROPOSED
    return render_template(
        "dispatch/plan.html",
        cycle=db.session.get_one(Cycle, found.cycle_id),
        plan=found,
        state=PlanState(found.state),
        rounds=queries.round_rows(plan_id),
        held=queries.held_rows(plan_id),
        staying=staying.staying_bags(plan_id) if found.state == PlanState.PUBLISHED else [],
        broken=conditions.of_plan(plan_id),
        may_print=staff().may(Permission.PRINT),
        unanswered=service.unanswered_bags(found) if proposed else 0,
        gone=service.vanished_bags(found) if proposed else 0,
        may_plan=staff().may(Permission.PLAN),
    )


@bp.post("/plans/<int:plan_id>/publish")
@requires(Permission.PLAN)
def publish(plan_id: int) -> Response:
    """Publish a plan."""
    return submit[DeliveryPlan](
        then=lambda plan: url_for("dispatch.plan", plan_id=plan.id), says=_("已发布。可以打印路线单、交接单和发放表。")
    )(service.publish, staff(), plan_id, _seen())


def _seen() -> int | None:
    """The version of the plan on the page that was sent, if it says so; 0, which no plan has, if it is no number."""
    text = request.form.get("version")
    return None if text is None else int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


@bp.post("/plans/<int:plan_id>/discard")
@requires(Permission.PLAN)
def discard(plan_id: int) -> Response:
    """Throw a proposed plan away."""
    return submit[DeliveryPlan](
        then=lambda plan: url_for("dispatch.index", cycle_id=plan.cycle_id), says=_("草案已丢弃。")
    )(service.discard, staff(), plan_id)


@bp.get("/my-rounds")
@requires(Permission.LOAD)
def my_rounds() -> str:
    """The rounds of the runner's own teams; everybody else who loads sees those of all teams."""
    published = [(plan, rounds_service.teams_run(staff(), plan.cycle_id)) for plan in service.published_plans()]
    shown = [(plan, queries.round_rows(plan.id, teams)) for plan, teams in published if teams != []]
    return render_template("dispatch/my_rounds.html", shown=[entry for entry in shown if entry[1]])


@bp.get("/rounds/<int:round_id>")
@requires(Permission.LOAD)
def round(round_id: int) -> str:
    """One round: its stops in order, and the buttons of its state."""
    return _round_page(rounds_service.require_round(staff(), round_id), Form())


def _round_page(found: DeliveryRound, form: Form) -> str:
    describe_page(
        {"dispatch.plan": _("方案 #%(n)d", n=found.plan_id)}, cycle_id=found.plan.cycle_id, plan_id=found.plan_id
    )
    stops = queries.stop_rows(found.id)
    if rounds_service.teams_run(staff(), found.plan.cycle_id) is not None:
        return arrivals_views.round_page(found, stops, form)
    return render_template(
        "dispatch/round.html",
        cycle=db.session.get_one(Cycle, found.plan.cycle_id),
        round=found,
        stops=stops,
        staying=staying.staying_of(found),
        bags=queries.bags_by_stop(found.id) if found.state in (RoundState.PLANNED, RoundState.LOADING) else {},
        broken=conditions.of_round(found.id),
        may_print=staff().may(Permission.PRINT),
        row=next(row for row in queries.round_rows(found.plan_id) if row.round_id == found.id),
        sketch=sketch(stops, found.shift.depot_id),
        form=form,
        may_sign=staff().may(Permission.DROP_OFF),
    )


def _with_bags(run: Callable[..., DeliveryRound], says: str, round_id: int) -> Response | tuple[str, int]:
    """A step for which bags are ticked."""
    form = Form(Left, request.form)
    if form.is_valid:
        try:
            return submit[DeliveryRound](then=lambda one: url_for("dispatch.round", round_id=one.id), says=says)(
                run, staff(), round_id, form.command
            )
        except Invalid as error:
            form.add(error)
    return _round_page(rounds_service.require_round(staff(), round_id), form), 422


def _step(run: Callable[[Staff, int], DeliveryRound], says: str, round_id: int) -> Response:
    return submit[DeliveryRound](then=lambda one: url_for("dispatch.round", round_id=one.id), says=says)(
        run, staff(), round_id
    )


@bp.post("/rounds/<int:round_id>/load")
@requires(Permission.LOAD)
def load(round_id: int) -> Response | tuple[str, int]:
    """Load the bags of a round, but those that are ticked."""
    return _with_bags(rounds_service.load, _("已装车，袋数已交给这支队伍。"), round_id)


@bp.post("/rounds/<int:round_id>/unload")
@requires(Permission.LOAD)
def unload(round_id: int) -> Response | tuple[str, int]:
    """Leave the ticked bags in the depot after all."""
    return _with_bags(loading_service.unload, _("已记下：这些袋留在仓库，排进下一波。"), round_id)


@bp.post("/rounds/<int:round_id>/join")
@requires(Permission.LOAD)
def join(round_id: int) -> Response | tuple[str, int]:
    """Put a bag that stayed on the round while it is being loaded."""
    return _with_bags(loading_service.join, _("已装上。"), round_id)


@bp.post("/rounds/<int:round_id>/depart")
@requires(Permission.LOAD)
def depart(round_id: int) -> Response:
    """The team leaves."""
    return _step(rounds_service.depart, _("已出发。"), round_id)


@bp.post("/rounds/<int:round_id>/cancel")
@requires(Permission.LOAD)
def cancel_round(round_id: int) -> Response:
    """Call a round off."""
    return _step(rounds_service.cancel, _("这一趟已取消，袋子回到仓库。"), round_id)


@bp.post("/rounds/<int:round_id>/abort")
@requires(Permission.LOAD)
def abort(round_id: int) -> Response | tuple[str, int]:
    """The round turns back."""
    form = Form(Skip, request.form)
    if not form.is_valid:
        return _round_page(rounds_service.require_round(staff(), round_id), form), 422
    return submit[DeliveryRound](
        then=lambda one: url_for("dispatch.round", round_id=one.id), says=_("已返回，没送到的袋回到仓库。"), tone="warn"
    )(rounds_service.abort, staff(), round_id, form.command)


@bp.post("/stops/<int:stop_id>/skip")
@requires(Permission.LOAD)
def skip(stop_id: int) -> Response | tuple[str, int]:
    """Leave a stop out."""
    form = Form(Skip, request.form)
    if not form.is_valid:
        stop = row_or_not_found(DeliveryStop, stop_id)
        return _round_page(rounds_service.require_round(staff(), stop.round_id), form), 422
    return submit[DeliveryStop](
        then=lambda stop: url_for("dispatch.round", round_id=stop.round_id),
        says=_("已跳过，袋子随车带回。"),
        tone="warn",
    )(rounds_service.skip, staff(), stop_id, form.command)


@bp.get("/stops/<int:stop_id>/sign")
@requires(Permission.ARRIVAL)
def sign_page(stop_id: int) -> str:
    """Count the bags of a stop."""
    return arrivals_views.sign_page(rounds_service.require_stop(staff(), stop_id), Form())


@bp.post("/stops/<int:stop_id>/sign")
@requires(Permission.ARRIVAL)
def sign(stop_id: int) -> Response | tuple[str, int]:
    """Sign for the bags at a building."""
    return arrivals_views.record(stop_id)


@bp.post("/bags/<int:bag_id>/resolve-missing")
@requires(Permission.DROP_OFF)
def resolve_missing(bag_id: int) -> Response:
    """Say what became of a missing bag."""
    form = Form(ResolveMissingBag, request.form)
    if not form.is_valid:
        raise Invalid(form.problems[0][1])
    return submit[Bag](then=lambda bag: url_for("dispatch.index", cycle_id=bag.cycle_id), says=_("已记录。"))(
        missing_bags_service.resolve_missing, staff(), bag_id, form.command
    )

"""Pages on which a draft is adjusted by hand, and on which two plans are compared.

The planner is loaded when somebody opens them, not when the server starts.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.access.guard import requires, set_page_cycle, staff, submit
from app.access.permissions import Permission
from app.core.db import db
from app.core.errors import Conflict, Invalid, NotFound
from app.core.input.schemas import Form
from app.core.jobs import Job
from app.dispatch import queries
from app.dispatch.drafts.comparison import comparison
from app.dispatch.drafts.schemas import Edit, LockWhat, Undo
from app.dispatch.models import DeliveryPlan, PlanState
from app.dispatch.planning import service
from app.dispatch.planning.schemas import AskAgain
from app.ordering.models import Cycle

bp = Blueprint("adjust", __name__)


@bp.get("/plans/<int:plan_id>/adjust")
@requires(Permission.PLAN)
def index(plan_id: int) -> str | Response:
    """A draft with one round opened; with the parameters of a change, what that change would do."""
    from app.dispatch.drafts.schemas import Edit

    plan = service.require_plan(staff(), Permission.PLAN, plan_id)
    if plan.state != PlanState.PROPOSED:
        flash(_("只有草案可以调整。"), "warn")
        return redirect(url_for("dispatch.plan", plan_id=plan_id))
    asked = Form(Edit, request.args) if request.args.get("do") else Form()
    return _page(plan_id, asked)


def _page(plan_id: int, asked: Form) -> str:
    from app.dispatch.drafts import editing
    from app.dispatch.drafts import service as drafts_service
    from app.dispatch.drafts.queries import board

    plan = service.require_plan(staff(), Permission.PLAN, plan_id)
    set_page_cycle(plan.cycle_id)
    if plan.state != PlanState.PROPOSED:
        raise Conflict(_("只有草案可以调整。"))
    opened = editing.open_plan(plan)
    fixed = drafts_service.locks_of(opened)
    tried = editing.try_edit(opened, asked.command, fixed) if asked.is_valid else None
    rows = queries.round_rows(plan_id)
    shown = next((row for row in rows if str(row.round_id) == request.args.get("round")), rows[0] if rows else None)
    context: dict[str, Any] = {
        "cycle": db.session.get_one(Cycle, plan.cycle_id),
        "plan": plan,
        "rounds": rows,
        "shown": shown,
        "board": board(opened, fixed, rows, shown.round_id if shown else 0),
        "asked": asked,
        "edit": asked.command if asked.is_valid else None,
        "tried": tried,
    }
    return render_template("dispatch/adjust.html", **context)


@bp.post("/plans/<int:plan_id>/adjust")
@requires(Permission.PLAN)
def save(plan_id: int) -> Response | tuple[str, int]:
    """Save a change that was tried."""
    from app.dispatch.drafts import service as drafts_service

    form = Form(Edit, request.form)
    if form.is_valid:
        try:
            return submit[DeliveryPlan](then=_back, says=_("已保存调整。"))(
                drafts_service.adjust, staff(), plan_id, form.command
            )
        except Invalid as error:
            form.add(error)
    return _page(plan_id, form), 422


def _back(plan: DeliveryPlan) -> str:
    if plan.state != PlanState.PROPOSED:
        return url_for("dispatch.plan", plan_id=plan.id)
    chosen = request.form.get("round", "")
    return url_for("adjust.index", plan_id=plan.id, round=chosen if chosen.isdecimal() else None)


@bp.post("/plans/<int:plan_id>/adjust/undo")
@requires(Permission.PLAN)
def undo(plan_id: int) -> Response:
    """Take the last change back."""
    from app.dispatch.drafts import service as drafts_service

    form = Form(Undo, request.form)
    if not form.is_valid:
        raise Invalid(form.problems[0][1])
    return submit[DeliveryPlan](then=_back, says=_("已撤销上一次调整。"))(
        drafts_service.undo, staff(), plan_id, form.command
    )


@bp.post("/plans/<int:plan_id>/adjust/lock")
@requires(Permission.PLAN)
def lock(plan_id: int) -> Response:
    """Lock or unlock a round or a stop."""
    from app.dispatch.drafts import service as drafts_service

    form = Form(LockWhat, request.form)
    if not form.is_valid:
        raise Invalid(form.problems[0][1])
    return submit[DeliveryPlan](then=_back, says=_("已更改锁定。"))(drafts_service.lock, staff(), plan_id, form.command)


@bp.post("/plans/<int:plan_id>/again")
@requires(Permission.PLAN)
def again(plan_id: int) -> Response:
    """Plan what is left again, keeping this plan as far as possible."""
    form = Form(AskAgain, request.form)
    if not form.is_valid:
        raise Invalid(form.problems[0][1])
    return submit[Job](then=lambda job: url_for("dispatch.job", job_id=job.id))(
        service.ask_replan, staff(), plan_id, form.command
    )


@bp.get("/plans/<int:plan_id>/compare")
@requires(Permission.PLAN_READ)
def compare(plan_id: int) -> str:
    """Two plans of a cycle side by side."""
    plan = service.require_plan(staff(), Permission.PLAN_READ, plan_id)
    set_page_cycle(plan.cycle_id)
    others = [other for other in queries.plans(plan.cycle_id) if other.id != plan.id]
    chosen = request.args.get("with", type=int) or (others[0].id if others else 0)
    other = next((one for one in others if one.id == chosen), None)
    if other is None and others:
        raise NotFound
    return render_template(
        "dispatch/compare.html",
        cycle=db.session.get_one(Cycle, plan.cycle_id),
        plan=plan,
        other=other,
        others=others,
        figures=comparison(plan, other) if other else [],
    )

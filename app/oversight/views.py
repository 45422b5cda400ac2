"""Pages that look at the whole: the closed loop, the dashboard, the log."""

from __future__ import annotations

from flask import Blueprint, current_app, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.access.guard import requires, staff, submit
from app.access.permissions import Permission
from app.core import clock_trust
from app.core.jobs import Job, JobState
from app.core.paging import paginate, slice_page
from app.dispatch.arrivals.queries import open_differences
from app.ordering.gate import require_cycle
from app.ordering.models import Stage
from app.oversight import loop as closed_loop
from app.oversight import queries
from app.oversight.log_words import in_words
from app.oversight.reconcile import service as reconcile_service

bp = Blueprint("oversight", __name__)


@bp.get("/cycles/<int:cycle_id>/loop")
@requires(Permission.OVERSEE)
def loop(cycle_id: int) -> str:
    """Where every unit of the cycle is, and every gap with its owner and age."""
    cycle = require_cycle(staff(), Permission.OVERSEE, cycle_id)
    stage, search = request.args.get("stage", ""), request.args.get("q", "").strip()[:40]
    stage = stage if stage in {one.value for one in closed_loop.WAITING} else ""
    rows = closed_loop.loop_rows(cycle_id)
    building = request.args.get("building", "")
    building_id = int(building) if building.isascii() and building.isdigit() and len(building) < 10 else None
    page = slice_page(
        closed_loop.gaps(cycle, stage, search, building_id),
        request.args.get("page"),
        lambda number: url_for(
            "oversight.loop",
            cycle_id=cycle_id,
            stage=stage or None,
            q=search or None,
            building=building_id,
            page=number,
        ),
    )
    return render_template(
        "oversight/loop.html",
        cycle=cycle,
        rows=rows,
        totals=closed_loop.stage_totals(rows),
        stages=list(Stage),
        waiting=closed_loop.WAITING,
        owners={one.value: str(_(owner)) for one, owner in closed_loop.OWNERS.items()},
        labels={one.value: one.label for one in Stage},
        page=page,
        stage=stage,
        search=search,
    )


@bp.get("/cycles/<int:cycle_id>/loop/equations")
@requires(Permission.OVERSEE)
def equations(cycle_id: int) -> str:
    """The eleven closing equations, as they were counted last."""
    cycle = require_cycle(staff(), Permission.OVERSEE, cycle_id)
    job = reconcile_service.latest_check()
    counted = (job.result or {}).get("equations", []) if job and job.state == JobState.SUCCEEDED else []
    found = [(code, str(_(name)), violations) for code, name, violations in counted]
    return render_template(
        "oversight/equations.html",
        cycle=cycle,
        equations=found,
        job=job,
        differences=open_differences(cycle_id, queries.reach_of(staff()).buildings),
        may_count=staff().may(Permission.ARRIVAL),
    )


@bp.post("/cycles/<int:cycle_id>/loop/equations")
@requires(Permission.OVERSEE)
def count_equations(cycle_id: int) -> Response:
    """Count them now."""
    require_cycle(staff(), Permission.OVERSEE, cycle_id)
    return submit[Job](then=lambda _job: url_for("oversight.equations", cycle_id=cycle_id))(
        reconcile_service.ask_check, staff()
    )


@bp.get("/dashboard")
@requires(Permission.OVERSEE)
def dashboard() -> str:
    """What is stuck, where, since when, and who owns it: of whole subdistricts, or of the reader's own buildings."""
    reach = queries.reach_of(staff())
    stuck = [row for row in queries.stuck(reach) if row.endpoint in current_app.view_functions]
    keeps_date = staff().may(Permission.PURGE)
    return render_template(
        "oversight/dashboard.html",
        cards=queries.cards(reach),
        stuck=stuck,
        is_whole=reach.is_whole,
        keeps_date=keeps_date,
        date_trouble=clock_trust.current_doubt() if keeps_date else None,
    )


@bp.get("/events")
@requires(Permission.AUDIT)
def events() -> str:
    """The log: who did what to what; numbers and codes only."""
    verb, subject = request.args.get("verb", "")[:40], request.args.get("subject", "")[:40]
    cycle = request.args.get("cycle", "")
    cycle_id = int(cycle) if cycle.isascii() and cycle.isdigit() and len(cycle) < 10 else None
    page = paginate(
        queries.event_statement(staff(), verb, subject, cycle_id),
        request.args.get("page"),
        lambda number: url_for(
            "oversight.events", verb=verb or None, subject=subject or None, cycle=cycle or None, page=number
        ),
    )
    verbs, subjects = queries.verbs()
    return render_template(
        "oversight/events.html",
        page=page,
        in_words=in_words,
        seals=queries.seals_of(page.rows),
        verb=verb,
        subject=subject,
        verbs=[(one, one) for one in verbs],
        subjects=[(one, one) for one in subjects],
        cycle=cycle,
    )

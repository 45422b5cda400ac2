"""Pages of the allocation."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.access.forms.background import newest_job
from app.access.guard import requires, set_page_cycle, staff, submit
from app.access.permissions import Permission
from app.allocation import jobs, queries, service
from app.allocation.schemas import Commit, SetShare
from app.core.db import db
from app.core.errors import BadRequest, Invalid
from app.core.input.schemas import Form
from app.core.jobs import Job
from app.core.lookup import row_or_not_found
from app.core.paging import paginate
from app.ordering.gate import require_cycle
from app.ordering.models import OrderLine, Policy

bp = Blueprint("allocation", __name__)


@bp.get("/cycles/<int:cycle_id>/allocation")
@requires(Permission.ALLOCATE)
def index(cycle_id: int) -> str:
    """Items of the cycle: ordered, given, open, short, free stock; and the runs so far."""
    cycle = require_cycle(staff(), Permission.ALLOCATE, cycle_id)
    rows = queries.item_rows(cycle_id)
    wanted = request.args.get("show", "")
    shown = [row for row in rows if wanted != "open" or row.qty_open]
    return render_template(
        "allocation/index.html", cycle=cycle, rows=shown, all_rows=rows, runs=queries.runs(cycle_id), show=wanted,
        policy=Policy(cycle.policy).label, policies={policy.value: policy.label for policy in Policy},
        job=newest_job((service.ALLOCATE_JOB, service.SHORT_JOB), cycle_id),
        last_preview=newest_job((service.PREVIEW_JOB,), cycle_id),
    )  # fmt: skip


@bp.get("/cycles/<int:cycle_id>/allocation/preview")
@requires(Permission.ALLOCATE)
def preview(cycle_id: int) -> str:
    """What a run would give, before it is done."""
    cycle = require_cycle(staff(), Permission.ALLOCATE, cycle_id)
    job, result = jobs.last_preview(cycle)
    return render_template(
        "allocation/preview.html", cycle=cycle, job=job, preview=result, policy=Policy(cycle.policy).label
    )


@bp.post("/cycles/<int:cycle_id>/allocation/preview")
@requires(Permission.ALLOCATE)
def ask_preview(cycle_id: int) -> Response:
    """Work out what a run would give, in the background."""
    return submit[Job](then=lambda _job: url_for("allocation.preview", cycle_id=cycle_id))(
        service.ask_preview, staff(), cycle_id
    )


@bp.post("/cycles/<int:cycle_id>/allocation/run")
@requires(Permission.ALLOCATE)
def run(cycle_id: int) -> Response:
    """Give out the free stock, in the background."""
    form = Form(Commit, request.form)
    if not form.is_valid:
        raise BadRequest
    return submit[Job](then=lambda _job: url_for("allocation.index", cycle_id=cycle_id))(
        service.ask_allocate, staff(), cycle_id, form.command
    )


@bp.post("/cycles/<int:cycle_id>/allocation/declare-short")
@requires(Permission.ALLOCATE)
def declare_short(cycle_id: int) -> Response:
    """Declare what is still open as short, in the background."""
    return submit[Job](then=lambda _job: url_for("allocation.index", cycle_id=cycle_id))(
        service.ask_declare_short, staff(), cycle_id
    )


@bp.get("/cycles/<int:cycle_id>/allocation/short")
@requires(Permission.ALLOCATE)
def short(cycle_id: int) -> str:
    """Who gets less than ordered, and the sentence for each."""
    cycle = require_cycle(staff(), Permission.ALLOCATE, cycle_id)
    search = request.args.get("q", "").strip()[:40]
    item = request.args.get("item", "")
    item_id = int(item) if item.isascii() and item.isdigit() and len(item) < 10 else None
    page = paginate(
        queries.short_lines(cycle_id, item_id, search),
        request.args.get("page"),
        lambda number: url_for("allocation.short", cycle_id=cycle_id, q=search or None, item=item or None, page=number),
        count=None if search else queries.short_count(cycle_id, item_id),
    )
    items = [(row.item_id, row.item) for row in queries.item_rows(cycle_id)]
    return render_template("allocation/short.html", cycle=cycle, page=page, items=items, search=search, item=item)


@bp.get("/order-lines/<int:line_id>/share")
@requires(Permission.ALLOCATE)
def share(line_id: int) -> str:
    """Set the share of one line by hand."""
    return _share_page(line_id, Form())


def _share_page(line_id: int, form: Form) -> str:
    line = row_or_not_found(OrderLine, line_id)
    cycle = require_cycle(staff(), Permission.ALLOCATE, line.cycle_id)
    set_page_cycle(line.cycle_id)
    row = db.session.execute(queries.short_lines(line.cycle_id).where(OrderLine.id == line_id)).first()
    may_set = service.may_set_share(cycle, line)
    return render_template("allocation/share.html", cycle=cycle, line=line, row=row, form=form, may_set=may_set)


@bp.post("/order-lines/<int:line_id>/share")
@requires(Permission.ALLOCATE)
def set_share(line_id: int) -> Response | tuple[str, int]:
    """Keep the share that was set by hand."""
    form = Form(SetShare, request.form)
    if form.is_valid:
        try:
            return submit(
                then=lambda _override: url_for("allocation.share", line_id=line_id),
                says=_("已记下，下次分配按此执行。"),
            )(service.set_share, staff(), line_id, form.command)
        except Invalid as error:
            form.add(error)
    return _share_page(line_id, form), 422


@bp.post("/order-lines/<int:line_id>/share/clear")
@requires(Permission.ALLOCATE)
def clear_share(line_id: int) -> Response:
    """Leave it to the rule again."""
    return submit(
        then=lambda _none: url_for("allocation.share", line_id=line_id), says=_("已取消人工指定，按规则分配。")
    )(service.clear_share, staff(), line_id)

"""Pages of intake: paste a chain or bring a workbook, look at every line, settle the doubtful ones, commit."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.access.guard import about_cycle, requires, staff, submit
from app.access.permissions import Permission
from app.core.db import db
from app.core.errors import Invalid, NotFound
from app.core.schemas import Form
from app.intake import queries, service
from app.intake.models import ChainLine, ChainPaste, LineOutcome, PasteState
from app.ordering.models import Cycle
from app.places.scope import points_in_scope

bp = Blueprint("intake", __name__)


@bp.get("/cycles/<int:cycle_id>/intake")
@requires(Permission.INTAKE)
def index(cycle_id: int) -> str:
    """What was pasted so far, and the boxes for the next."""
    return _index(cycle_id, Form())


def _index(cycle_id: int, form: Form) -> str:
    cycle = db.session.get(Cycle, cycle_id)
    scope = points_in_scope(staff(), Permission.INTAKE)
    points = queries.points(cycle_id, scope)
    if cycle is None or not points:
        raise NotFound
    return render_template(
        "intake/index.html", cycle=cycle, points=points, pastes=queries.paste_rows(cycle_id, scope), form=form
    )


def _point(form: Form) -> int:
    typed = str(form.value("point"))
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else 0


@bp.post("/cycles/<int:cycle_id>/intake/paste")
@requires(Permission.INTAKE)
def paste(cycle_id: int) -> Response | tuple[str, int]:
    """Read a chain."""
    typed = request.form.to_dict()
    point_id = _point(Form(typed=request.form))
    form = Form(service.PasteSchema, {"text": typed.get("text", "")})
    if not form.is_valid:
        return _index(cycle_id, form), 422
    return submit[ChainPaste](then=lambda kept: url_for("intake.preview", paste_id=kept.id))(
        service.paste_chain, staff(), cycle_id, point_id, form.command
    )


@bp.post("/cycles/<int:cycle_id>/intake/workbook")
@requires(Permission.INTAKE)
def workbook(cycle_id: int) -> Response | tuple[str, int]:
    """Read an order workbook."""
    form = Form(typed=request.form)
    file = request.files.get("file")
    body = file.read() if file else b""
    try:
        if not body:
            raise Invalid({"file": [_("请选择文件。")]})
        return submit[ChainPaste](then=lambda kept: url_for("intake.preview", paste_id=kept.id))(
            service.import_workbook, staff(), cycle_id, _point(form), body
        )
    except Invalid as error:
        form.add(error)
    return _index(cycle_id, form), 422


@bp.get("/pastes/<int:paste_id>")
@requires(Permission.INTAKE)
def preview(paste_id: int) -> str:
    """Every line of a paste, doubtful ones first."""
    kept = service.require_paste(staff(), paste_id)
    about_cycle(kept.cycle_id)
    rows = queries.line_rows(kept)
    counts = {outcome: sum(row.outcome == outcome for row in rows) for outcome in LineOutcome}
    return render_template(
        "intake/preview.html",
        cycle=db.session.get_one(Cycle, kept.cycle_id),
        paste=kept,
        state=PasteState(kept.state),
        rows=rows,
        counts=counts,
        waiting=sum(row.waits for row in rows),
        totals=queries.item_totals(kept),
    )


@bp.post("/pastes/<int:paste_id>/commit")
@requires(Permission.INTAKE)
def commit(paste_id: int) -> Response:
    """Turn the clear lines into orders."""
    return submit[ChainPaste](
        then=lambda kept: url_for("intake.preview", paste_id=kept.id), says=_("清楚的行已入单，待确认的行请逐行处理。")
    )(service.commit, staff(), paste_id)


@bp.get("/paste-lines/<int:line_id>")
@requires(Permission.INTAKE)
def line(line_id: int) -> str:
    """One doubtful line."""
    return _line_page(service.require_line(staff(), line_id), Form())


def _line_page(line: ChainLine, form: Form) -> str:
    kept = db.session.get_one(ChainPaste, line.paste_id)
    about_cycle(kept.cycle_id)
    row = next(row for row in queries.line_rows(kept) if row.id == line.id)
    typed = request.args.get("q", "").strip()[:40]
    found = queries.homes_like(kept.service_point_id, typed)
    if line.household_id:
        found = list(queries.home_names({line.household_id}).items()) + found
    homes = list(dict(row.candidates + found).items())
    goods = " ".join(f"{one['item']} {one['qty'] or ''}" for one in line.items or [])
    return render_template(
        "intake/line.html",
        paste=kept,
        line=line,
        row=row,
        homes=homes,
        q=typed,
        form=form if form.is_bound else Form(initial={"goods": goods}),
    )


@bp.post("/paste-lines/<int:line_id>")
@requires(Permission.INTAKE)
def settle(line_id: int) -> Response | tuple[str, int]:
    """Decide a doubtful line."""
    form = Form(service.SettleSchema, request.form)
    if form.is_valid:
        try:
            return submit[ChainLine](
                then=lambda line: url_for("intake.preview", paste_id=line.paste_id), says=_("这一行已处理。")
            )(service.settle, staff(), line_id, form.command)
        except Invalid as error:
            form.add(error)
    return _line_page(service.require_line(staff(), line_id), form), 422

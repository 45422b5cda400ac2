"""Pages of errands: the resident asks, the point answers."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.access.guard import requires, resident, staff, submit
from app.access.permissions import Permission
from app.core.errors import Invalid
from app.core.paging import paginate
from app.core.schemas import Form
from app.errands import queries, service
from app.errands.models import Errand, ErrandKind, ErrandState
from app.errands.schemas import AskSchema, StepSchema

bp = Blueprint("errands", __name__)


@bp.get("/errands")
@requires(Permission.ERRAND)
def index() -> str:
    """The queue of the point: what waits, since when, and what may be done next."""
    return _queue(Form())


def _queue(form: Form, errand_id: int = 0) -> str:
    chosen = request.args.get("state", "")
    state = chosen if chosen in set(ErrandState) else ""
    page = paginate(
        queries.queue(staff(), state),
        request.args.get("page"),
        lambda number: url_for("errands.index", page=number, state=state or None),
    )
    return render_template(
        "errands/queue.html",
        page=page,
        rows=[queries.errand_row(row) for row in page.rows],
        counts=queries.counts(staff()),
        states=list(ErrandState),
        state=state,
        form=form,
        errand_id=errand_id,
    )


@bp.post("/errands/<int:errand_id>/step")
@requires(Permission.ERRAND)
def step(errand_id: int) -> Any:
    """Take an errand one step on."""
    form = Form(StepSchema, request.form)
    if form.is_valid:
        try:
            return submit[Errand](then=lambda _errand: url_for("errands.index"), says=_("已更新。"))(
                service.step, staff(), errand_id, form.command
            )
        except Invalid as error:
            form.add(error)
    return _queue(form, errand_id), 422


@bp.route("/my/errands", methods=["GET", "POST"])
@requires(Permission.OWN_HOUSEHOLD)
def mine() -> Any:
    """The household's errands, and the form to ask for one."""
    form, status = Form(), 200
    if request.method == "POST":
        form = Form(AskSchema, request.form)
        status = 422
        if form.is_valid:
            try:
                return _ask(form)
            except Invalid as error:
                form.add(error)
    rows = queries.of_household(resident().household_id)
    return render_template("errands/mine.html", rows=rows, kinds=ErrandKind.options(), form=form), status


def _ask(form: Form) -> Response:
    there = url_for("errands.mine")
    return submit[Errand](then=lambda _errand: there, says=_("已收到，点位会尽快回复。"))(
        service.ask, resident(), resident().household_id, form.command
    )

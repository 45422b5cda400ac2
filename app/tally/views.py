"""Pages of the point tally."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response

from app.access.guard import requires, staff, submit
from app.access.permissions import Permission
from app.core.db import db
from app.core.errors import NotFound
from app.core.input.schemas import Form
from app.ordering.gate import cycle_or_not_found, readable_cycle
from app.ordering.remarks import queries as remarks_queries
from app.places.scope import is_subdistrict_in_scope, points_in_scope, require_point
from app.tally import queries, service
from app.tally.claims import queries as claims_queries
from app.tally.models import Tally, TallyState
from app.tally.schemas import Reopen, SignTally

bp = Blueprint("tally", __name__)


@bp.get("/cycles/<int:cycle_id>/tally")
@requires(Permission.TALLY_READ)
def index(cycle_id: int) -> str:
    """All points of the cycle within reach, and how far each tally is."""
    cycle = cycle_or_not_found(cycle_id)
    rows = queries.point_rows(cycle_id, points_in_scope(staff(), Permission.TALLY_READ))
    if not rows:
        raise NotFound
    can_start = is_subdistrict_in_scope(staff(), Permission.CYCLE_EDIT, cycle.subdistrict_id)
    return render_template("tally/index.html", cycle=cycle, rows=rows, can_start=can_start)


@bp.get("/cycles/<int:cycle_id>/tally/<int:point_id>")
@requires(Permission.TALLY_READ)
def point(cycle_id: int, point_id: int) -> str:
    """The tally of one point."""
    return _point_page(cycle_id, point_id, Form())


def _point_page(cycle_id: int, point_id: int, form: Form) -> str:
    cycle = readable_cycle(staff(), Permission.TALLY_READ, cycle_id)
    place = require_point(staff(), Permission.TALLY_READ, point_id)
    tally = db.session.scalar(select(Tally).filter_by(cycle_id=cycle_id, service_point_id=point_id))
    sheet = queries.tally_page(cycle_id, point_id)
    return render_template(
        "tally/point.html",
        cycle=cycle,
        point=place,
        tally=tally,
        is_signed=tally is not None and tally.state == TallyState.CONFIRMED,
        may_sign=staff().may(Permission.TALLY_SIGN),
        sheet=sheet,
        words=sum(row.is_waiting and row.point_id == point_id for row in remarks_queries.rows(staff(), cycle_id)),
        claims=claims_queries.waiting_at_point(cycle_id, point_id),
        form=form,
    )


@bp.post("/cycles/<int:cycle_id>/tally/<int:point_id>/sign")
@requires(Permission.TALLY_SIGN)
def sign(cycle_id: int, point_id: int) -> Response | tuple[str, int]:
    """Sign the tally."""
    form = Form(SignTally, request.form)
    if not form.is_valid:
        return _point_page(cycle_id, point_id, form), 422
    return submit(
        then=lambda _tally: url_for("tally.point", cycle_id=cycle_id, point_id=point_id), says=_("点位汇总表已签。")
    )(service.sign, staff(), cycle_id, point_id, form.command)


@bp.post("/cycles/<int:cycle_id>/tally/<int:point_id>/reopen")
@requires(Permission.TALLY_SIGN)
def reopen(cycle_id: int, point_id: int) -> Response | tuple[str, int]:
    """Open a signed tally again."""
    form = Form(Reopen, request.form)
    if not form.is_valid:
        return _point_page(cycle_id, point_id, form), 422
    return submit(
        then=lambda _tally: url_for("tally.point", cycle_id=cycle_id, point_id=point_id),
        says=_("汇总表已重新打开，改好后请再签。"),
        tone="warn",
    )(service.reopen, staff(), cycle_id, point_id, form.command)


@bp.post("/cycles/<int:cycle_id>/start")
@requires(Permission.CYCLE_EDIT)
def start(cycle_id: int) -> Response:
    """Start the day once all points have signed."""
    return submit(then=lambda _cycle: url_for("tally.index", cycle_id=cycle_id), says=_("全部点位已签，配送日开始。"))(
        service.start_running, staff(), cycle_id
    )

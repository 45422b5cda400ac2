"""Confirming the date after the clock was in doubt: until then nothing is purged or accepted by default."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.access.guard import requires, staff, submit
from app.access.permissions import Permission
from app.core import clock, clock_trust
from app.core.input.schemas import load
from app.oversight.date.schemas import ConfirmDate, ConfirmDateSchema

bp = Blueprint("date", __name__)


@bp.get("/date")
@requires(Permission.PURGE)
def page() -> str:
    """What day the server believes it is, why that is in doubt, and the button that confirms it."""
    return render_template("oversight/date.html", trouble=clock_trust.current_doubt(), today=clock.today())


@bp.post("/date")
@requires(Permission.PURGE)
def confirm() -> Response:
    """Confirm the date that the page showed."""
    wanted: ConfirmDate = load(ConfirmDateSchema, request.form)
    return submit[None](then=lambda _none: url_for("date.page"), says=_("已确认日期，自动清除和默认签收恢复。"))(
        clock_trust.confirm, staff(), wanted.day
    )

"""The page of the hours in which each kind of team may be on the road."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.access.guard import requires, staff, submit
from app.access.permissions import Permission, ids_of
from app.core.errors import Invalid, NotFound
from app.core.input.schemas import Form
from app.dispatch.hours import service as hours_service
from app.dispatch.hours.schemas import LiftHours, SetHours
from app.dispatch.models import ModeHours, TeamMode

bp = Blueprint("mode_hours", __name__)


def _subdistrict() -> int:
    held = ids_of(staff().scopes(Permission.PLAN), "subdistrict")
    if not held:
        raise NotFound
    return held[0]


@bp.get("/teams/hours")
@requires(Permission.PLAN)
def index() -> str:
    """The hours of each kind of team."""
    return _page(Form())


def _page(form: Form) -> str:
    return render_template(
        "dispatch/hours.html",
        hours=hours_service.mode_hours(_subdistrict()),
        modes=TeamMode.options(),
        form=form if form.is_bound else Form(initial={"opens": "06:00", "closes": "22:00"}),
    )


@bp.post("/teams/hours")
@requires(Permission.PLAN)
def set_hours() -> Response | tuple[str, int]:
    """Set the hours of a kind of team."""
    form = Form(SetHours, request.form)
    if form.is_valid:
        try:
            return submit[ModeHours](then=lambda _row: url_for("mode_hours.index"), says=_("时段已保存。"))(
                hours_service.set_hours, staff(), _subdistrict(), form.command
            )
        except Invalid as error:
            form.add(error)
    return _page(form), 422


@bp.post("/teams/hours/lift")
@requires(Permission.PLAN)
def lift_hours() -> Response | tuple[str, int]:
    """Let a kind of team be on the road at any time again."""
    form = Form(LiftHours, request.form)
    if not form.is_valid:
        return _page(form), 422
    return submit[str](then=lambda _mode: url_for("mode_hours.index"), says=_("已取消时段限制。"))(
        hours_service.lift_hours, staff(), _subdistrict(), form.command
    )

"""Pages of teams and shifts."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.access.guard import requires, staff, submit
from app.access.permissions import Permission, ids_of
from app.core import clock
from app.core.errors import Invalid, NotFound
from app.core.input.schemas import Form
from app.dispatch import queries
from app.dispatch.members import service as members_service
from app.dispatch.models import Shift, Team, TeamMode
from app.dispatch.teams import service as teams_service
from app.dispatch.teams.schemas import NewShift, NewTeam

bp = Blueprint("roster", __name__)


def _subdistrict() -> int:
    held = ids_of(staff().scopes(Permission.PLAN), "subdistrict")
    if not held:
        raise NotFound
    return held[0]


def _day() -> date:
    try:
        day = date.fromisoformat(request.values.get("day", ""))
    except ValueError:
        return clock.today()
    return day if 2000 <= day.year <= 2100 else clock.today()  # at the ends of the calendar there is no next day


@bp.get("/teams")
@requires(Permission.PLAN)
def index() -> str:
    """Teams, and who is on duty on a day."""
    return _page(Form(), Form())


def _page(team_form: Form, shift_form: Form) -> str:
    subdistrict, day = _subdistrict(), _day()
    shifts = queries.shifts(subdistrict, day)
    on_duty = [shift.team for shift in shifts if not shift.is_cancelled]
    return render_template(
        "dispatch/teams.html",
        teams=(teams := queries.teams(subdistrict)),
        sizes=members_service.sizes_of([team.id for team in teams]),
        team_options=[(str(team.id), team.name) for team in teams],
        shifts=shifts,
        busy=teams_service.with_rounds_ahead([shift.id for shift in shifts]),
        day=day,
        depots=[(point.id, point.name) for point in queries.depots(subdistrict)],
        modes=TeamMode.options(),
        mode_labels={mode.value: mode.label for mode in TeamMode},
        capacity=(sum(t.capacity_bags for t in on_duty), sum(t.capacity_g for t in on_duty)),
        team_form=team_form,
        shift_form=shift_form
        if shift_form.is_bound
        else Form(initial={"day": day.isoformat(), "starts": "09:00", "ends": "18:00"}),
    )


@bp.post("/teams")
@requires(Permission.PLAN)
def add_team() -> Response | tuple[str, int]:
    """Register a team."""
    form = Form(NewTeam, request.form)
    if form.is_valid:
        try:
            return submit[Team](then=lambda _team: url_for("roster.index"), says=_("队伍已登记。"))(
                teams_service.add_team, staff(), _subdistrict(), form.command
            )
        except Invalid as error:
            form.add(error)
    return _page(form, Form()), 422


@bp.post("/shifts")
@requires(Permission.PLAN)
def add_shifts() -> Response | tuple[str, int]:
    """Put teams on duty."""
    form = Form(NewShift, request.form)
    if form.is_valid:
        day = form.command.day.isoformat()
        try:
            return submit[int](then=lambda _n: url_for("roster.index", day=day), says=_("班次已登记。"))(
                teams_service.add_shifts, staff(), _subdistrict(), form.command
            )
        except Invalid as error:
            form.add(error)
    return _page(Form(), form), 422


@bp.post("/shifts/<int:shift_id>/cancel")
@requires(Permission.PLAN)
def cancel_shift(shift_id: int) -> Response:
    """Take a team off duty."""

    def then(shift: Shift) -> str:
        return url_for("roster.index", day=clock.to_local(shift.starts_at).date().isoformat())

    return submit[Shift](then=then, says=_("班次已取消。"))(teams_service.cancel_shift, staff(), shift_id)

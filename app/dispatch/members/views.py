"""The page of one team: who goes with it, and which account each of them signs in with."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.access.forms.submission import run_or_show_again
from app.access.guard import requires, staff, submit
from app.access.permissions import Permission
from app.core.input.schemas import Form
from app.core.lookup import row_or_not_found
from app.dispatch.members import service as members_service
from app.dispatch.members.schemas import Link, NewMember
from app.dispatch.models import Team, TeamMember, TeamMode

bp = Blueprint("members", __name__)


@bp.get("/teams/<int:team_id>")
@requires(Permission.PLAN)
def team(team_id: int) -> str:
    """A team and its members."""
    return _page(team_id, Form())


def _page(team_id: int, form: Form, linking: int = 0) -> str:
    found = members_service.require_team(staff(), team_id)
    return render_template(
        "dispatch/team.html",
        team=found,
        mode=TeamMode(found.mode).label,
        members=members_service.members_of(found),
        accounts=members_service.runner_accounts(found.subdistrict_id),
        may_open_accounts=staff().may(Permission.ACCOUNTS),
        form=form,
        linking=linking,
    )


def _there(team_id: int) -> str:
    return url_for("members.team", team_id=team_id)


@bp.post("/teams/<int:team_id>/members")
@requires(Permission.PLAN)
def add(team_id: int) -> ResponseReturnValue:
    """Somebody joins."""
    members_service.require_team(staff(), team_id)
    return run_or_show_again(
        Form(NewMember, request.form),
        lambda wanted: submit[TeamMember](then=lambda one: _there(one.team_id), says=_("队员已登记。"))(
            members_service.add_member, staff(), team_id, wanted
        ),
        lambda form, _theirs: _page(team_id, form),
    )


@bp.post("/team-members/<int:member_id>/account")
@requires(Permission.PLAN)
def link(member_id: int) -> ResponseReturnValue:
    """Which account a member signs in with."""
    member = row_or_not_found(TeamMember, member_id)
    members_service.require_team(staff(), member.team_id)

    def says(one: TeamMember) -> str:
        return str(_("已关联账号：登录后就能看到这支队伍的路线。") if one.account_id else _("已取消关联。"))

    return run_or_show_again(
        Form(Link, request.form),
        lambda wanted: submit[TeamMember](then=lambda one: _there(one.team_id), says=says)(
            members_service.link_member, staff(), member_id, wanted
        ),
        lambda form, _theirs: _page(member.team_id, form, member_id),
    )


@bp.post("/team-members/<int:member_id>/remove")
@requires(Permission.PLAN)
def remove(member_id: int) -> Response:
    """Somebody leaves."""
    return submit[Team](then=lambda team: _there(team.id), says=_("已移出队伍。"))(
        members_service.remove_member, staff(), member_id
    )

"""Teams and their shifts: the capacity of the day comes from here."""

from __future__ import annotations

from datetime import timedelta

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import false, select

from app.access.permissions import Permission, Staff
from app.core import clock
from app.core.db import command, db
from app.core.errors import Conflict, Invalid
from app.core.events import record
from app.core.lookup import row_or_not_found
from app.dispatch.models import DeliveryPlan, DeliveryRound, PlanState, RoundState, Shift, Team, TeamMember, TeamMode
from app.dispatch.teams.schemas import NewShift, NewTeam
from app.places.models import Community, ServicePoint
from app.places.scope import require_subdistrict

# What one person of each kind usually takes at once: kilograms, litres, bags.
USUAL = {
    TeamMode.FOOT: (20, 60, 10),
    TeamMode.CART: (120, 400, 60),
    TeamMode.E_BIKE: (60, 200, 30),
    TeamMode.VAN: (600, 3000, 300),
}


@command
def add_team(by: Staff, subdistrict_id: int, new: NewTeam) -> Team:
    """Register a team. Raises NotFound, Invalid (the name is taken)."""
    require_subdistrict(by, Permission.PLAN, subdistrict_id)
    if db.session.scalar(select(Team.id).filter_by(subdistrict_id=subdistrict_id, name=new.name)) is not None:
        raise Invalid({"name": [_("已经有叫“%(name)s”的队伍。", name=new.name)]})
    team = Team(
        subdistrict_id=subdistrict_id,
        name=new.name,
        mode=new.mode,
        capacity_g=new.kg * 1000,
        capacity_ml=new.litres * 1000,
        capacity_bags=new.bags,
        zone_clearance=new.clearance,
    )
    db.session.add(team)
    db.session.flush()
    for name in new.members.replace("、", " ").replace("，", " ").replace(",", " ").split():
        db.session.add(TeamMember(team_id=team.id, name=name))
    record(by, "create", team)
    return team


@command
def add_shifts(by: Staff, subdistrict_id: int, new: NewShift) -> int:
    """Put teams on duty for a day. A team has no two shifts that overlap. Raises NotFound, Invalid."""
    require_subdistrict(by, Permission.PLAN, subdistrict_id)
    starts = clock.local_instant(new.day, 0) + timedelta(seconds=new.starts)
    ends = clock.local_instant(new.day, 0) + timedelta(seconds=new.ends)
    if ends <= starts:
        raise Invalid({"ends": [_l("结束时间应晚于开始时间。")]})
    depot = db.session.get(ServicePoint, new.depot)
    if depot is None or db.session.get_one(Community, depot.community_id).subdistrict_id != subdistrict_id:
        raise Invalid({"depot": [_l("没有这个出发点。")]})
    for team_id in new.team:
        team = db.session.get(Team, team_id)
        if team is None or team.subdistrict_id != subdistrict_id:
            raise Invalid({"team": [_l("没有这支队伍。")]})
        overlap = select(Shift.id).where(
            Shift.team_id == team_id, Shift.is_cancelled.is_(false()), Shift.starts_at < ends, Shift.ends_at > starts
        )
        if db.session.scalar(overlap.limit(1)) is not None:
            raise Invalid({"team": [_("%(team)s 在这段时间已有班次。", team=team.name)]})
        db.session.add(Shift(team_id=team_id, depot_id=depot.id, starts_at=starts, ends_at=ends))
    record(by, "roster", ("subdistrict", subdistrict_id), teams=len(new.team), day=new.day.isoformat())
    return len(new.team)


@command
def cancel_shift(by: Staff, shift_id: int) -> Shift:
    """Take a team off duty. Requires: it has no round of a published plan ahead. Raises NotFound, Conflict."""
    shift = row_or_not_found(Shift, shift_id)
    require_subdistrict(by, Permission.PLAN, shift.team.subdistrict_id)
    if with_rounds_ahead([shift_id]):
        raise Conflict(_l("这个班次在已发布的方案里还有路线，请先取消那几趟再重新排。"))
    shift.is_cancelled = True
    record(by, "cancel", shift)
    return shift


def with_rounds_ahead(shift_ids: list[int]) -> dict[int, int]:
    """Shift → the published plan in which it still has a round to go or under way; other shifts are left out."""
    busy = (RoundState.PLANNED, RoundState.LOADING, RoundState.DEPARTED)
    found = select(DeliveryRound.shift_id, DeliveryRound.plan_id).join(
        DeliveryPlan, DeliveryPlan.id == DeliveryRound.plan_id
    )
    found = found.where(
        DeliveryRound.shift_id.in_(shift_ids), DeliveryRound.state.in_(busy), DeliveryPlan.state == PlanState.PUBLISHED
    )
    return {shift_id: plan_id for shift_id, plan_id in db.session.execute(found.order_by(DeliveryRound.id))}  # noqa: C416

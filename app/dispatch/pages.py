"""Plans, rounds and what arrives at a building."""

from __future__ import annotations

from app.access.page_registry import SlicePages, StaffPage, more, stage
from app.access.permissions import Permission
from app.core.sentences import N_
from app.dispatch.arrivals.views import bp as arrivals
from app.dispatch.drafts.views import bp as drafts
from app.dispatch.hours.views import bp as hours
from app.dispatch.members.views import bp as members
from app.dispatch.teams.views import bp as teams
from app.dispatch.views import bp as dispatch

PAGES = SlicePages(
    blueprints=(dispatch, teams, hours, members, arrivals, drafts),
    pages=(
        StaffPage("dispatch.index", N_("路线"), Permission.PLAN_READ, ("ordering.cycle",), stage(120, "bags", "todo")),
        StaffPage("dispatch.job", N_("排路线"), Permission.PLAN, ("dispatch.index",)),
        StaffPage("dispatch.plan", N_("方案"), Permission.PLAN_READ, ("dispatch.index",)),
        StaffPage("adjust.index", N_("手工调整"), Permission.PLAN, ("dispatch.plan",)),
        StaffPage("adjust.compare", N_("比较方案"), Permission.PLAN_READ, ("dispatch.plan",)),
        StaffPage("dispatch.my_rounds", N_("各趟"), Permission.LOAD, (), more(30)),
        StaffPage("dispatch.round", N_("一趟"), Permission.LOAD, ("dispatch.plan", "dispatch.my_rounds")),
        StaffPage("dispatch.sign_page", N_("清点签收"), Permission.ARRIVAL, ("dispatch.round", "doors.building")),
        StaffPage("arrivals.differences", N_("到楼核对"), Permission.DROP_OFF, ("handover.index",)),
        StaffPage(
            "arrivals.difference", N_("两边数得不一样"), Permission.ARRIVAL, ("arrivals.differences", "dispatch.round")
        ),
        StaffPage("roster.index", N_("队伍与班次"), Permission.PLAN, (), more(60)),
        StaffPage("members.team", N_("队伍"), Permission.PLAN, ("roster.index",)),
        StaffPage("mode_hours.index", N_("各类车辆的时段"), Permission.PLAN, ("roster.index",)),
    ),
)

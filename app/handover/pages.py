"""From the building to the door, and what somebody says of it."""

from __future__ import annotations

from app.access.page_registry import SlicePages, StaffPage, stage
from app.access.permissions import Permission
from app.core.sentences import N_
from app.handover.disputes.views import bp as disputes
from app.handover.doors.views import bp as doors
from app.handover.views import bp as handover

PAGES = SlicePages(
    blueprints=(handover, doors, disputes),
    pages=(
        StaffPage(
            "handover.index",
            N_("发放与确认"),
            Permission.HAND_OUT,
            ("ordering.cycle",),
            stage(130, "dropped_off", "todo"),
        ),
        StaffPage("doors.building", N_("楼栋"), Permission.HAND_OUT, ("handover.index",)),
        StaffPage("doors.problem", N_("没交到"), Permission.HAND_OUT, ("doors.building",)),
        StaffPage("doors.rest", N_("其余各户"), Permission.HAND_OUT, ("doors.building",)),
        StaffPage("doors.bring_back", N_("退回仓库"), Permission.HAND_OUT, ("doors.building",)),
        StaffPage("doors.complaint", N_("登记异议"), Permission.HAND_OUT, ("doors.building",)),
        StaffPage(
            "handover.disputes", N_("异议"), Permission.DISPUTE, ("ordering.cycle",), stage(140, "disputes", "alarm")
        ),
        StaffPage("disputes.one", N_("一件异议"), Permission.DISPUTE, ("handover.disputes",)),
    ),
)

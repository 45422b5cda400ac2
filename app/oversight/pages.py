"""The loop as a whole: whether it closes, what happened, what is told to groups."""

from __future__ import annotations

from app.access.page_registry import SlicePages, StaffPage, more, stage
from app.access.permissions import Permission
from app.core.sentences import N_
from app.oversight.date.views import bp as date
from app.oversight.order_status.views import bp as order_status
from app.oversight.texts.views import bp as texts
from app.oversight.views import bp as oversight

PAGES = SlicePages(
    blueprints=(oversight, texts, order_status, date),
    pages=(
        StaffPage("texts.index", N_("群通知"), Permission.TEXTS, ("ordering.cycle",), stage(170)),
        StaffPage(
            "oversight.loop", N_("闭环核对"), Permission.OVERSEE, ("ordering.cycle",), stage(180), whole="subdistrict"
        ),
        StaffPage("oversight.equations", N_("核对等式"), Permission.OVERSEE, ("oversight.loop",), whole="subdistrict"),
        StaffPage("oversight.dashboard", N_("看板"), Permission.OVERSEE, (), more(20)),
        StaffPage("date.page", N_("系统日期"), Permission.PURGE, ("oversight.dashboard",)),
        StaffPage("oversight.events", N_("日志"), Permission.AUDIT, (), more(140)),
    ),
)

"""The sums of each point, and what a point must settle before it signs."""

from __future__ import annotations

from app.access.page_registry import SlicePages, StaffPage, stage
from app.access.permissions import Permission
from app.core.sentences import N_
from app.tally.claims.views import bp as claims
from app.tally.desk.views import bp as desk
from app.tally.merging.views import bp as merging
from app.tally.moving.views import bp as moving
from app.tally.views import bp as tally

PAGES = SlicePages(
    blueprints=(tally, desk, moving, claims, merging),
    pages=(
        StaffPage(
            "point_desk.index", N_("点位台"), Permission.TALLY_SIGN, ("ordering.cycle",), stage(30, "doubles", "alarm")
        ),
        StaffPage("point_desk.duplicates", N_("重复的订单"), Permission.INTAKE, ("point_desk.index", "intake.index")),
        StaffPage(
            "claims.index",
            N_("要核对的住户"),
            Permission.HOUSEHOLD_KEY,
            ("ordering.cycle",),
            stage(50, "claims", "alarm"),
        ),
        StaffPage(
            "tally.index", N_("点位汇总"), Permission.TALLY_READ, ("ordering.cycle",), stage(70, "tallies", "todo")
        ),
        StaffPage("tally.point", N_("一个点位"), Permission.TALLY_READ, ("tally.index",)),
        StaffPage("merging.choose", N_("合并住户"), Permission.HOUSEHOLD_KEY, ("desk.building",)),
        StaffPage("merging.ask", N_("一户"), Permission.HOUSEHOLD_KEY, ("merging.choose",)),
        StaffPage("moving.ask", N_("换点位"), Permission.PLACES_EDIT, ("buildings.show",)),
    ),
)

"""What is paid, and to whom."""

from __future__ import annotations

from app.access.page_registry import SlicePages, StaffPage, stage
from app.access.permissions import Permission
from app.core.sentences import N_
from app.settlement.views import bp as settlement

PAGES = SlicePages(
    blueprints=(settlement,),
    pages=(
        StaffPage("settlement.index", N_("结算"), Permission.SETTLE, ("ordering.cycle",), stage(150)),
        StaffPage("settlement.building", N_("收款单"), Permission.SETTLE, ("settlement.index",)),
        StaffPage("settlement.order", N_("一户"), Permission.SETTLE, ("settlement.building",)),
        StaffPage("settlement.suppliers", N_("供应商对账"), Permission.SETTLE, ("settlement.index",)),
    ),
)

"""What is bought, and from whom."""

from __future__ import annotations

from app.access.page_registry import SlicePages, StaffPage, stage
from app.access.permissions import Permission
from app.core.sentences import N_
from app.purchasing.views import bp as purchasing

PAGES = SlicePages(
    blueprints=(purchasing,),
    pages=(
        StaffPage(
            "purchasing.index", N_("采购"), Permission.PURCHASE, ("ordering.cycle",), stage(80, "purchases", "todo")
        ),
        StaffPage("purchasing.order", N_("采购单"), Permission.PURCHASE, ("purchasing.index",)),
        StaffPage("purchasing.waive_form", N_("不买的数量"), Permission.PURCHASE, ("purchasing.index",)),
    ),
)

"""What has come, where it lies, and what it became."""

from __future__ import annotations

from app.access.page_registry import SlicePages, StaffPage, more, stage
from app.access.permissions import Permission
from app.core.sentences import N_
from app.stock.rests.views import bp as rests
from app.stock.views import bp as stock

PAGES = SlicePages(
    blueprints=(stock, rests),
    pages=(
        StaffPage(
            "stock.index", N_("收货与库存"), Permission.RECEIVE, ("ordering.cycle",), stage(90, "awaited", "todo")
        ),
        StaffPage("stock.delivery", N_("收货"), Permission.RECEIVE, ("stock.index",)),
        StaffPage("stock.take_in_form", N_("捐赠或期初入库"), Permission.RECEIVE, ("stock.index",)),
        StaffPage("stock.keeping.lots", N_("库存批次"), Permission.RECEIVE, ("stock.index",)),
        StaffPage("stock.keeping.lot", N_("一批货"), Permission.RECEIVE, ("stock.keeping.lots",)),
        StaffPage("stock.keeping.count_form", N_("盘点"), Permission.RECEIVE, ("stock.index",)),
        StaffPage("stock.keeping.write_offs", N_("报损"), Permission.RECEIVE, ("stock.index",)),
        StaffPage("rests.index", N_("静置时间"), Permission.CATALOG_EDIT, (), more(130)),
    ),
)

"""Picking and bags."""

from __future__ import annotations

from app.access.page_registry import SlicePages, StaffPage, stage
from app.access.permissions import Permission
from app.core.sentences import N_
from app.picking.views import bp as picking

PAGES = SlicePages(
    blueprints=(picking,),
    pages=(
        StaffPage(
            "picking.index", N_("拣货装袋"), Permission.PICK, ("ordering.cycle",), stage(110, "allocated", "todo")
        ),
        StaffPage("picking.bags", N_("查袋"), Permission.PICK, ("picking.index",)),
        StaffPage("picking.bag", N_("一袋"), Permission.PICK, ("picking.bags",)),
    ),
)

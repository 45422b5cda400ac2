"""Who gets what there is."""

from __future__ import annotations

from app.access.page_registry import SlicePages, StaffPage, more, stage
from app.access.permissions import Permission
from app.allocation.substitution.views import bp as substitution
from app.allocation.views import bp as allocation
from app.core.sentences import N_

PAGES = SlicePages(
    blueprints=(allocation, substitution),
    pages=(
        StaffPage("allocation.index", N_("分配"), Permission.ALLOCATE, ("ordering.cycle",), stage(100, "open", "todo")),
        StaffPage("allocation.preview", N_("分配预览"), Permission.ALLOCATE, ("allocation.index",)),
        StaffPage("allocation.short", N_("缺货明细"), Permission.ALLOCATE, ("allocation.index",)),
        StaffPage("allocation.share", N_("人工指定份额"), Permission.ALLOCATE, ("allocation.short",)),
        StaffPage("substitutions.index", N_("替代清单"), Permission.ALLOCATE, (), more(120)),
    ),
)

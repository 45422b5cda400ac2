"""Errands for households."""

from __future__ import annotations

from app.access.page_registry import SlicePages, StaffPage, more
from app.access.permissions import Permission
from app.core.sentences import N_
from app.errands.views import bp as errands

PAGES = SlicePages(
    blueprints=(errands,),
    pages=(
        StaffPage("errands.index", N_("代办"), Permission.ERRAND, (), more(70)),
        StaffPage("errands.show", N_("一件"), Permission.ERRAND, ("errands.index",)),
        StaffPage("errands.choose", N_("代住户登记"), Permission.ERRAND, ("errands.index",)),
        StaffPage("errands.ask_for", N_("一户"), Permission.ERRAND, ("errands.choose",)),
        StaffPage("errands.to_do", N_("分派给我的代办"), Permission.HAND_OUT, (), more(110)),
    ),
)

"""Chains and tables that a group sends in."""

from __future__ import annotations

from app.access.page_registry import SlicePages, StaffPage, stage
from app.access.permissions import Permission
from app.core.sentences import N_
from app.intake.paste.views import bp as paste
from app.intake.workbook.views import bp as workbook

PAGES = SlicePages(
    blueprints=(paste, workbook),
    pages=(
        StaffPage(
            "intake.index",
            N_("接龙与表格"),
            Permission.INTAKE,
            ("ordering.cycle",),
            stage(60, "reviews", "alarm"),
            whole="point",
        ),
        StaffPage("intake.preview", N_("一次粘贴"), Permission.INTAKE, ("intake.index",)),
        StaffPage("intake.line", N_("一行"), Permission.INTAKE, ("intake.preview",)),
    ),
    frameless={
        "order_template.download": Permission.INTAKE,
    },
)

"""The print centre and the sheets."""

from __future__ import annotations

from app.access.page_registry import SlicePages, StaffPage, stage
from app.access.permissions import Permission
from app.core.sentences import N_
from app.printing.centre.views import bp as centre
from app.printing.centre.views_files import bp as files
from app.printing.centre.views_own import bp as own_sheets
from app.printing.paper_setup.views import bp as paper_setup
from app.printing.returns.views import bp as returns

PAGES = SlicePages(
    blueprints=(centre, files, own_sheets, returns, paper_setup),
    pages=(
        StaffPage("printing.index", N_("打印"), Permission.PRINT, ("ordering.cycle",), stage(160)),
        StaffPage("printing.kind", N_("一种单据"), Permission.PRINT, ("printing.index",)),
        StaffPage(
            "printing.by_number",
            N_("一张单据"),
            Permission.SHEET,
            ("returns.outstanding", "handover.index", "dispatch.my_rounds"),
        ),
        StaffPage("print_files.part", N_("打印一栋楼或一趟"), Permission.PRINT, ("printing.index",)),
        StaffPage("paper.settings", N_("纸张"), Permission.PRINT, ("printing.index",)),
        StaffPage("paper.texts", N_("纸上的文字"), Permission.PRINT, ("printing.kind",)),
        StaffPage("returns.outstanding", N_("没交回的单据"), Permission.PRINT, ("printing.index",)),
        StaffPage("printing.find", N_("按单号找一张单据"), Permission.PRINT, ("printing.index",)),
    ),
    frameless={
        "printing.kind_file": Permission.PRINT,
        "printing.sheet_file": Permission.PRINT,
        "printing.workbook": Permission.PRINT,
        "print_files.building": Permission.PRINT,
        "print_files.everything": Permission.PRINT,
        "print_files.of_kind": Permission.PRINT,
        "print_files.round_": Permission.PRINT,
        "own_sheets.by_number": Permission.SHEET,
        "own_sheets.drop_off_sheet": Permission.SHEET,
        "own_sheets.hand_out_list": Permission.SHEET,
        "own_sheets.route_sheet": Permission.SHEET,
    },
)

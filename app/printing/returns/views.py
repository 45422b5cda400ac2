"""Paper that comes back: found by its number, typed in by exception, and the list of what is still out."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from app.access.forms.submission import run_or_show_again
from app.access.guard import requires, staff, submit
from app.access.permissions import Permission
from app.core.input.schemas import Form
from app.core.paging import slice_page
from app.dispatch.counts import difference_at
from app.dispatch.models import DifferenceState, DropOff
from app.handover.models import DoorOutcome
from app.printing.centre.views import desk_of, document_numbered, sheet_page
from app.printing.kinds import by_key
from app.printing.models import Document
from app.printing.returns import queries as returns_queries
from app.printing.returns import service as returns_service
from app.printing.returns.schemas import ReturnedDropOffSchema, ReturnedListSchema, ReturnedMarkSchema

bp = Blueprint("returns", __name__)


def _there(document: Document) -> str:
    return url_for("printing.by_number", text=document.number)


@bp.post("/s/<text>/mark")
@requires(Permission.PRINT)
def mark(text: str) -> Response | tuple[str, int]:
    """Printed, returned, or not."""
    document, form = document_numbered(text), Form(ReturnedMarkSchema, request.form)
    returns_service.require_document(staff(), Permission.PRINT, document.id)
    return run_or_show_again(  # type: ignore[return-value]
        form,
        lambda wanted: submit[Document](then=_there, says=_SAID[wanted.what]())(
            returns_service.mark, staff(), document.id, wanted
        ),
        lambda form, _theirs: sheet_page(document, form),
    )


_SAID = {
    "printed": lambda: _("已记下：打印了。"),
    "not_printed": lambda: _("已撤销：还没打印。"),
    "returned": lambda: _("已记下：交回了。"),
    "not_returned": lambda: _("已撤销：还没交回。"),
}


@bp.post("/s/<text>/doors")
@requires(Permission.HAND_OUT)
def enter_doors(text: str) -> Response | tuple[str, int]:
    """All bags of a hand-out list are at their doors except …"""
    document, form = document_numbered(text), Form(ReturnedListSchema, request.form)
    returns_service.require_document(staff(), Permission.HAND_OUT, document.id)

    def says(counts: dict[str, int]) -> str:
        left = counts.get(DoorOutcome.LEFT, 0)
        return str(
            _("已录入：%(left)d 袋放到门口，%(failed)d 袋没送到。", left=left, failed=sum(counts.values()) - left)
        )

    return run_or_show_again(  # type: ignore[return-value]
        form,
        lambda entry: submit[dict[str, int]](then=lambda _counts: _there(document), says=says)(
            returns_service.enter_doors, staff(), document.id, entry
        ),
        lambda form, _theirs: sheet_page(document, form),
    )


@bp.post("/s/<text>/drop-off")
@requires(Permission.DROP_OFF)
def enter_drop_off(text: str) -> Response | tuple[str, int]:
    """All bags of a drop-off sheet were counted except …"""
    document, form = document_numbered(text), Form(ReturnedDropOffSchema, request.form)
    returns_service.require_document(staff(), Permission.DROP_OFF, document.id)

    def says(done: DropOff) -> str:
        said = difference_at(done.stop_id)
        if said is not None and said.state == DifferenceState.OPEN:
            return str(_("两边数得不一样，两个数都留着，等人核对。"))
        return str(_("已签收：应到 %(all)d 袋，实到 %(here)d 袋。", all=done.bags_expected, here=done.bags_counted))

    return run_or_show_again(  # type: ignore[return-value]
        form,
        lambda entry: submit[DropOff](then=lambda _done: _there(document), says=says)(
            returns_service.enter_drop_off, staff(), document.id, entry
        ),
        lambda form, _theirs: sheet_page(document, form),
    )


@bp.post("/s/<text>/undo")
@requires(Permission.HAND_OUT)
def undo_doors(text: str) -> Response:
    """Take back what was typed in."""
    document = document_numbered(text)

    def says(bags: int) -> str:
        return str(ngettext("已撤销：%(num)d 袋又在待发放。", "已撤销：%(num)d 袋又在待发放。", bags))

    return submit[int](then=lambda _bags: _there(document), says=says)(returns_service.undo_doors, staff(), document.id)


@bp.get("/cycles/<int:cycle_id>/print/returns")
@requires(Permission.PRINT)
def outstanding(cycle_id: int) -> str:
    """What has not come back, point by point."""
    desk = desk_of(cycle_id)
    out, counts = returns_queries.sheets_out(cycle_id, desk.wave, desk.within)
    page = slice_page(
        out,
        request.args.get("page"),
        lambda number: url_for(
            "returns.outstanding", cycle_id=cycle_id, wave=desk.wave, point=desk.point_id, page=number
        ),
    )
    return render_template(
        "printing/returns.html", desk=desk, cycle=desk.cycle, page=page, counts=counts, labels=by_key(), out=len(out)
    )

"""Complaints: mark them seen, look into one, answer it. The queue itself is `handover.disputes`."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from app.access.guard import requires, set_page_cycle, staff, submit
from app.access.permissions import Permission
from app.core.input.schemas import Form
from app.handover.disputes import queries as disputes_queries
from app.handover.disputes import service as disputes_service
from app.handover.models import Dispute, DisputeState
from app.handover.schemas import ResolveDispute
from app.ordering.gate import readable_cycle

bp = Blueprint("disputes", __name__)


@bp.post("/cycles/<int:cycle_id>/disputes/see")
@requires(Permission.DISPUTE)
def see(cycle_id: int) -> Response:
    """Note that the new ones have been seen."""
    readable_cycle(staff(), Permission.DISPUTE, cycle_id)

    def says(new: int) -> str:
        return str(ngettext("%(num)d 条已标为看到。", "%(num)d 条已标为看到。", new))

    return submit[int](then=lambda _new: url_for("handover.disputes", cycle_id=cycle_id), says=says)(
        disputes_service.see_all, staff(), cycle_id
    )


@bp.get("/disputes/<int:dispute_id>")
@requires(Permission.DISPUTE)
def one(dispute_id: int) -> str:
    """One complaint with its clocks and the ways to answer it."""
    return _page(dispute_id, Form())


def _page(dispute_id: int, form: Form) -> str:
    disputes_service.require_dispute(staff(), dispute_id)
    row = disputes_queries.dispute_row(dispute_id)
    set_page_cycle(row.cycle_id)
    return render_template(
        "handover/one_dispute.html",
        row=row,
        answers=[
            (DisputeState.REDELIVERED.value, _("下一波补送")),
            (DisputeState.REFUNDED.value, _("退款")),
            (DisputeState.REJECTED.value, _("不成立，算已签收")),
        ],
        form=form,
    )


@bp.post("/disputes/<int:dispute_id>/start")
@requires(Permission.DISPUTE)
def start(dispute_id: int) -> Response:
    """Begin to look into it."""
    return submit[Dispute](then=lambda dispute: url_for("disputes.one", dispute_id=dispute.id), says=_("已开始处理。"))(
        disputes_service.start, staff(), dispute_id
    )


@bp.post("/disputes/<int:dispute_id>/resolve")
@requires(Permission.DISPUTE)
def resolve(dispute_id: int) -> Response | tuple[str, int]:
    """Answer it."""
    form = Form(ResolveDispute, request.form)
    if not form.is_valid:
        return _page(dispute_id, form), 422
    return submit[Dispute](then=lambda dispute: url_for("disputes.one", dispute_id=dispute.id), says=_("已答复。"))(
        disputes_service.resolve, staff(), dispute_id, form.command
    )

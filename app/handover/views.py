"""Hand-over of a cycle for staff, and the household's own deliveries."""

from __future__ import annotations

from dataclasses import replace

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from app.access.guard import requires, resident, staff, submit
from app.access.permissions import Permission
from app.core.errors import Invalid
from app.core.input.rows import RowForm
from app.core.input.schemas import Form
from app.core.paging import page_url_of, paginate
from app.dispatch.arrivals.queries import open_differences
from app.handover import queries
from app.handover.confirmation import queries as confirmation_queries
from app.handover.confirmation import service as confirmation_service
from app.handover.disputes import queries as disputes_queries
from app.handover.doors import listing
from app.handover.models import DisputeKind, DisputeState
from app.handover.schemas import Complain, Confirm
from app.ordering.gate import readable_cycle
from app.picking.models import Bag
from app.places.scope import buildings_in_scope

bp = Blueprint("handover", __name__)


@bp.get("/cycles/<int:cycle_id>/handover")
@requires(Permission.HAND_OUT)
def index(cycle_id: int) -> str:
    """The buildings of a cycle within reach: expected, handed out, failed, confirmed, what is late."""
    cycle = readable_cycle(staff(), Permission.HAND_OUT, cycle_id)
    in_scope = buildings_in_scope(staff(), Permission.HAND_OUT)
    rows = queries.building_rows(cycle_id, in_scope)
    show, text = request.args.get("show", ""), request.args.get("q", "").strip()[:40]
    return render_template(
        "handover/index.html",
        cycle=cycle,
        totals=listing.HandOverTotals.of(rows),
        page=listing.narrowed(
            rows, show, text, request.args.get("page"), page_url_of(request.path, request.args.items(multi=True))
        ),
        show=show,
        text=text,
        shows=listing.DoorListFilter.options(),
        overdue=queries.overdue_count(cycle_id, in_scope),
        differences=open_differences(cycle_id, in_scope),
        may_answer=staff().may(Permission.DISPUTE),
    )


@bp.post("/cycles/<int:cycle_id>/handover/overdue")
@requires(Permission.DISPUTE)
def confirm_overdue(cycle_id: int) -> Response:
    """Accept by default what has waited for 48 hours."""
    readable_cycle(staff(), Permission.DISPUTE, cycle_id)
    return submit(
        then=lambda _done: url_for("handover.index", cycle_id=cycle_id), says=_("已放入后台，稍后刷新可见。")
    )(confirmation_service.ask_confirm_overdue, staff())


@bp.get("/cycles/<int:cycle_id>/disputes")
@requires(Permission.DISPUTE)
def disputes(cycle_id: int) -> str:
    """The queue, open ones first."""
    cycle = readable_cycle(staff(), Permission.DISPUTE, cycle_id)
    narrowed = disputes_queries.DisputeFilter(
        request.args.get("state", ""), request.args.get("kind", ""), request.args.get("q", "")[:40]
    )
    page = paginate(
        disputes_queries.queue(staff(), cycle_id, narrowed),
        request.args.get("page"),
        page_url_of(request.path, request.args.items(multi=True)),
    )
    return render_template(
        "handover/disputes.html",
        cycle=cycle,
        page=replace(page, rows=[disputes_queries.as_row(row) for row in page.rows]),
        counts=disputes_queries.counts(staff(), cycle_id),
        narrowed=narrowed,
        states=DisputeState.options(),
        kinds=DisputeKind.options(),
    )


# --- the household's own ----------------------------------------------------------------------------------------------
@bp.get("/my/deliveries")
@requires(Permission.OWN_HOUSEHOLD)
def mine() -> str:
    """The household's bags: what came, what to confirm, what became of complaints."""
    household = resident().household_id
    bags = confirmation_queries.own_bags(resident())
    return render_template(
        "handover/mine.html",
        bags=bags,
        waiting=[bag for bag in bags if bag.can_answer],
        address=confirmation_queries.address_of(household),
    )


@bp.post("/my/deliveries/confirm")
@requires(Permission.OWN_HOUSEHOLD)
def confirm() -> Response | tuple[str, int]:
    """Accept bags as they are."""
    form = Form(Confirm, request.form)
    if not form.is_valid:
        raise Invalid(form.problems[0][1])

    def says(done: int) -> str:
        if not done:
            return str(_("之前已经确认过，不用再点。"))
        return str(ngettext("已确认收到 %(num)d 袋。", "已确认收到 %(num)d 袋。", done))

    return submit[int](then=lambda _done: url_for("handover.mine"), says=says)(
        confirmation_service.confirm, resident(), form.command
    )


@bp.route("/my/deliveries/<int:bag_id>/dispute", methods=["GET", "POST"])
@requires(Permission.OWN_HOUSEHOLD)
def dispute(bag_id: int) -> str | Response | tuple[str, int]:
    """Say what is wrong with a bag."""
    if request.method == "GET":
        return _complaint_page(bag_id, Form())
    form = RowForm(Complain, request.form, ("qty", "kind"))
    if form.is_valid:
        try:
            return submit[Bag](
                then=lambda _bag: url_for("handover.mine"),
                says=_("已收到您的反馈，10 分钟内答复。其余商品已确认收到。"),
            )(confirmation_service.complain, resident(), bag_id, form.command)
        except Invalid as error:
            form.add(error)
    return _complaint_page(bag_id, form), 422


def _complaint_page(bag_id: int, form: Form) -> str:
    household = resident().household_id
    return render_template(
        "handover/dispute.html",
        bag=confirmation_queries.own_bag(resident(), bag_id),
        kinds=DisputeKind.options(),
        form=form,
        address=confirmation_queries.address_of(household),
    )

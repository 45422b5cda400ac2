"""What households wrote beside their goods: the leader's queue, and dealing with one of them."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.access.guard import requires, set_page_cycle, staff, submit
from app.access.permissions import Permission
from app.core.db import db
from app.core.errors import Invalid
from app.core.input.schemas import Form
from app.core.paging import page_url_of, slice_page
from app.ordering.cycles import queries as cycles_queries
from app.ordering.gate import readable_cycle
from app.ordering.models import HouseholdOrder, OtherDoor
from app.ordering.remarks import queries as remarks_queries
from app.ordering.remarks import service as remarks_service
from app.ordering.remarks.rules import RemarkFlag
from app.ordering.remarks.schemas import SettleWords
from app.places.scope import require_building

bp = Blueprint("words", __name__)


@bp.get("/cycles/<int:cycle_id>/words")
@requires(Permission.CARE)
def index(cycle_id: int) -> str:
    """The words of a cycle within reach, what waits first."""
    cycle = readable_cycle(staff(), Permission.CARE, cycle_id)
    every = remarks_queries.rows(staff(), cycle_id)
    kind = request.args.get("kind", "")
    kind = kind if kind in set(RemarkFlag) else ""
    todo = request.args.get("show") == "todo"
    shown = [row for row in every if (not kind or RemarkFlag(kind) in row.words.flags) and (not todo or row.is_waiting)]
    return render_template(
        "ordering/words.html",
        cycle=cycle,
        page=slice_page(shown, request.args.get("page"), page_url_of(request.path, request.args.items())),
        waiting=sum(1 for row in every if row.is_waiting),
        total=len(every),
        counts=remarks_queries.counts(every),
        kind=kind,
        todo=todo,
    )


@bp.route("/orders/<int:order_id>/words", methods=["GET", "POST"])
@requires(Permission.CARE)
def order(order_id: int) -> Any:
    """Read what one household wrote, and deal with it: for who cares for that door, whatever else is in reach."""
    found = cycles_queries.order_page(staff(), order_id)
    require_building(staff(), Permission.CARE, found.order.building_id)
    set_page_cycle(found.order.cycle_id)
    asked = remarks_queries.door_asked_for(staff(), found.order)
    form = Form(initial={"paper": found.order.door_note, "door": asked})
    if request.method == "POST":
        form = Form(SettleWords, request.form)
        if form.is_valid:
            try:
                return submit[HouseholdOrder](then=_queue, says=_("已处理这一户的留言。"))(
                    remarks_service.settle, staff(), order_id, form.command
                )
            except Invalid as error:
                form.add(error)
    page = render_template(
        "ordering/words_of.html",
        page=found,
        order=found.order,
        row=remarks_queries.remark_row(found.order),
        form=form,
        is_over=remarks_service.is_over(found.order),
        is_sent_elsewhere=db.session.get(OtherDoor, order_id) is not None,
    )
    return page, 422 if form.is_bound else 200


def _queue(order: HouseholdOrder) -> str:
    return url_for("words.index", cycle_id=order.cycle_id, show="todo")


@bp.post("/orders/<int:order_id>/words/reopen")
@requires(Permission.CARE)
def reopen(order_id: int) -> Response:
    """The words wait again."""
    return submit[HouseholdOrder](
        then=lambda order: url_for("words.order", order_id=order.id), says=_("又放回待处理了。")
    )(remarks_service.reopen, staff(), order_id)

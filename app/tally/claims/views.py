"""The claims that doors left: call, then take as another family, as this household, or not at all."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.access.guard import requires, staff, submit
from app.access.permissions import Permission
from app.core.codes import grouped
from app.core.db import db
from app.core.errors import Invalid
from app.core.input.schemas import Form
from app.ordering.claims.models import ClaimState, RoomClaim
from app.ordering.gate import readable_cycle
from app.ordering.models import HouseholdOrder
from app.tally.claims import queries as claims_queries
from app.tally.claims import service as claims_service
from app.tally.claims.schemas import SettleClaim

bp = Blueprint("claims", __name__)


@bp.get("/cycles/<int:cycle_id>/claims")
@requires(Permission.HOUSEHOLD_KEY)
def index(cycle_id: int) -> str:
    """What households left that could not come in."""
    return _page(cycle_id, Form(), 0)


def _page(cycle_id: int, form: Form, at: int) -> str:
    cycle = readable_cycle(staff(), Permission.HOUSEHOLD_KEY, cycle_id)
    rows = claims_queries.rows(staff(), cycle_id)
    return render_template("tally/claims.html", cycle=cycle, rows=rows, form=form, at=at)


@bp.post("/cycles/<int:cycle_id>/claims/<int:claim_id>")
@requires(Permission.HOUSEHOLD_KEY)
def settle(cycle_id: int, claim_id: int) -> Response | tuple[str, int]:
    """Take it as another family, as this household, or not at all; or open it again."""
    form = Form(SettleClaim, request.form)
    if form.is_valid:
        there = url_for("claims.index", cycle_id=cycle_id)
        try:
            return submit[RoomClaim](then=lambda _claim: there, says=_said)(
                claims_service.settle, staff(), claim_id, form.command
            )
        except Invalid as error:
            form.add(error)
    return _page(cycle_id, form, claim_id), 422


def _said(claim: RoomClaim) -> str:
    said, gone = _done(claim), claims_queries.left_out(claim)
    if gone and claim.state in (ClaimState.FAMILY, ClaimState.REPLACED):
        return said + str(_("%(goods)s 已下架，没有收，请一起告诉住户。", goods=gone))
    return said


def _done(claim: RoomClaim) -> str:
    order = db.session.get(HouseholdOrder, claim.order_id) if claim.order_id is not None else None
    if order is not None:
        return str(_("已收下并下单，订单码 %(code)s，请打电话告诉住户。", code=grouped(order.code)))
    return str(_("已处理，请打电话告诉住户。") if claim.settled_at else _("已重新打开。"))


@bp.post("/cycles/<int:cycle_id>/claims/<int:claim_id>/phone")
@requires(Permission.HOUSEHOLD_KEY)
def open_phone(cycle_id: int, claim_id: int) -> Response:
    """Show the telephone for an hour; the log says so."""
    readable_cycle(staff(), Permission.HOUSEHOLD_KEY, cycle_id)
    there = url_for("claims.index", cycle_id=cycle_id, _anchor=f"c-{claim_id}")
    return submit[RoomClaim](then=lambda _claim: there, says=_("电话显示一小时，这次查看已记入日志。"))(
        claims_service.open_phone, staff(), claim_id
    )

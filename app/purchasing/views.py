"""Pages of purchasing: the demand of a cycle, and its orders."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, current_app, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.access.guard import requires, staff, submit
from app.access.permissions import Permission
from app.core.errors import Invalid
from app.core.input.rows import RowForm
from app.core.input.schemas import Form
from app.core.paging import paginate
from app.ordering.gate import require_cycle
from app.purchasing import queries, service
from app.purchasing.coverage import bought_units
from app.purchasing.order_page import order_page
from app.purchasing.schemas import Close, EditLines, SeenOrder, Waive

bp = Blueprint("purchasing", __name__)


@bp.get("/cycles/<int:cycle_id>/purchasing")
@requires(Permission.PURCHASE)
def index(cycle_id: int) -> str:
    """The demand with what covers it, the orders, and what stands in the way."""
    cycle = require_cycle(staff(), Permission.PURCHASE, cycle_id)
    words, only = request.args.get("q", "").replace("\0", "").strip()[:50], request.args.get("only", "")
    page = paginate(
        queries.demand_of(cycle_id, words, only),
        request.args.get("page"),
        url=lambda n: url_for("purchasing.index", cycle_id=cycle_id, q=words, only=only, page=n),
    )
    orders, coming = queries.order_rows(cycle_id), bought_units(cycle_id)
    return render_template(
        "purchasing/index.html",
        cycle=cycle,
        may_buy=cycle.state in service.BUYING,
        totals=queries.totals(cycle_id, coming),
        orders=orders,
        hindrance=queries.in_the_way(cycle_id, orders, coming),
        page=page,
        rows=queries.demand_rows(cycle_id, page.rows, coming),
        words=words,
        only=only,
    )


@bp.post("/cycles/<int:cycle_id>/purchasing/demand")
@requires(Permission.PURCHASE)
def compute_demand(cycle_id: int) -> Response:
    """Work out the demand anew."""
    return submit[int](
        then=lambda _count: url_for("purchasing.index", cycle_id=cycle_id),
        says=lambda count: _("需求已计算：%(n)d 种商品。", n=count),
    )(service.compute_demand, staff(), cycle_id)


@bp.post("/cycles/<int:cycle_id>/purchasing/propose")
@requires(Permission.PURCHASE)
def propose(cycle_id: int) -> Response:
    """Write drafts that cover what is missing."""
    return submit(then=lambda _made: url_for("purchasing.index", cycle_id=cycle_id), says=_proposal_sentence)(
        service.propose, staff(), cycle_id
    )


def _proposal_sentence(made: service.PurchaseProposal) -> str:
    count, missing = len(made.order_ids), len(made.said)
    if missing:
        return str(_("待审批的采购单 %(n)d 张；还有 %(missing)d 种商品没有买齐，原因见下。", n=count, missing=missing))
    if not count:
        return str(_("需求都已有着落，没有要新买的。"))
    if not made.is_cheapest:
        return str(_("待审批的采购单 %(n)d 张，需求都已有着落；时间有限，总价可能还能再低一点。", n=count))
    return str(_("待审批的采购单 %(n)d 张，需求都已有着落，总价最低。", n=count))


@bp.get("/cycles/<int:cycle_id>/purchasing/items/<int:item_id>/waive")
@requires(Permission.PURCHASE)
def waive_form(cycle_id: int, item_id: int) -> str:
    """Ask how many units are not bought, and why."""
    return _waive_page(cycle_id, item_id, None)


def _waive_page(cycle_id: int, item_id: int, form: Form | None) -> str:
    cycle = require_cycle(staff(), Permission.PURCHASE, cycle_id)
    row = queries.demand_row(cycle_id, item_id)
    form = form or Form(initial={"qty": row.waived + max(0, row.gap), "reason": row.waive_reason})
    return render_template("purchasing/waive.html", cycle=cycle, row=row, form=form)


@bp.post("/cycles/<int:cycle_id>/purchasing/items/<int:item_id>/waive")
@requires(Permission.PURCHASE)
def waive(cycle_id: int, item_id: int) -> Response | tuple[str, int]:
    """Waive units of an item."""
    form = Form(Waive, request.form)
    if form.is_valid:
        try:
            return submit(
                then=lambda _row: url_for("purchasing.index", cycle_id=cycle_id), says=_("已记下不买的数量。")
            )(service.waive, staff(), cycle_id, item_id, form.command)
        except Invalid as error:
            form.add(error)
    return _waive_page(cycle_id, item_id, form), 422


@bp.get("/cycles/<int:cycle_id>/purchasing/<int:order_id>")
@requires(Permission.PURCHASE)
def order(cycle_id: int, order_id: int) -> str:
    """One purchase order."""
    return _order_page(cycle_id, order_id, None)


def _order_page(cycle_id: int, order_id: int, form: Form | None) -> str:
    cycle = require_cycle(staff(), Permission.PURCHASE, cycle_id)
    shown = order_page(cycle_id, order_id)
    return render_template(
        "purchasing/order.html",
        cycle=cycle,
        order=shown,
        form=form,
        may_buy=cycle.state in service.BUYING,
        is_mine=shown.created_by_id == staff().id,
        paper=_paper(cycle_id, order_id),
    )


def _paper(cycle_id: int, order_id: int) -> dict[str, str]:
    """Where the order is printed and where its workbook is. That stage stands above this one and may be absent."""
    known, links = current_app.view_functions, {}
    if "printing.kind" in known:
        links["sheet"] = url_for("printing.kind", cycle_id=cycle_id, kind="purchase_order")
    if "printing.workbook" in known:
        links["workbook"] = url_for("printing.workbook", cycle_id=cycle_id, order_id=order_id)
    return links


@bp.post("/cycles/<int:cycle_id>/purchasing/<int:order_id>/lines")
@requires(Permission.PURCHASE)
def edit_lines(cycle_id: int, order_id: int) -> Response | tuple[str, int]:
    """Set packs of a draft by hand."""
    form = RowForm(EditLines, request.form, ("packs",))
    if form.is_valid:
        try:
            return submit(then=lambda _order: _to_order(cycle_id, order_id), says=_("数量已改，由另一个人审批。"))(
                service.edit_lines, staff(), cycle_id, order_id, form.command
            )
        except Invalid as error:
            form.add(error)
    return _order_page(cycle_id, order_id, form), 422


@bp.post("/cycles/<int:cycle_id>/purchasing/<int:order_id>/approve")
@requires(Permission.PURCHASE)
def approve(cycle_id: int, order_id: int) -> Response | tuple[str, int]:
    """A second person approves."""
    return _decide(cycle_id, order_id, SeenOrder, service.approve, _("采购单已审批。"))


@bp.post("/cycles/<int:cycle_id>/purchasing/<int:order_id>/send")
@requires(Permission.PURCHASE)
def send(cycle_id: int, order_id: int) -> Response | tuple[str, int]:
    """Note that the order went to the supplier."""
    return _decide(cycle_id, order_id, SeenOrder, service.send, _("已记为发出，等待到货。"))


@bp.post("/cycles/<int:cycle_id>/purchasing/<int:order_id>/cancel")
@requires(Permission.PURCHASE)
def cancel(cycle_id: int, order_id: int) -> Response | tuple[str, int]:
    """Cancel an order that was not sent."""
    return _decide(cycle_id, order_id, SeenOrder, service.cancel, _("采购单已取消，其中的商品要另外安排。"))


@bp.post("/cycles/<int:cycle_id>/purchasing/<int:order_id>/close")
@requires(Permission.PURCHASE)
def close(cycle_id: int, order_id: int) -> Response | tuple[str, int]:
    """Close a sent order."""
    return _decide(cycle_id, order_id, Close, service.close, _("采购单已关闭。"))


def _decide(
    cycle_id: int, order_id: int, wanted: type[Any], decision: Callable[..., Any], says: str
) -> Response | tuple[str, int]:
    form = Form(wanted, request.form)
    if not form.is_valid:
        return _order_page(cycle_id, order_id, form), 422
    return submit(then=lambda _order: _to_order(cycle_id, order_id), says=says)(
        decision, staff(), cycle_id, order_id, form.command
    )


def _to_order(cycle_id: int, order_id: int) -> str:
    return url_for("purchasing.order", cycle_id=cycle_id, order_id=order_id)

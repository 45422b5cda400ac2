"""Pages of goods in: what is expected today, a delivery, goods without an order."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.access.guard import requires, staff, submit
from app.access.permissions import Permission
from app.core.errors import Invalid, NotFound
from app.core.input.rows import RowForm
from app.core.input.schemas import Form
from app.core.paging import paginate
from app.ordering.gate import require_cycle
from app.ordering.models import CYCLES_OVER
from app.purchasing.models import PurchaseOrderLine
from app.stock import page_queries, queries, service
from app.stock.keeping.views import bp as keeping
from app.stock.models import GoodsReceipt, ReceiptKind, WriteOffState
from app.stock.schemas import DeliveryForm, TakeIn, Unordered

bp = Blueprint("stock", __name__)
bp.register_blueprint(keeping)
ARRIVED = ("good", "damaged", "returned", "batch", "expires_on")
GOODS = ("item", "good", "damaged", "batch", "expires_on")
BLANK_ROWS = 4


@bp.get("/cycles/<int:cycle_id>/stock")
@requires(Permission.RECEIVE)
def index(cycle_id: int) -> str:
    """What is expected, what rests, what waits for a second person, what came in."""
    cycle = require_cycle(staff(), Permission.RECEIVE, cycle_id)
    resting_count, resting = queries.resting(cycle)
    page = paginate(
        queries.receipts_of(cycle),
        request.args.get("page"),
        url=lambda n: url_for("stock.index", cycle_id=cycle_id, page=n),
        per=20,
    )
    return render_template(
        "stock/index.html",
        cycle=cycle,
        may_receive=cycle.state not in CYCLES_OVER,
        orders=queries.expected(cycle_id),
        resting_count=resting_count,
        resting=resting,
        write_offs=page_queries.write_offs(cycle, WriteOffState.ASKED),
        me=staff().id,
        page=page,
        receipts=queries.receipt_rows(page.rows),
    )


@bp.get("/cycles/<int:cycle_id>/stock/orders/<int:order_id>")
@requires(Permission.RECEIVE)
def delivery(cycle_id: int, order_id: int) -> str:
    """Enter a delivery, filled in with what is awaited."""
    return _delivery_page(cycle_id, order_id, None, None)


def _delivery_page(cycle_id: int, order_id: int, form: Form | None, extra: Form | None) -> str:
    cycle = require_cycle(staff(), Permission.RECEIVE, cycle_id)
    return render_template(
        "stock/delivery.html",
        cycle=cycle,
        may_receive=cycle.state not in CYCLES_OVER,
        order=page_queries.delivery_page(cycle_id, order_id),
        form=form,
        extra=extra,
        options=page_queries.goods_options(cycle),
    )


@bp.post("/cycles/<int:cycle_id>/stock/orders/<int:order_id>/receive")
@requires(Permission.RECEIVE)
def receive(cycle_id: int, order_id: int) -> Response | tuple[str, int]:
    """Book a delivery."""
    page_queries.delivery_page(cycle_id, order_id)
    form = RowForm(DeliveryForm, request.form, ARRIVED)
    if form.is_valid:
        try:
            return submit(then=lambda _receipt: url_for("stock.index", cycle_id=cycle_id), says=_booked)(
                service.receive, staff(), order_id, form.command
            )
        except Invalid as error:
            form.add(error)
    return _delivery_page(cycle_id, order_id, form, None), 422


@bp.post("/cycles/<int:cycle_id>/stock/orders/<int:order_id>/unordered")
@requires(Permission.RECEIVE)
def unordered(cycle_id: int, order_id: int) -> Response | tuple[str, int]:
    """Book goods that came with a delivery though nobody ordered them."""
    page_queries.delivery_page(cycle_id, order_id)
    form = RowForm(Unordered, request.form, GOODS)
    if form.is_valid:
        try:
            back = url_for("stock.delivery", cycle_id=cycle_id, order_id=order_id)
            return submit(then=lambda _receipt: back, says=_booked)(
                service.receive_unordered, staff(), order_id, form.command
            )
        except Invalid as error:
            form.add(error)
    return _delivery_page(cycle_id, order_id, None, form), 422


def _booked(receipt: GoodsReceipt) -> str:
    return str(_("收货单 %(number)s 已登记。", number=receipt.number))


@bp.post("/cycles/<int:cycle_id>/stock/lines/<int:line_id>/undelivered")
@requires(Permission.RECEIVE)
def undelivered(cycle_id: int, line_id: int) -> Response:
    """The supplier will not bring the rest of a line."""

    def back(line: PurchaseOrderLine) -> str:
        if line.purchase_order.cycle_id != cycle_id:
            raise NotFound
        return url_for("stock.delivery", cycle_id=cycle_id, order_id=line.purchase_order_id)

    return submit(then=back, says=_("已记为未到货，采购页会显示缺口。"), tone="warn")(
        service.mark_undelivered, staff(), line_id
    )


@bp.get("/cycles/<int:cycle_id>/stock/take-in")
@requires(Permission.RECEIVE)
def take_in_form(cycle_id: int) -> str:
    """Enter a donation or opening stock."""
    return _take_in_page(cycle_id, None)


def _take_in_page(cycle_id: int, form: Form | None) -> str:
    cycle = require_cycle(staff(), Permission.RECEIVE, cycle_id)
    return render_template(
        "stock/take_in.html",
        cycle=cycle,
        form=form,
        options=page_queries.goods_options(cycle),
        kinds=[(kind.value, kind.label) for kind in (ReceiptKind.DONATION, ReceiptKind.OPENING)],
        numbers=range(1, BLANK_ROWS + 1),
    )


@bp.post("/cycles/<int:cycle_id>/stock/take-in")
@requires(Permission.RECEIVE)
def take_in(cycle_id: int) -> Response | tuple[str, int]:
    """Book a donation or opening stock."""
    form = RowForm(TakeIn, request.form, GOODS)
    if form.is_valid:
        try:
            return submit(then=lambda _receipt: url_for("stock.index", cycle_id=cycle_id), says=_booked)(
                service.take_in, staff(), cycle_id, form.command
            )
        except Invalid as error:
            form.add(error)
    return _take_in_page(cycle_id, form), 422

"""Pages of goods in the house: lots, write-offs, counts, goods sent back or carried over."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.access.guard import requires, staff, submit
from app.access.permissions import Permission
from app.core.errors import Invalid
from app.core.input.rows import RowForm
from app.core.input.schemas import Form
from app.core.paging import paginate
from app.ordering.gate import require_cycle
from app.stock import page_queries, queries
from app.stock.keeping import service as keeping_service
from app.stock.models import WriteOff
from app.stock.schemas import AskWriteOff, Carry, SeenWriteOff, SendBack, StockCountForm

bp = Blueprint("keeping", __name__)


@bp.get("/cycles/<int:cycle_id>/stock/lots")
@requires(Permission.RECEIVE)
def lots(cycle_id: int) -> str:
    """All lots of the subdistrict."""
    cycle = require_cycle(staff(), Permission.RECEIVE, cycle_id)
    words, only = request.args.get("q", "").replace("\0", "").strip()[:50], request.args.get("only", "")
    page = paginate(
        queries.lots_of(cycle, words, only),
        request.args.get("page"),
        url=lambda n: url_for("stock.keeping.lots", cycle_id=cycle_id, q=words, only=only, page=n),
    )
    return render_template(
        "stock/lots.html", cycle=cycle, page=page, rows=queries.lot_rows(page.rows), words=words, only=only
    )


@bp.get("/cycles/<int:cycle_id>/stock/lots/<int:lot_id>")
@requires(Permission.RECEIVE)
def lot(cycle_id: int, lot_id: int) -> str:
    """One lot: where it is, what happened to it, what can be done with it."""
    return _lot_page(cycle_id, lot_id, "", None)


def _lot_page(cycle_id: int, lot_id: int, which: str, form: Form | None) -> str:
    cycle = require_cycle(staff(), Permission.RECEIVE, cycle_id)
    return render_template(
        "stock/lot.html",
        cycle=cycle,
        lot=page_queries.lot_page(cycle, lot_id),
        places=page_queries.inside_places(cycle.subdistrict_id),
        forms={which: form} if form else {},
    )


@bp.post("/cycles/<int:cycle_id>/stock/lots/<int:lot_id>/write-off")
@requires(Permission.RECEIVE)
def ask_write_off(cycle_id: int, lot_id: int) -> Response | tuple[str, int]:
    """Ask for a write-off."""
    form = Form(AskWriteOff, request.form)
    return _act(cycle_id, lot_id, ("write_off", form), keeping_service.ask_write_off, _("报损已提出，等另一个人复核。"))


@bp.post("/cycles/<int:cycle_id>/stock/lots/<int:lot_id>/send-back")
@requires(Permission.RECEIVE)
def send_back(cycle_id: int, lot_id: int) -> Response | tuple[str, int]:
    """Send units back to the supplier."""
    return _act(
        cycle_id,
        lot_id,
        ("send_back", Form(SendBack, request.form)),
        keeping_service.send_back,
        _("退货已登记。"),
    )


@bp.post("/cycles/<int:cycle_id>/stock/lots/<int:lot_id>/carry")
@requires(Permission.RECEIVE)
def carry(cycle_id: int, lot_id: int) -> Response | tuple[str, int]:
    """Carry units to another place."""
    return _act(cycle_id, lot_id, ("carry", Form(Carry, request.form)), keeping_service.carry, _("调拨已登记。"))


def _act(
    cycle_id: int, lot_id: int, named: tuple[str, Form], action: Callable[..., Any], says: str
) -> Response | tuple[str, int]:
    which, form = named
    if form.is_valid:
        try:
            return submit(then=lambda _row: url_for("stock.keeping.lot", cycle_id=cycle_id, lot_id=lot_id), says=says)(
                action, staff(), lot_id, form.command
            )
        except Invalid as error:
            form.add(error)
    return _lot_page(cycle_id, lot_id, which, form), 422


@bp.get("/cycles/<int:cycle_id>/stock/write-offs")
@requires(Permission.RECEIVE)
def write_offs(cycle_id: int) -> str:
    """The write-offs of the subdistrict and how they ended."""
    cycle = require_cycle(staff(), Permission.RECEIVE, cycle_id)
    return render_template("stock/write_offs.html", cycle=cycle, rows=page_queries.write_offs(cycle), me=staff().id)


@bp.post("/cycles/<int:cycle_id>/stock/write-offs/<int:write_off_id>/approve")
@requires(Permission.RECEIVE)
def approve(cycle_id: int, write_off_id: int) -> Response | tuple[str, int]:
    """Agree to a write-off."""
    return _decide(cycle_id, write_off_id, keeping_service.approve_write_off, _("报损已复核，库存已减。"))


@bp.post("/cycles/<int:cycle_id>/stock/write-offs/<int:write_off_id>/reject")
@requires(Permission.RECEIVE)
def reject(cycle_id: int, write_off_id: int) -> Response | tuple[str, int]:
    """Refuse a write-off, or take it back."""
    return _decide(cycle_id, write_off_id, keeping_service.reject_write_off, _("报损已驳回，库存不变。"))


def _decide(
    cycle_id: int, write_off_id: int, decision: Callable[..., WriteOff], says: str
) -> Response | tuple[str, int]:
    form = Form(SeenWriteOff, request.form)
    if not form.is_valid:
        return write_offs(cycle_id), 422
    return submit[WriteOff](then=lambda _row: url_for("stock.keeping.write_offs", cycle_id=cycle_id), says=says)(
        decision, staff(), write_off_id, form.command.version
    )


@bp.get("/cycles/<int:cycle_id>/stock/count")
@requires(Permission.RECEIVE)
def count_form(cycle_id: int) -> str:
    """Enter a count, filled in with what the books say."""
    return _count_page(cycle_id, None)


def _count_page(cycle_id: int, form: Form | None) -> str:
    cycle = require_cycle(staff(), Permission.RECEIVE, cycle_id)
    return render_template("stock/count.html", cycle=cycle, form=form, rows=page_queries.countable(cycle))


@bp.post("/cycles/<int:cycle_id>/stock/count")
@requires(Permission.RECEIVE)
def count(cycle_id: int) -> Response | tuple[str, int]:
    """Write a count down; what is missing becomes write-offs for a second person."""
    cycle = require_cycle(staff(), Permission.RECEIVE, cycle_id)
    form = RowForm(StockCountForm, request.form, ("counted",))
    if form.is_valid:
        try:
            return submit(
                then=lambda _result: url_for("stock.keeping.write_offs", cycle_id=cycle_id), says=_count_sentence
            )(keeping_service.count_stock, staff(), cycle.subdistrict_id, form.command)
        except Invalid as error:
            form.add(error)
    return _count_page(cycle_id, form), 422


def _count_sentence(result: keeping_service.CountResult) -> str:
    if not result.qty_missing and not result.qty_over:
        return str(_("盘点已记下，和账上一致。"))
    return str(
        _(
            "盘点已记下：少 %(missing)d 份，%(asked)d 笔报损等另一个人复核；多 %(over)d 份，请作期初库存入库。",
            missing=result.qty_missing,
            asked=result.asked,
            over=result.qty_over,
        )
    )

"""The telephone desk on one page: who is it, what shall it be, done, next call. Nothing but the keyboard is needed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.access.guard import earlier_outcome, requires, staff, submit
from app.access.permissions import Permission
from app.core.codes import grouped
from app.core.db import db
from app.core.errors import Invalid
from app.core.input.schemas import Form
from app.ordering import entry, order_form
from app.ordering.desk import queries as desk_queries
from app.ordering.desk import service as desk_service
from app.ordering.desk.models import DeskEntry
from app.ordering.desk.queries import DeskHousehold, TypedGoods
from app.ordering.desk.schemas import Look, TakeOrder, TakeOrderPage
from app.ordering.gate import readable_cycle
from app.ordering.models import Cycle, HouseholdOrder, Source
from app.ordering.orders import IfExists, PlaceOrder, SoftLimit
from app.ordering.rules_desk import choice_for
from app.ordering.schemas import PROXY_SOURCES
from app.places.care.needs import door_notes
from app.places.finder.queries import MOST, Found

bp = Blueprint("telephone", __name__)


@bp.get("/cycles/<int:cycle_id>/telephone")
@requires(Permission.ORDER_PROXY)
def index(cycle_id: int) -> str:
    """The empty desk: the next call."""
    cycle = readable_cycle(staff(), Permission.ORDER_PROXY, cycle_id)
    return _page(cycle, Form(initial={"source": _source()}))


def _source() -> str:
    asked = request.args.get("source", "")
    return asked if asked in PROXY_SOURCES else Source.TELEPHONE.value


@bp.post("/cycles/<int:cycle_id>/telephone")
@requires(Permission.ORDER_PROXY)
def look(cycle_id: int) -> Any:
    """Look for the household; one that is found alone is on the line at once."""
    cycle = readable_cycle(staff(), Permission.ORDER_PROXY, cycle_id)
    form = Form(Look, request.form)
    if not form.is_valid:
        return _page(cycle, form), 422
    found = desk_queries.find_homes(staff(), Permission.ORDER_PROXY, cycle_id, form.command.home)
    if len(found) == 1:
        there = url_for("telephone.call", cycle_id=cycle_id, household_id=found[0].household_id)
        return redirect(f"{there}?source={form.command.source}", 303)
    if not found:
        said = _("没有找到“%(typed)s”。可以写 12-302、12-2-302、小区名加房号，或电话后四位。", typed=form.command.home)
        form.add(Invalid({"home": [said]}))
        return _page(cycle, form), 422
    return _page(cycle, form, found)


@bp.route("/cycles/<int:cycle_id>/telephone/<int:household_id>", methods=["GET", "POST"])
@requires(Permission.ORDER_PROXY)
def call(cycle_id: int, household_id: int) -> Any:
    """A household on the line: what it has, the line of goods, done."""
    cycle = readable_cycle(staff(), Permission.ORDER_PROXY, cycle_id)
    home = desk_queries.desk_household(staff(), cycle, household_id)
    if request.method == "GET":
        note = home.order.door_note if home.order is not None and home.stands else ""
        note = note or door_notes([household_id]).get(household_id, "")
        return _call_page(cycle, home, Form(initial={"source": _source(), "door_note": note}))
    form = Form(TakeOrder, request.form, page=TakeOrderPage)
    if not form.is_valid:
        return _call_page(cycle, home, form), 422
    return earlier_outcome() or _take(cycle, home, form)


def _take(cycle: Cycle, home: DeskHousehold, form: Form) -> Any:
    typed: TakeOrder = form.command
    offers = order_form.available_offers(cycle.id)
    basket = desk_queries.read_basket(cycle.id, typed.goods, offers, home.picks, typed.how)
    how = choice_for(home.stands, typed.how, basket.sign)
    if how == "keep":
        there = url_for("telephone.index", cycle_id=cycle.id, source=typed.source)
        return redirect(there, 303)
    problems = _problems(basket, how)
    if problems:
        form.add(Invalid(problems))
        return _call_page(cycle, home, form, basket), 422
    try:
        return _place(cycle, home, form, basket, how)
    except SoftLimit:
        return _call_page(cycle, home, form, basket, asks=True), 422
    except Invalid as error:
        form.add(Invalid({"goods": [s for said in error.problems.values() for s in said]}))
        return _call_page(cycle, home, form, basket), 422


def _problems(basket: TypedGoods, how: str) -> dict[str, list[Any]]:
    problems: dict[str, list[Any]] = {}
    if basket.problems:
        problems["goods"] = list(basket.problems)
    elif not basket.rows:
        problems["goods"] = [_("请写商品和数量，例如：青菜2 土豆1。")]
    elif basket.is_hard:
        problems["goods"] = list(basket.limits)
    if how == "ask":
        problems["how"] = [_("这一户已有订单。请选追加、替换或保留；也可以在商品前写 + 追加、= 替换。")]
    return problems


def _place(cycle: Cycle, home: DeskHousehold, form: Form, basket: TypedGoods, how: str) -> Response:
    typed: TakeOrder = form.command
    wanted = PlaceOrder(
        cycle.id,
        home.household_id,
        basket.picks,
        source=Source(typed.source),
        if_exists=IfExists.REFUSE if how == "place" else IfExists(how),
        seen_version=typed.version or None,
        accepts_soft_limits=bool(typed.goods) and form.page.agreed == typed.goods,
        door_note=typed.door_note,
    )
    if home.order is not None and home.stands:  # words that were said before stay
        wanted = replace(wanted, remark=home.order.remark, other_need=home.order.other_need)
    there = url_for("telephone.index", cycle_id=cycle.id, source=typed.source)
    return submit[DeskEntry](then=lambda _entry: there, says=lambda entry: _done(entry, home))(
        desk_service.take_order, staff(), wanted
    )


def _done(entry: DeskEntry, home: DeskHousehold) -> str:
    order = db.session.get_one(HouseholdOrder, entry.order_id)
    where = f"{home.place} {home.room}"
    return str(_("%(where)s 已下单，订单码 %(code)s，请告诉住户。", where=where, code=grouped(order.code)))


@bp.get("/cycles/<int:cycle_id>/telephone/<int:household_id>/basket")
@requires(Permission.ORDER_PROXY)
def basket(cycle_id: int, household_id: int) -> str:
    """What the line of goods comes to so far: a part of the page, asked for while somebody types."""
    cycle = readable_cycle(staff(), Permission.ORDER_PROXY, cycle_id)
    home = desk_queries.desk_household(staff(), cycle, household_id)
    text, how = request.args.get("goods", "")[:300], request.args.get("how", "")
    read = desk_queries.read_basket(cycle_id, text, order_form.available_offers(cycle_id), home.picks, how)
    return render_template("ordering/_basket.html", basket=read, home=home, how=choice_for(home.stands, how, read.sign))


@bp.post("/cycles/<int:cycle_id>/telephone/undo/<int:entry_id>")
@requires(Permission.ORDER_PROXY)
def undo(cycle_id: int, entry_id: int) -> Response:
    """Take back the last order of this account."""
    readable_cycle(staff(), Permission.ORDER_PROXY, cycle_id)
    there = url_for("telephone.index", cycle_id=cycle_id)
    return submit[DeskEntry](then=lambda _entry: there, says=_undone, tone="warn")(
        desk_service.undo_entry, staff(), entry_id
    )


def _undone(entry: DeskEntry) -> str:
    """What stands now."""
    if entry.before is None:
        return str(_("已撤销，这一户这一批没有订单了。"))
    return str(_("已撤销，商品和送货提醒恢复到这次下单以前。"))


def _page(cycle: Cycle, form: Form, found: list[Found] | None = None) -> str:
    taking = entry.is_taking_orders(cycle)
    return render_template(
        "ordering/telephone.html",
        cycle=cycle,
        form=form,
        found=found or [],
        is_cut=len(found or []) >= MOST,
        sources=[(source.value, source.label) for source in PROXY_SOURCES],
        source=form.value("source", Source.TELEPHONE.value),
        taken=desk_queries.recent_entries(staff(), cycle.id, taking),
        taking=taking,
        may_search=staff().may(Permission.CONTACT_OPEN),
    )


def _call_page(
    cycle: Cycle, home: DeskHousehold, form: Form, basket: TypedGoods | None = None, asks: bool = False
) -> str:
    offers = order_form.available_offers(cycle.id)
    read = basket or desk_queries.read_basket(cycle.id, str(form.value("goods", "")), offers, home.picks)
    chosen = str(form.value("how", ""))
    return render_template(
        "ordering/telephone_call.html",
        cycle=cycle,
        home=home,
        form=form,
        basket=read,
        how=choice_for(home.stands, chosen, read.sign),
        asks=asks,
        offers=offers,
        source=form.value("source", Source.TELEPHONE.value),
        sources=[(source.value, source.label) for source in PROXY_SOURCES],
        taking=entry.is_taking_orders(cycle),
    )

"""The resident's pages: in through the poster, order, review, amend, withdraw, and where the goods are."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from app.access import throttle
from app.access.guard import public, requires, resident, submit
from app.access.permissions import Permission
from app.access.sessions import forget_household, remember_household
from app.core.codes import grouped
from app.core.errors import Conflict, Invalid
from app.core.schemas import Form
from app.core.units import date_time
from app.ordering import entry, order_form, orders, queries_orders, queries_resident, service_orders
from app.ordering.models import Cycle, HouseholdOrder, OrderState
from app.ordering.orders import IfExists, SoftLimit
from app.ordering.queries import OfferRow
from app.ordering.queries_resident import CycleCard
from app.ordering.schemas import Basket, CodeSchema, EnterSchema, WithdrawSchema, basket_schema

bp = Blueprint("resident", __name__)

ASK_CODE = _l("请填写订单码。订单码在下单成功的页面上；找不到可以问楼长。")
WRONG_CODE = _l("订单码不对，或者和房号对不上。请核对后再试，也可以问楼长。")
TOO_OFTEN = _l("试了太多次，请 15 分钟后再试，或者打电话给楼长。")


# --- in through the poster --------------------------------------------------------------------------------------------
@bp.route("/enter", defaults={"code": ""}, methods=["GET", "POST"])
@bp.route("/enter/<code>", methods=["GET", "POST"])
@public
def enter(code: str) -> Any:
    """From the poster to the household: choose the stairwell, type the room, and the order code where there is one."""
    typed = request.args.get("code", "").strip()[:40]
    if not code and typed:
        return redirect(url_for("resident.enter", code=typed))
    if not code:
        return _enter_by_code()
    at = entry.door(code)
    if at is None:
        problem = _("没有这个楼栋码。请重新扫描楼下的二维码，或核对海报上的字。")
        return render_template("ordering/enter.html", form=Form(), problem=problem, poster_code=code[:40]), 404
    if request.method == "GET":
        return _door_page(at, Form(), asks_code=request.args.get("have") == "code")
    form = Form(EnterSchema, request.form)
    if not form.is_valid:
        return _door_page(at, form), 422
    return _try_room(at, form)


def _try_room(at: entry.Door, form: Form) -> Any:
    typed = form.command
    keys = [entry.target(at, typed), f"enter-address:{request.remote_addr}"]
    if typed.order_code and throttle.is_blocked(keys):
        form.add(Invalid({"order_code": [TOO_OFTEN]}))
        return _door_page(at, form, asks_code=True), 429
    found = entry.answer(at, typed)
    if found.household_id is not None and found.cycle_id is not None:
        return _let_in(found.household_id, found.cycle_id)
    if not typed.order_code:
        return _door_page(at, form, asks_code=True)
    throttle.count_failure(keys)
    form.add(Invalid({"order_code": [WRONG_CODE]}))
    return _door_page(at, form, asks_code=True), 422


def _enter_by_code() -> Any:
    if request.method == "GET":
        return render_template("ordering/enter.html", form=Form(), problem="", poster_code="")
    form = Form(CodeSchema, request.form)
    status = 422
    if form.is_valid:
        keys = [f"enter-address:{request.remote_addr}"]
        found = entry.Answer() if throttle.is_blocked(keys) else entry.by_code_alone(form.command.order_code)
        if found.household_id is not None and found.cycle_id is not None:
            return _let_in(found.household_id, found.cycle_id)
        status = 429 if throttle.is_blocked(keys) else 422
        if status == 422:
            throttle.count_failure(keys)
        form.add(Invalid({"order_code": [TOO_OFTEN if status == 429 else WRONG_CODE]}))
    return render_template("ordering/enter.html", form=form, problem="", poster_code=""), status


def _door_page(at: entry.Door, form: Form, asks_code: bool = False) -> str:
    return render_template("ordering/door.html", door=at, form=form, asks_code=asks_code, ask=ASK_CODE)


def _let_in(household_id: int, cycle_id: int) -> Response:
    admitted: list[service_orders.Admission] = []

    def lead_on(admission: service_orders.Admission) -> str:
        admitted[:] = [admission]
        return url_for("resident.order", cycle_id=cycle_id)

    response = submit[service_orders.Admission](then=lead_on)(service_orders.admit, household_id, cycle_id)
    for admission in admitted:
        remember_household(response, admission.token, admission.expires_at)  # type: ignore[arg-type]
    return response


@bp.post("/my/leave")
@requires(Permission.OWN_HOUSEHOLD)
def leave() -> Response:
    """Take the household from this phone."""
    return forget_household(make_response(redirect(url_for("resident.enter"), 303)))


# --- the household's own pages ----------------------------------------------------------------------------------------
@bp.get("/my")
@requires(Permission.OWN_HOUSEHOLD)
def home() -> str:
    """The cycles that concern the household."""
    return render_template(
        "ordering/home.html",
        cards=queries_resident.cards(resident().household_id),
        taking=entry.is_taking_orders,
        **_me(),
    )


def _me() -> dict[str, Any]:
    building, room = queries_orders.address_of(resident().household_id)
    return {"address": f"{building} {room}"}


@bp.route("/my/cycles/<int:cycle_id>/order", methods=["GET", "POST"])
@requires(Permission.OWN_HOUSEHOLD)
def order(cycle_id: int) -> Any:
    """The order form: choose, look over, place. Searching and looking over write nothing."""
    card = queries_resident.card(resident().household_id, cycle_id)
    if not entry.is_taking_orders(card.cycle):
        if request.method == "GET":
            return redirect(url_for("resident.status", cycle_id=cycle_id))
        raise Conflict(_("已过截单时间，不能再下单或修改。如有急需，请联系楼长或点位。"))
    mine = orders.order_of(cycle_id, resident().household_id)
    offers = order_form.listed(cycle_id)
    if request.method == "GET":
        return _form_page(card, mine, offers, Form(initial=order_form.as_typed(mine, offers)))
    form = Form(basket_schema(offer.id for offer in offers), request.form)
    if not form.is_valid:
        return _form_page(card, mine, offers, form), 422
    return _step(card, mine, offers, form)


def _step(card: CycleCard, mine: HouseholdOrder | None, offers: list[OfferRow], form: Form) -> Any:
    basket: Basket = form.command
    if basket.step in ("search", "edit"):
        return _form_page(card, mine, offers, form)
    if basket.step == "place":
        try:
            return _place(card.cycle, mine, basket)
        except SoftLimit:
            return _review_page(card, offers, form)
        except Invalid as error:
            form.add(error)
            return _form_page(card, mine, offers, form), 422
    problems, is_hard = orders.limit_problems(orders.offer_terms(card.cycle.id), basket.picks)
    if not basket.picks:
        problems, is_hard = {"": [_("还没有选商品，请至少选一份。")]}, True
    if is_hard:
        form.add(Invalid(problems))
        return _form_page(card, mine, offers, form), 422
    return _review_page(card, offers, form)


def _place(cycle: Cycle, mine: HouseholdOrder | None, basket: Basket) -> Response:
    stands = mine is not None and mine.state == OrderState.PLACED and basket.version
    wanted = basket.order(cycle.id, resident().household_id, IfExists.REPLACE if stands else IfExists.REFUSE)
    there = url_for("resident.status", cycle_id=cycle.id)
    says = _("修改已保存。") if stands else _("下单成功。")
    return submit[HouseholdOrder](then=lambda _order: there, says=says)(service_orders.place, resident(), wanted)


def _form_page(card: CycleCard, mine: HouseholdOrder | None, offers: list[OfferRow], form: Form) -> str:
    search = str(form.value("search", ""))
    shown = order_form.matching(card.cycle.id, search, offers)
    return render_template(
        "ordering/order_form.html",
        cycle=card.cycle,
        order=mine,
        is_amending=mine is not None and mine.state == OrderState.PLACED,
        sections=order_form.sections(offers, _("套餐"), _("其他")),
        shown=shown,
        search=search,
        form=form,
        **_me(),
    )


def _review_page(card: CycleCard, offers: list[OfferRow], form: Form) -> str:
    basket: Basket = form.command
    by_id = {offer.id: offer for offer in offers}
    problems, _is_hard = orders.limit_problems(orders.offer_terms(card.cycle.id), basket.picks)
    picked = [(by_id[pick.offer_id], pick) for pick in basket.picks]
    return render_template(
        "ordering/review.html",
        cycle=card.cycle,
        basket=basket,
        picked=picked,
        total_fen=sum(offer.price_fen * pick.qty for offer, pick in picked),
        questions=[sentence for sentences in problems.values() for sentence in sentences],
        **_me(),
    )


@bp.get("/my/cycles/<int:cycle_id>")
@requires(Permission.OWN_HOUSEHOLD)
def status(cycle_id: int) -> Any:
    """The household's order: its code, what is in it, and where each thing is."""
    card = queries_resident.card(resident().household_id, cycle_id)
    mine = orders.order_of(cycle_id, resident().household_id)
    if mine is None and entry.is_taking_orders(card.cycle):
        return redirect(url_for("resident.order", cycle_id=cycle_id))
    lines = queries_orders.lines(mine.id) if mine else []
    return render_template(
        "ordering/status.html",
        cycle=card.cycle,
        order=mine,
        state=OrderState(mine.state) if mine else None,
        lines=lines,
        code=grouped(mine.code) if mine else "",
        group_text=_group_text(card.cycle, lines) if lines else "",
        taking=entry.is_taking_orders(card.cycle),
        **_me(),
    )


def _group_text(cycle: Cycle, lines: list[queries_orders.LineView]) -> str:
    goods = "、".join(f"{line.item}×{line.qty}" for line in lines)
    return str(
        _(
            "%(address)s：%(goods)s（%(cycle)s，%(at)s 截单）",
            at=date_time(cycle.cutoff_at),
            cycle=cycle.name,
            goods=goods,
            **_me(),
        )
    )


@bp.post("/my/cycles/<int:cycle_id>/withdraw")
@requires(Permission.OWN_HOUSEHOLD)
def withdraw(cycle_id: int) -> Response:
    """Take the order back before the cut-off."""
    card = queries_resident.card(resident().household_id, cycle_id)
    form = Form(WithdrawSchema, request.form)
    if card.order is None or not form.is_valid:
        raise Conflict(_("没有可以撤回的订单，请刷新页面。"))
    there = url_for("resident.status", cycle_id=cycle_id)
    return submit[HouseholdOrder](then=lambda _order: there, says=_("订单已撤回。截单以前还可以重新下单。"))(
        service_orders.withdraw, resident(), card.order.id, form.command.version or None
    )

"""The resident's door: in through the poster, the household's own page, and the phones that remember it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from werkzeug.wrappers import Response

from app.access import throttle
from app.access.guard import public, requires, resident, resident_if_any, staff, submit
from app.access.permissions import Permission
from app.access.sessions import digest, forget_household, remember_household, token_of_request
from app.core.errors import Invalid
from app.core.schemas import Form
from app.ordering import entry, queries_orders, queries_resident, service_orders, service_phones
from app.ordering.models import Cycle
from app.ordering.schemas import CodeSchema, EnterSchema

bp = Blueprint("resident", __name__)

ASK_CODE = _l("请先核对单元和房号。您家已经下过单的，请填订单码（在下单成功的页面上）；找不到可以问楼长。")
WRONG_CODE = _l("订单码不对，或者和房号对不上。请核对后再试，也可以问楼长。")
FORGOTTEN = _l("这台手机已不再记得您家：可能已退出、过期，或被楼长停用。请重新扫码，或用订单码进入。")
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
        return render_template(
            "ordering/enter.html", form=Form(), problem=problem, poster_code=code[:40], **_remembered()
        ), 404
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
        return _let_in(found.household_id, found.cycle_id, found.is_by_code)
    if not typed.order_code:
        return _door_page(at, form, asks_code=True)
    throttle.count_failure(keys)
    form.add(Invalid({"order_code": [WRONG_CODE]}))
    return _door_page(at, form, asks_code=True), 422


def _enter_by_code() -> Any:
    if request.method == "GET":
        lost = token_of_request() and resident_if_any() is None
        problem = FORGOTTEN if lost else ""
        return render_template("ordering/enter.html", form=Form(), problem=problem, poster_code="", **_remembered())
    form = Form(CodeSchema, request.form)
    status = 422
    if form.is_valid:
        keys = [f"enter-address:{request.remote_addr}"]
        found = entry.Answer() if throttle.is_blocked(keys) else entry.by_code_alone(form.command.order_code)
        if found.household_id is not None and found.cycle_id is not None:
            return _let_in(found.household_id, found.cycle_id, found.is_by_code)
        status = 429 if throttle.is_blocked(keys) else 422
        if status == 422:
            throttle.count_failure(keys)
        form.add(Invalid({"order_code": [TOO_OFTEN if status == 429 else WRONG_CODE]}))
    return render_template("ordering/enter.html", form=form, problem="", poster_code="", **_remembered()), status


def _door_page(at: entry.Door, form: Form, asks_code: bool = False) -> str:
    return render_template(
        "ordering/door.html", door=at, form=form, asks_code=asks_code, ask=ASK_CODE, **_remembered(at.cycle)
    )


def _remembered(cycle: Cycle | None = None) -> dict[str, Any]:
    """The household that this phone remembers, if any, and where to go on with it."""
    held = resident_if_any()
    if held is None:
        return {"remembered": "", "go_on": ""}
    cards = queries_resident.cards(held)
    ids = [card.cycle.id for card in cards if entry.is_taking_orders(card.cycle) and not card.has_order]
    wanted = cycle.id if cycle and cycle.id in ids else (ids[0] if ids else None)
    go_on = url_for("own_order.order", cycle_id=wanted) if wanted else url_for("resident.home")
    return {"remembered": " ".join(queries_orders.address_of(held.household_id)), "go_on": go_on}


def _let_in(household_id: int, cycle_id: int, is_by_code: bool) -> Response:
    admitted: list[service_orders.Admission] = []

    def lead_on(admission: service_orders.Admission) -> str:
        admitted[:] = [admission]
        return url_for("own_order.order", cycle_id=cycle_id)

    response = submit[service_orders.Admission](then=lead_on)(service_orders.admit, household_id, cycle_id, is_by_code)
    for admission in admitted:
        remember_household(response, admission.token, admission.expires_at)  # type: ignore[arg-type]
    return response


# --- the household's own page -----------------------------------------------------------------------------------------
@bp.get("/my")
@requires(Permission.OWN_HOUSEHOLD)
def home() -> str:
    """The cycles that concern the household, and the phones that remember it."""
    household = resident().household_id
    return render_template(
        "ordering/home.html",
        cards=queries_resident.cards(resident()),
        taking=entry.is_taking_orders,
        phones=queries_resident.phones(household, digest(token_of_request())),
        address=" ".join(queries_orders.address_of(household)),
    )


@bp.post("/my/leave")
@requires(Permission.OWN_HOUSEHOLD)
def leave() -> Response:
    """Take the household from this phone: not this household, another one."""
    there = url_for("resident.enter", code=queries_resident.poster_of(resident().household_id))
    response = submit[int](then=lambda _n: there)(service_phones.forget_phone, resident(), token_of_request())
    return forget_household(make_response(response))


@bp.post("/my/phones/forget")
@requires(Permission.OWN_HOUSEHOLD)
def forget_others() -> Response:
    """Take the household from every other phone."""
    return submit[int](then=lambda _n: url_for("resident.home"), says=_said_of_phones)(
        service_phones.forget_other_phones, resident(), token_of_request()
    )


@bp.post("/cycles/<int:cycle_id>/households/<int:household_id>/phones/forget")
@requires(Permission.ORDER_PROXY)
def forget_phones(cycle_id: int, household_id: int) -> Response:
    """Take a household from every phone: a phone was lost, or somebody got in who does not live there."""
    there = url_for("desk.order_for", cycle_id=cycle_id, household_id=household_id)
    return submit[int](then=lambda _n: there, says=_said_of_phones)(
        service_phones.forget_phones_of, staff(), household_id
    )


def _said_of_phones(count: int) -> str:
    return str(ngettext("%(num)d 台手机已退出这一户。", "%(num)d 台手机已退出这一户。", count))

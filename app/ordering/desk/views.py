"""The telephone desk: orders on behalf of a household, and the roll call, building by building."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.access.guard import requires, staff, submit
from app.access.page_registry import describe_page
from app.access.permissions import Permission
from app.core.errors import Conflict, Invalid
from app.core.input.schemas import Form, load
from app.core.lookup import or_not_found
from app.ordering import entry, order_form, orders
from app.ordering import service as ordering_service
from app.ordering.cycles import queries as cycles_queries
from app.ordering.desk import calls
from app.ordering.gate import readable_cycle
from app.ordering.models import Cycle, CycleState, HouseholdOrder, OrderState, RollCallOutcome
from app.ordering.orders import IfExists, SoftLimit
from app.ordering.roll_call import queries as roll_call_queries
from app.ordering.roll_call import service as roll_call_service
from app.ordering.roll_call.queries import RollCallBuildingRow
from app.ordering.roll_call.schemas import (
    RecordRollCall,
    RecordRollCallSchema,
    RestSchema,
    RollCallPage,
)
from app.ordering.schemas import PROXY_SOURCES, OrderFormInput, OrderFormPage, ProxyBasketSchema, Withdraw
from app.places import service as places_service
from app.places.buildings.rules import is_room
from app.places.models import Building
from app.places.scope import buildings_in_scope, reaches_building, require_building

bp = Blueprint("desk", __name__)


def _buildings(cycle_id: int, permission: Permission) -> list[RollCallBuildingRow]:
    wanted = request.args.get("q", "").strip()
    rows = roll_call_queries.by_building(cycle_id, buildings_in_scope(staff(), permission))
    return [row for row in rows if not wanted or wanted in f"{row.compound} {row.label} {row.point}"]


# --- on behalf --------------------------------------------------------------------------------------------------------
@bp.get("/cycles/<int:cycle_id>/desk")
@requires(Permission.ORDER_PROXY)
def buildings(cycle_id: int) -> str:
    """Choose the building for which to order."""
    cycle = readable_cycle(staff(), Permission.ORDER_PROXY, cycle_id)
    rows = _buildings(cycle_id, Permission.ORDER_PROXY)
    return render_template("ordering/desk.html", cycle=cycle, rows=rows)


@bp.get("/cycles/<int:cycle_id>/desk/<int:building_id>")
@requires(Permission.ORDER_PROXY)
def building(cycle_id: int, building_id: int) -> Any:
    """The rooms of a building; `?room=302` goes straight to the household."""
    cycle = readable_cycle(staff(), Permission.ORDER_PROXY, cycle_id)
    place = require_building(staff(), Permission.ORDER_PROXY, building_id)
    rooms = roll_call_queries.rooms(cycle_id, building_id)
    wanted = request.args.get("room", "").strip()
    found: list[roll_call_queries.RoomRow] = []
    for named in ("", place.label):  # 2-302 is stairwell 2 before it is building 2
        found = found or [r for r in rooms if wanted and is_room(r.room_no, r.stairwell, wanted, named)]
    if len(found) == 1:
        return redirect(url_for("desk.order_for", cycle_id=cycle_id, household_id=found[0].id))
    return render_template(
        "ordering/desk_building.html",
        cycle=cycle,
        place=place,
        rooms=found or rooms,
        wanted=wanted,
        is_found=bool(found) or not wanted,
        taking=entry.is_taking_orders(cycle),
        may_hold_keys=reaches_building(staff(), Permission.HOUSEHOLD_KEY, place.id),
    )


@bp.route("/cycles/<int:cycle_id>/households/<int:household_id>/order", methods=["GET", "POST"])
@requires(Permission.ORDER_PROXY)
def order_for(cycle_id: int, household_id: int) -> Any:
    """The order form of one household, filled in by a leader or captain."""
    by = staff()
    cycle = readable_cycle(by, Permission.ORDER_PROXY, cycle_id)
    place = orders.household_place(by, household_id, Permission.ORDER_PROXY)
    describe_page({"desk.building": place.label}, building_id=place.id)
    order = orders.order_of(cycle_id, household_id)
    offers = order_form.available_offers(cycle_id)
    form = Form(initial=order_form.as_typed(order, offers))
    status, soft = 200, False
    if request.method == "POST":
        form = Form(ProxyBasketSchema(offer.id for offer in offers), request.form, page=OrderFormPage)
        is_placing = form.is_valid and form.page.step == "place"
        status = 200 if form.is_valid and not is_placing else 422
        if is_placing:
            try:
                return _place_for(cycle_id, household_id, place.id, order, form.command)
            except Invalid as error:
                form.add(error)
                soft = isinstance(error, SoftLimit)
    shown = order_form.matching_offers(cycle_id, str(form.value("search", "")), offers)
    building_name, room = cycles_queries.address_of(household_id)
    page = render_template(
        "ordering/order_for.html",
        cycle=cycle,
        place=place,
        household_id=household_id,
        address=f"{building_name} {room}",
        order=order,
        sections=order_form.sections(offers, _("套餐"), _("其他")),
        shown=shown,
        form=form,
        is_soft=soft,
        sources=[(source.value, source.label) for source in PROXY_SOURCES],
        taking=entry.is_taking_orders(cycle),
        may_hold_keys=reaches_building(staff(), Permission.HOUSEHOLD_KEY, place.id),
    )
    return page, status


def _place_for(
    cycle_id: int, household_id: int, building_id: int, order: HouseholdOrder | None, basket: OrderFormInput
) -> Response:
    replaces = order is not None and order.state == OrderState.PLACED and basket.version
    wanted = basket.order(cycle_id, household_id, IfExists.REPLACE if replaces else IfExists.REFUSE)
    there = url_for("desk.building", cycle_id=cycle_id, building_id=building_id)
    then = submit[HouseholdOrder](
        then=lambda _order: there, says=lambda placed: _("已保存，订单码 %(code)s，请告诉住户。", code=placed.code)
    )
    return then(ordering_service.place, staff(), wanted)


@bp.post("/cycles/<int:cycle_id>/households/<int:household_id>/withdraw")
@requires(Permission.ORDER_PROXY)
def withdraw_for(cycle_id: int, household_id: int) -> Response:
    """Take a household's order back on its behalf."""
    place = orders.household_place(staff(), household_id, Permission.ORDER_PROXY)
    order = or_not_found(orders.order_of(cycle_id, household_id))
    form = Form(Withdraw, request.form)
    if not form.is_valid:
        raise Conflict(_("页面已过期，请刷新后再撤回。"))
    there = url_for("desk.building", cycle_id=cycle_id, building_id=place.id)
    return submit[HouseholdOrder](then=lambda _order: there, says=_("订单已撤回。"))(
        ordering_service.withdraw, staff(), order.id, form.command.version or None
    )


# --- roll call --------------------------------------------------------------------------------------------------------
@bp.get("/cycles/<int:cycle_id>/roll-call")
@requires(Permission.ROLL_CALL)
def roll_call(cycle_id: int) -> str:
    """How far the roll call is, building by building."""
    cycle = readable_cycle(staff(), Permission.ROLL_CALL, cycle_id)
    rows = _buildings(cycle_id, Permission.ROLL_CALL)
    show = _show("all")
    return render_template(
        "ordering/roll_call_buildings.html",
        cycle=cycle,
        every=rows,
        rows=calls.narrowed(rows, show),
        show=show,
        typed=request.args.get("q", "").strip(),
    )


def _show(default: str) -> str:
    asked = request.args.get("show", "")
    return asked if asked in calls.SHOWS else default


@bp.route("/cycles/<int:cycle_id>/roll-call/<int:building_id>", methods=["GET", "POST"])
@requires(Permission.ROLL_CALL)
def call_building(cycle_id: int, building_id: int) -> Any:
    """The households of a building, each with its outcomes to press; one pressed leads on to the next household."""
    cycle = readable_cycle(staff(), Permission.ROLL_CALL, cycle_id)
    place = require_building(staff(), Permission.ROLL_CALL, building_id)
    show = _show("todo")
    if request.method == "GET":
        return _call_page(cycle, place, Form(), show)
    rooms = roll_call_queries.rooms(cycle_id, building_id)
    form = Form(RecordRollCallSchema(room.id for room in rooms), request.form, page=RollCallPage)
    if not form.is_valid:
        return _call_page(cycle, place, form, show), 422
    noted: RecordRollCall = form.command
    page: RollCallPage = form.page
    if page.clear:
        there = _row_url(cycle_id, building_id, page.show, 0, page.clear)
        then = submit[int](then=lambda _n: there, says=_("已撤销，这一户还没有结果。"), tone="warn")
        return then(roll_call_service.clear_one, staff(), cycle_id, building_id, page.clear)
    there = _after(cycle_id, building_id, noted, page.show)
    then = submit[int](then=lambda _n: there, says=lambda n: _("已记下 %(n)s 户的点名结果。", n=n) if n != 1 else "")
    return then(roll_call_service.record_building, staff(), cycle_id, building_id, noted.outcomes)


def _after(cycle_id: int, building_id: int, noted: RecordRollCall, show: str) -> str:
    """Back to the page, at the household that comes after the one just noted, which can be taken back there."""
    order = calls.call_sheet(staff(), cycle_id, building_id, show).order
    last = noted.outcomes[-1][0] if len(noted.outcomes) == 1 else 0
    place = order.index(last) if last in order else -1
    following = order[place + 1] if 0 <= place < len(order) - 1 else 0
    return _row_url(cycle_id, building_id, show, last, following)


def _row_url(cycle_id: int, building_id: int, show: str, last: int, row: int) -> str:
    anchor = f"h-{row}" if row else None
    return url_for(
        "desk.call_building", cycle_id=cycle_id, building_id=building_id, show=show, last=last or None, _anchor=anchor
    )


def _call_page(cycle: Cycle, place: Building, form: Form, show: str) -> str:
    sheet = calls.call_sheet(staff(), cycle.id, place.id, show)
    rooms = roll_call_queries.rooms(cycle.id, place.id)
    last = request.args.get("last", "")
    return render_template(
        "ordering/roll_call.html",
        cycle=cycle,
        place=place,
        sheet=sheet,
        show=show,
        last=next((room for room in rooms if last == str(room.id) and room.outcome), None),
        form=form,
        outcomes=[(outcome.value, outcome.label) for outcome in RollCallOutcome if outcome != RollCallOutcome.ORDERED],
        may_note=cycle.state in (CycleState.OPEN, CycleState.LOCKED),
        taking=entry.is_taking_orders(cycle),
    )


@bp.post("/cycles/<int:cycle_id>/roll-call/<int:building_id>/numbers")
@requires(Permission.CONTACT_OPEN)
def open_numbers(cycle_id: int, building_id: int) -> Response:
    """Show the telephones of a building to this account for an hour; the log says so."""
    readable_cycle(staff(), Permission.CONTACT_OPEN, cycle_id)
    there = url_for("desk.call_building", cycle_id=cycle_id, building_id=building_id, show=_show("todo"))
    says = _("电话显示一小时，这次查看已记入日志。")
    return submit[int](then=lambda _n: there, says=says)(places_service.open_numbers, staff(), building_id, "roll_call")


@bp.post("/cycles/<int:cycle_id>/roll-call/<int:building_id>/rest")
@requires(Permission.ROLL_CALL)
def call_rest(cycle_id: int, building_id: int) -> Response:
    """One outcome for every household of the building that has none."""
    chosen = load(RestSchema, request.form)
    there = url_for("desk.call_building", cycle_id=cycle_id, building_id=building_id)
    then = submit[int](then=lambda _n: there, says=lambda n: _("已记下 %(n)s 户的点名结果。", n=n))
    return then(roll_call_service.record_rest, staff(), cycle_id, building_id, chosen)

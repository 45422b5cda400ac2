"""Standing orders: who gets what without asking, every so often; and what each cycle made of it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.access.guard import requires, staff, submit
from app.access.permissions import Permission
from app.core import clock
from app.core.errors import Invalid, NotFound
from app.core.input.schemas import Form
from app.core.paging import paginate
from app.ordering import entry, orders
from app.ordering.bulk import ImportReport
from app.ordering.cycles import queries as cycles_queries
from app.ordering.gate import readable_cycle
from app.ordering.rules_desk import UnclearGoods
from app.ordering.standing import queries as standing_queries
from app.ordering.standing import service as standing_service
from app.ordering.standing.models import StandingOrder, StandingState
from app.ordering.standing.schemas import StandingSchema, ToState, TypedStanding
from app.ordering.standing.service import SaveStanding
from app.places.care.needs import carers_of
from app.places.finder.queries import MOST, Found, find_households
from app.places.scope import buildings_in_scope, is_subdistrict_in_scope

bp = Blueprint("standing", __name__)


@bp.get("/standing")
@requires(Permission.CARE)
def index() -> str:
    """The standing orders within reach."""
    asked = request.args.get("state", "")
    state = asked if asked in set(StandingState) else ""
    page = paginate(
        standing_queries.standing_orders(staff(), state),
        request.args.get("page"),
        lambda number: url_for("standing.index", page=number, state=state or None),
    )
    return render_template(
        "ordering/standing.html",
        page=page,
        rows=standing_queries.standing_rows(page.rows),
        states=list(StandingState),
        state=state,
    )


@bp.get("/standing/new")
@requires(Permission.CARE)
def choose() -> str:
    """Choose the household of a new standing order."""
    typed = request.args.get("home", "").strip()[:40]
    found: list[Found] = []
    if typed:
        found = find_households(typed, buildings_in_scope(staff(), Permission.CARE))
    return render_template("ordering/standing_choose.html", typed=typed, found=found, is_cut=len(found) >= MOST)


@bp.route("/households/<int:household_id>/standing", methods=["GET", "POST"])
@requires(Permission.CARE)
def new(household_id: int) -> Any:
    """The form of a new standing order."""
    place = orders.household_place(staff(), household_id, Permission.CARE)
    if request.method == "GET":
        return _form_page(household_id, place.id, Form(initial={"starts_on": clock.today().isoformat()}))
    form = Form(StandingSchema, request.form)
    wanted = _wanted(form, place.id)
    if wanted is not None:
        try:
            return submit[StandingOrder](then=_there, says=_("长期订单已建立。下一批开始接单时自动下单。"))(
                standing_service.create, staff(), household_id, wanted
            )
        except Invalid as error:
            form.add(error)
    return _form_page(household_id, place.id, form), 422


def _there(standing: StandingOrder) -> str:
    return url_for("standing.show", standing_id=standing.id)


@bp.route("/standing/<int:standing_id>", methods=["GET", "POST"])
@requires(Permission.CARE)
def show(standing_id: int) -> Any:
    """One standing order: change it, pause or end it, see what it brought."""
    standing, building_id = standing_service.require_standing(staff(), standing_id)
    if request.method == "GET":
        return _form_page(standing.household_id, building_id, Form(initial=_typed(standing)), standing)
    form = Form(StandingSchema, request.form)
    wanted = _wanted(form, building_id)
    if wanted is not None:
        try:
            return submit[StandingOrder](then=_there, says=_("已保存。已经下过的批次不变。"))(
                standing_service.edit, staff(), standing_id, wanted
            )
        except Invalid as error:
            form.add(error)
    return _form_page(standing.household_id, building_id, form, standing), 422


@bp.post("/standing/<int:standing_id>/state")
@requires(Permission.CARE)
def state(standing_id: int) -> Any:
    """Pause, take up again, end."""
    form = Form(ToState, request.form)
    if not form.is_valid:
        raise NotFound
    then = submit[StandingOrder](then=_there, says=_changed)
    return then(standing_service.set_state, staff(), standing_id, StandingState(form.command.state))


def _changed(standing: StandingOrder) -> str:
    said = {"active": _("长期订单已恢复。"), "paused": _("长期订单已暂停。"), "ended": _("长期订单已结束。")}
    return str(said[standing.state])


@bp.get("/cycles/<int:cycle_id>/standing")
@requires(Permission.ORDER_READ)
def bookings(cycle_id: int) -> str:
    """What the cycle made of the standing orders, those with something left out first."""
    cycle = readable_cycle(staff(), Permission.ORDER_READ, cycle_id)
    whole = is_subdistrict_in_scope(staff(), Permission.CYCLE_EDIT, cycle.subdistrict_id)
    return render_template(
        "ordering/standing_bookings.html",
        cycle=cycle,
        rows=standing_queries.bookings(staff(), cycle=cycle),
        may_book=whole and entry.is_taking_orders(cycle),
        may_edit=staff().may(Permission.CARE),
        may_amend=staff().may(Permission.ORDER_PROXY),
    )


@bp.post("/cycles/<int:cycle_id>/standing")
@requires(Permission.CYCLE_EDIT)
def book(cycle_id: int) -> Response:
    """Book what falls due and was not booked when the cycle opened."""
    there = url_for("standing.bookings", cycle_id=cycle_id)
    then = submit[ImportReport](
        then=lambda _report: there, says=lambda report: _("已按长期订单下单 %(n)s 户。", n=report.placed)
    )
    return then(standing_service.book_again, staff(), cycle_id)


def _wanted(form: Form, building_id: int) -> SaveStanding | None:
    """The command of a valid form; what is doubtful in the line of goods is said beside it."""
    if not form.is_valid:
        return None
    typed: TypedStanding = form.command
    goods = standing_queries.read_items(typed.goods, building_id)
    if goods.doubts:
        form.add(Invalid({"goods": [_doubt(doubt) for doubt in goods.doubts]}))
        return None
    return SaveStanding(
        goods.picked, typed.starts_on, typed.ends_on, typed.every_days, typed.weekdays, typed.carer_id, typed.version
    )


def _doubt(doubt: UnclearGoods) -> str:
    if not doubt.options:
        return str(_("没有“%(typed)s”，请写商品目录里的名称。", typed=doubt.typed))
    names = "、".join(word.name for word in doubt.options[:6])
    return str(_("“%(typed)s”可能是：%(names)s。请写全名。", typed=doubt.typed, names=names))


def _typed(standing: StandingOrder) -> dict[str, Any]:
    names = standing_queries.item_names({line.item_id for line in standing.lines})
    days = [day for day in range(standing_queries.WEEKDAYS) if (standing.weekdays or 0) >> day & 1]
    return {
        "goods": " ".join(f"{names.get(line.item_id, '')}{line.qty}" for line in standing.lines),
        "starts_on": standing.starts_on.isoformat(),
        "ends_on": standing.ends_on.isoformat() if standing.ends_on else "",
        "every_days": standing.every_days,
        "weekdays": days,
        "carer_id": standing.carer_id,
        "version": standing.version,
    }


def _form_page(household_id: int, building_id: int, form: Form, standing: StandingOrder | None = None) -> str:
    place, room = cycles_queries.address_of(household_id)
    return render_template(
        "ordering/standing_form.html",
        address=f"{place} {room}",
        household_id=household_id,
        form=form,
        standing=standing,
        state=StandingState(standing.state) if standing else None,
        weekdays=standing_queries.weekday_names(),
        carers=carers_of(building_id),
        bookings=standing_queries.bookings(staff(), standing_id=standing.id) if standing else [],
    )

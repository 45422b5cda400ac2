"""Pages of errands: asked by the household or on the telephone, answered by the point, done by whom it is given to."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.access.guard import requires, resident, staff, submit
from app.access.permissions import Permission
from app.core.errors import Invalid
from app.core.input.schemas import Form
from app.core.lookup import or_not_found
from app.core.paging import paginate
from app.errands import queries, service
from app.errands.models import Errand, ErrandKind, ErrandState
from app.errands.schemas import Ask, Assign, ErrandStep, Finish
from app.ordering.cycles.queries import address_of
from app.ordering.orders import household_place
from app.places.care.needs import carers_of
from app.places.finder.queries import MOST, Found, find_households
from app.places.scope import buildings_in_scope

bp = Blueprint("errands", __name__)


@bp.get("/errands")
@requires(Permission.ERRAND)
def index() -> str:
    """The queue of the point: what is overdue, what waits, since when, and what may be done next."""
    asked = request.args.get("state", "waiting")
    state = asked if asked in {*ErrandState, "waiting", ""} else "waiting"
    mine = request.args.get("mine") == "1"
    page = paginate(
        queries.queue(staff(), state, mine),
        request.args.get("page"),
        lambda number: url_for("errands.index", page=number, state=state, mine="1" if mine else None),
    )
    return render_template(
        "errands/queue.html",
        page=page,
        rows=[queries.errand_row(row) for row in page.rows],
        counts=queries.errand_counts(staff()),
        states=list(ErrandState),
        state=state,
        mine=mine,
    )


@bp.get("/errands/<int:errand_id>")
@requires(Permission.ERRAND)
def show(errand_id: int) -> str:
    """One errand: what it is, its next step, who does it, what happened."""
    return _show(errand_id, Form())


def _show(errand_id: int, form: Form) -> str:
    row = or_not_found(queries.errand_detail(errand_id))
    place = household_place(staff(), row.errand.household_id, Permission.ERRAND)
    return render_template(
        "errands/errand.html",
        row=row,
        form=form,
        may_see=not row.errand.is_sensitive or staff().may(Permission.CARE),
        people=carers_of(place.id),
        events=queries.history(errand_id),
        states={state.value: state.label for state in ErrandState},
    )


@bp.post("/errands/<int:errand_id>/step")
@requires(Permission.ERRAND)
def step(errand_id: int) -> Any:
    """Take an errand one step on."""
    form = Form(ErrandStep, request.form)
    if form.is_valid:
        try:
            return submit[Errand](then=_next, says=_("已更新。"))(service.step, staff(), errand_id, form.command)
        except Invalid as error:
            form.add(error)
    return _show(errand_id, form), 422


def _next(errand: Errand) -> str:
    """A finished errand leads back to the queue, others stay open."""
    if errand.state in queries.WAITING:
        return url_for("errands.show", errand_id=errand.id)
    return url_for("errands.index")


@bp.post("/errands/<int:errand_id>/assign")
@requires(Permission.ERRAND)
def assign(errand_id: int) -> Any:
    """Give an errand to somebody."""
    form = Form(Assign, request.form)
    if form.is_valid:
        try:
            return submit[Errand](then=_next, says=_("已分派。"))(
                service.assign, staff(), errand_id, form.command.account_id
            )
        except Invalid as error:
            form.add(error)
    return _show(errand_id, form), 422


# --- on the telephone -------------------------------------------------------------------------------------------------
@bp.get("/errands/new")
@requires(Permission.ERRAND)
def choose() -> str:
    """For whom: look for the household."""
    typed = request.args.get("home", "").strip()[:40]
    found: list[Found] = find_households(typed, buildings_in_scope(staff(), Permission.ERRAND)) if typed else []
    return render_template("errands/choose.html", typed=typed, found=found, is_cut=len(found) >= MOST)


@bp.route("/households/<int:household_id>/errands", methods=["GET", "POST"])
@requires(Permission.ERRAND)
def ask_for(household_id: int) -> Any:
    """Write down an errand that a household asked for on the telephone."""
    household_place(staff(), household_id, Permission.ERRAND)
    form, status = Form(), 200
    if request.method == "POST":
        form, status = Form(Ask, request.form), 422
        if form.is_valid:
            try:
                return submit[Errand](then=_next, says=_("代办已记下。"))(
                    service.ask, staff(), household_id, form.command
                )
            except Invalid as error:
                form.add(error)
    place, room = address_of(household_id)
    rows = queries.of_household(household_id)
    page = render_template(
        "errands/ask_for.html",
        address=f"{place} {room}",
        household_id=household_id,
        kinds=ErrandKind.options(),
        form=form,
        rows=[row for row in rows if row.state in queries.WAITING],
    )
    return page, status


# --- who it is given to -----------------------------------------------------------------------------------------------
@bp.get("/errands/to-do")
@requires(Permission.HAND_OUT)
def to_do() -> str:
    """What was given to this account; of sensitive errands only where to go and to whom."""
    return render_template(
        "errands/to_do.html",
        rows=queries.errands_assigned_to(staff()),
        may_see=staff().may(Permission.CARE),
        form=Form(),
    )


@bp.post("/errands/<int:errand_id>/finish")
@requires(Permission.HAND_OUT)
def finish(errand_id: int) -> Any:
    """Done."""
    form = Form(Finish, request.form)
    if not form.is_valid:
        page = render_template(
            "errands/to_do.html",
            rows=queries.errands_assigned_to(staff()),
            may_see=staff().may(Permission.CARE),
            form=form,
        )
        return page, 422
    there = url_for("errands.to_do")
    return submit[Errand](then=lambda _errand: there, says=_("已办好，住户会看到。"))(
        service.finish, staff(), errand_id, form.command.answer
    )


# --- the household's own ----------------------------------------------------------------------------------------------
@bp.route("/my/errands", methods=["GET", "POST"])
@requires(Permission.OWN_HOUSEHOLD)
def mine() -> Any:
    """The household's errands, and the form to ask for one."""
    form, status = Form(), 200
    if request.method == "POST":
        form = Form(Ask, request.form)
        status = 422
        if form.is_valid:
            try:
                return _ask(form)
            except Invalid as error:
                form.add(error)
    rows = queries.of_household(resident().household_id, resident())
    return render_template("errands/mine.html", rows=rows, kinds=ErrandKind.options(), form=form), status


def _ask(form: Form) -> Response:
    there = url_for("errands.mine")
    return submit[Errand](then=lambda _errand: there, says=_("已收到，点位会尽快回复。"))(
        service.ask, resident(), resident().household_id, form.command
    )

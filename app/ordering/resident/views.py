"""The resident's door: in through the poster, the household's own page, and the phones that remember it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Blueprint, current_app, g, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response

from app.access import service as access_service
from app.access import throttle
from app.access.guard import earlier_outcome, form_key, public, requires, resident, resident_if_any, staff, submit
from app.access.permissions import Permission
from app.access.sessions import (
    forget_household,
    recent_token_expiry,
    remember_household,
    token_digest,
    token_for,
    token_of_request,
)
from app.core.errors import NotFound, request_id
from app.core.input.schemas import Form
from app.ordering import entry
from app.ordering.claims import views as claims_views
from app.ordering.cycles import queries as cycles_queries
from app.ordering.gate import readable_cycle
from app.ordering.models import Cycle
from app.ordering.resident import queries as resident_queries
from app.ordering.resident import service as resident_service
from app.ordering.resident.schemas import CodeSchema, Enter
from app.ordering.resident.service import Admission, OpenedDoor
from app.places import help_lines
from app.places.help_lines import HelpLine

bp = Blueprint("resident", __name__)

FORGOTTEN = _l("这台手机已不再记得您家：可能已退出、过期，或被楼长停用。请重新扫码，或用订单码、6 位号进入。")
SENT_AGAIN = timedelta(hours=1)  # so long a door form whose answer was lost may be sent once more


# --- in through the poster --------------------------------------------------------------------------------------------
@bp.route("/enter", defaults={"code": ""}, methods=["GET", "POST"])
@bp.route("/enter/<code>", methods=["GET", "POST"])
@bp.route("/enter/<code>/<part>", methods=["GET", "POST"])
@public
def enter(code: str, part: str = "") -> Any:
    """From the poster to the household: choose the stairwell, type the room, and a code where one is needed.

    `part`: "claim" where one is left because the door stays shut, "left" once it was.
    """
    if part not in ("", "claim", "left"):
        raise NotFound
    typed = request.args.get("code", "").strip()[:40]
    if not code and typed:
        return redirect(url_for("resident.enter", code=typed))
    if not code:
        return _enter_by_code()
    at = entry.building_by_code(code)
    if at is None:
        problem = _("没有这个楼栋码。请重新扫描楼下的二维码，或核对海报上的字。")
        return render_template(
            "ordering/enter.html", form=Form(), problem=problem, poster_code=code[:40], **_remembered()
        ), 404
    if part:
        return claims_views.claim_page(at, part)
    if request.method == "GET":
        return _door_page(at, Form(), asks_code=request.args.get("have") == "code")
    form = Form(Enter, request.form)
    if not form.is_valid:
        return _door_page(at, form, asks_code=bool(form.value("order_code", ""))), 422
    return _sent_again() or _try_room(at, form)


def _sent_again() -> Response | None:
    """A form whose answer was lost leads where it led, with the key that it made."""
    done = earlier_outcome(by_anybody=True)
    return _with_key_again(make_response(done), token_for(form_key())) if done is not None else None


def _with_key_again(response: Response, token: str) -> Response:
    until = recent_token_expiry(token, SENT_AGAIN)
    return remember_household(response, token, until) if until else response  # type: ignore[arg-type]


def _whence() -> entry.Whence:
    known = resident_if_any()
    proven = known.household_id if known is not None and known.is_proven else None
    return entry.Whence(throttle.place_of_request(), proven)


def _try_room(at: entry.BuildingDoor, form: Form) -> Any:
    """Each try takes the same steps, whether the room exists, is free, or was tried too often."""
    taken = access_service.take_attempt(entry.attempt_budgets(at, form.command, _whence()))
    found = entry.authenticate_household(at, form.command)
    let_in = _let_in(found) if taken.is_granted and found is not None else None
    if let_in is None:
        return _refused(at, form)
    if form.command.order_code:
        access_service.refund_attempt(taken)
    return let_in


def _refused(at: entry.BuildingDoor | None, form: Form) -> tuple[str, int]:
    """The page of every refusal, and a line in the log: the same for all, with neither room nor code. The mark tells
    one address of many tries from many addresses."""
    mark = throttle.key_mark(f"address:{throttle.place_of_request()}")
    current_app.logger.warning("door refused: address %s, request %s", mark, request_id())
    return claims_views.refusal_page(at, form), 422


def _enter_by_code() -> Any:
    if request.method == "GET":
        lost = token_of_request() and resident_if_any() is None
        problem = FORGOTTEN if lost else ""
        return render_template("ordering/enter.html", form=Form(), problem=problem, poster_code="", **_remembered())
    form = Form(CodeSchema, request.form)
    if not form.is_valid:
        return render_template("ordering/enter.html", form=form, problem="", poster_code="", **_remembered()), 422
    again = _sent_again()
    if again is not None:
        return again
    taken = access_service.take_attempt([entry.codes_from(_whence())])
    found = entry.authenticate_by_code(form.command.order_code)
    let_in = _let_in(found) if taken.is_granted and found is not None else None
    if let_in is None:
        return _refused(None, form)
    access_service.refund_attempt(taken)
    return let_in


def _door_page(at: entry.BuildingDoor, form: Form, asks_code: bool = False) -> str:
    return render_template("ordering/door.html", door=at, form=form, asks_code=asks_code, **_remembered(at.cycle))


def _remembered(cycle: Cycle | None = None) -> dict[str, Any]:
    """The household that this phone remembers, if any, and where to go on with it."""
    held = resident_if_any()
    if held is None:
        return {"remembered": "", "go_on": ""}
    cards = resident_queries.cards(held)
    ids = [card.cycle.id for card in cards if entry.is_taking_orders(card.cycle) and not card.has_order]
    wanted = cycle.id if cycle and cycle.id in ids else (ids[0] if ids else None)
    go_on = url_for("own_order.order", cycle_id=wanted) if wanted else url_for("resident.home")
    return {"remembered": " ".join(cycles_queries.address_of(held.household_id)), "go_on": go_on}


def _let_in(found: OpenedDoor) -> Response | None:
    """The way on with a key, or None where what was shown has ended since it was looked at."""
    admitted: list[Admission] = []
    token = token_for(form_key())

    def lead_on(admission: Admission) -> str:
        admitted[:] = [admission]
        leads_on = found.cycle_id is not None
        return url_for("own_order.order", cycle_id=found.cycle_id) if leads_on else url_for("resident.home")

    try:
        response = submit[Admission](then=lead_on, by_anybody=True)(resident_service.admit_household, found, token)
    except NotFound:
        return None
    if not admitted:  # of two taps at once the other made the key
        return _with_key_again(response, token)
    return remember_household(response, token, admitted[0].expires_at)  # type: ignore[arg-type]


# --- the household's own page -----------------------------------------------------------------------------------------
@bp.get("/my")
@requires(Permission.OWN_HOUSEHOLD)
def home() -> str:
    """The cycles that concern the household, and the phones that remember it."""
    household = resident().household_id
    return render_template(
        "ordering/home.html",
        cards=resident_queries.cards(resident()),
        taking=entry.is_taking_orders,
        phones=resident_queries.phones(resident(), token_digest(token_of_request())),
        address=" ".join(cycles_queries.address_of(household)),
        is_proven=resident().is_proven,
        poster=resident_queries.poster_of(household),
    )


@bp.post("/my/leave")
@requires(Permission.OWN_HOUSEHOLD)
def leave() -> Response:
    """Take the household from this phone: not this household, another one."""
    there = url_for("resident.enter", code=resident_queries.poster_of(resident().household_id))
    response = submit[int](then=lambda _n: there)(resident_service.forget_phone, resident(), token_of_request())
    return forget_household(make_response(response))


@bp.post("/my/phones/forget")
@requires(Permission.OWN_HOUSEHOLD)
def forget_others() -> Response:
    """Take the household from every other phone."""
    return submit[int](then=lambda _n: url_for("resident.home"), says=_said_of_phones)(
        resident_service.forget_other_phones, resident(), token_of_request()
    )


@bp.post("/cycles/<int:cycle_id>/households/<int:household_id>/phones/forget")
@requires(Permission.ORDER_PROXY)
def forget_phones(cycle_id: int, household_id: int) -> Response:
    """Take a household from every phone: a phone was lost, or somebody got in who does not live there."""
    readable_cycle(staff(), Permission.ORDER_PROXY, cycle_id)
    there = url_for("desk.order_for", cycle_id=cycle_id, household_id=household_id)
    return submit[int](then=lambda _n: there, says=_said_of_phones)(
        resident_service.forget_phones_of, staff(), household_id
    )


def _said_of_phones(count: int) -> str:
    return str(ngettext("%(num)d 台手机已退出这一户。", "%(num)d 台手机已退出这一户。", count))


# --- whom to call -----------------------------------------------------------------------------------------------------
@bp.app_template_global()
def help_lines_for(building_id: int | None = None) -> list[HelpLine]:
    """Whom the reader of a resident's page calls: at the door of a building, of the own household, or before both.

    Never the reason that a page fails: without the database there is no number.
    """
    try:
        held = resident_if_any()
        known: list[HelpLine] | None = g.pop("help_lines", None)  # a page that read them with the rest
        if known and building_id is None:
            return known
        found = []
        if building_id is not None:
            found = help_lines.of_building(building_id)
        elif held is not None:
            found = help_lines.of_household(held.household_id)
        return found or help_lines.of_subdistricts()
    except SQLAlchemyError:
        return []

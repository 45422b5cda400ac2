"""The door PIN of a household as leader and captain give it: told by telephone, made anew, ended at a move."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, make_response, render_template, url_for
from flask_babel import ngettext
from werkzeug.wrappers import Response

from app.access import pins
from app.access.guard import requires, staff, submit
from app.access.models import DoorPin
from app.access.page_registry import describe_page
from app.access.permissions import Permission
from app.ordering import orders
from app.ordering.cycles import queries as cycles_queries
from app.ordering.gate import readable_cycle
from app.ordering.resident import service as resident_service
from app.places.scope import require_building

bp = Blueprint("door_pins", __name__)


@bp.get("/households/<int:household_id>/pin")
@requires(Permission.HOUSEHOLD_KEY)
def show(household_id: int) -> str:
    """Whether the household has a PIN, and what can be done about it; the PIN itself only on asking."""
    return _page(household_id)


def _page(household_id: int, pin: str = "") -> str:
    place = orders.household_place(staff(), household_id, Permission.HOUSEHOLD_KEY)
    describe_page({"desk.building": place.label}, building_id=place.id)
    building, room = cycles_queries.address_of(household_id)
    return render_template(
        "ordering/door_pin.html",
        household_id=household_id,
        place=place,
        address=f"{building} {room}",
        row=pins.active_pin(household_id),
        pin=pin,
    )


def _show_new_pin(household_id: int, run: Any) -> Any:
    """Run the command and show the PIN on the page that answers; it is kept nowhere."""
    there = url_for("door_pins.show", household_id=household_id)
    made: list[DoorPin] = []

    def lead_on(row: DoorPin) -> str:
        made[:] = [row]
        return there

    answer = submit[DoorPin](then=lead_on)(run, staff(), household_id)
    if not made:
        return answer
    page = make_response(_page(household_id, pins.pin_text(made[-1])))
    page.headers["Cache-Control"] = "no-store"
    return page


@bp.post("/households/<int:household_id>/pin/tell")
@requires(Permission.HOUSEHOLD_KEY)
def tell(household_id: int) -> Any:
    """Show the PIN, to be told by telephone; the log says so."""
    return _show_new_pin(household_id, resident_service.show_pin)


@bp.post("/households/<int:household_id>/pin/renew")
@requires(Permission.HOUSEHOLD_KEY)
def renew(household_id: int) -> Any:
    """Make a new PIN and show it; the old one opens nothing any more."""
    return _show_new_pin(household_id, resident_service.issue_pin)


@bp.post("/households/<int:household_id>/moved-out")
@requires(Permission.HOUSEHOLD_KEY)
def moved_out(household_id: int) -> Response:
    """Whoever lived there has gone: the PIN and every phone end."""
    there = url_for("door_pins.show", household_id=household_id)
    return submit[int](then=lambda _n: there, says=_said)(resident_service.move_out, staff(), household_id)


def _said(count: int) -> str:
    return str(ngettext("6 位号已失效，%(num)d 台手机已退出。", "6 位号已失效，%(num)d 台手机已退出。", count))


@bp.post("/cycles/<int:cycle_id>/desk/<int:building_id>/slips")
@requires(Permission.HOUSEHOLD_KEY)
def slips(cycle_id: int, building_id: int) -> Any:
    """Slips to print, cut, fold and put into the first bag: one for each household that orders and had none before.

    Those of households whose bags go to another door stand apart.
    """
    cycle = readable_cycle(staff(), Permission.HOUSEHOLD_KEY, cycle_id)
    place = require_building(staff(), Permission.HOUSEHOLD_KEY, building_id)
    there = url_for("desk.building", cycle_id=cycle_id, building_id=building_id)
    answer = submit[int](then=lambda _n: there)(resident_service.issue_slips, staff(), cycle_id, building_id)
    if answer.status_code != 303:
        return answer
    found = resident_service.slips_of(cycle_id, building_id)
    rows, by_hand = (
        [(one.room, pins.pin_text(one.row)) for one in found if one.is_by_hand == how] for how in (False, True)
    )
    page = make_response(
        render_template("ordering/pin_slips.html", cycle=cycle, place=place, rows=rows, by_hand=by_hand)
    )
    page.headers["Cache-Control"] = "no-store"
    return page

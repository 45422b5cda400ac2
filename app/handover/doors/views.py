"""One building: hand out door by door, confirm on behalf, decide about bags that failed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from app.access.guard import requires, staff, submit
from app.access.page_registry import describe_page
from app.access.permissions import Permission
from app.core.errors import Conflict, Invalid, NotFound
from app.core.input.rows import RowForm
from app.core.input.schemas import Form
from app.core.lookup import or_not_found
from app.dispatch.arrivals.queries import stops_at
from app.dispatch.counts import contested_bags
from app.handover import service
from app.handover.confirmation import service as confirmation_service
from app.handover.confirmation.queries import is_undoable
from app.handover.disputes import service as disputes_service
from app.handover.doors import doors
from app.handover.doors import queries as doors_queries
from app.handover.doors import service as doors_service
from app.handover.models import DisputeKind, DoorOutcome
from app.handover.rules import UNDO_WITHIN
from app.handover.schemas import (
    BringBack,
    Complain,
    DisputeWish,
    DoorProblem,
    LeftAtDoors,
    ReturnedGoodsState,
    TakeBack,
)
from app.ordering.gate import readable_cycle
from app.picking.models import Bag, BagState
from app.places.captaincy.service import own_captaincies
from app.places.scope import require_building

bp = Blueprint("doors", __name__)


def _here(cycle_id: int, building_id: int) -> str:
    return url_for("doors.building", cycle_id=cycle_id, building_id=building_id)


@bp.get("/cycles/<int:cycle_id>/handover/<int:building_id>")
@requires(Permission.HAND_OUT)
def building(cycle_id: int, building_id: int) -> str:
    """The doors of a building in walking order."""
    return _page(cycle_id, building_id, None)


def _page(cycle_id: int, building_id: int, form: Form | None) -> str:
    place = require_building(staff(), Permission.HAND_OUT, building_id)
    cycle = readable_cycle(staff(), Permission.HAND_OUT, cycle_id)
    bags = doors_queries.bags_at(cycle_id, place)
    found = doors.doors_of(bags, contested_bags(building_id))
    entries = doors.undoable(bags, staff().id)
    return render_template(
        "handover/building.html",
        cycle=cycle,
        building=place,
        place=doors_queries.place_of(building_id),
        stops=stops_at(staff(), cycle_id, building_id),
        is_captain=bool(own_captaincies(staff(), building_id)),
        special=[door for door in found if door.is_special],
        walk=[door for door in found if not door.is_special],
        rest=doors.rest_of(found),
        last=entries[0] if entries else None,
        undo={door.first.bag_id: doors.attempts_at(door, entries) for door in found},
        to_do=sum(1 for door in found if door.to_do),
        answered=[bag for bag in bags if bag.state in (BagState.HANDED_OUT, BagState.CONFIRMED)],
        confirmable=sum(1 for bag in bags if bag.state == BagState.HANDED_OUT and _is_told(bag)),
        coming=doors_queries.coming_count(cycle_id, building_id),
        problems=form.problems if form else [],
    )


def _is_told(bag: doors_queries.BagAtDoor) -> bool:
    return bag.tried_at is None or not is_undoable(bag.tried_at)


def _act(form: Form, cycle_id: int, building_id: int, run: Callable[[Any], Response]) -> Response | tuple[str, int]:
    """Run what was sent; the page comes again with what stands in its way."""
    status = 422
    if form.is_valid:
        try:
            return run(form.command)
        except Invalid as error:
            form.add(error)
        except Conflict as error:
            status = error.status
            form.add(Invalid(error.sentence))
    return _page(cycle_id, building_id, form), status


@bp.get("/cycles/<int:cycle_id>/handover/<int:building_id>/rest")
@requires(Permission.HAND_OUT)
def rest(cycle_id: int, building_id: int) -> str | Response:
    """Ask once before many doors are marked: which they are, and which are not among them."""
    place = require_building(staff(), Permission.HAND_OUT, building_id)
    describe_page({"doors.building": place.label})
    cycle = readable_cycle(staff(), Permission.HAND_OUT, cycle_id)
    found = doors.doors_of(doors_queries.bags_at(cycle_id, place), contested_bags(building_id))
    wanted = doors.rest_of(found)
    if not wanted:
        return redirect(_here(cycle_id, building_id))
    return render_template(
        "handover/rest.html",
        cycle=cycle,
        building=place,
        place=doors_queries.place_of(building_id),
        rest=wanted,
        bags=[bag.bag_id for door in wanted for bag in door.to_do],
        special=[door for door in found if door.is_special],
        held_up=[door for door in found if door.held_up],
        missing=[door for door in found if door.missing],
        coming=doors_queries.coming_count(cycle_id, building_id),
        minutes=int(UNDO_WITHIN.total_seconds() // 60),
    )


@bp.post("/cycles/<int:cycle_id>/handover/<int:building_id>/leave")
@requires(Permission.HAND_OUT)
def leave(cycle_id: int, building_id: int) -> Response | tuple[str, int]:
    """Bags are at their doors: of one door, or of all the rest."""
    form = Form(LeftAtDoors, request.form)

    def says(counts: dict[str, int]) -> str:
        return str(_("已登记：%(left)d 袋放到门口。10 分钟内可以撤销，之后告诉住户。", left=counts[DoorOutcome.LEFT]))

    return _act(
        form,
        cycle_id,
        building_id,
        lambda left: submit[dict[str, int]](then=lambda _counts: _here(cycle_id, building_id), says=says)(
            doors_service.leave, staff(), cycle_id, building_id, left
        ),
    )


@bp.post("/cycles/<int:cycle_id>/handover/<int:building_id>/take-back")
@requires(Permission.HAND_OUT)
def take_back(cycle_id: int, building_id: int) -> Response | tuple[str, int]:
    """Undo the last tap, or that of one door."""

    def says(bags: int) -> str:
        return str(ngettext("已撤销：%(num)d 袋又在待发放。", "已撤销：%(num)d 袋又在待发放。", bags))

    return _act(
        Form(TakeBack, request.form),
        cycle_id,
        building_id,
        lambda wanted: submit[int](then=lambda _bags: _here(cycle_id, building_id), says=says)(
            doors_service.take_back, staff(), cycle_id, building_id, wanted
        ),
    )


@bp.route("/cycles/<int:cycle_id>/handover/<int:building_id>/doors/<int:bag_id>", methods=["GET", "POST"])
@requires(Permission.HAND_OUT)
def problem(cycle_id: int, building_id: int, bag_id: int) -> str | Response | tuple[str, int]:
    """What is the matter at the door that a bag is for: which bags, and why; the reason saves."""
    if request.method == "GET":
        return _problem_page(cycle_id, building_id, bag_id, Form())
    form, status = Form(DoorProblem, request.form), 422
    if form.is_valid:
        try:
            return submit[dict[str, int]](
                then=lambda _counts: _here(cycle_id, building_id), says=_("已登记：没送到。"), tone="warn"
            )(doors_service.report, staff(), cycle_id, building_id, form.command)
        except Invalid as error:
            form.add(error)
        except Conflict as error:
            status = error.status
            form.add(Invalid(error.sentence))
    return _problem_page(cycle_id, building_id, bag_id, form), status


def _problem_page(cycle_id: int, building_id: int, bag_id: int, form: Form) -> str:
    place = require_building(staff(), Permission.HAND_OUT, building_id)
    describe_page({"doors.building": place.label})
    cycle = readable_cycle(staff(), Permission.HAND_OUT, cycle_id)
    found = doors.doors_of(doors_queries.bags_at(cycle_id, place), contested_bags(building_id))
    door = or_not_found(doors.door_with(found, bag_id))
    return render_template(
        "handover/problem.html",
        cycle=cycle,
        building=place,
        place=doors_queries.place_of(building_id),
        door=door,
        reasons=[(value, label) for value, label in DoorOutcome.options() if value != DoorOutcome.LEFT],
        form=form,
    )


@bp.post("/cycles/<int:cycle_id>/handover/<int:building_id>/confirm")
@requires(Permission.HAND_OUT)
def confirm(cycle_id: int, building_id: int) -> Response:
    """Accept on behalf of the households what was left at the doors."""

    def says(done: int) -> str:
        return str(ngettext("已代确认 %(num)d 袋。", "已代确认 %(num)d 袋。", done))

    readable_cycle(staff(), Permission.HAND_OUT, cycle_id)
    return submit[int](then=lambda _done: _here(cycle_id, building_id), says=says)(
        confirmation_service.confirm_building, staff(), cycle_id, building_id, only_told=True
    )


# --- one bag ----------------------------------------------------------------------------------------------------------
@bp.route("/handover/bags/<int:bag_id>/return", methods=["GET", "POST"])
@requires(Permission.HAND_OUT)
def bring_back(bag_id: int) -> str | Response | tuple[str, int]:
    """Decide about a bag that failed at its door and goes back."""
    if request.method == "GET":
        return _bag_page(
            "handover/return.html", bag_id, Form(), goods=ReturnedGoodsState.options(), wishes=DisputeWish.options()
        )
    form = Form(BringBack, request.form)
    if form.is_valid:
        return submit[Bag](
            then=lambda bag: _here(bag.cycle_id, bag.building_id), says=_("已退回仓库，下一波优先。"), tone="warn"
        )(service.bring_back, staff(), bag_id, form.command)
    return _bag_page(
        "handover/return.html", bag_id, form, goods=ReturnedGoodsState.options(), wishes=DisputeWish.options()
    ), 422


@bp.route("/handover/bags/<int:bag_id>/complaint", methods=["GET", "POST"])
@requires(Permission.HAND_OUT)
def complaint(bag_id: int) -> str | Response | tuple[str, int]:
    """Enter a household's complaint on its behalf."""
    if request.method == "GET":
        return _bag_page("handover/complaint.html", bag_id, Form(), kinds=DisputeKind.options())
    form = RowForm(Complain, request.form, ("qty", "kind"))
    if form.is_valid:
        try:
            return submit[Bag](then=lambda bag: _here(bag.cycle_id, bag.building_id), says=_("异议已登记。"))(
                confirmation_service.complain_for, staff(), bag_id, form.command
            )
        except Invalid as error:
            form.add(error)
    return _bag_page("handover/complaint.html", bag_id, form, kinds=DisputeKind.options()), 422


@bp.post("/handover/bags/<int:bag_id>/found")
@requires(Permission.HAND_OUT)
def found(bag_id: int) -> Response:
    """The bag that was missing at its door is there after all."""
    return submit[Bag](then=lambda bag: _here(bag.cycle_id, bag.building_id), says=_("已登记：袋子找到并送到。"))(
        disputes_service.found, staff(), bag_id
    )


def _bag_page(template: str, bag_id: int, form: Form, **more: Any) -> str:
    bag = service.require_bag(staff(), Permission.HAND_OUT, bag_id)
    place = require_building(staff(), Permission.HAND_OUT, bag.building_id)
    describe_page({"doors.building": place.label}, cycle_id=bag.cycle_id, building_id=place.id)
    here = next((one for one in doors_queries.bags_at(bag.cycle_id, place) if one.bag_id == bag_id), None)
    if here is None:
        raise NotFound
    return render_template(
        template,
        bag=here,
        cycle_id=bag.cycle_id,
        building=place,
        place=doors_queries.place_of(place.id),
        lines=doors_queries.lines_of([bag_id]).get(bag_id, []),
        form=form,
        **more,
    )

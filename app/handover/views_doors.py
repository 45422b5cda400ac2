"""One building: hand out by exception, confirm on behalf, decide about bags that failed."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from app.access.guard import about_cycle, requires, staff, submit
from app.access.permissions import Permission
from app.core.errors import Invalid, NotFound
from app.core.rows import RowForm
from app.core.schemas import Form
from app.handover import queries, queries_doors, service, service_confirm, service_disputes
from app.handover.models import DisputeKind, DoorOutcome
from app.handover.schemas import BringBackSchema, ComplainSchema, Goods, HandOutSchema, Wish
from app.picking.models import Bag, BagState
from app.places.scope import require_building

bp = Blueprint("doors", __name__)
COLUMNS = ("outcome", "detail")


def _here(cycle_id: int, building_id: int) -> str:
    return url_for("doors.building", cycle_id=cycle_id, building_id=building_id)


@bp.get("/cycles/<int:cycle_id>/handover/<int:building_id>")
@requires(Permission.HAND_OUT)
def building(cycle_id: int, building_id: int) -> str:
    """The doors of a building in walking order."""
    return _page(cycle_id, building_id, None)


def _page(cycle_id: int, building_id: int, form: Form | None) -> str:
    place = require_building(staff(), Permission.HAND_OUT, building_id)
    cycle = queries.cycle_in_reach(staff(), Permission.HAND_OUT, cycle_id)
    bags = queries_doors.bags_at(cycle_id, place)
    waiting = [bag for bag in bags if bag.state == BagState.DROPPED_OFF]
    kept = {f"outcome-{bag.bag_id}": bag.tried for bag in waiting} | {
        f"detail-{bag.bag_id}": bag.detail for bag in waiting
    }
    return render_template(
        "handover/building.html",
        cycle=cycle,
        building=place,
        place=queries_doors.place_of(building_id),
        waiting=waiting,
        failed=[bag for bag in waiting if bag.is_failed],
        handed_out=[bag for bag in bags if bag.state == BagState.HANDED_OUT],
        done=[bag for bag in bags if bag.state == BagState.CONFIRMED],
        missing=[bag for bag in bags if bag.state == BagState.MISSING],
        coming=queries_doors.coming_count(cycle_id, building_id),
        outcomes=DoorOutcome.options(),
        form=form or Form(initial=kept),
    )


@bp.post("/cycles/<int:cycle_id>/handover/<int:building_id>/hand-out")
@requires(Permission.HAND_OUT)
def hand_out(cycle_id: int, building_id: int) -> Response | tuple[str, int]:
    """Everything is at its door, except …"""
    form = RowForm(HandOutSchema, request.form, COLUMNS)

    def says(counts: dict[str, int]) -> str:
        left = counts.get(DoorOutcome.LEFT, 0)
        return str(
            _("已登记：%(left)d 袋放到门口，%(failed)d 袋没送到。", left=left, failed=sum(counts.values()) - left)
        )

    if form.is_valid:
        try:
            return submit[dict[str, int]](then=lambda _counts: _here(cycle_id, building_id), says=says)(
                service.hand_out, staff(), cycle_id, building_id, form.command
            )
        except Invalid as error:
            form.add(error)
    return _page(cycle_id, building_id, form), 422


@bp.post("/cycles/<int:cycle_id>/handover/<int:building_id>/confirm")
@requires(Permission.HAND_OUT)
def confirm(cycle_id: int, building_id: int) -> Response:
    """Accept on behalf of the households what was left at the doors."""

    def says(done: int) -> str:
        return str(ngettext("已代确认 %(num)d 袋。", "已代确认 %(num)d 袋。", done))

    return submit[int](then=lambda _done: _here(cycle_id, building_id), says=says)(
        service_confirm.confirm_building, staff(), cycle_id, building_id
    )


# --- one bag ----------------------------------------------------------------------------------------------------------
@bp.route("/handover/bags/<int:bag_id>/return", methods=["GET", "POST"])
@requires(Permission.HAND_OUT)
def bring_back(bag_id: int) -> str | Response | tuple[str, int]:
    """Decide about a bag that failed at its door and goes back."""
    if request.method == "GET":
        return _bag_page("handover/return.html", bag_id, Form(), goods=Goods.options(), wishes=Wish.options())
    form = Form(BringBackSchema, request.form)
    if form.is_valid:
        return submit[Bag](
            then=lambda bag: _here(bag.cycle_id, bag.building_id), says=_("已退回仓库，下一波优先。"), tone="warn"
        )(service.bring_back, staff(), bag_id, form.command)
    return _bag_page("handover/return.html", bag_id, form, goods=Goods.options(), wishes=Wish.options()), 422


@bp.route("/handover/bags/<int:bag_id>/complaint", methods=["GET", "POST"])
@requires(Permission.HAND_OUT)
def complaint(bag_id: int) -> str | Response | tuple[str, int]:
    """Enter a household's complaint on its behalf."""
    if request.method == "GET":
        return _bag_page("handover/complaint.html", bag_id, Form(), kinds=DisputeKind.options())
    form = RowForm(ComplainSchema, request.form, ("qty", "kind"))
    if form.is_valid:
        try:
            return submit[Bag](then=lambda bag: _here(bag.cycle_id, bag.building_id), says=_("异议已登记。"))(
                service_confirm.complain_for, staff(), bag_id, form.command
            )
        except Invalid as error:
            form.add(error)
    return _bag_page("handover/complaint.html", bag_id, form, kinds=DisputeKind.options()), 422


@bp.post("/handover/bags/<int:bag_id>/found")
@requires(Permission.HAND_OUT)
def found(bag_id: int) -> Response:
    """The bag that was missing at its door is there after all."""
    return submit[Bag](then=lambda bag: _here(bag.cycle_id, bag.building_id), says=_("已登记：袋子找到并送到。"))(
        service_disputes.found, staff(), bag_id
    )


def _bag_page(template: str, bag_id: int, form: Form, **more: Any) -> str:
    bag = service.require_bag(staff(), Permission.HAND_OUT, bag_id)
    about_cycle(bag.cycle_id)
    place = require_building(staff(), Permission.HAND_OUT, bag.building_id)
    here = next((one for one in queries_doors.bags_at(bag.cycle_id, place) if one.bag_id == bag_id), None)
    if here is None:
        raise NotFound
    return render_template(
        template,
        bag=here,
        cycle_id=bag.cycle_id,
        building=place,
        place=queries_doors.place_of(place.id),
        lines=queries_doors.lines_of([bag_id]).get(bag_id, []),
        form=form,
        **more,
    )

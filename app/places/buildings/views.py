"""The page of a building: stairwells and rooms, level, captains, where to put the bags, times without delivery."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.access.forms.submission import run_or_show_again
from app.access.guard import requires, staff, submit
from app.access.page_registry import describe_page
from app.access.permissions import Permission
from app.core.codes import grouped
from app.core.input.schemas import Form
from app.places.buildings import moves
from app.places.buildings import queries as buildings_queries
from app.places.buildings import service as buildings_service
from app.places.buildings.schemas import (
    AddBlackout,
    AddRooms,
    EditBuilding,
    NameCaptain,
)
from app.places.models import Blackout, Building
from app.places.registry import queries as registry_queries
from app.places.registry.schemas import typed_position
from app.places.scope import reaches_building, require_building
from app.places.zones.schemas import SetZone

bp = Blueprint("buildings", __name__, url_prefix="/places")
READ, EDIT = Permission.PLACES_READ, Permission.PLACES_EDIT


@bp.get("/buildings/<int:building_id>")
@requires(READ)
def show(building_id: int) -> ResponseReturnValue:
    """One building."""
    return _page(require_building(staff(), READ, building_id))


def _page(
    shown: Building, form: Form | None = None, theirs: dict[str, str] | None = None, part: str = ""
) -> ResponseReturnValue:
    may_edit = staff().may(EDIT)
    describe_page({"places.compound": shown.compound.name}, compound_id=shown.compound_id)
    stairwells = buildings_queries.stairwells_of(shown.id)
    return render_template(
        "places/building.html",
        building=shown,
        code=grouped(shown.public_code),
        stairwells=stairwells,
        households=sum(row.households for row in stairwells),
        captaincies=buildings_queries.captaincies_of(shown.id),
        candidates=buildings_service.captain_candidates(staff()) if may_edit else [],
        zones=buildings_queries.zones_of(shown.id),
        levels=buildings_queries.level_options(),
        blackouts=buildings_queries.blackouts_of(shown),
        points=registry_queries.choices_of_points(staff(), EDIT) if may_edit else [],
        position=typed_position(shown.lat_e6, shown.lon_e6),
        form=form,
        part=part,
        theirs=theirs or {},
        may_edit=may_edit,
        may_merge=reaches_building(staff(), Permission.HOUSEHOLD_KEY, shown.id),
        going_to=moves.next_point(shown.id),
    )


def _act(building_id: int, part: str, wanted: type[Any], run: Callable[..., Any], says: str) -> ResponseReturnValue:
    """Run one form of the page and come back to the page."""
    back = url_for("buildings.show", building_id=building_id)
    return run_or_show_again(
        Form(wanted, request.form),
        lambda wanted: submit(then=lambda _done: back, says=says)(run, staff(), building_id, wanted),
        lambda form, theirs: _page(require_building(staff(), EDIT, building_id), form, theirs, part),
    )


@bp.post("/buildings/<int:building_id>/edit")
@requires(EDIT)
def edit(building_id: int) -> ResponseReturnValue:
    """Label, floors, lift, drop spot, and the point; where orders are under way it is asked what becomes of them."""
    shown = require_building(staff(), EDIT, building_id)
    back, held = url_for("buildings.show", building_id=building_id), shown.service_point_id

    def save(wanted: EditBuilding) -> ResponseReturnValue:
        asks = wanted.service_point_id != held and bool(moves.with_orders([building_id]))
        kept = replace(wanted, service_point_id=held) if asks else wanted
        then = url_for("moving.ask", building_id=building_id, to=wanted.service_point_id) if asks else back
        says = "" if asks else _("已保存")
        return submit(then=lambda _done: then, says=says)(buildings_service.edit_building, staff(), building_id, kept)

    return run_or_show_again(
        Form(EditBuilding, request.form),
        save,
        lambda form, theirs: _page(require_building(staff(), EDIT, building_id), form, theirs, "edit"),
    )


@bp.post("/buildings/<int:building_id>/zone")
@requires(EDIT)
def set_zone(building_id: int) -> ResponseReturnValue:
    """Another level from now on."""

    def run(by: Any, one: int, wanted: Any) -> int:
        return buildings_service.set_zone(by, [one], wanted)

    return _act(building_id, "zone", SetZone, run, _("已改级别"))


@bp.post("/buildings/<int:building_id>/captain")
@requires(EDIT)
def name_captain(building_id: int) -> ResponseReturnValue:
    """Captain or deputy from today on."""
    return _act(building_id, "captain", NameCaptain, buildings_service.name_captain, _("已设定楼长"))


@bp.post("/captaincies/<int:captaincy_id>/end")
@requires(EDIT)
def end_captaincy(captaincy_id: int) -> ResponseReturnValue:
    """No longer captain."""
    return submit(then=_to_building, says=_("已结束"))(buildings_service.end_captaincy, staff(), captaincy_id)


@bp.post("/buildings/<int:building_id>/blackouts")
@requires(EDIT)
def add_blackout(building_id: int) -> ResponseReturnValue:
    """A time without delivery."""
    add = buildings_service.add_building_blackout
    return _act(building_id, "blackout", AddBlackout, add, _("已添加停送时段"))


@bp.post("/blackouts/<int:blackout_id>/remove")
@requires(EDIT)
def remove_blackout(blackout_id: int) -> ResponseReturnValue:
    """Delivery is possible again."""
    return submit(then=_to_place, says=_("已删除停送时段"))(buildings_service.remove_blackout, staff(), blackout_id)


@bp.post("/buildings/<int:building_id>/rooms")
@requires(EDIT)
def add_rooms(building_id: int) -> ResponseReturnValue:
    """Register rooms that are missing."""
    return _act(building_id, "rooms", AddRooms, buildings_service.add_rooms, _("已补充房号"))


def _to_building(building: Building) -> str:
    return url_for("buildings.show", building_id=building.id)


def _to_place(blackout: Blackout) -> str:
    if blackout.building_id is None:
        return url_for("places.compound", compound_id=blackout.compound_id)
    return url_for("buildings.show", building_id=blackout.building_id)

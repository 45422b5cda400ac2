"""The page that asks what becomes of a building's orders when it gets another service point."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.access.guard import requires, staff, submit
from app.access.page_registry import describe_page
from app.access.permissions import Permission
from app.core.errors import Conflict, Invalid, StaleEdit
from app.core.input.schemas import Form
from app.ordering.cycles.moving import cycles_under_way
from app.places.models import Building
from app.places.registry import queries as registry_queries
from app.places.scope import require_building
from app.tally.moving import service as moving_service
from app.tally.moving.schemas import ALONG, NEXT, MoveBuilding

bp = Blueprint("moving", __name__)
EDIT = Permission.PLACES_EDIT


@bp.get("/places/buildings/<int:building_id>/move")
@requires(EDIT)
def ask(building_id: int) -> ResponseReturnValue:
    """From the next cycle, or with the open orders? With the list of them."""
    return _page(building_id, Form())


def _page(building_id: int, form: Form) -> str:
    building = require_building(staff(), EDIT, building_id)
    above = {"places.compound": building.compound.name, "buildings.show": building.label}
    describe_page(above, compound_id=building.compound_id)
    to = request.values.get("to", type=int) or 0
    point = moving_service.in_reach(staff(), building_id, to)[1] if to else None
    cycles = cycles_under_way(building.id, point.id) if point else []
    return render_template(
        "tally/move.html",
        building=building,
        point=point,
        points=[
            row for row in registry_queries.choices_of_points(staff(), EDIT) if row[0] != building.service_point_id
        ],
        cycles=cycles,
        hindrances=moving_service.hindrances(cycles, building.id, point.id) if point else [],
        choices=[(ALONG, _("现在就换，带走还没签汇总的订单")), (NEXT, _("从下一批开始，现有的订单仍归原来的点位"))],
        form=form,
    )


@bp.post("/places/buildings/<int:building_id>/move")
@requires(EDIT)
def move(building_id: int) -> ResponseReturnValue:
    """Carry out what was chosen."""
    form = Form(MoveBuilding, request.form)
    if form.is_valid:
        try:
            return submit(then=_to_building, says=_said(form.command.choice))(
                moving_service.move_building, staff(), building_id, form.command
            )
        except Invalid as error:
            form.add(error)
        except (StaleEdit, Conflict) as error:
            form.add(Invalid({"choice": [error.sentence]}))
    return _page(building_id, form), 422


def _said(choice: str) -> str:
    return str(_("已换点位，订单一起带走了。") if choice == ALONG else _("已记下：从下一批开始换点位。"))


def _to_building(building: Building) -> str:
    return url_for("buildings.show", building_id=building.id)


@bp.post("/places/buildings/<int:building_id>/stay")
@requires(EDIT)
def stay(building_id: int) -> ResponseReturnValue:
    """Nothing changes with the next cycle after all."""
    return submit(then=_to_building, says=_("不换点位了。"))(moving_service.stay, staff(), building_id)

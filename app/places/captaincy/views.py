"""A captain's own page: the number under which runners may call on the day."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.access.forms.submission import run_or_show_again
from app.access.guard import requires, staff, submit
from app.access.permissions import Permission
from app.core.db import db
from app.core.input.schemas import Form
from app.places.captaincy import service as captaincy_service
from app.places.captaincy.schemas import GiveNumber
from app.places.labels import building_label
from app.places.models import Building, Compound, ServicePoint

bp = Blueprint("captaincy", __name__)


@bp.route("/buildings/<int:building_id>/duty-number", methods=["GET", "POST"])
@requires(Permission.HAND_OUT)
def duty_number(building_id: int) -> ResponseReturnValue:
    """Give, change or take back the own duty number for a building."""
    building, held = captaincy_service.require_own(staff(), building_id)
    if request.method == "GET":
        return _page(building, Form(initial={"phone": held[0].duty_phone}))

    def says(_building: Building) -> str:
        return str(_("已保存。送货当天，志愿者和路线单上看到这个电话。"))

    return run_or_show_again(
        Form(GiveNumber, request.form),
        lambda wanted: submit[Building](
            then=lambda one: url_for("captaincy.duty_number", building_id=one.id), says=says
        )(captaincy_service.give_number, staff(), building_id, wanted),
        lambda form, _theirs: _page(building, form),
    )


def _page(building: Building, form: Form) -> str:
    compound = db.session.get_one(Compound, building.compound_id)
    return render_template(
        "places/duty_number.html",
        building=building,
        place=building_label(compound.name, building.label),
        point=db.session.get_one(ServicePoint, building.service_point_id),
        form=form,
    )

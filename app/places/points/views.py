"""Service points: where goods are tallied and dropped for a set of buildings."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.access.forms.submission import run_or_show_again
from app.access.guard import requires, staff, submit
from app.access.permissions import Permission
from app.core.db import db
from app.core.input.schemas import Form
from app.places.models import Subdistrict
from app.places.points.schemas import SaveHelpPhone, SavePoint
from app.places.points.service import add_point, edit_point, save_help_phone
from app.places.registry import queries as registry_queries
from app.places.registry.schemas import typed_position
from app.places.scope import require_point, require_subdistrict

bp = Blueprint("points", __name__, url_prefix="/places/points")
READ, EDIT = Permission.PLACES_READ, Permission.PLACES_EDIT


@bp.get("/")
@requires(READ)
def index() -> ResponseReturnValue:
    """All points in scope with what they cover."""
    return render_template(
        "places/points.html",
        points=registry_queries.points(staff()),
        offices=registry_queries.offices(staff(), EDIT),
        may_edit=staff().may(EDIT),
    )


@bp.route("/help/<int:subdistrict_id>", methods=["GET", "POST"])
@requires(EDIT)
def help_phone(subdistrict_id: int) -> ResponseReturnValue:
    """The number that runners call when they are stuck; printed on route sheets."""

    def page(form: Form | None, _theirs: dict[str, str]) -> str:
        require_subdistrict(staff(), EDIT, subdistrict_id)
        return render_template("places/help_phone.html", office=db.session.get(Subdistrict, subdistrict_id), form=form)

    if request.method == "GET":
        return page(None, {})
    back = url_for("points.index")
    return run_or_show_again(
        Form(SaveHelpPhone, request.form),
        lambda wanted: submit(then=lambda _office: back, says=_("已保存求助电话"))(
            save_help_phone, staff(), subdistrict_id, wanted
        ),
        page,
    )


@bp.route("/new", methods=["GET", "POST"])
@requires(EDIT)
def new() -> ResponseReturnValue:
    """One more point."""

    def page(form: Form | None, theirs: dict[str, str]) -> str:
        communities = registry_queries.choices_of_communities(staff(), EDIT)
        return render_template(
            "places/point.html", point=None, position="", communities=communities, form=form, theirs=theirs
        )

    if request.method == "GET":
        return page(None, {})
    back = url_for("points.index")
    return run_or_show_again(
        Form(SavePoint, request.form),
        lambda wanted: submit(then=lambda _point: back, says=_("已添加点位"))(add_point, staff(), wanted),
        page,
    )


@bp.route("/<int:point_id>", methods=["GET", "POST"])
@requires(EDIT)
def edit(point_id: int) -> ResponseReturnValue:
    """Name, place, whether rounds may start here."""

    def page(form: Form | None, theirs: dict[str, str]) -> str:
        point = require_point(staff(), EDIT, point_id)
        communities = registry_queries.choices_of_communities(staff(), EDIT)
        position = typed_position(point.lat_e6, point.lon_e6)
        return render_template(
            "places/point.html", point=point, position=position, communities=communities, form=form, theirs=theirs
        )

    if request.method == "GET":
        return page(None, {})
    back = url_for("points.index")
    return run_or_show_again(
        Form(SavePoint, request.form),
        lambda wanted: submit(then=lambda _point: back, says=_("已保存点位"))(edit_point, staff(), point_id, wanted),
        page,
    )

"""Service points: where goods are tallied and dropped for a set of buildings."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.access.forms import attempt
from app.access.guard import requires, staff, submit
from app.access.permissions import Permission
from app.core.schemas import Form
from app.places import listing, service
from app.places.schemas import SavePointSchema, typed_position
from app.places.scope import require_point

bp = Blueprint("points", __name__, url_prefix="/places/points")
READ, EDIT = Permission.PLACES_READ, Permission.PLACES_EDIT


@bp.get("/")
@requires(READ)
def index() -> ResponseReturnValue:
    """All points in scope with what they cover."""
    return render_template("places/points.html", points=listing.points(staff()), may_edit=staff().may(EDIT))


@bp.route("/new", methods=["GET", "POST"])
@requires(EDIT)
def new() -> ResponseReturnValue:
    """One more point."""

    def page(form: Form | None, theirs: dict[str, str]) -> str:
        communities = listing.choices_of_communities(staff(), EDIT)
        return render_template(
            "places/point.html", point=None, position="", communities=communities, form=form, theirs=theirs
        )

    if request.method == "GET":
        return page(None, {})
    back = url_for("points.index")
    return attempt(
        Form(SavePointSchema, request.form),
        lambda wanted: submit(then=lambda _point: back, says=_("已添加点位"))(service.add_point, staff(), wanted),
        page,
    )


@bp.route("/<int:point_id>", methods=["GET", "POST"])
@requires(EDIT)
def edit(point_id: int) -> ResponseReturnValue:
    """Name, place, whether rounds may start here."""

    def page(form: Form | None, theirs: dict[str, str]) -> str:
        point = require_point(staff(), EDIT, point_id)
        communities = listing.choices_of_communities(staff(), EDIT)
        position = typed_position(point.lat_e6, point.lon_e6)
        return render_template(
            "places/point.html", point=point, position=position, communities=communities, form=form, theirs=theirs
        )

    if request.method == "GET":
        return page(None, {})
    back = url_for("points.index")
    return attempt(
        Form(SavePointSchema, request.form),
        lambda wanted: submit(then=lambda _point: back, says=_("已保存点位"))(
            service.edit_point, staff(), point_id, wanted
        ),
        page,
    )

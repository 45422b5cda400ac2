"""Levels of restriction as data: what a level is called and how goods reach households under it."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.access.forms.submission import run_or_show_again
from app.access.guard import requires, staff, submit
from app.access.permissions import Permission
from app.core.input.schemas import Form
from app.places.buildings import queries as buildings_queries
from app.places.models import DeliveryMode
from app.places.registry import queries as registry_queries
from app.places.zones.schemas import SaveLevel
from app.places.zones.service import add_usual_levels, save_level

bp = Blueprint("zones", __name__, url_prefix="/places/zones")
READ, EDIT = Permission.PLACES_READ, Permission.PLACES_EDIT


def _page(form: Form | None = None, _theirs: dict[str, str] | None = None) -> str:
    rows = [
        (level, buildings_queries.mode_label(level), registry_queries.zone_tone(level))
        for level in buildings_queries.levels()
    ]
    return render_template(
        "places/zones.html",
        levels=rows,
        in_force=registry_queries.buildings_by_level(staff()),
        modes=DeliveryMode.options(),
        form=form,
        may_edit=staff().may(EDIT),
    )


@bp.get("/")
@requires(READ)
def index() -> ResponseReturnValue:
    """The levels, and how many buildings are under each."""
    return _page()


@bp.post("/usual")
@requires(EDIT)
def usual() -> ResponseReturnValue:
    """Add the three usual levels at once."""
    return submit[int](then=lambda _n: url_for("zones.index"), says=_("已加入常用的级别"))(add_usual_levels, staff())


@bp.post("/save")
@requires(EDIT)
def save() -> ResponseReturnValue:
    """Add a level, or change the one with the same code."""
    back = url_for("zones.index")
    return run_or_show_again(
        Form(SaveLevel, request.form),
        lambda wanted: submit(then=lambda _level: back, says=_("已保存级别"))(save_level, staff(), wanted),
        _page,
    )

"""The page of the map of substitutes."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.access.forms.submission import run_or_show_again
from app.access.guard import requires, staff, submit
from app.access.permissions import Permission
from app.allocation import queries
from app.allocation.models import Substitution
from app.allocation.substitution import service as substitution_service
from app.allocation.substitution.schemas import PutSubstitution
from app.catalog.queries import item_names
from app.catalog.scope import subdistricts
from app.core.input.schemas import Form

bp = Blueprint("substitutions", __name__, url_prefix="/substitutions")


def _page(form: Form | None = None) -> str:
    own = subdistricts(staff(), Permission.ALLOCATE)
    rows = queries.substitutions(own)
    return render_template("allocation/substitutions.html", rows=rows, names=item_names(own), form=form)


def _to(_row: Substitution | None = None) -> str:
    return url_for("substitutions.index")


@bp.get("/")
@requires(Permission.ALLOCATE)
def index() -> ResponseReturnValue:
    """What may stand in for what."""
    return _page()


@bp.post("/put")
@requires(Permission.ALLOCATE)
def put() -> ResponseReturnValue:
    """Add an entry or change its ratio."""
    return run_or_show_again(
        Form(PutSubstitution, request.form),
        lambda wanted: submit(then=_to, says=_("已记下"))(substitution_service.put, staff(), wanted),
        lambda form, _theirs: _page(form),
    )


@bp.post("/<int:substitution_id>/drop")
@requires(Permission.ALLOCATE)
def drop(substitution_id: int) -> ResponseReturnValue:
    """Take an entry out."""
    return submit(then=_to, says=_("已删除"))(substitution_service.drop, staff(), substitution_id)

"""The page of rest times: how long goods wait after disinfection before they may be loaded."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.access.forms.submission import run_or_show_again
from app.access.guard import requires, staff, submit
from app.access.permissions import Permission
from app.catalog.models import Storage
from app.core.input.schemas import Form
from app.stock.rests import service as rests_service
from app.stock.rests.schemas import SaveOfCategory, SaveUsual

bp = Blueprint("rests", __name__, url_prefix="/stock/rests")
EDIT = Permission.CATALOG_EDIT


def _page(which: str = "", form: Form | None = None) -> str:
    rows = rests_service.rows()
    return render_template(
        "stock/rests.html",
        usual=[row for row in rows if not row.category],
        others=[row for row in rows if row.category],
        is_set=rests_service.is_set(),
        storages=Storage.options(),
        categories=rests_service.categories(staff()),
        forms={which: form} if form else {},
    )


@bp.get("/")
@requires(EDIT)
def index() -> ResponseReturnValue:
    """The times that hold now."""
    return _page()


@bp.post("/usual")
@requires(EDIT)
def usual() -> ResponseReturnValue:
    """The time of each storage class."""
    back = url_for("rests.index")
    return run_or_show_again(
        Form(SaveUsual, request.form),
        lambda wanted: submit[int](then=lambda _n: back, says=_("已保存静置时间"))(
            rests_service.save_usual, staff(), wanted
        ),
        lambda form, _theirs: _page("usual", form),
    )


@bp.post("/category")
@requires(EDIT)
def category() -> ResponseReturnValue:
    """The time of one category."""
    back = url_for("rests.index")
    return run_or_show_again(
        Form(SaveOfCategory, request.form),
        lambda wanted: submit(then=lambda _rule: back, says=_("已保存静置时间"))(
            rests_service.save_of_category, staff(), wanted
        ),
        lambda form, _theirs: _page("category", form),
    )


@bp.post("/<int:rule_id>/remove")
@requires(EDIT)
def remove(rule_id: int) -> ResponseReturnValue:
    """A category goes by its storage class again."""
    back = url_for("rests.index")
    return submit[int](then=lambda _id: back, says=_("已取消这一类的时间"))(rests_service.remove, staff(), rule_id)

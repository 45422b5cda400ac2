"""Pages of bundles: what is in them and what they cost."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.access.forms.submission import run_or_show_again
from app.access.guard import requires, staff, submit
from app.access.permissions import Permission
from app.catalog import queries, scope, service
from app.catalog.models import Bundle
from app.catalog.schemas import PutComponent, SaveBundle
from app.core.input.schemas import Form

bp = Blueprint("bundles", __name__, url_prefix="/catalog/bundles")
READ, EDIT = Permission.CATALOG_READ, Permission.CATALOG_EDIT


@bp.get("/")
@requires(READ)
def index() -> ResponseReturnValue:
    """All bundles."""
    rows = queries.bundles(scope.subdistricts(staff()))
    return render_template("catalog/bundles.html", bundles=rows, may_edit=staff().may(EDIT))


def _page(bundle_id: int | None, form: Form | None, theirs: dict[str, str], part: str = "") -> str:
    stored = scope.require_seen(staff(), Bundle, bundle_id) if bundle_id is not None else None
    own = scope.subdistricts(staff())
    may_edit = staff().may(EDIT) and (stored is None or scope.may_change(staff(), stored.subdistrict_id))
    return render_template(
        "catalog/bundle.html",
        bundle=stored,
        row=queries.bundles(own, bundle_id)[0] if stored else None,
        names=queries.item_names(own) if may_edit else [],
        form=form,
        theirs=theirs,
        part=part,
        may_edit=may_edit,
    )


def _to(bundle: Bundle) -> str:
    return url_for("bundles.show", bundle_id=bundle.id)


@bp.route("/new", methods=["GET", "POST"])
@requires(EDIT)
def new() -> ResponseReturnValue:
    """One more bundle; its content comes on the next page."""
    if request.method == "GET":
        return _page(None, None, {})
    return run_or_show_again(
        Form(SaveBundle, request.form),
        lambda wanted: submit(then=_to, says=_("已添加套餐，请加入商品"))(service.save_bundle, staff(), None, wanted),
        lambda form, theirs: _page(None, form, theirs, "bundle"),
    )


@bp.get("/<int:bundle_id>")
@requires(READ)
def show(bundle_id: int) -> ResponseReturnValue:
    """One bundle."""
    return _page(bundle_id, None, {})


@bp.post("/<int:bundle_id>/edit")
@requires(EDIT)
def edit(bundle_id: int) -> ResponseReturnValue:
    """Name, price, whether it is sold."""
    return run_or_show_again(
        Form(SaveBundle, request.form),
        lambda wanted: submit(then=_to, says=_("已保存套餐"))(service.save_bundle, staff(), bundle_id, wanted),
        lambda form, theirs: _page(bundle_id, form, theirs, "bundle"),
    )


@bp.post("/<int:bundle_id>/components")
@requires(EDIT)
def put_component(bundle_id: int) -> ResponseReturnValue:
    """How many of an item are in the bundle; 0 takes it out."""
    return run_or_show_again(
        Form(PutComponent, request.form),
        lambda wanted: submit(then=_to, says=_("已更新套餐内容"))(service.put_component, staff(), bundle_id, wanted),
        lambda form, theirs: _page(bundle_id, form, theirs, "component"),
    )

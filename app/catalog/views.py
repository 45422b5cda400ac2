"""Pages of the catalogue: the list of items, and one item."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.access.forms.submission import run_or_show_again
from app.access.guard import requires, staff, submit
from app.access.permissions import Permission
from app.catalog import queries, scope, service
from app.catalog.models import Item, Storage
from app.catalog.schemas import SaveItem
from app.core.input.schemas import Form
from app.core.paging import page_url_of
from app.core.units import yuan

bp = Blueprint("catalog", __name__, url_prefix="/catalog")
READ, EDIT = Permission.CATALOG_READ, Permission.CATALOG_EDIT


@bp.get("/")
@requires(READ)
def index() -> ResponseReturnValue:
    """Items by name, alias, initials or number."""
    args, own = request.args, scope.subdistricts(staff())
    wanted = queries.ItemFilter(
        args.get("q", ""), args.get("category", ""), args.get("storage", ""), args.get("state", "")
    )
    return render_template(
        "catalog/index.html",
        page=queries.items(wanted, args.get("page"), page_url_of(request.path, args.items(multi=True)), own),
        wanted=wanted,
        totals=queries.totals(own),
        categories=[(name, name) for name in queries.categories(own)],
        storages=Storage.options(),
        may_edit=staff().may(EDIT),
    )


def _form_page(item: Item | None, form: Form | None, theirs: dict[str, str]) -> str:
    own = scope.subdistricts(staff())
    initial = {"price": yuan(item.list_price_fen) if item else "", "aliases": ""}
    if item is not None:
        initial["aliases"] = "、".join(queries.aliases_of([item.id]).get(item.id, []))
    return render_template(
        "catalog/item.html",
        item=item,
        initial=initial,
        storages=Storage.options(),
        categories=queries.categories(own),
        supplies=queries.supplies(own, item_id=item.id) if item else [],
        form=form,
        theirs=theirs,
        may_edit=staff().may(EDIT) and (item is None or scope.may_change(staff(), item.subdistrict_id)),
    )


@bp.route("/items/new", methods=["GET", "POST"])
@requires(EDIT)
def new_item() -> ResponseReturnValue:
    """One more item."""
    if request.method == "GET":
        return _form_page(None, None, {})
    back = url_for("catalog.index")
    return run_or_show_again(
        Form(SaveItem, request.form),
        lambda wanted: submit(then=lambda _item: back, says=_("已添加商品"))(service.save_item, staff(), None, wanted),
        lambda form, theirs: _form_page(None, form, theirs),
    )


@bp.get("/items/<int:item_id>")
@requires(READ)
def item(item_id: int) -> ResponseReturnValue:
    """One item and who sells it."""
    return _form_page(scope.require_seen(staff(), Item, item_id), None, {})


@bp.post("/items/<int:item_id>/edit")
@requires(EDIT)
def edit_item(item_id: int) -> ResponseReturnValue:
    """Change an item."""
    back = url_for("catalog.item", item_id=item_id)
    return run_or_show_again(
        Form(SaveItem, request.form),
        lambda wanted: submit(then=lambda _item: back, says=_("已保存商品"))(
            service.save_item, staff(), item_id, wanted
        ),
        lambda form, theirs: _form_page(scope.require_seen(staff(), Item, item_id), form, theirs),
    )

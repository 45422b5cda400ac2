"""Pages of suppliers: what they sell, in which packs, at which price."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.access.forms.submission import run_or_show_again
from app.access.guard import requires, staff, submit
from app.access.permissions import Permission
from app.catalog import queries, scope, service
from app.catalog.models import Supplier, SupplierItem
from app.catalog.schemas import PutSupply, SaveSupplier
from app.core.input.schemas import Form

bp = Blueprint("suppliers", __name__, url_prefix="/catalog/suppliers")
READ, EDIT = Permission.CATALOG_READ, Permission.CATALOG_EDIT


@bp.get("/")
@requires(READ)
def index() -> ResponseReturnValue:
    """All suppliers."""
    rows = queries.suppliers(scope.subdistricts(staff()))
    return render_template("catalog/suppliers.html", suppliers=rows, may_edit=staff().may(EDIT))


def _page(supplier_id: int | None, form: Form | None, theirs: dict[str, str], part: str = "") -> str:
    supplier = scope.require_seen(staff(), Supplier, supplier_id) if supplier_id is not None else None
    own = scope.subdistricts(staff())
    supplies = queries.supplies(own, supplier_id=supplier_id) if supplier_id is not None else []
    may_edit = staff().may(EDIT) and (supplier is None or scope.may_change(staff(), supplier.subdistrict_id))
    edited = next((row for row in supplies if str(row.id) == request.args.get("supply")), None)
    return render_template(
        "catalog/supplier.html",
        supplier=supplier,
        supplies=supplies,
        edited=edited,
        names=queries.item_names(own) if may_edit else [],
        form=form,
        theirs=theirs,
        part=part,
        may_edit=may_edit,
    )


def _to(supplier: Supplier) -> str:
    return url_for("suppliers.show", supplier_id=supplier.id)


def _to_its(supply: SupplierItem) -> str:
    return url_for("suppliers.show", supplier_id=supply.supplier_id)


@bp.route("/new", methods=["GET", "POST"])
@requires(EDIT)
def new() -> ResponseReturnValue:
    """One more supplier."""
    if request.method == "GET":
        return _page(None, None, {})
    return run_or_show_again(
        Form(SaveSupplier, request.form),
        lambda wanted: submit(then=_to, says=_("已添加供应商"))(service.save_supplier, staff(), None, wanted),
        lambda form, theirs: _page(None, form, theirs, "supplier"),
    )


@bp.get("/<int:supplier_id>")
@requires(READ)
def show(supplier_id: int) -> ResponseReturnValue:
    """One supplier; ?supply= opens one of its lines for editing."""
    return _page(supplier_id, None, {})


@bp.post("/<int:supplier_id>/edit")
@requires(EDIT)
def edit(supplier_id: int) -> ResponseReturnValue:
    """Name, least order value, delivery fee."""
    return run_or_show_again(
        Form(SaveSupplier, request.form),
        lambda wanted: submit(then=_to, says=_("已保存供应商"))(service.save_supplier, staff(), supplier_id, wanted),
        lambda form, theirs: _page(supplier_id, form, theirs, "supplier"),
    )


@bp.post("/<int:supplier_id>/supplies")
@requires(EDIT)
def put_supply(supplier_id: int) -> ResponseReturnValue:
    """Add an item the supplier sells, or change its pack and price."""
    return run_or_show_again(
        Form(PutSupply, request.form),
        lambda wanted: submit(then=_to_its, says=_("已保存"))(service.put_supply, staff(), supplier_id, wanted),
        lambda form, theirs: _page(supplier_id, form, theirs, "supply"),
    )


@bp.post("/supplies/<int:supply_id>/remove")
@requires(EDIT)
def drop_supply(supply_id: int) -> ResponseReturnValue:
    """The supplier no longer sells the item."""
    return submit(then=_to_its, says=_("已删除"))(service.drop_supply, staff(), supply_id)

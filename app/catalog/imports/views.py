"""Import of tables of the catalogue in two steps: look at what would change, then bring all of it in."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.access.forms import uploads
from app.access.guard import requires, staff, submit
from app.access.permissions import Permission
from app.catalog.imports import service as imports_service
from app.catalog.imports.schemas import CatalogueImport
from app.catalog.imports.service import CatalogueTableKind
from app.core.errors import Invalid, wants_json
from app.core.input.imports import ImportPlan
from app.core.input.schemas import Form

bp = Blueprint("catalog_import", __name__, url_prefix="/catalog/import")
EDIT = Permission.CATALOG_EDIT


def _start(form: Form | None = None) -> str:
    return render_template("catalog/import.html", form=form, kinds=CatalogueTableKind.options())


@bp.get("/")
@requires(EDIT)
def start() -> ResponseReturnValue:
    """Choose a file."""
    return _start()


@bp.post("/preview")
@requires(EDIT)
def preview() -> ResponseReturnValue:
    """Say what the file would change; nothing is written to the catalogue."""
    form = Form(CatalogueImport, request.form)
    if form.is_valid:
        try:
            body = uploads.uploaded_body()
            plan = imports_service.preview(staff(), form.command.upload_of(body))
        except Invalid as error:
            form.add(error)
        else:
            return _shown(plan, form.command, "" if plan.problems else uploads.store_upload(body))
    return _start(form), 422


def _shown(plan: ImportPlan, chosen: CatalogueImport, digest: str) -> ResponseReturnValue:
    if wants_json():
        plan.require_no_problems()
    page = render_template(
        "places/import_preview.html",
        plan=plan,
        title=_("导入%(kind)s", kind=CatalogueTableKind(plan.kind).label),
        choices={
            "kind": plan.kind,
            "margin_percent": chosen.margin_percent,
            "default_weight_g": chosen.default_weight_g,
            "upload": digest,
        },
        commit_url=url_for("catalog_import.commit"),
        back_url=url_for("catalog_import.start"),
    )
    return (page, 422) if plan.problems else page


@bp.post("/commit")
@requires(EDIT)
def commit() -> ResponseReturnValue:
    """Bring in the file that was looked at: all of it or nothing."""
    form = Form(CatalogueImport, request.form)
    back = url_for("catalog.index")
    if form.is_valid:
        try:
            upload = form.command.upload_of(uploads.stored_upload(form.command.upload))
            return submit(then=lambda _plan: back, says=_import_sentence)(imports_service.import_table, staff(), upload)
        except Invalid as error:
            form.add(error)
    return _start(form), 422


def _import_sentence(plan: ImportPlan) -> str:
    counts = {"added": len(plan.added), "changed": len(plan.changed), "unchanged": plan.unchanged}
    return str(_("已导入：新增 %(added)s，修改 %(changed)s，不变 %(unchanged)s。", **counts))

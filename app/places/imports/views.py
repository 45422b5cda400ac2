"""Import of tables in two steps: look at what would change, then bring all of it in."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.access.forms import uploads
from app.access.guard import requires, staff, submit
from app.access.permissions import Permission, ids_of
from app.core.errors import Invalid, NotFound, wants_json
from app.core.input.imports import ImportPlan
from app.core.input.schemas import Form
from app.places.imports import service as imports_service
from app.places.imports.schemas import PlacesImport
from app.places.imports.tables.datum import Datum
from app.places.imports.tables.kinds import RegisterTableKind
from app.places.imports.tables.options import RegisterImportOptions
from app.places.registry import queries as registry_queries

bp = Blueprint("places_import", __name__, url_prefix="/places/import")
EDIT = Permission.PLACES_EDIT


def _options(choices: PlacesImport) -> RegisterImportOptions:
    subdistricts = ids_of(staff().scopes(EDIT), "subdistrict")
    if not subdistricts:
        raise NotFound
    return RegisterImportOptions(
        subdistricts[0], choices.community_id, choices.datum, choices.suffix, choices.makes_rooms
    )


def _start(form: Form | None = None) -> str:
    return render_template(
        "places/import.html",
        form=form,
        kinds=RegisterTableKind.options(),
        datums=Datum.options(),
        communities=registry_queries.choices_of_communities(staff(), EDIT),
    )


@bp.get("/")
@requires(EDIT)
def start() -> ResponseReturnValue:
    """Choose a file."""
    return _start()


@bp.post("/preview")
@requires(EDIT)
def preview() -> ResponseReturnValue:
    """Say what the file would change; nothing is written to the register."""
    form = Form(PlacesImport, request.form)
    if form.is_valid:
        try:
            body = uploads.uploaded_body()
            plan = imports_service.preview(
                staff(), imports_service.RegisterUpload(body, form.command.kind, _options(form.command))
            )
        except Invalid as error:
            form.add(error)
        else:
            digest = "" if plan.problems else uploads.store_upload(body)
            return _shown(plan, form, digest)
    return _start(form), 422


def _shown(plan: ImportPlan, form: Form, digest: str) -> ResponseReturnValue:
    if wants_json():
        plan.require_no_problems()
    choices: dict[str, Any] = {
        "kind": plan.kind,
        "community_id": form.command.community_id or "",
        "datum": form.command.datum,
        "suffix": form.command.suffix,
        "upload": digest,
    }
    if form.command.makes_rooms:
        choices["makes_rooms"] = "1"
    page = render_template(
        "places/import_preview.html",
        plan=plan,
        title=_("导入%(kind)s", kind=RegisterTableKind(plan.kind).label),
        choices=choices,
        commit_url=url_for("places_import.commit"),
        back_url=url_for("places_import.start"),
    )
    return (page, 422) if plan.problems else page


@bp.post("/commit")
@requires(EDIT)
def commit() -> ResponseReturnValue:
    """Bring in the file that was looked at: all of it or nothing."""
    form = Form(PlacesImport, request.form)
    back = url_for("places.index")
    if form.is_valid:
        try:
            body = uploads.stored_upload(form.command.upload)
            upload = imports_service.RegisterUpload(body, form.command.kind, _options(form.command))
            return submit(then=lambda _plan: back, says=_import_sentence)(imports_service.import_table, staff(), upload)
        except Invalid as error:
            form.add(error)
    return _start(form), 422


def _import_sentence(plan: ImportPlan) -> str:
    counts = {"added": len(plan.added), "changed": len(plan.changed), "unchanged": plan.unchanged}
    return str(_("已导入：新增 %(added)s，修改 %(changed)s，不变 %(unchanged)s。", **counts))

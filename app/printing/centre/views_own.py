"""The PDF of a sheet on its holder's phone: the captain's and the runner's own, and no other (see `holders`)."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, send_file, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response

from app.access.guard import requires, staff
from app.access.permissions import Permission
from app.core.db import db
from app.dispatch.rounds import service as rounds_service
from app.places.scope import require_building
from app.printing import holders
from app.printing.centre.downloads import pdf_of
from app.printing.centre.views import document_numbered, may_print
from app.printing.models import Document, DocumentState

bp = Blueprint("own_sheets", __name__)


# --- PDF --------------------------------------------------------------------------------------------------------------
@bp.get("/s/<text>.pdf")
@requires(Permission.SHEET)
def by_number(text: str) -> Response:
    """A sheet by its number, for its holder."""
    document = document_numbered(text)
    if not may_print(document):
        holders.page_of(staff(), document)
    return _send(document)


@bp.get("/rounds/<int:round_id>/route-sheet.pdf")
@requires(Permission.SHEET)
def route_sheet(round_id: int) -> Response:
    """The route sheet that holds now."""
    found = rounds_service.require_round(staff(), round_id)
    return _send_newest("route_sheet", found.id, url_for("dispatch.round", round_id=found.id))


@bp.get("/stops/<int:stop_id>/drop-off-sheet.pdf")
@requires(Permission.SHEET)
def drop_off_sheet(stop_id: int) -> Response:
    """The drop-off sheet that holds now."""
    stop = rounds_service.require_stop(staff(), holders.own_stop(staff(), stop_id).id)
    return _send_newest("drop_off_sheet", stop.id, url_for("dispatch.sign_page", stop_id=stop.id))


@bp.get("/cycles/<int:cycle_id>/handover/<int:building_id>/hand-out-list.pdf")
@requires(Permission.SHEET)
def hand_out_list(cycle_id: int, building_id: int) -> Response:
    """The hand-out list of a building that holds now, of the newest wave that has one."""
    building = require_building(staff(), Permission.HAND_OUT, building_id)
    there = url_for("doors.building", cycle_id=cycle_id, building_id=building.id)
    return _send_newest("hand_out_list", building.id, there, cycle_id)


def _send_newest(kind: str, subject_id: int, otherwise: str, cycle_id: int | None = None) -> Response:
    found = select(Document).where(Document.kind == kind, Document.subject_id == subject_id)
    if cycle_id is not None:
        found = found.where(Document.cycle_id == cycle_id)
    newest = found.where(Document.state != DocumentState.SUPERSEDED).order_by(Document.wave.desc(), Document.id.desc())
    document = db.session.scalar(newest.limit(1))
    if document is None:
        flash(_("这张单还没有准备好，请告诉物资组或点位。"), "warn")
        return redirect(otherwise)
    return _send(document)


def _send(document: Document) -> Response:
    return send_file(pdf_of([document]), mimetype="application/pdf", download_name=f"{document.number}.pdf", max_age=0)

"""Endpoints of printed documents."""

from __future__ import annotations

from typing import Any

from flask import Response, send_file
from sqlalchemy import ColumnElement, select, true

from app.access.guard import staff
from app.access.permissions import Permission
from app.api.cursor import part_of
from app.api.framework import ApiBlueprint
from app.api.paper.schemas import DocumentList, DocumentRecord
from app.api.schemas import CursorQuery
from app.ordering.gate import readable_cycle
from app.places.models import ServicePoint
from app.places.scope import is_subdistrict_in_scope, points_in_scope
from app.printing.centre.downloads import pdf_of
from app.printing.centre.views import document_of
from app.printing.models import Document

bp = ApiBlueprint("api_paper", __name__, description="Printed documents")


@bp.read("/cycles/<int:cycle_id>/documents", Permission.PRINT, DocumentList, takes=CursorQuery)
def list_documents(asked: CursorQuery, cycle_id: int) -> dict[str, Any]:
    """The documents of a cycle within reach, replaced versions included."""
    cycle = readable_cycle(staff(), Permission.PRINT, cycle_id)
    own = select(ServicePoint.id).where(points_in_scope(staff(), Permission.PRINT))
    is_wide = is_subdistrict_in_scope(staff(), Permission.PRINT, cycle.subdistrict_id)
    within: ColumnElement[bool] = true() if is_wide else Document.service_point_id.in_(own)
    rows, following = part_of(select(Document).where(Document.cycle_id == cycle.id, within), Document.id, asked)
    return {"items": rows, "next": following}


@bp.read("/documents/<int:document_id>", Permission.PRINT, DocumentRecord)
def get_document(document_id: int) -> Document:
    """One document."""
    return document_of(document_id)


@bp.file("/documents/<int:document_id>/file", Permission.PRINT, "application/pdf")
def get_document_file(document_id: int) -> Response:
    """The pages of one document."""
    found = document_of(document_id)
    return send_file(pdf_of([found]), mimetype="application/pdf", download_name=f"{found.number}.pdf", max_age=0)

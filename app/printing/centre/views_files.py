"""Downloads of the print centre and the search for one building or round."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Blueprint, render_template, request, send_file
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.access.guard import requires
from app.access.permissions import Permission
from app.printing.centre import parts
from app.printing.centre import queries as centre_queries
from app.printing.centre.downloads import ArchiveFile, pdf_of, safe_name, zip_of
from app.printing.centre.views import Desk, desk_of, kind_of
from app.printing.kinds import KIT, listed
from app.printing.models import Document

bp = Blueprint("print_files", __name__)


def _in_file_order(documents: list[Document]) -> list[Document]:
    return sorted(documents, key=lambda row: (row.sha256, row.first_page))


def _archive(desk: Desk, kind: str | None) -> Iterator[ArchiveFile]:
    """A folder a kind, in it a file a point; sheets of the whole subdistrict in a file of their own."""
    names = dict(desk.points)
    documents = centre_queries.current_documents(desk.cycle.id, desk.wave, desk.within, kind)
    for place, one in enumerate((*listed(), KIT), start=1):
        own = _in_file_order([row for row in documents if row.kind == one.key])
        points: dict[int | None, list[Document]] = {}
        for row in own:
            points.setdefault(row.service_point_id, []).append(row)
        in_order = sorted(points, key=lambda point: (point is not None, names.get(point or 0, "")))
        for number, point in enumerate(in_order, start=1):
            label = names.get(point or 0, _("全街道"))
            yield ArchiveFile(f"{place:02d} {_(one.label_zh)}", f"{number:02d} {label}", tuple(points[point]))


@bp.get("/cycles/<int:cycle_id>/print/all.zip")
@requires(Permission.PRINT)
def everything(cycle_id: int) -> Response:
    """All current sheets, a folder a kind, a file a point."""
    desk = desk_of(cycle_id)
    name = _("%(cycle)s 第%(wave)s波 单据", cycle=desk.cycle.name, wave=desk.wave)
    return _send_zip(_archive(desk, None), name)


@bp.get("/cycles/<int:cycle_id>/print/<kind>.zip")
@requires(Permission.PRINT)
def of_kind(cycle_id: int, kind: str) -> Response:
    """All current sheets of one kind, a file a point."""
    desk, found = desk_of(cycle_id), kind_of(kind)
    name = _("%(cycle)s 第%(wave)s波 %(kind)s", cycle=desk.cycle.name, wave=desk.wave, kind=_(found.label_zh))
    return _send_zip(_archive(desk, kind), name)


def _send_zip(found: Iterator[ArchiveFile], name: str) -> Response:
    return send_file(
        zip_of(found), mimetype="application/zip", download_name=f"{safe_name(name)}.zip", as_attachment=True, max_age=0
    )


@bp.get("/cycles/<int:cycle_id>/print/part")
@requires(Permission.PRINT)
def part(cycle_id: int) -> str:
    """Buildings and rounds that match what was typed, each with its sheets and a button to print them."""
    desk = desk_of(cycle_id)
    typed = request.args.get("q", "").strip()[:40]
    found = parts.search_parts(cycle_id, desk.wave, desk.point_ids, typed) if typed else []
    return render_template("printing/part.html", desk=desk, cycle=desk.cycle, typed=typed, found=found)


@bp.get("/cycles/<int:cycle_id>/print/building/<int:building_id>.pdf")
@requires(Permission.PRINT)
def building(cycle_id: int, building_id: int) -> Response:
    """The current sheets of one building in one file."""
    desk = desk_of(cycle_id)
    documents = parts.documents_of_building(cycle_id, desk.wave, desk.within, building_id)
    label = documents[0].label if documents else str(building_id)
    return send_file(pdf_of(documents), mimetype="application/pdf", download_name=f"{safe_name(label)}.pdf", max_age=0)


@bp.get("/cycles/<int:cycle_id>/print/round/<int:round_id>.pdf")
@requires(Permission.PRINT)
def round_(cycle_id: int, round_id: int) -> Response:
    """The current sheets of one round in one file: route sheet, then stop by stop."""
    desk = desk_of(cycle_id)
    documents = parts.documents_of_round(cycle_id, desk.wave, desk.within, round_id)
    label = documents[0].label if documents else str(round_id)
    return send_file(pdf_of(documents), mimetype="application/pdf", download_name=f"{safe_name(label)}.pdf", max_age=0)

"""Pages of the print centre: what there is to print, how far a print job is, and the files."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, select
from werkzeug.wrappers import Response

from app.access.guard import requires, set_page_cycle, staff, submit
from app.access.permissions import Permission
from app.core.db import db
from app.core.errors import NotFound
from app.core.input.schemas import Form
from app.core.jobs import Job
from app.core.lookup import or_not_found, row_or_not_found
from app.core.paging import slice_page
from app.ordering.gate import readable_cycle
from app.ordering.models import Cycle
from app.places.models import ServicePoint
from app.places.scope import is_subdistrict_in_scope, points_in_scope
from app.printing import holders
from app.printing.centre import queries as centre_queries
from app.printing.centre import service
from app.printing.centre.downloads import pdf_of, safe_name
from app.printing.centre.schemas import PrintSchema
from app.printing.centre.workbook import purchase_order_workbook
from app.printing.contexts.ground import load_ground
from app.printing.kinds import KIT, SheetKind, by_key
from app.printing.layout.labels import STOCKS
from app.printing.models import Document, DocumentState
from app.printing.numbers import CheckCharacterError, SheetNumberError, parse_sheet_number
from app.printing.returns import queries as returns_queries
from app.printing.sheets.supply.purchase_context import purchase_orders
from app.printing.sheets.supply.purchase_order import PurchaseOrderSheet

bp = Blueprint("printing", __name__)

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class Desk:
    """What the reader may print: everything of the cycle, or some points (``point_ids``)."""

    cycle: Cycle
    wave: int
    waves: list[int]
    points: list[tuple[int, str]]
    point_id: int | None
    is_wide: bool
    point_ids: list[int] | None
    within: ColumnElement[bool]


def _whole_number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def desk_of(cycle_id: int) -> Desk:
    cycle = readable_cycle(staff(), Permission.PRINT, cycle_id)
    is_wide = is_subdistrict_in_scope(staff(), Permission.PRINT, cycle.subdistrict_id)
    points = centre_queries.points_of(cycle_id, points_in_scope(staff(), Permission.PRINT))
    waves = centre_queries.waves(cycle_id)
    asked_wave, point_id = _whole_number(request.values.get("wave", "")), _whole_number(request.values.get("point", ""))
    own = [point for point, _name in points]
    if point_id is not None and point_id not in own:
        raise NotFound
    chosen = None if is_wide and point_id is None else [point_id] if point_id is not None else own
    within = centre_queries.everywhere() if chosen is None else Document.service_point_id.in_(chosen)
    wave = asked_wave if asked_wave in waves else waves[-1]
    return Desk(cycle, wave, waves, points, point_id, is_wide, chosen, within)


def kind_of(key: str) -> SheetKind:
    return or_not_found(by_key().get(key))


def _newest_job(desk: Desk) -> Job | None:
    jobs = db.session.scalars(
        select(Job)
        .where(Job.kind.in_(service.PRINT_JOBS), Job.cycle_id == desk.cycle.id)
        .order_by(Job.id.desc())
        .limit(20)
    )
    return next((job for job in jobs if desk.is_wide or job.payload["point_id"] in (desk.point_ids or [])), None)


@bp.get("/cycles/<int:cycle_id>/print")
@requires(Permission.PRINT)
def index(cycle_id: int) -> str:
    """What is ready, stale or missing for each kind of sheet."""
    return _index_page(desk_of(cycle_id), Form())


def _index_page(desk: Desk, form: Form) -> str:
    found = centre_queries.overview(desk.cycle.id, desk.wave, desk.within, desk.point_ids, desk.points)
    return render_template(
        "printing/index.html",
        desk=desk,
        cycle=desk.cycle,
        rows=found.kinds,
        stages=found.stages,
        points=found.points,
        job=_newest_job(desk),
        stocks=STOCKS.values(),
        kit=KIT.key,
        form=form,
    )


@bp.post("/cycles/<int:cycle_id>/print")
@requires(Permission.PRINT)
def request_sheets(cycle_id: int) -> Response | tuple[str, int]:
    """Ask for sheets."""
    form = Form(PrintSchema, request.form)
    if not form.is_valid:
        return _index_page(desk_of(cycle_id), form), 422
    wanted = form.command
    return submit[Job](
        then=lambda _job: url_for("printing.index", cycle_id=cycle_id, wave=wanted.wave, point=wanted.point_id),
        says=_("已开始准备单据，完成后可在这里下载。"),
    )(service.request_printing, staff(), cycle_id, wanted)


@bp.post("/cycles/<int:cycle_id>/print/kit")
@requires(Permission.PRINT)
def request_kit(cycle_id: int) -> Response | tuple[str, int]:
    """Ask for the degraded kit."""
    form = Form(PrintSchema, request.form)
    if not form.is_valid:
        return _index_page(desk_of(cycle_id), form), 422
    wave = form.command.wave
    return submit[Job](
        then=lambda _job: url_for("printing.index", cycle_id=cycle_id, wave=wave),
        says=_("已开始准备应急包：当天全部单据和空白表。"),
    )(service.request_kit, staff(), cycle_id, wave)


@bp.post("/cycles/<int:cycle_id>/print/jobs/<int:job_id>/cancel")
@requires(Permission.PRINT)
def cancel(cycle_id: int, job_id: int) -> Response:
    """Stop a print job."""
    readable_cycle(staff(), Permission.PRINT, cycle_id)
    there = url_for("printing.index", cycle_id=cycle_id)
    return submit[object](then=lambda _done: there)(service.cancel_printing, staff(), job_id)


@bp.get("/cycles/<int:cycle_id>/print/<kind>")
@requires(Permission.PRINT)
def kind(cycle_id: int, kind: str) -> str:
    """The printed sheets of one kind, void versions included on demand."""
    desk, found = desk_of(cycle_id), kind_of(kind)
    with_void, typed = request.args.get("void") == "1", request.args.get("q", "").strip()[:40]
    documents = centre_queries.current_documents(cycle_id, desk.wave, desk.within, kind, with_void=with_void)
    words = typed.lower().split()
    shown = [row for row in documents if all(word in f"{row.label} {row.number}".lower() for word in words)]
    args: dict[str, Any] = {"cycle_id": cycle_id, "kind": kind, "wave": desk.wave, "point": desk.point_id}
    args |= {"q": typed or None, "void": 1 if with_void else None}
    page = slice_page(shown, request.args.get("page"), lambda number: url_for("printing.kind", **args, page=number))
    changes = centre_queries.changed_at(cycle_id)
    rows = [
        centre_queries.PrintedSheetRow(row, centre_queries.is_stale(row.as_of_event_id, found.watched_tables, changes))
        for row in page.rows
    ]
    return render_template(
        "printing/kind.html",
        desk=desk,
        cycle=desk.cycle,
        kind=found,
        rows=rows,
        page=page,
        typed=typed,
        with_void=with_void,
    )


@bp.get("/cycles/<int:cycle_id>/print/<kind>.pdf")
@requires(Permission.PRINT)
def kind_file(cycle_id: int, kind: str) -> Response:
    """All current sheets of one kind in one file."""
    desk, found = desk_of(cycle_id), kind_of(kind)
    documents = centre_queries.current_documents(cycle_id, desk.wave, desk.within, kind)
    name = _("%(kind)s %(cycle)s 第%(wave)s波", kind=_(found.label_zh), cycle=desk.cycle.name, wave=desk.wave)
    return _send(sorted(documents, key=lambda row: (row.sha256, row.first_page)), f"{safe_name(name)}.pdf")


@bp.get("/cycles/<int:cycle_id>/print/sheet/<int:document_id>.pdf")
@requires(Permission.PRINT)
def sheet_file(cycle_id: int, document_id: int) -> Response:
    """One version of one sheet."""
    document = document_of(document_id)
    if document.cycle_id != cycle_id:
        raise NotFound
    return _send([document], f"{document.number}.pdf")


def document_of(document_id: int) -> Document:
    document = row_or_not_found(Document, document_id)
    cycle = db.session.get(Cycle, document.cycle_id)
    if cycle is not None and is_subdistrict_in_scope(staff(), Permission.PRINT, cycle.subdistrict_id):
        return document
    own = select(ServicePoint.id).where(
        ServicePoint.id == document.service_point_id, points_in_scope(staff(), Permission.PRINT)
    )
    if db.session.scalar(own) is None:
        raise NotFound
    return document


def _send(documents: list[Document], name: str) -> Response:
    """Take the pages of the documents out of their files; pages are copied, nothing is rendered."""
    out = pdf_of(documents)
    return send_file(out, mimetype="application/pdf", download_name=name, max_age=0)


@bp.get("/cycles/<int:cycle_id>/print/purchase_order/<int:order_id>.xlsx")
@requires(Permission.PRINT)
def workbook(cycle_id: int, order_id: int) -> Response:
    """A purchase order as a workbook."""
    desk = desk_of(cycle_id)
    if desk.point_ids is not None:
        raise NotFound
    found = (one for one in purchase_orders(load_ground(cycle_id)) if one.subject.id == order_id)
    prepared = next(found, None)
    if prepared is None or not isinstance(prepared.sheet, PurchaseOrderSheet):
        raise NotFound
    number = db.session.scalar(
        select(Document.number)
        .where(Document.kind == "purchase_order", Document.cycle_id == cycle_id, Document.subject_id == order_id)
        .order_by(Document.revision.desc())
        .limit(1)
    )
    data = purchase_order_workbook(prepared.sheet, number or "")
    return send_file(BytesIO(data), mimetype=_XLSX, download_name=f"purchase-order-{order_id}.xlsx", max_age=0)


@bp.get("/s/<text>")
@requires(Permission.SHEET)
def by_number(text: str) -> str | Response:
    """The sheet behind the code or number on paper, and whether it still holds; its holder is led to its page."""
    document = document_numbered(text)
    if may_print(document):
        return sheet_page(document, Form())
    there = holders.page_of(staff(), document)
    if document.state == DocumentState.SUPERSEDED:
        flash(_("这张纸已经有新版，以这里看到的为准。"), "warn")
    return redirect(there)


def may_print(document: Document) -> bool:
    """Whether the reader has this sheet in the print centre."""
    try:
        return staff().may(Permission.PRINT) and document_of(document.id) is document
    except NotFound:
        return False


def document_numbered(text: str) -> Document:
    """The printed version with this number, typed as it stands on paper.

    Raises:
        NotFound: it is no number, its check character shows a slip, or nothing was printed under it.
    """
    try:
        number = parse_sheet_number(text[:60])
    except CheckCharacterError as error:
        raise NotFound(_("最后一位校验字符不对：有一个字抄错了，请照纸上再抄一遍。")) from error
    except SheetNumberError as error:
        raise NotFound(_("这不像单号。单号在每页右下角，例如 HO-12-1-34-V2-D。")) from error
    found = db.session.scalar(select(Document).where(Document.number == str(number)))
    if found is None:
        raise NotFound(_("没有这个单号的单据。"))
    return found


def sheet_page(document: Document, form: Form) -> str:
    """One version: whether it holds, what changed since, and a form to type it in."""
    set_page_cycle(document.cycle_id)
    kind = kind_of(document.kind)
    newest, since = returns_queries.changed_since(document)
    return render_template(
        "printing/sheet.html",
        document=document,
        cycle=db.session.get(Cycle, document.cycle_id),
        kind=kind,
        newer=newest,
        since=since,
        is_void=document.state == DocumentState.SUPERSEDED,
        is_stale=centre_queries.is_stale(
            document.as_of_event_id, kind.watched_tables, centre_queries.changed_at(document.cycle_id)
        ),
        comes_back=document.kind in returns_queries.COMES_BACK,
        doors=returns_queries.doors_of(document) if staff().may(Permission.HAND_OUT) else None,
        arrival=returns_queries.arrival_of(document) if staff().may(Permission.DROP_OFF) else None,
        may_load=returns_queries.may_load(staff(), document),
        may_undo=returns_queries.may_undo(document, staff().id),
        form=form,
    )


@bp.get("/print/find")
@requires(Permission.PRINT)
def find() -> Response | tuple[str, int]:
    """From a typed number to its sheet; a slip is said beside the field, which keeps what was typed."""
    typed = request.args.get("number", "").strip()[:60]
    try:
        found = document_of(document_numbered(typed).id)
    except NotFound as error:
        return render_template("printing/find.html", typed=typed, said=error.sentence), 404
    return redirect(url_for("printing.by_number", text=found.number))

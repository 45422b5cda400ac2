"""Pages of intake: paste a chain or bring a workbook, look at every line, commit, take a paste back."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.access.guard import requires, set_page_cycle, staff, submit
from app.access.page_registry import describe_page
from app.access.permissions import Permission
from app.core.db import db
from app.core.errors import Conflict, Invalid, NotFound
from app.core.input.schemas import Form, load
from app.core.jobs import Job
from app.core.paging import page_url_of, slice_page
from app.intake import queries
from app.intake.booking import service as booking_service
from app.intake.booking.schemas import SettleLineSchema
from app.intake.handing_over import service as handing_over_service
from app.intake.handing_over.schemas import Route
from app.intake.models import ChainPaste, LineOutcome, PasteLine, PasteState, VersionChange
from app.intake.paste import service, versions
from app.intake.paste.schemas import FileOf, Paste
from app.intake.reasons import sentence
from app.ordering.models import Cycle
from app.places.scope import points_in_scope

bp = Blueprint("intake", __name__)
WAITING_SHOWN = 60


@bp.get("/cycles/<int:cycle_id>/intake")
@requires(Permission.INTAKE)
def index(cycle_id: int) -> str:
    """What was pasted so far, and the boxes for the next."""
    return _index(cycle_id, Form())


def _index(cycle_id: int, form: Form, *, is_older: bool = False) -> str:
    cycle = db.session.get(Cycle, cycle_id)
    scope = points_in_scope(staff(), Permission.INTAKE)
    points = queries.points(cycle_id, scope)
    if cycle is None or not points:
        raise NotFound
    pastes = queries.paste_rows(cycle_id, scope)
    page = slice_page(pastes, request.args.get("page"), page_url_of(request.path, request.args.items(multi=True)))
    return render_template("intake/index.html", cycle=cycle, points=points, pastes=page, form=form, is_older=is_older)


@bp.post("/cycles/<int:cycle_id>/intake/paste")
@requires(Permission.INTAKE)
def paste(cycle_id: int) -> Response | tuple[str, int]:
    """Read a chain; an older version of one that is there is said beside the text, with a way to insist."""
    form, is_older = Form(Paste, request.form), False
    if form.is_valid:
        try:
            return submit[ChainPaste](then=lambda kept: url_for("intake.preview", paste_id=kept.id))(
                service.paste_chain, staff(), cycle_id, form.command.point, form.command
            )
        except versions.Older as error:
            is_older = True
            form.add(Invalid({"accepts_older": [error.sentence]}))
        except Conflict as error:
            form.add(Invalid({"text": [error.sentence]}))
    return _index(cycle_id, form, is_older=is_older), 422


@bp.post("/cycles/<int:cycle_id>/intake/workbook")
@requires(Permission.INTAKE)
def workbook(cycle_id: int) -> Response | tuple[str, int]:
    """Read an order workbook."""
    form = Form(FileOf, request.form)
    file = request.files.get("file")
    body = file.read() if file else b""
    try:
        if not body:
            raise Invalid({"file": [_("请选择文件。")]})
        if form.is_valid:
            return submit[ChainPaste](then=lambda kept: url_for("intake.preview", paste_id=kept.id))(
                service.import_workbook, staff(), cycle_id, form.command.point, body
            )
    except Invalid as error:
        form.add(error)
    return _index(cycle_id, form), 422


@bp.get("/pastes/<int:paste_id>")
@requires(Permission.INTAKE)
def preview(paste_id: int) -> str:
    """Every line of a paste beside what it was read as: doubtful ones first, then the others by kind."""
    kept = service.require_paste(staff(), paste_id)
    set_page_cycle(kept.cycle_id)
    rows = queries.line_rows(kept)
    waiting = [row for row in rows if row.waits]
    show = _shown(kept)
    others = [row for row in rows if not row.waits and _fits(row, show)]
    return render_template(
        "intake/preview.html",
        cycle=db.session.get_one(Cycle, kept.cycle_id),
        paste=kept,
        before=db.session.get(ChainPaste, kept.replaces_id) if kept.replaces_id else None,
        doubtful=versions.possible_earlier_version(kept),
        state=PasteState(kept.state),
        waiting=waiting[:WAITING_SHOWN],
        waiting_count=len(waiting),
        lines=slice_page(others, request.args.get("page"), page_url_of(request.path, request.args.items(multi=True))),
        counts={outcome: sum(row.outcome == outcome for row in rows) for outcome in LineOutcome},
        differences={kind: sum(row.difference == kind for row in rows) for kind in VersionChange},
        removed=queries.removed_rows(kept),
        elsewhere=queries.ordered_elsewhere(kept),
        others=queries.for_other_points(rows),
        routed_from=queries.routed_from(kept),
        show=show,
        done=_just_done(rows),
        totals=queries.item_totals(kept),
        job=db.session.get(Job, kept.job_id) if kept.job_id else None,
    )


def _shown(kept: ChainPaste) -> str:
    asked = request.args.get("show", "")
    known = {"all", "orders", "changed", "kept"}
    return asked if asked in known else ("changed" if kept.replaces_id else "orders")


def _fits(row: queries.PasteLineRow, show: str) -> bool:
    acts = row.outcome in (LineOutcome.ROW, LineOutcome.AMEND, LineOutcome.CANCEL, LineOutcome.REVIEW)
    if show == "changed":
        return row.difference in (VersionChange.ADDED, VersionChange.CHANGED)
    return show == "all" or acts == (show == "orders")


def _just_done(rows: list[queries.PasteLineRow]) -> queries.PasteLineRow | None:
    asked = request.args.get("done", "")
    return next((row for row in rows if str(row.id) == asked and row.settled), None)


@bp.post("/pastes/<int:paste_id>/commit")
@requires(Permission.INTAKE)
def commit(paste_id: int) -> Response:
    """Turn the clear lines into orders."""
    return submit[ChainPaste](then=_preview_of, says=_said)(booking_service.commit, staff(), paste_id)


@bp.post("/pastes/<int:paste_id>/commit-other")
@requires(Permission.INTAKE)
def commit_other(paste_id: int) -> Response:
    """Turn the clear lines into orders, as another list than the one that it resembles."""
    return submit[ChainPaste](then=_preview_of, says=_said)(booking_service.commit, staff(), paste_id, True)


@bp.post("/pastes/<int:paste_id>/later")
@requires(Permission.INTAKE)
def later(paste_id: int) -> Response:
    """Take a preview for a later version of the list that it resembles, and show what that changes."""
    return submit[ChainPaste](then=_preview_of, says=_("已按新版比较，请看会改动和收回哪些，再入单。"))(
        booking_service.accept_as_later_version, staff(), paste_id
    )


def _said(kept: ChainPaste) -> str:
    if kept.state == PasteState.COMMITTING:
        return str(_("正在入单，下面可以看到进度。可以离开这一页。"))
    waits = any(line.outcome == LineOutcome.REVIEW and line.settled_at is None for line in kept.lines)
    return str(_("清楚的行已入单，待确认的行请逐行处理。") if waits else _("已入单。"))


def _preview_of(kept: ChainPaste) -> str:
    return url_for("intake.preview", paste_id=kept.id)


@bp.post("/pastes/<int:paste_id>/undo")
@requires(Permission.INTAKE)
def undo(paste_id: int) -> Response:
    """Take a paste back, with everything it booked."""
    return submit[ChainPaste](then=_preview_of, says=_("这次粘贴已撤销，它下的单已收回。"))(
        booking_service.undo, staff(), paste_id
    )


@bp.post("/pastes/<int:paste_id>/route")
@requires(Permission.INTAKE)
def route(paste_id: int) -> Response:
    """Hand the lines that another point covers over to it."""
    to = load(Route, request.form)
    return submit[ChainPaste](then=_preview_of, says=_("已交给那个点位，那边核对后入单。"))(
        handing_over_service.route, staff(), paste_id, to
    )


@bp.get("/paste-lines/<int:line_id>")
@requires(Permission.INTAKE)
def line(line_id: int) -> str:
    """One doubtful line."""
    return _line_page(service.require_line(staff(), line_id), Form())


def _line_page(line: PasteLine, form: Form) -> str:
    kept = db.session.get_one(ChainPaste, line.paste_id)
    describe_page({"intake.preview": _("第 %(n)d 次粘贴", n=kept.seq)}, cycle_id=kept.cycle_id, paste_id=kept.id)
    row = queries.line_row(kept, line.id)
    typed = request.args.get("q", "").strip()[:40]
    found = queries.homes_like(kept.service_point_id, typed)
    if line.household_id:
        found = list(queries.home_names({line.household_id}).items()) + found
    homes = list(dict(row.candidates + found).items())
    goods = " ".join(f"{one['item']} {one['qty'] or ''}" for one in line.items or [])
    return render_template(
        "intake/line.html",
        paste=kept,
        line=line,
        row=row,
        homes=homes,
        q=typed,
        offers=queries.offer_names(kept.cycle_id),
        form=form if form.is_bound else Form(initial={"goods": goods}),
    )


@bp.post("/paste-lines/<int:line_id>")
@requires(Permission.INTAKE)
def settle(line_id: int) -> Response | tuple[str, int]:
    """Decide a doubtful line; the next one has the keyboard afterwards."""
    form = Form(SettleLineSchema, request.form)
    if form.is_valid:
        try:
            return submit[PasteLine](then=_next, says=_settled)(booking_service.settle, staff(), line_id, form.command)
        except Invalid as error:
            form.add(error)
    return _line_page(service.require_line(staff(), line_id), form), 422


def _settled(line: PasteLine) -> str:
    """A line that could not be booked waits again, with a new reason."""
    if line.settled_at is None:
        return str(_("这一行还没有入单：%(why)s。", why=sentence(line.reason)))
    return str(_("这一行已处理。"))


def _next(line: PasteLine) -> str:
    following = queries.next_waiting(line)
    anchor = f"line-{following}" if following else None
    return url_for("intake.preview", paste_id=line.paste_id, done=line.id, _anchor=anchor)


@bp.post("/paste-lines/<int:line_id>/unsettle")
@requires(Permission.INTAKE)
def unsettle(line_id: int) -> Response:
    """Take the decision about a line back."""
    return submit[PasteLine](
        then=lambda line: url_for("intake.preview", paste_id=line.paste_id, _anchor=f"line-{line.id}"),
        says=_("已收回，这一行重新等待确认。"),
    )(booking_service.unsettle, staff(), line_id)

"""Paper and labels of the installation, and the words for the groups that go with a sheet."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.access.forms.submission import run_or_show_again
from app.access.guard import requires, staff, submit
from app.access.page_registry import describe_page
from app.access.permissions import Permission
from app.core.db import db
from app.core.errors import NotFound
from app.core.input.schemas import Form
from app.core.jobs import Job
from app.ordering.gate import require_cycle
from app.ordering.models import Cycle
from app.places.scope import points_in_scope, require_part_of
from app.printing.centre import queries as centre_queries
from app.printing.centre import service
from app.printing.centre.service import PrintRequest
from app.printing.contexts.builder import public_url
from app.printing.contexts.telling import texts_for
from app.printing.kinds import printable
from app.printing.layout.labels import STOCKS, millimetres
from app.printing.paper_setup import service as paper_setup_service
from app.printing.paper_setup.schemas import SaveMarginsSchema, SavePaperSchema

bp = Blueprint("paper", __name__)


def _page(cycle: Cycle, stock: str, paper: Form | None = None, margins: Form | None = None) -> str:
    options = paper_setup_service.options_of(cycle.subdistrict_id)
    chosen = stock if stock in STOCKS else options.sheet_stock
    return render_template(
        "printing/paper.html",
        cycle=cycle,
        options=options,
        stock=options.stock(chosen),
        suggested=STOCKS[chosen],
        stocks=STOCKS.values(),
        mm=millimetres,
        paper=paper,
        margins=margins,
    )


@bp.get("/cycles/<int:cycle_id>/print/paper")
@requires(Permission.PRINT)
def settings(cycle_id: int) -> str:
    """Languages of the sheets, label papers, margins with a preview."""
    return _page(require_cycle(staff(), Permission.PRINT, cycle_id), request.args.get("stock", ""))


@bp.post("/cycles/<int:cycle_id>/print/paper")
@requires(Permission.PRINT)
def save(cycle_id: int) -> ResponseReturnValue:
    """Remember languages and label papers."""
    cycle = require_cycle(staff(), Permission.PRINT, cycle_id)
    here = url_for("paper.settings", cycle_id=cycle_id)
    return run_or_show_again(
        Form(SavePaperSchema, request.form),
        lambda wanted: submit(then=lambda _row: here, says=_("已保存，之后准备的单据都这样印。"))(
            paper_setup_service.save_paper, staff(), cycle.subdistrict_id, wanted
        ),
        lambda form, _theirs: _page(cycle, "", paper=form),
    )


@bp.post("/cycles/<int:cycle_id>/print/paper/margins")
@requires(Permission.PRINT)
def save_margins(cycle_id: int) -> ResponseReturnValue:
    """Remember the margins of one label paper."""
    cycle = require_cycle(staff(), Permission.PRINT, cycle_id)
    stock = request.form.get("stock", "")
    here = url_for("paper.settings", cycle_id=cycle_id, stock=stock)
    return run_or_show_again(
        Form(SaveMarginsSchema, request.form),
        lambda wanted: submit(then=lambda _row: here, says=_("已保存边距，先印一张对位页看看。"))(
            paper_setup_service.save_margins, staff(), cycle.subdistrict_id, wanted
        ),
        lambda form, _theirs: _page(cycle, stock, margins=form),
    )


@bp.post("/cycles/<int:cycle_id>/print/paper/test")
@requires(Permission.PRINT)
def print_test(cycle_id: int) -> ResponseReturnValue:
    """Ask for the alignment pages of all label papers."""
    require_cycle(staff(), Permission.PRINT, cycle_id)
    there = url_for("printing.kind", cycle_id=cycle_id, kind="label_test")
    return submit[Job](then=lambda _job: there, says=_("已开始准备对位页，稍等几秒刷新即可下载。"))(
        service.request_printing, staff(), cycle_id, PrintRequest(("label_test",))
    )


@bp.get("/cycles/<int:cycle_id>/print/<kind>/texts")
@requires(Permission.PRINT)
def texts(cycle_id: int, kind: str) -> str:
    """What to say in the groups when this sheet goes out; the reader's points only."""
    cycle = db.session.get(Cycle, cycle_id)
    found = printable().get(kind)
    if cycle is None or found is None:
        raise NotFound
    require_part_of(staff(), Permission.PRINT, cycle.subdistrict_id)
    describe_page({"printing.kind": _(found.label_zh)})
    points = centre_queries.points_of(cycle_id, points_in_scope(staff(), Permission.PRINT))
    waves = centre_queries.waves(cycle_id)
    asked = request.args.get("wave", type=int)
    point = request.args.get("point", type=int)
    own = [one for one, _name in points if point in (None, one)]
    return render_template(
        "printing/texts.html",
        cycle=cycle,
        kind=found,
        texts=texts_for(kind, cycle_id, asked if asked in waves else waves[-1], own, f"{public_url()}/enter"),
    )

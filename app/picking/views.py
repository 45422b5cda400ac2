"""Pages of picking and packing. The supplies team sees buildings and bag codes, never names."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.access.forms.background import newest_job
from app.access.guard import requires, set_page_cycle, staff, submit
from app.access.permissions import Permission
from app.core.input.schemas import Form
from app.core.jobs import Job
from app.core.paging import paginate
from app.ordering.gate import require_cycle
from app.ordering.remarks import queries as remarks_queries
from app.picking import queries, service
from app.picking.models import Bag, BagState
from app.picking.schemas import VoidBag

bp = Blueprint("picking", __name__)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


@bp.get("/cycles/<int:cycle_id>/picking")
@requires(Permission.PICK)
def index(cycle_id: int) -> str:
    """What waits for a bag, and the bags of a wave by building or by item."""
    cycle = require_cycle(staff(), Permission.PICK, cycle_id)
    waves = queries.waves(cycle_id)
    asked = _number(request.args.get("wave", ""))
    wave = asked if asked in waves else (waves[-1] if waves else 1)
    by_item = request.args.get("by") == "item"
    return render_template(
        "picking/index.html",
        cycle=cycle,
        progress=queries.progress(cycle_id),
        job=newest_job([service.PACK_JOB], cycle_id),
        states=BagState,
        waves=waves,
        wave=wave,
        by_item=by_item,
        items=queries.item_totals(cycle_id, wave) if by_item else [],
        words=remarks_queries.waiting(cycle_id),
        reads_words=staff().may(Permission.CARE),
        buildings=[] if by_item else queries.building_rows(cycle_id, wave),
    )


@bp.post("/cycles/<int:cycle_id>/picking/pack")
@requires(Permission.PICK)
def pack(cycle_id: int) -> Response:
    """Put everything allocated into bags, in the background."""
    return submit[Job](then=lambda _job: url_for("picking.index", cycle_id=cycle_id))(
        service.ask_pack, staff(), cycle_id
    )


@bp.get("/cycles/<int:cycle_id>/picking/bags")
@requires(Permission.PICK)
def bags(cycle_id: int) -> str:
    """All bags, searchable."""
    cycle = require_cycle(staff(), Permission.PICK, cycle_id)
    search = request.args.get("q", "").strip()[:40]
    state, building = request.args.get("state", ""), request.args.get("building", "")
    page = paginate(
        queries.bag_rows(cycle_id, search, state, _number(building)),
        request.args.get("page"),
        lambda number: url_for(
            "picking.bags", cycle_id=cycle_id, q=search or None, state=state or None, building=building or None,
            page=number,
        ),
    )  # fmt: skip
    labels = {member.value: member.label for member in BagState}
    return render_template(
        "picking/bags.html", cycle=cycle, page=page, search=search, state=state, building=building, labels=labels
    )


@bp.get("/bags/<int:bag_id>")
@requires(Permission.PICK)
def bag(bag_id: int) -> str:
    """One bag."""
    return _bag_page(service.require_bag(staff(), bag_id), Form())


def _bag_page(bag: Bag, form: Form) -> str:
    set_page_cycle(bag.cycle_id)
    place, number, _of = queries.bag_place(bag)
    contents = queries.bag_contents(bag.id)
    state = BagState(bag.state)
    return render_template(
        "picking/bag.html", bag=bag, place=place, number=number, contents=contents, state=state, form=form
    )


@bp.post("/bags/<int:bag_id>/void")
@requires(Permission.PICK)
def void(bag_id: int) -> Response | tuple[str, int]:
    """Take a bag apart."""
    form = Form(VoidBag, request.form)
    if not form.is_valid:
        return _bag_page(service.require_bag(staff(), bag_id), form), 422
    return submit[Bag](
        then=lambda bag: url_for("picking.bag", bag_id=bag.id),
        says=_("袋已拆开，商品回到库存，等待重新分配。"),
        tone="warn",
    )(service.void, staff(), bag_id, form.command)


@bp.post("/bags/<int:bag_id>/hold")
@requires(Permission.PICK)
def hold(bag_id: int) -> Response:
    """Keep a bag back."""
    return submit[Bag](then=lambda bag: url_for("picking.bag", bag_id=bag.id), says=_("已暂存，不会排进路线。"))(
        service.hold, staff(), bag_id
    )


@bp.post("/bags/<int:bag_id>/release")
@requires(Permission.PICK)
def release(bag_id: int) -> Response:
    """Let a held bag travel."""
    return submit[Bag](then=lambda bag: url_for("picking.bag", bag_id=bag.id), says=_("已解除暂存。"))(
        service.release, staff(), bag_id
    )

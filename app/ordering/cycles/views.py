"""Staff pages of cycles and of the list of orders."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.access.guard import requires, set_page_cycle, staff, submit
from app.access.permissions import Permission
from app.core import clock
from app.core.errors import Conflict, Invalid
from app.core.input.schemas import Form
from app.core.paging import paginate
from app.core.sentences import N_
from app.ordering import queries
from app.ordering import service as ordering_service
from app.ordering.cycles import queries as cycles_queries
from app.ordering.cycles import service as cycles_service
from app.ordering.cycles.schemas import EditCycleSchema, EditOffersSchema, Lock, Reason
from app.ordering.gate import readable_cycle
from app.ordering.models import Cycle, CycleState, OrderState, Policy, Source, Stage
from app.ordering.remarks import queries as remarks_queries
from app.ordering.roll_call import queries as roll_call_queries
from app.places.scope import is_subdistrict_in_scope, reaches_building

bp = Blueprint("ordering", __name__)


def whole(text: str | None) -> int | None:
    """A query parameter as an id, or None for what is no number."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else None


# --- cycles -----------------------------------------------------------------------------------------------------------
@bp.get("/cycles")
@requires(Permission.CYCLE_READ)
def cycles() -> str:
    """All cycles within reach."""
    return render_template(
        "ordering/cycles.html", rows=queries.cycles(staff()), may_edit=staff().may(Permission.CYCLE_EDIT)
    )


@bp.route("/cycles/new", methods=["GET", "POST"])
@requires(Permission.CYCLE_EDIT)
def new_cycle() -> Any:
    """The form of a new cycle."""
    places = queries.subdistrict_choices(staff())
    subdistrict_id = whole(request.args.get("subdistrict")) or (places[0][0] if places else 0)
    if request.method == "GET":
        return _edit_page(None, subdistrict_id, Form(initial=_tomorrow()))
    form = Form(EditCycleSchema, request.form)
    if form.is_valid:
        try:
            then = submit[Cycle](then=_to_cycle, says=_("已建立批次。接着加入商品，再开始接单。"))
            return then(cycles_service.create_cycle, staff(), subdistrict_id, form.command)
        except Invalid as error:
            form.add(error)
    return _edit_page(None, subdistrict_id, form), 422


@bp.route("/cycles/<int:cycle_id>/edit", methods=["GET", "POST"])
@requires(Permission.CYCLE_EDIT)
def edit_cycle(cycle_id: int) -> Any:
    """The form of an existing cycle."""
    cycle = readable_cycle(staff(), Permission.CYCLE_EDIT, cycle_id)
    if request.method == "GET":
        return _edit_page(cycle, cycle.subdistrict_id, Form(initial=_described(cycle)))
    form = Form(EditCycleSchema, request.form)
    if form.is_valid:
        try:
            then = submit[Cycle](then=_to_cycle, says=_("已保存。"))
            return then(cycles_service.edit_cycle, staff(), cycle_id, form.command)
        except Invalid as error:
            form.add(error)
    return _edit_page(cycle, cycle.subdistrict_id, form), 422


def _edit_page(cycle: Cycle | None, subdistrict_id: int, form: Form) -> str:
    return render_template(
        "ordering/edit_cycle.html",
        cycle=cycle,
        form=form,
        points=queries.point_choices(subdistrict_id, cycle.id if cycle else None),
        policies=Policy.options(),
        subdistricts=queries.subdistrict_choices(staff()),
        subdistrict_id=subdistrict_id,
        is_fixed=cycle is not None and cycle.state != CycleState.DRAFT,
    )


def _tomorrow() -> dict[str, str]:
    today = clock.today().isoformat()
    return {"opens_at": f"{today}T08:00", "cutoff_at": f"{today}T15:00", "deliver_on": queries.day_after(clock.today())}


def _described(cycle: Cycle) -> dict[str, Any]:
    return {
        "name": cycle.name,
        "opens_at": f"{clock.to_local(cycle.opens_at):%Y-%m-%dT%H:%M}",
        "cutoff_at": f"{clock.to_local(cycle.cutoff_at):%Y-%m-%dT%H:%M}",
        "deliver_on": cycle.deliver_on.isoformat(),
        "policy": cycle.policy,
        "version": cycle.version,
    }


def _to_cycle(cycle: Cycle) -> str:
    return url_for("ordering.cycle", cycle_id=cycle.id)


@bp.get("/cycles/<int:cycle_id>")
@requires(Permission.CYCLE_READ)
def cycle(cycle_id: int) -> str:
    """One cycle: where it is, what it offers, what may be done next and what stands in the way."""
    return _cycle_page(cycle_id, Form())


def _cycle_page(cycle_id: int, form: Form) -> str:
    row = readable_cycle(staff(), Permission.CYCLE_READ, cycle_id)
    may_edit = is_subdistrict_in_scope(staff(), Permission.CYCLE_EDIT, row.subdistrict_id)
    units = {} if row.state in (CycleState.DRAFT, CycleState.OPEN) else queries.units_by_stage(cycle_id)
    return render_template(
        "ordering/cycle.html",
        cycle=row,
        state=CycleState(row.state),
        policy=Policy(row.policy),
        flow=queries.flow(row),
        points=[point for point in queries.point_choices(row.subdistrict_id, cycle_id) if point.is_chosen],
        offers=queries.offers(cycle_id),
        orders=queries.orders_by_state(cycle_id),
        units=[(Stage(stage).label, qty) for stage, qty in units.items()],
        unfinished=_unfinished(row),
        missing=roll_call_queries.missing_count(cycle_id) if row.state == CycleState.OPEN else 0,
        may_edit=may_edit,
        next_pages=_next_pages(row),
        may_read_orders=staff().may(Permission.ORDER_READ),
        may_proxy=staff().may(Permission.ORDER_PROXY),
        may_call=staff().may(Permission.ROLL_CALL),
        is_past_cutoff=clock.now() >= row.cutoff_at,
        form=form,
    )


# Where a cycle goes on from here: label, endpoint, permission.
_ON_FROM = {
    CycleState.LOCKED: (
        (N_("看汇总、开始配送日"), "tally.index", Permission.TALLY_READ),
        (N_("采购"), "purchasing.index", Permission.PURCHASE),
    ),
    CycleState.RUNNING: (
        (N_("收货与库存"), "stock.index", Permission.RECEIVE),
        (N_("分配"), "allocation.index", Permission.ALLOCATE),
        (N_("拣货装袋"), "picking.index", Permission.PICK),
        (N_("路线"), "dispatch.index", Permission.PLAN_READ),
    ),
}


def _next_pages(cycle: Cycle) -> list[tuple[str, str]]:
    """(address, label) of the pages on which the reader takes the cycle on."""
    found = _ON_FROM.get(CycleState(cycle.state), ())
    return [
        (url_for(endpoint, cycle_id=cycle.id), str(_(label)))
        for label, endpoint, permission in found
        if is_subdistrict_in_scope(staff(), permission, cycle.subdistrict_id)
    ]


def _unfinished(cycle: Cycle) -> list[str]:
    """What a running cycle still waits for before it may be closed: stage and units, in order of the loop."""
    if cycle.state != CycleState.RUNNING:
        return []
    waiting = cycles_service.unfinished_units(cycle.id)
    return [_("%(stage)s %(n)d 份", stage=Stage(stage).label, n=qty) for stage, qty in waiting.items()]


@bp.route("/cycles/<int:cycle_id>/offers", methods=["GET", "POST"])
@requires(Permission.CYCLE_EDIT)
def offers(cycle_id: int) -> Any:
    """Prices, limits and listing of what the cycle sells; items and bundles to add."""
    row = readable_cycle(staff(), Permission.CYCLE_EDIT, cycle_id)
    rows = queries.offers(cycle_id)
    form, status = Form(initial=_offered(rows)), 200
    if request.method == "POST":
        form = Form(EditOffersSchema(offer.id for offer in rows), request.form)
        status = 422
        if form.is_valid:
            try:
                there = url_for("ordering.offers", cycle_id=cycle_id)
                return submit[Cycle](then=lambda _cycle: there, says=_("清单已保存。"))(
                    cycles_service.edit_offers, staff(), cycle_id, form.command
                )
            except Invalid as error:
                form.add(error)
    items, bundles = queries.not_offered(row)
    page = render_template(
        "ordering/offers.html",
        cycle=row,
        rows=rows,
        form=form,
        items=items,
        bundles=bundles,
        is_draft=row.state == CycleState.DRAFT,
    )
    return page, status


def _offered(rows: list[queries.OfferRow]) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    for offer in rows:
        shown[f"price_{offer.id}"] = f"{offer.price_fen // 100}.{offer.price_fen % 100:02d}"
        shown[f"limit_{offer.id}"] = offer.limit
    return shown


@bp.post("/cycles/<int:cycle_id>/offers/all")
@requires(Permission.CYCLE_EDIT)
def offer_all(cycle_id: int) -> Response:
    """Offer everything active in the catalogue."""
    there = url_for("ordering.offers", cycle_id=cycle_id)
    then = submit[int](then=lambda _n: there, says=lambda n: _("已加入 %(n)s 个商品。", n=n))
    return then(cycles_service.add_all_items, staff(), cycle_id)


@bp.post("/cycles/<int:cycle_id>/open")
@requires(Permission.CYCLE_EDIT)
def open_cycle(cycle_id: int) -> Response:
    """Draft → open."""
    return submit[Cycle](then=_to_cycle, says=_("已开始接单。"))(cycles_service.open_cycle, staff(), cycle_id)


@bp.post("/cycles/<int:cycle_id>/lock")
@requires(Permission.CYCLE_EDIT)
def lock_cycle(cycle_id: int) -> Any:
    """Open → locked; what stands in the way is said on the cycle's page."""
    form = Form(Lock, request.form)
    if not form.is_valid:
        return _cycle_page(cycle_id, form), 422
    says = _("已截单，订单不再变动。下一步：各点位签汇总表。")
    try:
        return submit[Cycle](then=_to_cycle, says=says)(cycles_service.lock_cycle, staff(), cycle_id, form.command)
    except Conflict as error:
        form.add(Invalid(error.sentence))
        return _cycle_page(cycle_id, form), 409


@bp.post("/cycles/<int:cycle_id>/close")
@requires(Permission.CYCLE_EDIT)
def close_cycle(cycle_id: int) -> Any:
    """Running → closed; units that are not at an end are named."""
    form = Form()
    try:
        return submit[Cycle](then=_to_cycle, says=_("批次已关闭，每一份都有了着落。"))(
            cycles_service.close_cycle, staff(), cycle_id
        )
    except Conflict as error:
        form.add(Invalid(error.sentence))
        return _cycle_page(cycle_id, form), 409


@bp.route("/cycles/<int:cycle_id>/cancel", methods=["GET", "POST"])
@requires(Permission.CYCLE_EDIT)
def cancel_cycle(cycle_id: int) -> Any:
    """Call the cycle off, with a reason."""
    row = readable_cycle(staff(), Permission.CYCLE_EDIT, cycle_id)
    form = Form()
    if request.method == "POST":
        form = Form(Reason, request.form)
        if form.is_valid:
            return submit[Cycle](then=_to_cycle, says=_("已取消这一批。"))(
                cycles_service.cancel_cycle, staff(), cycle_id, form.command.reason
            )
    page = render_template(
        "confirm.html",
        title=_("取消“%(name)s”？", name=row.name),
        sentence=_("取消以后不再接单，已下的订单只能查看，不会送货。取消不能撤回。"),
        action=url_for("ordering.cancel_cycle", cycle_id=cycle_id),
        label=_("取消这一批"),
        tone="alarm",
        reason=_("原因"),
        form=form,
        back_url=url_for("ordering.cycle", cycle_id=cycle_id),
    )
    return page, 422 if form.is_bound else 200


# --- orders -----------------------------------------------------------------------------------------------------------
@bp.get("/cycles/<int:cycle_id>/orders")
@requires(Permission.ORDER_READ)
def orders(cycle_id: int) -> str:
    """The orders of a cycle, found by address or code, filtered, a page at a time."""
    by = staff()
    row = readable_cycle(by, Permission.ORDER_READ, cycle_id)
    narrowed = cycles_queries.OrderFilter(
        text=request.args.get("q", ""),
        point_id=whole(request.args.get("point")),
        building_id=whole(request.args.get("building")),
        state=request.args.get("state", "") if request.args.get("state") in set(OrderState) else "",
        source=request.args.get("source", "") if request.args.get("source") in set(Source) else "",
    )
    kept = {name: value for name, value in request.args.items() if name != "page" and value}
    page = paginate(
        cycles_queries.orders(by, cycle_id, narrowed),
        request.args.get("page"),
        lambda number: url_for("ordering.orders", cycle_id=cycle_id, page=number, **kept),  # type: ignore[arg-type]
    )
    return render_template(
        "ordering/orders.html",
        cycle=row,
        page=page,
        rows=[cycles_queries.order_row(found) for found in page.rows],
        narrowed=narrowed,
        points=cycles_queries.point_options(by, Permission.ORDER_READ, cycle_id),
        buildings=cycles_queries.building_options(by, Permission.ORDER_READ, cycle_id, narrowed.point_id)
        if narrowed.point_id
        else [],
        states=OrderState.options(),
        sources=Source.options(),
        may_proxy=by.may(Permission.ORDER_PROXY),
    )


@bp.get("/orders/<int:order_id>")
@requires(Permission.ORDER_READ)
def order(order_id: int) -> str:
    """One order: lines with their stages, words, history."""
    found = cycles_queries.order_page(staff(), order_id)
    set_page_cycle(found.order.cycle_id)
    may_see_words = reaches_building(staff(), Permission.CARE, found.order.building_id)
    may_void = staff().may(Permission.ORDER_VOID) and found.order.state == OrderState.LOCKED
    return render_template(
        "ordering/order.html",
        page=found,
        order=found.order,
        words=remarks_queries.remark_row(found.order) if may_see_words else None,
        state=OrderState(found.order.state),
        source=Source(found.order.source),
        may_void=may_void,
        cannot_void=ordering_service.cannot_void(staff(), found.order, found.order.lines) if may_void else "",
        may_amend=staff().may(Permission.ORDER_PROXY) and found.order.household_id is not None,
    )


@bp.route("/orders/<int:order_id>/void", methods=["GET", "POST"])
@requires(Permission.ORDER_VOID)
def void_order(order_id: int) -> Any:
    """Void a locked order, with a reason."""
    found = cycles_queries.order_page(staff(), order_id)
    set_page_cycle(found.order.cycle_id)
    form = Form()
    there = url_for("ordering.order", order_id=order_id)
    if request.method == "GET" and ordering_service.cannot_void(staff(), found.order, found.order.lines):
        return redirect(there)  # its page says why
    if request.method == "POST":
        form = Form(Reason, request.form)
        if form.is_valid:
            return submit[Any](then=lambda _order: there, says=_("订单已作废。"))(
                ordering_service.void, staff(), order_id, form.command.reason
            )
    page = render_template(
        "confirm.html",
        title=_("作废订单 %(code)s？", code=found.row.code),
        sentence=_("作废后这一户这一批不再送货。作废不能撤回。"),
        action=url_for("ordering.void_order", order_id=order_id),
        label=_("作废订单"),
        tone="alarm",
        reason=_("原因"),
        form=form,
        back_url=there,
    )
    return page, 422 if form.is_bound else 200

"""Settlement of a cycle: accounts, collection, statements, suppliers."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from app.access.forms.background import newest_job
from app.access.guard import requires, staff, submit
from app.access.page_registry import describe_page
from app.access.permissions import Permission
from app.core.errors import Invalid
from app.core.input.schemas import Form
from app.core.jobs import Job
from app.core.lookup import or_not_found
from app.core.paging import page_url_of
from app.core.units import yuan
from app.ordering.gate import readable_cycle
from app.ordering.models import Cycle, HouseholdOrder
from app.places.scope import is_subdistrict_in_scope, require_subdistrict
from app.settlement import listing, queries, service
from app.settlement.models import Payment, PaymentKind
from app.settlement.schemas import MARKS, Collected, MoneyMarkSchema
from app.settlement.statement import queries as statement_queries
from app.settlement.suppliers import queries as suppliers_queries

bp = Blueprint("settlement", __name__)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


@bp.get("/cycles/<int:cycle_id>/settlement")
@requires(Permission.SETTLE)
def index(cycle_id: int) -> str:
    """The accounts of a cycle within reach, by household or by building."""
    cycle = readable_cycle(staff(), Permission.SETTLE, cycle_id)
    points = queries.points_of(staff(), cycle_id)
    places = queries.places_of(points)
    asked = _number(request.args.get("point", ""))
    wanted = listing.SettlementFilter(
        request.args.get("show", ""),
        request.args.get("q", "").strip()[:40],
        asked if asked in points else None,
    )
    buildings = listing.by_building(cycle_id, places, wanted)
    is_by_building = request.args.get("by") == "building"
    url = page_url_of(request.path, request.args.items(multi=True))
    page = listing.page_of(cycle_id, [] if is_by_building else buildings, wanted, request.args.get("page"), url)
    return render_template(
        "settlement/index.html",
        cycle=cycle,
        totals=listing.SettlementTotals.sum_of([row.totals for row in buildings]),
        wanted=wanted,
        shows=listing.AccountListFilter.options(),
        points=list(points.items()),
        places=places,
        by_building=is_by_building,
        buildings=buildings,
        page=page,
        sees_suppliers=_sees_suppliers(cycle),
        job=_job(cycle_id),
    )


def _sees_suppliers(cycle: Cycle) -> bool:
    return is_subdistrict_in_scope(staff(), Permission.SETTLE, cycle.subdistrict_id)


def _job(cycle_id: int) -> Job | None:
    """The newest settling job of this actor, while it is of interest."""
    job = newest_job((service.SETTLE_JOB, service.WORK_OUT_JOB), cycle_id)
    return job if job is not None and job.payload["account"] == staff().id else None


@bp.post("/cycles/<int:cycle_id>/settlement/work-out")
@requires(Permission.SETTLE)
def work_out(cycle_id: int) -> Response:
    """Work out what each line costs, in the background."""
    return submit[Job](then=lambda _job: url_for("settlement.index", cycle_id=cycle_id))(
        service.ask_work_out, staff(), cycle_id
    )


@bp.post("/cycles/<int:cycle_id>/settlement/settle")
@requires(Permission.SETTLE)
def settle_all(cycle_id: int) -> Response:
    """Settle everything that is ready, in the background."""
    return submit[Job](then=lambda _job: url_for("settlement.index", cycle_id=cycle_id))(
        service.ask_settle_all, staff(), cycle_id
    )


@bp.post("/cycles/<int:cycle_id>/settlement/points/<int:point_id>/settle")
@requires(Permission.SETTLE)
def settle_point(cycle_id: int, point_id: int) -> Response:
    """Settle what is ready at a point."""

    def says(done: int) -> str:
        return str(ngettext("已结算 %(num)d 单。", "已结算 %(num)d 单。", done))

    there = url_for("settlement.index", cycle_id=cycle_id, point=point_id)
    return submit[int](then=lambda _done: there, says=says)(service.settle_point, staff(), cycle_id, point_id)


# --- a building -------------------------------------------------------------------------------------------------------
@bp.get("/cycles/<int:cycle_id>/settlement/buildings/<int:building_id>")
@requires(Permission.SETTLE)
def building(cycle_id: int, building_id: int) -> str:
    """The collection sheet of a building, and the text for those who have not paid."""
    return _building_page(cycle_id, building_id, Form())


def _building_page(cycle_id: int, building_id: int, form: Form) -> str:
    cycle = readable_cycle(staff(), Permission.SETTLE, cycle_id)
    points = queries.points_of(staff(), cycle_id)
    place = or_not_found(queries.places_of(points).get(building_id))
    rows = queries.building_orders(cycle_id, building_id)
    unpaid = [row for row in rows if row.account.to_collect_fen]
    return render_template(
        "settlement/building.html",
        cycle=cycle,
        place=place,
        rows=rows,
        totals=listing.SettlementTotals.of([row.sums for row in rows]),
        unpaid=unpaid,
        reminder=_reminder(cycle, place, unpaid),
        form=form,
    )


def _reminder(cycle: Cycle, place: queries.SettlementPlace, unpaid: list[queries.SettlementOrderRow]) -> str:
    doors = "、".join(
        str(_("%(door)s %(fen)s元", door=row.door, fen=yuan(row.account.to_collect_fen))) for row in unpaid
    )
    return str(
        _(
            "%(place)s 的邻居：%(cycle)s 的物资款还有 %(n)d 户没有付清：%(doors)s。请付给楼长；已付过的请告诉楼长。",
            place=place.name,
            cycle=cycle.name,
            n=len(unpaid),
            doors=doors,
        )
    )


@bp.post("/cycles/<int:cycle_id>/settlement/buildings/<int:building_id>/collect")
@requires(Permission.SETTLE)
def collect(cycle_id: int, building_id: int) -> Response | tuple[str, int]:
    """Mark the ticked households as paid."""
    form = Form(Collected, request.form)
    there = url_for("settlement.building", cycle_id=cycle_id, building_id=building_id)

    def says(fen: int) -> str:
        return str(_("已登记收款 %(fen)s 元。", fen=yuan(fen)))

    if form.is_valid:
        try:
            return submit[int](then=lambda _fen: there, says=says)(
                service.collect, staff(), cycle_id, building_id, form.command
            )
        except Invalid as error:
            form.add(error)
    return _building_page(cycle_id, building_id, form), 422


# --- an order ---------------------------------------------------------------------------------------------------------
@bp.get("/settlement/orders/<int:order_id>")
@requires(Permission.SETTLE)
def order(order_id: int) -> str:
    """The statement of one household."""
    return _order_page(order_id, None)


def _order_page(order_id: int, form: Form | None) -> str:
    order = service.require_order(staff(), order_id)
    place = queries.places_of([order.service_point_id])[order.building_id]
    describe_page({"settlement.building": place.name}, cycle_id=order.cycle_id, building_id=order.building_id)
    sheet = statement_queries.statement_page(order)
    owed = sheet.account.to_collect_fen or sheet.account.to_refund_fen
    kind = PaymentKind.REFUND if sheet.account.to_refund_fen else PaymentKind.PAID
    return render_template(
        "settlement/order.html",
        order=order,
        place=place,
        door=statement_queries.door_of(order),
        sheet=sheet,
        kinds=[(one.value, one.label) for one in MARKS],
        form=form or Form(initial={"kind": kind.value, "amount": yuan(owed) if owed else ""}),
    )


@bp.post("/settlement/orders/<int:order_id>/mark")
@requires(Permission.SETTLE)
def mark(order_id: int) -> Response | tuple[str, int]:
    """Mark a payment or a refund."""
    form = Form(MoneyMarkSchema, request.form)
    if form.is_valid:
        try:
            return submit[Payment](
                then=lambda _payment: url_for("settlement.order", order_id=order_id), says=_("已登记。")
            )(service.mark, staff(), order_id, form.command)
        except Invalid as error:
            form.add(error)
    return _order_page(order_id, form), 422


@bp.post("/settlement/orders/<int:order_id>/settle")
@requires(Permission.SETTLE)
def settle(order_id: int) -> Response:
    """Settle one order."""
    return submit[HouseholdOrder](
        then=lambda order: url_for("settlement.order", order_id=order.id), says=_("已结算，金额不再变动。")
    )(service.settle, staff(), order_id)


@bp.post("/settlement/marks/<int:payment_id>/undo")
@requires(Permission.SETTLE)
def undo(payment_id: int) -> Response:
    """Take a mark back by another one."""
    return submit[Payment](
        then=lambda payment: url_for("settlement.order", order_id=payment.household_order_id),
        says=_("已撤销，原记录保留。"),
        tone="warn",
    )(service.undo, staff(), payment_id)


# --- suppliers --------------------------------------------------------------------------------------------------------
@bp.get("/cycles/<int:cycle_id>/settlement/suppliers")
@requires(Permission.SETTLE)
def suppliers(cycle_id: int) -> str:
    """What is due to each supplier for what arrived."""
    cycle = readable_cycle(staff(), Permission.SETTLE, cycle_id)
    require_subdistrict(staff(), Permission.SETTLE, cycle.subdistrict_id)
    orders = suppliers_queries.supplier_orders(cycle_id)
    return render_template(
        "settlement/suppliers.html", cycle=cycle, orders=orders, totals=suppliers_queries.totals(orders)
    )

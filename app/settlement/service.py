"""Work out what each line costs, mark money that changed hands, settle what has reached its end."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import func, insert, select

from app.access.forms.background import enqueue_for_cycle
from app.access.permissions import Permission, Staff
from app.core import clock
from app.core.db import command, db
from app.core.errors import Conflict, Invalid, NotFound
from app.core.events import record
from app.core.jobs import Job
from app.core.lookup import row_or_not_found
from app.core.states import advance
from app.core.units import yuan
from app.ordering.gate import readable_cycle
from app.ordering.models import ORDERS_CHARGED, Cycle, CycleState, HouseholdOrder, OrderState
from app.places.models import ServicePoint
from app.places.scope import points_in_scope, require_building, require_point
from app.settlement import queries
from app.settlement.models import Payment, PaymentKind, Statement
from app.settlement.pricing import unpriced_orders, write_amounts
from app.settlement.schemas import Collected, MoneyMark
from app.settlement.statement import queries as statement_queries

MONEY_STATES = (CycleState.LOCKED, CycleState.RUNNING, CycleState.CLOSED)
BATCH = 1000


def require_order(by: Staff, order_id: int) -> HouseholdOrder:
    """An order behind the lock, at a point where the actor settles. Raises NotFound."""
    order = db.session.get(HouseholdOrder, order_id)
    if order is None or order.state not in ORDERS_CHARGED:
        raise NotFound
    require_point(by, Permission.SETTLE, order.service_point_id)
    return order


def require_money(by: Staff, cycle_id: int) -> Cycle:
    """A cycle within reach whose money can be dealt with. Raises: NotFound, Conflict."""
    readable_cycle(by, Permission.SETTLE, cycle_id)
    return _require_money(cycle_id)


def _require_money(cycle_id: int) -> Cycle:
    cycle = db.session.get_one(Cycle, cycle_id)
    if cycle.state not in MONEY_STATES:
        raise Conflict(_l("这一批现在不能登记收款或结算。"))
    return cycle


# --- prices -----------------------------------------------------------------------------------------------------------
@command
def work_out(by: Staff, cycle_id: int) -> int:
    """Work out the amounts of all order lines of a cycle within reach that have none. Returns how many lines.

    Requires: the cycle is behind its cut-off. Ensures: the amounts of an order add up to its choices at the prices of
    the snapshot; amounts written before stay. Raises: NotFound, Conflict.
    """
    cycle = require_money(by, cycle_id)
    orders = unpriced_orders(cycle_id, list(queries.points_of(by, cycle_id)))
    lines = write_amounts(cycle_id, orders)
    if lines:
        record(by, "work_out", cycle, cycle_id=cycle_id, orders=len(orders), lines=lines)
    return lines


# --- money ------------------------------------------------------------------------------------------------------------
@command
def mark(by: Staff, order_id: int, what: MoneyMark) -> Payment:
    """Mark money that changed hands with a household.

    Requires: no more is paid than the order may still cost, no more paid back than is due. Append-only: a mistake is
    taken back by `undo`. Raises: NotFound, Invalid, Conflict.
    """
    order = require_order(by, order_id)
    _require_money(order.cycle_id)
    account = statement_queries.statement_page(order).account
    if what.kind == PaymentKind.PAID:
        most, signed = account.accepted_fen + account.pending_fen - account.paid_fen, what.amount_fen
        said = _l("这一户最多还应付 %(most)s 元。")
    else:
        most, signed = account.to_refund_fen, -what.amount_fen
        said = _l("这一户最多应退 %(most)s 元。")
    if not 0 < what.amount_fen <= max(0, most):
        raise Invalid({"amount": [str(said) % {"most": yuan(max(0, most))}]})
    return _append(by, order, PaymentKind(what.kind), signed)


def _append(by: Staff, order: HouseholdOrder, kind: PaymentKind, amount_fen: int, cause: str = "") -> Payment:
    """Write one mark; marks of an order are numbered, so two written at once are tried again one after the other."""
    number = db.session.scalar(select(func.count()).where(Payment.household_order_id == order.id)) or 0
    payment = Payment(
        household_order_id=order.id,
        kind=kind,
        amount_fen=amount_fen,
        cause=cause or f"mark-{number + 1}",
        marked_by_id=by.id,
    )
    db.session.add(payment)
    db.session.flush()
    record(by, "mark", payment, cycle_id=order.cycle_id, kind=kind.value, fen=amount_fen)
    return payment


@command
def undo(by: Staff, payment_id: int) -> Payment:
    """Take a mark back by a row of the opposite amount; a mark is taken back once. Raises NotFound, Conflict."""
    marked = row_or_not_found(Payment, payment_id)
    order = require_order(by, marked.household_order_id)
    _require_money(order.cycle_id)
    if marked.kind == PaymentKind.CORRECTION:
        raise Conflict(_l("更正不能再撤销，请重新登记。"))
    cause = statement_queries.undo_cause(marked.id)
    if db.session.scalar(select(Payment.id).filter_by(household_order_id=order.id, cause=cause)) is not None:
        raise Conflict(_l("这一笔已经撤销过。"))
    return _append(by, order, PaymentKind.CORRECTION, -marked.amount_fen, cause)


@command
def collect(by: Staff, cycle_id: int, building_id: int, ticked: Collected) -> int:
    """Mark the ticked households of a building as having paid what they owe. Returns how much, in fen.

    Requires: each still owes what the page showed. All or none. Raises: NotFound, Invalid, Conflict.
    """
    readable_cycle(by, Permission.SETTLE, cycle_id)
    _require_money(cycle_id)
    require_building(by, Permission.SETTLE, building_id)
    owed = {row.order_id: row for row in queries.building_orders(cycle_id, building_id)}
    seen = dict(ticked.seen)
    if not seen:
        raise Invalid(_l("请先勾选已付款的住户。"))
    if not seen.keys() <= owed.keys():
        raise NotFound
    changed = [owed[order] for order, fen in seen.items() if owed[order].account.to_collect_fen != fen or not fen]
    if changed:
        doors = "、".join(row.door for row in changed)
        raise Invalid(_("%(doors)s 的应付金额刚有变化，请看过新的数字再登记。", doors=doors))
    for order_id in sorted(seen):
        _append(by, db.session.get_one(HouseholdOrder, order_id), PaymentKind.PAID, seen[order_id])
    return sum(seen.values())


# --- the end ----------------------------------------------------------------------------------------------------------
@command
def settle(by: Staff, order_id: int) -> HouseholdOrder:
    """Settle one order: its amount is frozen.

    Requires: every unit of it is accepted, short, cancelled or refunded. Money may still change hands afterwards.
    Raises: NotFound, Conflict.
    """
    order = require_order(by, order_id)
    _require_money(order.cycle_id)
    pending = statement_queries.statement_page(order).units_pending
    if pending:
        raise Conflict(_("还有 %(n)d 份没有结果，不能结算。", n=pending))
    _settle(by, order.cycle_id, [order.id])
    return order


@command
def settle_point(by: Staff, cycle_id: int, point_id: int) -> int:
    """Settle every order of a point whose units have all reached their end. Returns how many.

    Raises: NotFound; Conflict where none is ready.
    """
    require_point(by, Permission.SETTLE, point_id)
    readable_cycle(by, Permission.SETTLE, cycle_id)
    _require_money(cycle_id)
    ready = queries.ready_orders(cycle_id, [point_id])
    if not ready:
        raise Conflict(_l("没有可以结算的订单：要么还有没结果的份数，要么都结算过了。"))
    return _settle(by, cycle_id, ready)


def settle_all(by: Staff, cycle_id: int) -> int:
    """Settle every order within reach whose units have all reached their end, in batches. Returns how many."""
    done = 0
    while batch := settle_batch(by, cycle_id):
        done += batch
    return done


@command
def settle_batch(by: Staff, cycle_id: int, limit: int = BATCH) -> int:
    """One transaction of `settle_all`; 0 when none is left. Raises NotFound, Conflict."""
    readable_cycle(by, Permission.SETTLE, cycle_id)
    _require_money(cycle_id)
    here = select(ServicePoint.id).where(points_in_scope(by, Permission.SETTLE))
    points = list(db.session.scalars(here))
    ready = queries.ready_orders(cycle_id, points, limit)
    return _settle(by, cycle_id, ready) if ready else 0


def _settle(by: Staff, cycle_id: int, order_ids: list[int]) -> int:
    write_amounts(cycle_id, order_ids)
    accounts = {one.order_id: one for one in queries.sums_of(cycle_id, order_ids)}
    orders = list(
        db.session.scalars(select(HouseholdOrder).where(HouseholdOrder.id.in_(order_ids)).order_by(HouseholdOrder.id))
    )
    for order in orders:
        advance(order, OrderState.SETTLED)
    now = clock.now()
    rows = [
        {
            "household_order_id": order.id,
            "ordered_fen": accounts[order.id].ordered_fen,
            "accepted_fen": accounts[order.id].accepted_fen,
            "settled_at": now,
            "version": 1,
        }
        for order in orders
    ]
    db.session.execute(insert(Statement), rows)
    total = sum(accounts[order.id].accepted_fen for order in orders)
    record(by, "settle", ("cycle", cycle_id), cycle_id=cycle_id, orders=len(orders), fen=total)
    return len(orders)


SETTLE_JOB = "settle"

WORK_OUT_JOB = "work_out"


@command
def ask_work_out(by: Staff, cycle_id: int) -> Job:
    """Put the working out of amounts into the queue. Raises: NotFound, Conflict."""
    require_money(by, cycle_id)
    return enqueue_for_cycle(by, WORK_OUT_JOB, cycle_id, {})


@command
def ask_settle_all(by: Staff, cycle_id: int) -> Job:
    """Put the settling of everything that is ready within the actor's reach into the queue.

    Raises: NotFound; Conflict where nothing is ready.
    """
    readable_cycle(by, Permission.SETTLE, cycle_id)
    ready = len(queries.ready_orders(cycle_id, list(queries.points_of(by, cycle_id))))
    if not ready:
        raise Conflict(_l("没有可以结算的订单：要么还有没结果的份数，要么都结算过了。"))
    return enqueue_for_cycle(by, SETTLE_JOB, cycle_id, {"orders": ready})

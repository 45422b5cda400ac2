"""Work out the demand, propose orders that cover it, approve them by a second person, send, cancel, close."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.access.permissions import Permission, Staff
from app.core import clock
from app.core.db import check_version, command, db
from app.core.errors import Conflict, Invalid, NotFound
from app.core.events import record
from app.core.lookup import row_or_not_found
from app.core.sentences import Sentence
from app.core.states import advance
from app.ordering.gate import require_cycle
from app.ordering.models import Cycle, CycleState
from app.purchasing import coverage, drafts, planning, queries
from app.purchasing.lines import settle_units
from app.purchasing.models import Demand, PurchaseOrder, PurchaseState
from app.purchasing.optimise import OptimisationOutcome, PurchasePlan, optimise
from app.purchasing.schemas import Close, EditLines, SeenOrder, Waive

TIME_LIMIT_S = 2.0  # for each of two searches at most: no request takes longer than five seconds
BUYING = (CycleState.LOCKED, CycleState.RUNNING)


@dataclass(frozen=True)
class PurchaseProposal:
    """Drafts that were written, and a sentence for each item that they do not cover. `is_cheapest`: proved, nothing
    that covers as much costs less."""

    cycle_id: int
    order_ids: tuple[int, ...]
    said: tuple[Sentence, ...]
    is_cheapest: bool


@command
def compute_demand(by: Staff, cycle_id: int) -> int:
    """Demand of the signed points minus stock, as one row per item; the number of items.

    Requires: the cycle is locked or running and a point has signed. Ensures: E4. Raises: NotFound, Conflict.
    """
    cycle = buying_cycle(by, cycle_id)
    if not coverage.tallied_units(cycle_id):
        raise Conflict(_l("还没有点位签汇总表，算不出需求。"))
    count = coverage.rewrite_demand(cycle)
    record(by, "tally", ("demand", cycle_id), cycle_id=cycle_id, items=count)
    return count


def propose(by: Staff, cycle_id: int) -> PurchaseProposal:
    """Drafts that cover what is missing at the least cost. The search runs before the transaction, so nobody waits.

    Requires: the demand is computed. Ensures: lines set by hand and approved orders stay; other draft lines are
    proposed anew; E3, E4. Raises: NotFound, Conflict where the demand changed meanwhile or no plan was found in time.
    """
    cycle = buying_cycle(by, cycle_id)
    kept = planning.kept_lines(cycle_id)
    missing = planning.uncovered_units(cycle_id, kept)
    plan = optimise(planning.purchase_problem(cycle, missing, kept), TIME_LIMIT_S)
    return _write_proposal(by, cycle_id, missing, plan)


@command
def _write_proposal(by: Staff, cycle_id: int, missing: dict[int, int], plan: PurchasePlan) -> PurchaseProposal:
    cycle = buying_cycle(by, cycle_id)
    if db.session.scalar(select(Demand.item_id).where(Demand.cycle_id == cycle_id).limit(1)) is None:
        raise Conflict(_l("请先计算需求。"))
    if planning.uncovered_units(cycle_id, planning.kept_lines(cycle_id)) != missing:
        raise Conflict(_l("需求刚有变化，请再生成一次采购方案。"))
    if plan.outcome == OptimisationOutcome.UNKNOWN:
        raise Conflict(str(plan.said[0]))
    orders = drafts.write_drafts(cycle, by.id, missing, plan.buys)
    coverage.refresh_demand(cycle_id)
    record(by, "plan", ("demand", cycle_id), cycle_id=cycle_id, orders=len(orders), fen=plan.cost_fen)
    return PurchaseProposal(cycle_id, tuple(order.id for order in orders), plan.said, plan.is_proved)


@command
def edit_lines(by: Staff, cycle_id: int, order_id: int, edit: EditLines) -> PurchaseOrder:
    """Set packs by hand; a changed line is flagged and survives the next proposal, 0 packs take it off.

    Requires: the order is a draft and as it was seen. Ensures: E3, E4; the editor is its author from now on, so that
    somebody else approves. Raises: NotFound, Conflict, StaleEdit.
    """
    order = order_in_reach(by, cycle_id, order_id)
    if order.state != PurchaseState.DRAFT:
        raise Conflict(_l("只有待审批的采购单可以修改。"))
    lines = {line.id: line for line in order.lines}
    if any(row.id not in lines for row in edit.rows):
        raise NotFound
    check_version(order, edit.version, {lines[row.id].item.name: str(lines[row.id].packs) for row in edit.rows})
    changed = [(lines[row.id], row.packs) for row in edit.rows if lines[row.id].packs != row.packs]
    for line, packs in changed:
        drafts.set_packs(line, packs)
    if changed:
        drafts.set_author(order, by.id)
    coverage.refresh_demand(cycle_id)
    record(by, "amend", order, cycle_id=cycle_id, lines=len(changed))
    return order


@command
def waive(by: Staff, cycle_id: int, item_id: int, decision: Waive) -> Demand:
    """Decide that units of an item are not bought, and why; the number replaces an earlier one.

    Requires: no more than is missing. Ensures: E4. Raises: NotFound, Invalid.
    """
    buying_cycle(by, cycle_id)
    row = row_or_not_found(Demand, (cycle_id, item_id))
    most = max(0, row.qty_demanded - row.qty_from_stock - row.qty_purchased)
    if decision.qty > most:
        raise Invalid({"qty": [_l("最多可以不买 %(most)s 份。", most=most)]})
    row.qty_waived, row.waive_reason = decision.qty, decision.reason if decision.qty else ""
    row.is_covered = False  # until the refresh has added up
    coverage.refresh_demand(cycle_id)
    record(by, "waive", ("demand", item_id), cycle_id=cycle_id, item=item_id, units=decision.qty)
    return row


@command
def approve(by: Staff, cycle_id: int, order_id: int, seen: SeenOrder) -> PurchaseOrder:
    """A second person approves a draft.

    Requires: a draft with lines, as it was seen, of another author. Raises: NotFound, Conflict, StaleEdit.
    """
    order = order_in_reach(by, cycle_id, order_id)
    check_version(order, seen.version)
    if order.created_by_id == by.id:
        raise Conflict(_l("采购单要由另一个人审批：这张单是您做的或最后由您改的。"))
    if not order.lines:
        raise Conflict(_l("采购单上没有商品，不能审批。"))
    advance(order, PurchaseState.APPROVED)
    order.approved_by_id = by.id
    units = sum(line.packs * line.pack_size for line in order.lines)
    record(by, "approve", order, cycle_id=cycle_id, units=units, fen=queries.amount_fen(order.lines))
    return order


@command
def send(by: Staff, cycle_id: int, order_id: int, seen: SeenOrder) -> PurchaseOrder:
    """Note that an approved order went to its supplier. Raises: NotFound, Conflict, StaleEdit."""
    order = order_in_reach(by, cycle_id, order_id)
    check_version(order, seen.version)
    advance(order, PurchaseState.SENT)
    order.sent_at = clock.now()
    record(by, "send", order, cycle_id=cycle_id)
    return order


@command
def cancel(by: Staff, cycle_id: int, order_id: int, seen: SeenOrder) -> PurchaseOrder:
    """Cancel an order that was not sent; its units are missing again. Ensures: E4. Raises: NotFound, Conflict."""
    order = order_in_reach(by, cycle_id, order_id)
    check_version(order, seen.version)
    advance(order, PurchaseState.CANCELLED)
    coverage.refresh_demand(cycle_id)
    record(by, "cancel", order, cycle_id=cycle_id)
    return order


@command
def close(by: Staff, cycle_id: int, order_id: int, decision: Close) -> PurchaseOrder:
    """Close a sent order. Units still awaited become undelivered, if that was confirmed.

    Ensures: every line awaits 0, E3, E4. Raises: NotFound, Conflict, StaleEdit.
    """
    order = order_in_reach(by, cycle_id, order_id)
    check_version(order, decision.version)
    awaited = {line.id: line.qty_awaited for line in order.lines if line.qty_awaited}
    if awaited and not decision.gives_up:
        raise Conflict(_l("还有没到的商品。确认不会再到，才能关闭。"))
    advance(order, PurchaseState.CLOSED)
    settle_units(awaited, "undelivered")
    coverage.refresh_demand(cycle_id)
    record(by, "close", order, cycle_id=cycle_id, undelivered=sum(awaited.values()))
    return order


def buying_cycle(by: Staff, cycle_id: int) -> Cycle:
    """The cycle, if the actor buys for it and it is time to buy. Raises NotFound, Conflict."""
    otherwise = _l("截单之后、批次关闭之前才能采购。")
    return require_cycle(by, Permission.PURCHASE, cycle_id, *BUYING, otherwise=otherwise)


def order_in_reach(by: Staff, cycle_id: int, order_id: int) -> PurchaseOrder:
    """A purchase order of the cycle. Raises NotFound, Conflict where the cycle does not buy now."""
    buying_cycle(by, cycle_id)
    order = db.session.get(PurchaseOrder, order_id)
    if order is None or order.cycle_id != cycle_id:
        raise NotFound
    return order

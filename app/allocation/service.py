"""Give out what has arrived, set a share by hand, and declare what stays short."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, insert, select

from app.access.forms.background import enqueue_for_cycle
from app.access.permissions import Permission, Staff
from app.allocation import rules
from app.allocation.compute import AllocationProposal, propose
from app.allocation.models import Allocation, AllocationRun, ShareNote, ShareOverride
from app.allocation.schemas import Commit, SetShare
from app.allocation.substitution import substitution
from app.core.db import command, db
from app.core.errors import Conflict, Invalid, NotFound
from app.core.events import record
from app.core.jobs import Job
from app.core.lookup import row_or_not_found
from app.ordering.gate import require_cycle
from app.ordering.models import Cycle, CycleState, OrderLine, Stage
from app.ordering.stages import Cause, move
from app.stock.lots import move_lots


@dataclass(frozen=True)
class Declared:
    """Units that ended short, and units of substitutes that were given for some of them."""

    units: int
    substitutes: int


def require_running(by: Staff, cycle_id: int) -> Cycle:
    """A cycle that is being delivered, where the actor allocates. Raises: NotFound, Conflict."""
    return require_cycle(
        by, Permission.ALLOCATE, cycle_id, CycleState.RUNNING, otherwise=_l("配送日开始之后（全部点位已签）才能分配。")
    )


@command
def allocate(by: Staff, cycle_id: int, seen: Commit) -> AllocationRun:
    """Give the free stock to the open units of a running cycle by its rule.

    Requires: the cycle is running; claims and stock are those of the preview. Ensures: the units given are
    `allocated` and reserved in their lots, in equal numbers; every line that got less has a sentence.
    Raises: NotFound, Conflict.
    """
    cycle = require_running(by, cycle_id)
    proposal = proposal_for(cycle)
    if proposal.input_sha256 != seen.input_sha256:
        raise Conflict(_l("库存或订单刚有变化，请看过新的预览再分配。"))
    if not any(item.qty_given for item in proposal.items):
        raise Conflict(_l("没有可以分配的库存。"))
    run = AllocationRun(
        cycle_id=cycle_id, policy=proposal.policy, seed=proposal.seed, input_sha256=proposal.input_sha256, by_id=by.id
    )
    db.session.add(run)
    db.session.flush()
    _give(run, proposal)
    _write_notes(run, proposal)
    given = sum(item.qty_given for item in proposal.items)
    record(by, "allocate", run, cycle_id=cycle_id, units=given, policy=proposal.policy)
    return run


def proposal_for(cycle: Cycle) -> AllocationProposal:
    """The preview of a run. Raises Conflict with the sentence where hand-set shares exceed the stock."""
    try:
        return propose(cycle)
    except rules.NotEnoughForHands as error:
        raise Conflict(str(error.said)) from error


def _give(run: AllocationRun, proposal: AllocationProposal) -> None:
    rows = [
        row
        for item in proposal.items
        for row in rules.from_lots(
            ((share.line_id, share.qty_new) for share in item.shares), proposal.lots.get(item.item_id, [])
        )
    ]
    units: dict[int, int] = {}
    lots: dict[int, int] = {}
    for line_id, lot_id, qty in rows:
        units[line_id] = units.get(line_id, 0) + qty
        lots[lot_id] = lots.get(lot_id, 0) + qty
    move_lots(lots, "free", "reserved")
    move(units, Stage.OPEN, Stage.ALLOCATED, Cause("allocation_run", run.id))
    entries = [{"order_line_id": line, "lot_id": lot, "run_id": run.id, "qty": qty} for line, lot, qty in rows]
    db.session.execute(insert(Allocation), entries)


def _write_notes(run: AllocationRun, proposal: AllocationProposal, more: Mapping[int, str] | None = None) -> None:
    """Keep the sentence of every short line; `more`: line → what is told after it."""
    after = more or {}
    _forget_notes(run.cycle_id)
    notes = [
        {
            "order_line_id": share.line_id,
            "run_id": run.id,
            "qty_share": share.qty,
            "sentence": share.said.zh + after.get(share.line_id, ""),
        }
        for _item, share in proposal.short
        if share.said is not None
    ]
    if notes:
        db.session.execute(insert(ShareNote), notes)


def _forget_notes(cycle_id: int) -> None:
    """Notes of lines that are still open are written anew by each run; those of declared shortages stay."""
    still_open = select(OrderLine.id).where(OrderLine.cycle_id == cycle_id, OrderLine.qty_open > 0)
    db.session.execute(
        delete(ShareNote).where(ShareNote.order_line_id.in_(still_open)).execution_options(synchronize_session=False)
    )


@command
def declare_short(by: Staff, cycle_id: int) -> Declared:
    """Give up on what is still open: those units end as `short`, each with its sentence; what may be substituted and
    has a substitute to spare gets it on a line of its own. Returns how many of each.

    Requires: the cycle is running and nothing free could still be given. Ensures: units of substitutes are `allocated`
    and reserved in their lots, in equal numbers. Raises: NotFound, Conflict.
    """
    cycle = require_running(by, cycle_id)
    proposal = proposal_for(cycle)
    givable = sum(item.qty_given for item in proposal.items)
    if givable:
        raise Conflict(_("还有 %(n)d 份库存可以分配，请先分配。", n=givable))
    units = {share.line_id: share.qty_short for _item, share in proposal.short}
    if not units:
        raise Conflict(_l("没有待确认的缺货。"))
    swaps = substitution.find_substitutes(cycle, proposal)
    run = AllocationRun(
        cycle_id=cycle_id, policy=proposal.policy, seed=proposal.seed, input_sha256=proposal.input_sha256, by_id=by.id
    )
    db.session.add(run)
    db.session.flush()
    _write_notes(run, proposal, substitution.substitution_notes(swaps))
    declared = Declared(sum(units.values()), substitution.apply_substitutes(run, swaps))
    move(units, Stage.OPEN, Stage.SHORT, Cause("allocation_run", run.id))
    record(by, "declare_short", run, cycle_id=cycle_id, units=declared.units, substitutes=declared.substitutes)
    return declared


def may_set_share(cycle: Cycle, line: OrderLine) -> bool:
    """Whether units of the line are still to be given out, so that a person may say how many."""
    return cycle.state == CycleState.RUNNING and line.qty_open > 0


@command(of="order_line")
def set_share(by: Staff, line_id: int, wanted: SetShare) -> ShareOverride:
    """Set the share of a line by hand; later runs keep it. Raises NotFound, Invalid, Conflict."""
    line = row_or_not_found(OrderLine, line_id)
    cycle = require_cycle(by, Permission.ALLOCATE, line.cycle_id)
    if not may_set_share(cycle, line):
        raise Conflict(_l("这一行没有待分配的份数，不能再调整。"))
    held = line.qty_ordered - line.qty_open - line.qty_short - line.qty_cancelled - line.qty_refunded
    if not held <= wanted.qty <= held + line.qty_open:
        raise Invalid({"qty": [_("应在 %(least)d 到 %(most)d 之间。", least=held, most=held + line.qty_open)]})
    override = db.session.get(ShareOverride, line_id) or ShareOverride(order_line_id=line_id)
    override.qty, override.reason, override.by_id = wanted.qty, wanted.reason, by.id
    db.session.add(override)
    record(by, "override", ("order_line", line_id), cycle_id=line.cycle_id, qty=wanted.qty)
    return override


@command(of="order_line")
def clear_share(by: Staff, line_id: int) -> None:
    """Leave the share of a line to the rule again. Raises NotFound."""
    line = db.session.get(OrderLine, line_id)
    override = db.session.get(ShareOverride, line_id)
    if line is None or override is None:
        raise NotFound
    require_cycle(by, Permission.ALLOCATE, line.cycle_id)
    db.session.delete(override)
    record(by, "clear_override", ("order_line", line_id), cycle_id=line.cycle_id)


PREVIEW_JOB = "allocation_preview"

ALLOCATE_JOB = "allocate"

SHORT_JOB = "declare_short"


@command
def ask_preview(by: Staff, cycle_id: int) -> Job:
    """Put a preview into the queue. Raises NotFound."""
    require_cycle(by, Permission.ALLOCATE, cycle_id)
    return enqueue_for_cycle(by, PREVIEW_JOB, cycle_id, {})


@command
def ask_allocate(by: Staff, cycle_id: int, seen: Commit) -> Job:
    """Put a run on what the preview showed into the queue. Raises: NotFound, Conflict."""
    require_running(by, cycle_id)
    return enqueue_for_cycle(by, ALLOCATE_JOB, cycle_id, asdict(seen))


@command
def ask_declare_short(by: Staff, cycle_id: int) -> Job:
    """Put the declaring of what is still open as short into the queue. Raises: NotFound, Conflict."""
    require_running(by, cycle_id)
    return enqueue_for_cycle(by, SHORT_JOB, cycle_id, {})

"""Settling a whole cycle takes longer than a page may: it runs in the background, batch by batch."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from app.access.forms.background import ask, asker
from app.access.permissions import Permission, Staff
from app.core.db import command
from app.core.errors import Conflict
from app.core.jobs import Job, Running, handles
from app.ordering.gate import readable_cycle
from app.settlement import queries, service

SETTLE_JOB = "settle"
WORK_OUT_JOB = "work_out"


@command
def ask_work_out(by: Staff, cycle_id: int) -> Job:
    """Put the working out of amounts into the queue. Raises: NotFound, Conflict."""
    service.require_money(by, cycle_id)
    return ask(by, WORK_OUT_JOB, cycle_id, {})


@handles(WORK_OUT_JOB)
def run_work_out(job: Running) -> dict[str, Any] | None:
    """Work out the amounts. Raises: NotFound, Conflict."""
    return job.finish_with(service.work_out, lambda lines: {"lines": lines}, asker(job), job.subject_id)


@command
def ask_settle_all(by: Staff, cycle_id: int) -> Job:
    """Put the settling of everything that is ready within the actor's reach into the queue.

    Raises: NotFound; Conflict where nothing is ready.
    """
    readable_cycle(by, Permission.SETTLE, cycle_id)
    ready = len(queries.ready_orders(cycle_id, list(queries.points_of(by, cycle_id))))
    if not ready:
        raise Conflict(_l("没有可以结算的订单：要么还有没结果的份数，要么都结算过了。"))
    return ask(by, SETTLE_JOB, cycle_id, {"orders": ready})


@handles(SETTLE_JOB)
def run_settle_all(job: Running) -> dict[str, int]:
    """Settle batch by batch, with the grants that the asking account holds now. Raises NotFound."""
    by, done = asker(job), job.done_before()
    job.progress(done, max(done, int(job.payload["orders"])))
    while batch := job.batch(service.settle_batch, "orders", by, job.subject_id):
        done += batch
    return {"orders": done}

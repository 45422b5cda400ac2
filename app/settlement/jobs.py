"""Settling a whole cycle takes longer than a page may: it runs in the background, batch by batch."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.access.permissions import Staff
from app.access.sessions import staff_account, staff_actor
from app.core import clock
from app.core.db import command
from app.core.errors import Conflict, NotFound
from app.core.jobs import Job, Running, enqueue, handles
from app.settlement import queries, service

SETTLE_JOB = "settle"


@command
def ask_settle_all(by: Staff, cycle_id: int) -> Job:
    """Put the settling of everything that is ready within the actor's reach into the queue.

    Raises: NotFound; Conflict where nothing is ready.
    """
    queries.cycle_in_reach(by, cycle_id)
    ready = len(queries.ready_orders(cycle_id, list(queries.points_of(by, cycle_id))))
    if not ready:
        raise Conflict(_l("没有可以结算的订单：要么还有没结果的份数，要么都结算过了。"))
    payload = {"account": by.id, "orders": ready, "at": clock.now().isoformat()}
    return enqueue(SETTLE_JOB, cycle_id, payload, cycle_id=cycle_id)


@handles(SETTLE_JOB)
def run_settle_all(job: Running) -> dict[str, int]:
    """Settle batch by batch, with the grants that the asking account holds now. Raises NotFound."""
    account = staff_account(int(job.payload["account"]))
    if account is None:
        raise NotFound
    by = staff_actor(account)
    done, wanted = 0, int(job.payload["orders"])
    while batch := service.settle_batch(by, job.subject_id):
        done += batch
        job.progress(min(done, wanted), wanted)
    return {"orders": done}

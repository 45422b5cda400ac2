"""Settling a whole cycle takes longer than a page may: it runs in the background, batch by batch."""

from __future__ import annotations

from typing import Any

from app.access.forms.background import requester
from app.core.jobs import Running, handles
from app.settlement import service
from app.settlement.service import SETTLE_JOB, WORK_OUT_JOB


@handles(WORK_OUT_JOB)
def run_work_out(job: Running) -> dict[str, Any] | None:
    """Work out the amounts. Raises: NotFound, Conflict."""
    return job.finish_with(service.work_out, lambda lines: {"lines": lines}, requester(job), job.subject_id)


@handles(SETTLE_JOB)
def run_settle_all(job: Running) -> dict[str, int]:
    """Settle batch by batch, with the grants that the asking account holds now. Raises NotFound."""
    by, done = requester(job), job.done_before()
    job.progress(done, max(done, int(job.payload["orders"])))
    while batch := job.batch(service.settle_batch, "orders", by, job.subject_id):
        done += batch
    return {"orders": done}

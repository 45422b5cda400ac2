"""A command that takes longer than a page may: asked for by a person, run by a worker in that person's name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import select

from app.access.permissions import Staff
from app.access.sessions import staff_account, staff_actor
from app.core import clock
from app.core.db import db
from app.core.jobs import Job, JobState, Running, enqueue
from app.core.lookup import or_not_found


def enqueue_for_cycle(by: Staff, kind: str, cycle_id: int, facts: Mapping[str, Any]) -> Job:
    """Inside a command: put work on a cycle into the queue. `facts` (JSON values) become the payload.

    While the same work waits or runs for the same person, that job is the answer: pressing twice changes nothing.
    """
    under_way = (JobState.QUEUED, JobState.RUNNING)
    same = select(Job).where(Job.kind == kind, Job.subject_id == cycle_id, Job.state.in_(under_way))
    for job in db.session.scalars(same):
        if job.payload["account"] == by.id and facts.items() <= job.payload.items():
            return job
    payload = {**facts, "account": by.id, "at": clock.now().isoformat()}
    return enqueue(kind, cycle_id, payload, cycle_id=cycle_id)


def requester(job: Running) -> Staff:
    """Who asked, with the grants that the account holds now. Raises NotFound for one that is closed by now."""
    account = or_not_found(staff_account(int(job.payload["account"])))
    return staff_actor(account)


def newest_job(kinds: Iterable[str], cycle_id: int) -> Job | None:
    """The job of these kinds that was asked for last for a cycle."""
    found = select(Job).where(Job.kind.in_(tuple(kinds)), Job.subject_id == cycle_id).order_by(Job.id.desc())
    return db.session.scalar(found.limit(1))

"""How a worker takes a job, keeps its lease while it runs it, and writes down how it ended.

Taking, beating and failing are single fenced UPDATEs that wait for no turn: `SELECT … FOR UPDATE SKIP LOCKED` on
PostgreSQL (the transactional-queue pattern), the one writer of SQLite. A thread beside the job extends the lease, so
that a handler may think for as long as it likes and a worker that was killed or stopped is replaced within half a
minute.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Engine, func, or_, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import aliased

from app.core import clock, jobs
from app.core.database.engines import update_if_idle
from app.core.db import background_transaction, db, end_read, job_claim
from app.core.errors import LoudaError
from app.core.jobs import MAX_ATTEMPTS, Job, JobClaim, JobState, LeaseLost, Running, close, handler_of

QUICK = frozenset({"print_quick"})  # kinds somebody stands and waits for: a worker keeps a lane of its own for them
LANES = {"quick": QUICK, "print": frozenset({"print", "print_kit"}), "plan": frozenset({"plan"})}  # all others: "other"
BEAT_EVERY_S = 5.0
BEAT_AGAIN_S = 0.5  # where the database was busy
LONG_WAIT_S = 1.0
log = logging.getLogger("louda.jobs")


@dataclass(frozen=True, slots=True)
class Kinds:
    """Kinds of jobs: `only` these, or all `but` some."""

    only: frozenset[str] | None = None
    but: frozenset[str] = frozenset()

    def has(self) -> ColumnElement[bool]:
        """Whether a job is of such a kind."""
        return Job.kind.not_in(self.but) if self.only is None else Job.kind.in_(self.only)


EVERY = Kinds()
QUICK_ONLY = Kinds(only=QUICK)


def kinds_of(lanes: Collection[str]) -> Kinds:
    """What a worker takes that is to serve these lanes."""
    if "other" in lanes:
        return Kinds(but=frozenset().union(*(kinds for lane, kinds in LANES.items() if lane not in lanes)))
    return Kinds(only=frozenset().union(*(LANES[lane] for lane in lanes)))


# --- taking -----------------------------------------------------------------------------------------------------------
def is_waiting(kinds: Kinds = EVERY) -> bool:
    """Whether a job (of these kinds) waits to be run; a look that locks nothing and holds no snapshot afterwards."""
    db.session.rollback()
    waits = db.session.scalar(select(Job.id).where(_free(kinds)).limit(1)) is not None
    end_read()
    return waits


def lease_next(kinds: Kinds = EVERY) -> Running | None:
    """Take the next waiting job (of these kinds) for this process; None if none waits.

    Quick ones go first, then those of the subdistrict that has been served least lately, in the order in which they
    were asked for: a hundred jobs of one keep nobody else waiting. One whose lease is over is taken up again, or given
    up after three attempts that were cut short.
    """
    return _take(kinds, time.monotonic())


@background_transaction
def _take(kinds: Kinds, asked_at: float) -> Running | None:
    # Whoever waited long for the one writer of SQLite finds leases that are over only because their holders waited,
    # too: they write first.
    is_late = time.monotonic() - asked_at > LONG_WAIT_S
    free = (Job.state == JobState.QUEUED) & kinds.has() if is_late else _free(kinds)
    other = aliased(Job)
    served = (
        select(func.max(other.taken_at))
        .where(other.subdistrict_id.is_not_distinct_from(Job.subdistrict_id))
        .correlate(Job)
        .scalar_subquery()
    )
    order = (Job.kind.in_(QUICK).desc(), served.asc().nulls_first(), Job.id)
    job = db.session.scalar(select(Job).where(free).order_by(*order).limit(1).with_for_update(skip_locked=True))
    if job is None:
        return None
    if job.state == JobState.RUNNING and job.attempts % MAX_ATTEMPTS == 0:
        close(job, JobState.FAILED, None, _interrupted(job.progress_done))
        return None
    now = clock.now()
    job.attempts += 1
    job.state, job.lease_until, job.taken_at = JobState.RUNNING, now + jobs.LEASE, now
    return Running(job.id, job.subject_id, job.payload, job.attempts, job.kind)


def _free(kinds: Kinds) -> ColumnElement[bool]:
    is_over = (Job.state == JobState.RUNNING) & (Job.lease_until < clock.now())
    return or_(Job.state == JobState.QUEUED, is_over) & kinds.has()


def _interrupted(done: int) -> str:
    if done:
        return str(_("多次中断，已停止重试。已完成的 %(done)d 份保留，重新提交会接着做。", done=done))
    return str(_("多次中断，已停止重试。"))


# --- keeping ----------------------------------------------------------------------------------------------------------
@contextmanager
def beating(job_id: int, attempt: int, engine: Engine) -> Iterator[None]:
    """Extend the lease from a thread while the block runs, whatever the handler does."""
    over = threading.Event()
    thread = threading.Thread(target=_beat, args=(job_id, attempt, engine, over), name="beat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _beat(job_id: int, attempt: int, engine: Engine, over: threading.Event) -> None:
    pause = BEAT_EVERY_S
    while not over.wait(pause):
        try:
            written = update_if_idle(engine, jobs.extension(job_id, attempt))
        except DBAPIError:  # a database that restarts
            written = False
        pause = BEAT_EVERY_S if written else BEAT_AGAIN_S


# --- running ----------------------------------------------------------------------------------------------------------
def run_next(kinds: Kinds = EVERY) -> bool:
    """Run one waiting job (of these kinds), if there is one; returns whether it did. Quick ones go first.

    A refusal (LoudaError) is final and shown as its sentence; any other failure is tried again by a later call, up to
    three attempts.
    """
    # A look first: a lease is a write, and workers that poll would hold up everybody who writes.
    run = lease_next(kinds) if is_waiting(kinds) else None
    if run is None:
        return False
    token = job_claim.set(JobClaim(run.job_id, run.attempt))
    try:
        with beating(run.job_id, run.attempt, db.engine):
            _attempt(run)
    finally:
        job_claim.reset(token)
    return True


def _attempt(run: Running) -> None:
    try:
        result = handler_of(run.kind)(run)
    except LeaseLost:
        log.warning("job %s (%s): another attempt has it", run.job_id, run.kind)
    except LoudaError as refusal:
        finish(run, JobState.FAILED, error=str(refusal.sentence))
    except Exception as failure:  # a worker outlives whatever a job does
        log.exception("job %s (%s) failed", run.job_id, run.kind)
        if run.attempt % MAX_ATTEMPTS:
            finish(run, JobState.QUEUED)
        else:
            sentence = _("任务出错（%(kind)s），请重试或联系管理员。", kind=type(failure).__name__)
            finish(run, JobState.FAILED, error=sentence)
    else:
        finish(run, JobState.SUCCEEDED, result=result)


@background_transaction
def finish(run: Running, state: JobState, result: dict[str, Any] | None = None, error: str = "") -> None:
    """Write down how an attempt ended, unless another one has the job by now."""
    job = db.session.scalar(select(Job).where(jobs.held_by(run.job_id, run.attempt)).with_for_update())
    if job is not None:
        close(job, state, result, error)


def drain(limit: int = 10_000) -> int:
    """Run waiting jobs until none is left; returns how many ran. For the command line, the demo and tests."""
    ran = 0
    while ran < limit and run_next():
        ran += 1
    return ran

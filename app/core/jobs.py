"""Work that outlives a request: a row that people can watch, leased by a worker process, run again if the worker dies.

A handler must be safe to run twice: each unit of its work is its own command keyed by (job, line), or its output is
addressed by content. Lease and attempts follow the transactional-queue pattern (`SELECT … FOR UPDATE SKIP LOCKED` on
PostgreSQL; the immediate transaction of SQLite has the same effect).

What a job says is true wherever it was killed: its last command ends it in the same transaction (`Running.finish_with`,
`Running.batch`), and every command of a job is refused once the lease has gone to another attempt (a fence: Kleppmann,
"How to do distributed locking", 2016). Attempts are therefore never counted down: a job that is asked for again goes on
at the next multiple of MAX_ATTEMPTS.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any, ClassVar, ParamSpec, TypeVar

from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Integer, UniqueConstraint, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.database.turns import TurnKind
from app.core.db import (
    STRICT,
    Base,
    Created,
    UtcDateTime,
    background_transaction,
    canonical_json,
    choice_column,
    command,
    db,
    end_read,
    job_claim,
    json_column,
    plain_text,
)
from app.core.errors import LoudaError
from app.core.labels import Labelled
from app.core.states import steps

P = ParamSpec("P")
R = TypeVar("R")

LEASE = timedelta(seconds=60)  # a dozen signs of life may fail before a job goes to another worker
KEEP_ALIVE_S = 5.0  # so often `keep_alive` writes, however often it is called
MAX_ATTEMPTS = 3
QUICK = frozenset({"print_quick"})  # kinds somebody stands and waits for: a worker keeps a lane of its own for them
log = logging.getLogger("louda.jobs")


class JobState(Labelled):
    QUEUED = "queued", "排队中"
    RUNNING = "running", "进行中"
    SUCCEEDED = "succeeded", "已完成"
    FAILED = "failed", "失败"
    SUPERSEDED = "superseded", "已作废"


class Job(Created, Base):
    __tablename__ = "job"
    __table_args__ = (UniqueConstraint("kind", "subject_id", "input_sha256"), STRICT)

    LEGAL: ClassVar[dict[str, frozenset[str]]] = steps(
        queued="running superseded", running="succeeded failed queued superseded", failed="queued superseded"
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    kind: Mapped[str] = plain_text()
    subject_id: Mapped[int] = mapped_column(Integer)
    cycle_id: Mapped[int | None] = mapped_column(Integer, index=True)
    input_sha256: Mapped[str] = plain_text()
    payload: Mapped[Any] = json_column()
    state: Mapped[str] = choice_column("state", JobState, default=JobState.QUEUED)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    progress_done: Mapped[int] = mapped_column(Integer, default=0)
    progress_total: Mapped[int] = mapped_column(Integer, default=0)
    message: Mapped[str] = plain_text(default="")
    result: Mapped[Any] = json_column(nullable=True)
    error: Mapped[str] = plain_text(default="")
    is_cancel_requested: Mapped[int] = mapped_column(Integer, default=0)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @property
    def is_over(self) -> bool:
        """Nothing more will happen to it by itself."""
        return self.state in (JobState.SUCCEEDED, JobState.FAILED, JobState.SUPERSEDED)

    @property
    def state_label(self) -> str:
        return JobState(self.state).label


class LeaseLost(Exception):
    """Another attempt runs this job by now: whatever this one still wanted to write is not written."""


@dataclass(frozen=True)
class Running:
    """What a handler gets: its payload, and how to say how far it is and that it is done."""

    job_id: int
    subject_id: int
    payload: dict[str, Any]
    attempt: int = 0  # 0: called without a lease, by a test or the command line
    kind: str = ""

    def progress(self, done: int, total: int, message: str = "") -> None:
        """Show progress and extend the lease (its own small transaction; call it every second or so).

        Raises LeaseLost.
        """
        _beat(self.job_id, self.attempt, done, total, message)

    def is_cancelled(self) -> bool:
        """Whether somebody asked to stop; the handler returns early with what it has."""
        db.session.rollback()
        asked = bool(db.session.scalar(select(Job.is_cancel_requested).where(Job.id == self.job_id)))
        end_read()
        return asked

    def done_before(self) -> int:
        """What `batch` has counted so far, in this attempt and in earlier ones that were cut short."""
        db.session.rollback()
        done = db.session.scalar(select(Job.progress_done).where(Job.id == self.job_id)) or 0
        end_read()
        return done

    def finish_with(
        self, act: Callable[P, R], result: Callable[[R], dict[str, Any] | None], *args: P.args, **kwargs: P.kwargs
    ) -> dict[str, Any] | None:
        """Call a command as the last of this job: its effect and the job's end are one transaction.

        `result` makes the job's result of what the command returned; it runs inside the transaction.
        """
        claim = _claim_of(self)
        if claim is None:
            return result(act(*args, **kwargs))
        claim.on_effect = lambda job, value: claim.end(job, result(value))
        try:
            return result(act(*args, **kwargs))
        finally:
            claim.on_effect = None

    def batch(self, act: Callable[P, int], name: str, *args: P.args, **kwargs: P.kwargs) -> int:
        """Call a command that does a part of the work and returns how much; 0 says that nothing is left.

        Ensures: the part and the count of all parts are one transaction; the call that finds nothing left ends the job
        with {name: count}.
        """
        claim = _claim_of(self)
        if claim is None:
            return act(*args, **kwargs)

        def count(job: Job, served: int) -> None:
            job.progress_done += served
            job.progress_total = max(job.progress_total, job.progress_done)
            if not served:
                claim.end(job, {name: job.progress_done})

        claim.on_effect = count
        try:
            return act(*args, **kwargs)
        finally:
            claim.on_effect = None


@dataclass
class JobClaim:
    """The hold of one attempt on its job; `begin` and `finish` run inside each command's transaction."""

    job_id: int
    attempt: int
    on_effect: Callable[[Job, Any], None] | None = None
    is_over: bool = False
    kept_alive_at: float = 0.0

    def begin(self) -> None:
        """Raises LeaseLost where another attempt has the job."""
        self._held()

    def finish(self, value: Any) -> None:
        """Extend the lease with each command, and note or end what `Running` was told to."""
        job = self._held()
        job.lease_until = clock.now() + LEASE
        if self.on_effect is not None:
            self.on_effect(job, value)
        db.session.flush()

    def end(self, job: Job, result: dict[str, Any] | None) -> None:
        """End the job in the present transaction."""
        _close(job, JobState.SUCCEEDED, result)
        self.is_over = True

    def _held(self) -> Job:
        # Locked and read anew, so that no other attempt takes the job between this look and the commit.
        found = select(Job).where(Job.id == self.job_id).with_for_update()
        job = db.session.scalar(found.execution_options(populate_existing=True))
        if job is None or job.state != JobState.RUNNING or job.attempts != self.attempt:
            raise LeaseLost(f"job {self.job_id}, attempt {self.attempt}")
        return job


def _claim_of(run: Running) -> JobClaim | None:
    claim = job_claim.get()
    return claim if isinstance(claim, JobClaim) and claim.job_id == run.job_id else None


Handler = Callable[[Running], dict[str, Any] | None]
HANDLERS: dict[str, Handler] = {}  # kind -> what runs it, filled by `handles`; see `handler_of`
MODULES_KEY = "louda_job_modules"  # in app.extensions: the modules that register handlers, imported at the first job


def handles(kind: str) -> Callable[[Handler], Handler]:
    """Register the handler of a kind of job; its return value is stored as the job's result."""

    def register(handler: Handler) -> Handler:
        HANDLERS[kind] = handler
        return handler

    return register


def enqueue(kind: str, subject_id: int, payload: dict[str, Any], *, cycle_id: int | None = None) -> Job:
    """Inside a command: ask for a job. The same kind, subject and payload is the same job: one that waits, runs or has
    succeeded is returned as it is, one that failed is put back into the queue."""
    digest = hashlib.sha256(canonical_json(payload).encode()).hexdigest()
    found = db.session.scalar(select(Job).filter_by(kind=kind, subject_id=subject_id, input_sha256=digest))
    if found is None:
        found = Job(kind=kind, subject_id=subject_id, cycle_id=cycle_id, input_sha256=digest, payload=payload)
        db.session.add(found)
        db.session.flush()
    elif found.state in (JobState.FAILED, JobState.SUPERSEDED):
        found.state, found.error, found.is_cancel_requested = JobState.QUEUED, "", 0
        found.attempts = -(-found.attempts // MAX_ATTEMPTS) * MAX_ATTEMPTS  # a number of its own for each attempt
        found.lease_until, found.progress_done, found.progress_total = None, 0, 0
    return found


@command(turn=TurnKind.NOBODY)
def cancel(job_id: int) -> None:
    """Ask a waiting or running job to stop. Ensures: a waiting one never starts; a running one sees it soon."""
    job = db.session.get(Job, job_id)
    if job is None or job.is_over:
        return
    job.is_cancel_requested = 1
    if job.state == JobState.QUEUED:
        job.state = JobState.SUPERSEDED


def _free(only: Collection[str] | None) -> ColumnElement[bool]:
    free = or_(Job.state == JobState.QUEUED, (Job.state == JobState.RUNNING) & (Job.lease_until < clock.now()))
    return free if only is None else free & Job.kind.in_(only)


def is_waiting(only: Collection[str] | None = None) -> bool:
    """Whether a job (of these kinds) waits to be run; a look that locks nothing and holds no snapshot afterwards."""
    db.session.rollback()
    waits = db.session.scalar(select(Job.id).where(_free(only)).limit(1)) is not None
    end_read()
    return waits


@background_transaction
def lease_next(only: Collection[str] | None = None) -> Running | None:
    """Take the next waiting job (of these kinds) for this process, quick ones first; None if none waits.

    One whose lease is over is taken up again, or given up after three attempts that were cut short.
    """
    first = Job.kind.in_(QUICK).desc()
    job = db.session.scalar(
        select(Job).where(_free(only)).order_by(first, Job.id).limit(1).with_for_update(skip_locked=True)
    )
    if job is None:
        return None
    if job.state == JobState.RUNNING and job.attempts % MAX_ATTEMPTS == 0:
        _close(job, JobState.FAILED, None, _interrupted(job.progress_done))
        return None
    job.attempts += 1
    job.state, job.lease_until = JobState.RUNNING, clock.now() + LEASE
    return Running(job.id, job.subject_id, job.payload, job.attempts, job.kind)


def _interrupted(done: int) -> str:
    if done:
        return str(_("多次中断，已停止重试。已完成的 %(done)d 份保留，重新提交会接着做。", done=done))
    return str(_("多次中断，已停止重试。"))


@background_transaction
def _beat(job_id: int, attempt: int, done: int, total: int, message: str) -> None:
    job = db.session.get(Job, job_id)
    if job is None or (attempt and (job.state, job.attempts) != (JobState.RUNNING, attempt)):
        claim = job_claim.get()
        if attempt and not (isinstance(claim, JobClaim) and claim.is_over):
            raise LeaseLost(f"job {job_id}, attempt {attempt}")
    elif job.state == JobState.RUNNING:
        job.progress_done, job.progress_total, job.message = done, total, message
        job.lease_until = clock.now() + LEASE


def keep_alive() -> None:
    """Extend the lease of the job that is being run, in a phase that has no progress to tell; call it often.

    Nothing happens outside of a job. Never inside a command, which extends the lease itself. Raises LeaseLost.
    """
    claim = job_claim.get()
    if not isinstance(claim, JobClaim) or claim.is_over or time.monotonic() - claim.kept_alive_at < KEEP_ALIVE_S:
        return
    claim.kept_alive_at = time.monotonic()
    _extend(claim.job_id, claim.attempt)


@background_transaction
def _extend(job_id: int, attempt: int) -> None:
    job = db.session.get(Job, job_id)
    if job is None or (job.state, job.attempts) != (JobState.RUNNING, attempt):
        raise LeaseLost(f"job {job_id}, attempt {attempt}")
    job.lease_until = clock.now() + LEASE


@background_transaction
def _finish(run: Running, state: JobState, result: dict[str, Any] | None = None, error: str = "") -> None:
    job = db.session.get(Job, run.job_id)
    if job is not None and (job.state, job.attempts) == (JobState.RUNNING, run.attempt):
        _close(job, state, result, error)


def _close(job: Job, state: JobState, result: dict[str, Any] | None, error: str = "") -> None:
    cancelled = state == JobState.SUCCEEDED and job.is_cancel_requested
    job.state = JobState.SUPERSEDED if cancelled else state
    job.result, job.error, job.lease_until, job.finished_at = result, error, None, clock.now()
    if state == JobState.SUCCEEDED:
        job.progress_done = job.progress_total


def handler_of(kind: str) -> Handler:
    """The handler of a kind of job. Modules with handlers are heavy (planner, renderer): pages never load them.

    Raises KeyError for a kind that nobody handles.
    """
    if kind not in HANDLERS:
        for module in current_app.extensions.get(MODULES_KEY, ()):
            import_module(module)
    return HANDLERS[kind]


def run_next(only: Collection[str] | None = None) -> bool:
    """Run one waiting job (of these kinds), if there is one; returns whether it did. Quick ones go first.

    A refusal (LoudaError) is final and shown as its sentence; any other failure is tried again by a later call, up to
    three attempts.
    """
    # A look first: a lease is a write, and workers that poll would hold up everybody who writes.
    run = lease_next(only) if is_waiting(only) else None
    if run is None:
        return False
    token = job_claim.set(JobClaim(run.job_id, run.attempt))
    try:
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
        _finish(run, JobState.FAILED, error=str(refusal.sentence))
    except Exception as failure:  # a worker outlives whatever a job does
        log.exception("job %s (%s) failed", run.job_id, run.kind)
        if run.attempt % MAX_ATTEMPTS:
            _finish(run, JobState.QUEUED)
        else:
            sentence = _("任务出错（%(kind)s），请重试或联系管理员。", kind=type(failure).__name__)
            _finish(run, JobState.FAILED, error=sentence)
    else:
        _finish(run, JobState.SUCCEEDED, result=result)


def drain(limit: int = 10_000) -> int:
    """Run waiting jobs until none is left; returns how many ran. For the command line, the demo and tests."""
    ran = 0
    while ran < limit and run_next():
        ran += 1
    return ran

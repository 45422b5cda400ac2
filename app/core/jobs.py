"""Work that outlives a request: a row that people can watch, leased by a worker process, run again if the worker dies.
How a worker takes and runs jobs: core/queue/worker.

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
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any, ClassVar, ParamSpec, TypeVar, cast

from flask import current_app
from sqlalchemy import ColumnElement, CursorResult, Integer, UniqueConstraint, Update, select, update
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.database.turns import TurnKind, current_subdistrict
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
from app.core.labels import Labelled
from app.core.queue import bell
from app.core.states import steps

P = ParamSpec("P")
R = TypeVar("R")

LEASE = timedelta(seconds=20)  # four signs of life may fail before a job goes to another worker
KEEP_ALIVE_S = 5.0  # so often `keep_alive` writes, however often it is called
MAX_ATTEMPTS = 3


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
    subdistrict_id: Mapped[int | None] = mapped_column(Integer, index=True)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    taken_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
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
        claim = job_claim.get()
        if isinstance(claim, JobClaim) and claim.is_over:
            return
        _tell_progress(self.job_id, self.attempt, done, total, message)

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
        close(job, JobState.SUCCEEDED, result)
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
        found = Job(
            kind=kind,
            subject_id=subject_id,
            cycle_id=cycle_id,
            subdistrict_id=current_subdistrict.get() or None,
            input_sha256=digest,
            payload=payload,
        )
        db.session.add(found)
        db.session.flush()
    elif found.state in (JobState.FAILED, JobState.SUPERSEDED):
        found.state, found.error, found.is_cancel_requested = JobState.QUEUED, "", 0
        found.attempts = -(-found.attempts // MAX_ATTEMPTS) * MAX_ATTEMPTS  # a number of its own for each attempt
        found.lease_until, found.progress_done, found.progress_total = None, 0, 0
    bell.ring(db.session)
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


def held_by(job_id: int, attempt: int) -> ColumnElement[bool]:
    """The fence: whatever an attempt writes of its job hits no row once another attempt has it."""
    return (Job.id == job_id) & (Job.state == JobState.RUNNING) & (Job.attempts == attempt)


def _write_as_holder(job_id: int, attempt: int, **values: Any) -> None:
    """One fenced UPDATE. Raises LeaseLost where the attempt has the job no longer."""
    done = db.session.execute(update(Job).where(held_by(job_id, attempt)).values(**values))
    if not cast("CursorResult[Any]", done).rowcount:
        raise LeaseLost(f"job {job_id}, attempt {attempt}")


@background_transaction
def _tell_progress(job_id: int, attempt: int, done: int, total: int, message: str) -> None:
    told = {"progress_done": done, "progress_total": total, "message": message, "lease_until": clock.now() + LEASE}
    if attempt:
        _write_as_holder(job_id, attempt, **told)
    else:
        db.session.execute(update(Job).where(Job.id == job_id, Job.state == JobState.RUNNING).values(**told))


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
    _write_as_holder(job_id, attempt, lease_until=clock.now() + LEASE)


def extension(job_id: int, attempt: int) -> Update:
    """The statement by which a thread beside the job extends its lease: it waits for nobody.

    On PostgreSQL a command of the job holds its row until it is over; nobody else can take it then, and a beat that
    waited for it would be late.
    """
    free = select(Job.id).where(held_by(job_id, attempt)).with_for_update(skip_locked=True).scalar_subquery()
    return update(Job).where(Job.id == free).values(lease_until=clock.now() + LEASE)


def close(job: Job, state: JobState, result: dict[str, Any] | None, error: str = "") -> None:
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

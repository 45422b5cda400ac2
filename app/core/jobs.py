"""Work that outlives a request: a row that people can watch, leased by a worker process, run again if the worker dies.

A handler must be safe to run twice: each unit of its work is its own command keyed by (job, line), or its output is
addressed by content. Lease and attempts follow the transactional-queue pattern (`SELECT … FOR UPDATE SKIP LOCKED` on
PostgreSQL; the immediate transaction of SQLite has the same effect).
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any, ClassVar

from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Integer, UniqueConstraint, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.db import STRICT, Base, Created, UtcDateTime, canonical_json, choice, command, db, json_column, plain_text
from app.core.errors import LoudaError
from app.core.labels import Labelled
from app.core.states import steps

LEASE = timedelta(seconds=60)
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
    state: Mapped[str] = choice("state", JobState, default=JobState.QUEUED)
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


@dataclass(frozen=True)
class Running:
    """What a handler gets: its payload, and how to say how far it is."""

    job_id: int
    subject_id: int
    payload: dict[str, Any]

    def progress(self, done: int, total: int, message: str = "") -> None:
        """Show progress and extend the lease (its own small transaction; call it every second or so)."""
        _beat(self.job_id, done, total, message)

    def is_cancelled(self) -> bool:
        """Whether somebody asked to stop; the handler returns early with what it has."""
        db.session.rollback()
        return bool(db.session.scalar(select(Job.is_cancel_requested).where(Job.id == self.job_id)))


Handler = Callable[[Running], dict[str, Any] | None]
_handlers: dict[str, Handler] = {}
MODULES_KEY = "louda_job_modules"  # in app.extensions: the modules that register handlers, imported at the first job


def handles(kind: str) -> Callable[[Handler], Handler]:
    """Register the handler of a kind of job; its return value is stored as the job's result."""

    def register(handler: Handler) -> Handler:
        _handlers[kind] = handler
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
        found.state, found.attempts, found.error, found.is_cancel_requested = JobState.QUEUED, 0, "", 0
        found.lease_until = None
    return found


@command
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


def is_waiting(only: Collection[str]) -> bool:
    """Whether a job of these kinds waits to be run; a look that locks nothing."""
    db.session.rollback()
    return db.session.scalar(select(Job.id).where(_free(only)).limit(1)) is not None


@command
def _lease_next(only: Collection[str] | None) -> Job | None:
    first = Job.kind.in_(QUICK).desc()
    job = db.session.scalar(
        select(Job).where(_free(only)).order_by(first, Job.id).limit(1).with_for_update(skip_locked=True)
    )
    if job is None:
        return None
    job.attempts += 1
    if job.attempts > MAX_ATTEMPTS:
        job.state, job.error, job.finished_at = JobState.FAILED, _("多次中断，已停止重试。"), clock.now()
        return None
    job.state, job.lease_until = JobState.RUNNING, clock.now() + LEASE
    return job


@command
def _beat(job_id: int, done: int, total: int, message: str) -> None:
    job = db.session.get(Job, job_id)
    if job is not None and job.state == JobState.RUNNING:
        job.progress_done, job.progress_total, job.message = done, total, message
        job.lease_until = clock.now() + LEASE


@command
def _finish(job_id: int, state: JobState, result: dict[str, Any] | None = None, error: str = "") -> None:
    job = db.session.get(Job, job_id)
    if job is None or job.state != JobState.RUNNING:
        return
    cancelled = state == JobState.SUCCEEDED and job.is_cancel_requested
    job.state = JobState.SUPERSEDED if cancelled else state
    job.result, job.error, job.lease_until, job.finished_at = result, error, None, clock.now()
    if state == JobState.SUCCEEDED:
        job.progress_done = job.progress_total


def handler_of(kind: str) -> Handler:
    """The handler of a kind of job. Modules with handlers are heavy (planner, renderer): pages never load them.

    Raises KeyError for a kind that nobody handles.
    """
    if kind not in _handlers:
        for module in current_app.extensions.get(MODULES_KEY, ()):
            import_module(module)
    return _handlers[kind]


def run_next(only: Collection[str] | None = None) -> bool:
    """Run one waiting job (of these kinds), if there is one; returns whether it did. Quick ones go first.

    A refusal (LoudaError) is final and shown as its sentence; any other failure is tried again by a later call, up to
    three attempts.
    """
    job = _lease_next(only)
    if job is None:
        return False
    run = Running(job.id, job.subject_id, job.payload)
    kind, attempts = job.kind, job.attempts
    try:
        result = handler_of(kind)(run)
    except LoudaError as refusal:
        _finish(run.job_id, JobState.FAILED, error=str(refusal.sentence))
    except Exception as failure:  # a worker outlives whatever a job does
        log.exception("job %s (%s) failed", run.job_id, kind)
        if attempts < MAX_ATTEMPTS:
            _finish(run.job_id, JobState.QUEUED)
        else:
            _finish(
                run.job_id,
                JobState.FAILED,
                error=_("任务出错（%(kind)s），请重试或联系管理员。", kind=type(failure).__name__),
            )
    else:
        _finish(run.job_id, JobState.SUCCEEDED, result=result)
    return True


def drain(limit: int = 10_000) -> int:
    """Run waiting jobs until none is left; returns how many ran. For the command line, the demo and tests."""
    ran = 0
    while ran < limit and run_next():
        ran += 1
    return ran

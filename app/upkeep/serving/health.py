"""How an installation is: database, worker, waiting jobs, newest backup, disk. Looked at beside the pages, by somebody
who never waits for them: a thread looks every few seconds with limits of its own, and whoever asks reads what it saw.

    problem          when                                                                        healthy?
    database         no answer within two seconds                                                no
    worker_silent    the worker's beat and every lease of a running job are over two minutes old no
                     or it has not beaten since the machine and this process started
    job_waits        a job has waited for 15 minutes                                             no
    schema_other     the database is at another version than this program                        no
    disk_low         less than 200 MB or one hundredth free                                      no
    backup_old       the newest backup is over an hour old                                       yes, but told
    log_unsealed     an entry of the event log has waited for its seal for over a minute         yes, but told
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import sqlite3
import threading
import time
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from app.core import clock
from app.core.log import seals
from app.settings import Settings
from app.upkeep.backups import retention
from app.upkeep.database import schema

log = logging.getLogger("louda.health")

BEAT_FILE = "worker.beat"
BEAT_EVERY_S = 5.0
LOOK_EVERY_S = 5.0
WORKER_SILENT_S = 120
JOB_WAITS_S = 15 * 60
BACKUP_OLD_S = 60 * 60
DISK_LOW_BYTES = 200_000_000
DATABASE_WITHIN_S = 2
TOLD_ONLY = frozenset({"backup_old", "log_unsealed"})


@dataclass(frozen=True, slots=True)
class Health:
    """What was seen; ages in seconds, None where there is nothing to have an age."""

    database: bool
    schema: bool
    worker_beat_s: int | None
    oldest_waiting_job_s: int | None
    running_job_s: int | None
    newest_backup_s: int | None
    disk_free_bytes: int
    unsealed_s: int | None
    problems: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether nobody has to come at once."""
        return not set(self.problems) - TOLD_ONLY

    def body(self) -> dict[str, Any]:
        """As it is sent."""
        return {"ok": self.ok, **asdict(self), "problems": list(self.problems)}


@dataclass(frozen=True, slots=True)
class _Jobs:
    waiting_since: datetime | None = None
    running_since: datetime | None = None
    leased_until: datetime | None = None


def write_heartbeat(settings: Settings) -> None:
    """The worker says that it lives: the machine's own uptime in a file, so that no wall clock can make it old."""
    path = settings.data_dir / BEAT_FILE
    fresh = path.with_suffix(f".{os.getpid()}")
    fresh.write_text(json.dumps({"uptime_s": _uptime_s(), "pid": os.getpid()}), encoding="ascii")
    fresh.replace(path)


def expect_worker(settings: Settings) -> None:
    """Whoever starts a worker here says so: from then on a worker that never beats is missed. What it told stays."""
    (settings.data_dir / BEAT_FILE).touch()


class Beat:
    """Beats at most every few seconds, however often it is called."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._next = time.monotonic()

    def __call__(self) -> None:
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + BEAT_EVERY_S
            write_heartbeat(self._settings)


def _uptime_s() -> float:
    clock_id = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return time.clock_gettime(clock_id)


def _beat_age_s(settings: Settings) -> int | None:
    """Seconds since the worker's last beat; None if it never beat since the machine started."""
    try:
        told = json.loads((settings.data_dir / BEAT_FILE).read_text(encoding="ascii"))
        age = _uptime_s() - float(told["uptime_s"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return int(age) if age >= 0 else None


def _silent_s(settings: Settings, beat_s: int | None, up_s: float) -> float:
    """How long the worker has been silent. One that has not beaten since the machine started is silent as long as
    whoever looks has been up, where a worker is expected: a file of an earlier beat, or an empty one, says so."""
    if beat_s is not None:
        return beat_s
    return up_s if (settings.data_dir / BEAT_FILE).exists() else 0.0


def examine(settings: Settings, engine: Engine | None = None, up_s: float = 0.0) -> Health:
    """Look at everything once. Takes at most a few seconds, whatever else the database has to do. `up_s`: how long
    this process has looked already."""
    own = engine or examiner_engine(settings)
    jobs = _jobs(own)
    is_schema_right = _is_schema_right(own)
    now = clock.now()
    beat_s = _beat_age_s(settings)
    taken = [instant for path in retention.existing(settings.backups_dir) if (instant := retention.taken_at(path))]
    disk = shutil.disk_usage(settings.data_dir)
    unsealed_s = _age(_unsealed_since(own), now)
    waiting_s = _age(jobs.waiting_since, now) if jobs else None
    backup_s = _age(max(taken, default=None), now)
    is_working = jobs is not None and jobs.leased_until is not None and jobs.leased_until > now
    found = {
        "database": jobs is None,
        "schema_other": jobs is not None and not is_schema_right,
        "worker_silent": _silent_s(settings, beat_s, up_s) > WORKER_SILENT_S and not is_working,
        "job_waits": waiting_s is not None and waiting_s > JOB_WAITS_S,
        "disk_low": disk.free < max(DISK_LOW_BYTES, disk.total // 100),
        "backup_old": backup_s is not None and backup_s > BACKUP_OLD_S,
        "log_unsealed": unsealed_s is not None and unsealed_s > seals.LATE_AFTER.total_seconds(),
    }
    return Health(
        database=jobs is not None,
        schema=is_schema_right,
        worker_beat_s=beat_s,
        oldest_waiting_job_s=waiting_s,
        running_job_s=_age(jobs.running_since, now) if jobs else None,
        newest_backup_s=backup_s,
        disk_free_bytes=disk.free,
        unsealed_s=unsealed_s,
        problems=tuple(name for name, is_so in found.items() if is_so),
    )


def examiner_engine(settings: Settings) -> Engine:
    """Connections of the examiner's own, opened for each look, that wait for nobody and make no file that is missing:
    an empty one in the place of a lost database would be taken for it at the next start."""
    path = settings.sqlite_path
    if path is not None:
        address = f"{path.absolute().as_uri()}?mode=ro"
        return create_engine(
            "sqlite://",
            poolclass=NullPool,
            creator=lambda: sqlite3.connect(address, timeout=DATABASE_WITHIN_S, uri=True),
        )
    limit = f"-c statement_timeout={DATABASE_WITHIN_S}s -c lock_timeout={DATABASE_WITHIN_S}s"
    options = {"connect_timeout": DATABASE_WITHIN_S, "options": limit}
    return create_engine(settings.database_url, poolclass=NullPool, connect_args={} if settings.is_sqlite else options)


def _jobs(engine: Engine) -> _Jobs | None:
    """What the job table says; None if the database does not answer."""
    asked = text(
        "SELECT min(CASE WHEN state = 'queued' THEN created_at END),"
        " min(CASE WHEN state = 'running' THEN created_at END),"
        " max(CASE WHEN state = 'running' THEN lease_until END) FROM job WHERE state IN ('queued', 'running')"
    )
    try:
        with engine.connect() as connection:
            waiting, running, leased = connection.execute(asked).one()
    except SQLAlchemyError:
        return None
    return _Jobs(*(_instant(value) for value in (waiting, running, leased)))


@cache
def _wanted() -> frozenset[str]:
    """The version that this program was written for, read once: it stays so if the files are exchanged under it."""
    return frozenset(schema.heads())


def _is_schema_right(engine: Engine) -> bool:
    """Whether the database is at the version of this program; False without an answer."""
    try:
        with engine.connect() as connection:
            return set(connection.execute(text("SELECT version_num FROM alembic_version")).scalars()) == _wanted()
    except SQLAlchemyError:
        return False


def jobs_by_state(engine: Engine) -> dict[str, tuple[int, int]]:
    """State → how many jobs wait, run or have failed, and seconds since the oldest was asked for. Empty without an
    answer."""
    asked = text(
        "SELECT state, count(*), min(created_at) FROM job WHERE state IN ('queued', 'running', 'failed') GROUP BY state"
    )
    try:
        with engine.connect() as connection:
            rows = connection.execute(asked).all()
    except SQLAlchemyError:
        return {}
    now = clock.now()
    return {state: (count, _age(_instant(since), now) or 0) for state, count, since in rows}


def _unsealed_since(engine: Engine) -> datetime | None:
    """When the oldest entry of the event log was written that has no seal; None if there is none, or no answer."""
    try:
        with engine.connect() as connection:
            return connection.execute(seals.unsealed_since()).scalar()
    except SQLAlchemyError:
        return None


def _instant(value: Any) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def _age(instant: datetime | None, now: datetime) -> int | None:
    return None if instant is None else max(0, int((now - instant).total_seconds()))


class HealthWatch:
    """Looks every few seconds in a thread; `latest` is answered at once."""

    def __init__(self, settings: Settings, *, counts_jobs: bool = False) -> None:
        self._settings = settings
        self._counts_jobs = counts_jobs
        self._engine = examiner_engine(settings)
        self._latest: Health | None = None
        self.jobs: dict[str, tuple[int, int]] = {}
        self._at = 0.0
        self._since = time.monotonic()

    def start(self) -> None:
        """Begin to look."""
        threading.Thread(target=self._look, name="health", daemon=True).start()

    def _look(self) -> None:
        is_failing = False
        while True:
            try:
                up_s = time.monotonic() - self._since
                self._latest, self._at = examine(self._settings, self._engine, up_s), time.monotonic()
                self.jobs = jobs_by_state(self._engine) if self._counts_jobs else {}
                is_failing = False
            except Exception:  # a folder that is away for a moment must not end the thread: nobody would look again
                if not is_failing:  # said once, not every few seconds
                    log.exception("the installation could not be looked at")
                is_failing = True
            time.sleep(LOOK_EVERY_S)

    def latest(self) -> tuple[int, dict[str, Any]]:
        """HTTP status and body: 200 while all is well, 503 otherwise, also while nothing was seen yet or the look
        itself hangs."""
        seen, age_s = self._latest, int(time.monotonic() - self._at)
        if seen is None:
            return 503, {"ok": False, "problems": ["starting"]}
        is_fresh = age_s < 60
        body = {**seen.body(), "seen_s": age_s}
        if not is_fresh:
            body = {**body, "ok": False, "problems": [*body["problems"], "not_seen"]}
        return (200 if body["ok"] else 503), body

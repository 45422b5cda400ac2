"""Commands of the print centre."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from app.access.permissions import Permission, Staff
from app.core import clock, jobs
from app.core.db import command, db
from app.core.errors import Invalid, NotFound
from app.core.events import record
from app.core.jobs import Job, JobState
from app.ordering.gate import cycle_at_point, cycle_or_not_found, readable_cycle
from app.places.scope import is_subdistrict_in_scope, require_point, require_subdistrict
from app.printing.centre.jobs import JOB_KIND, QUICK_JOB_KIND
from app.printing.centre.kit import KIT_JOB_KIND
from app.printing.centre.print_scope import PrintScope, kinds_of, resolve_scope
from app.printing.centre.queries import waves
from app.printing.kinds import by_key, listed, printable
from app.printing.layout.labels import STOCKS

QUICK_SUBJECTS = 24
PRINT_JOBS = (JOB_KIND, QUICK_JOB_KIND, KIT_JOB_KIND)
_WAITING = (JobState.QUEUED, JobState.RUNNING)


@dataclass(frozen=True)
class PrintRequest:
    """Kinds to bring up to date; of one point or of all; labels on a stock."""

    kinds: tuple[str, ...]
    wave: int = 1
    point_id: int | None = None
    stock: str = ""  # the remembered paper
    start: int = 0  # places already used on the first sheet of labels
    building_id: int | None = None
    round_id: int | None = None
    documents: tuple[int, ...] = ()

    @property
    def scope(self) -> PrintScope:
        """What it is limited to within the cycle."""
        return PrintScope(self.building_id, self.round_id, tuple(self.documents))


@command
def request_printing(by: Staff, cycle_id: int, wanted: PrintRequest) -> Job:
    """Ask for sheets.

    Requires: PRINT for the point, or for the whole subdistrict where no point is named or a kind covers it all.
    Ensures: one waiting job; asking again while it waits or runs gives the same job. Raises: NotFound, Invalid.
    """
    if not wanted.scope.is_everything:
        return _request_some(by, cycle_id, wanted)
    _require(by, cycle_id, wanted)
    return _enqueue(by, cycle_id, JOB_KIND, _payload(cycle_id, wanted))


def _request_some(by: Staff, cycle_id: int, wanted: PrintRequest) -> Job:
    """Sheets of a building, a round, or those named: quick ones go the lane for which nobody waits long."""
    cycle = readable_cycle(by, Permission.PRINT, cycle_id)
    _require_wave(cycle_id, wanted.wave)
    found = resolve_scope(cycle_id, wanted.wave, wanted.scope)
    for point_id in found.point_ids:
        if point_id is None:
            require_subdistrict(by, Permission.PRINT, cycle.subdistrict_id)
        else:
            require_point(by, Permission.PRINT, point_id)
    kinds = wanted.kinds or kinds_of(wanted.scope)
    if any(kind not in printable() for kind in kinds):
        raise Invalid({"kinds": [_("请选择要打印的单据。")]})
    payload = _payload(cycle_id, replace(wanted, kinds=kinds))
    payload |= {"subjects": found.subjects, "buildings": found.buildings}
    is_quick = sum(len(ids) for ids in found.subjects.values()) <= QUICK_SUBJECTS
    return _enqueue(by, cycle_id, QUICK_JOB_KIND if is_quick else JOB_KIND, payload)


@command
def request_kit(by: Staff, cycle_id: int, wave: int) -> Job:
    """Ask for the degraded kit: every sheet of the day and blank forms in one file.

    Requires: PRINT for the whole subdistrict. Ensures: one waiting job. Raises: NotFound, Invalid (no such wave).
    """
    cycle = cycle_or_not_found(cycle_id)
    require_subdistrict(by, Permission.PRINT, cycle.subdistrict_id)
    _require_wave(cycle_id, wave)
    wanted = PrintRequest(tuple(kind.key for kind in listed() if kind.is_in_kit), wave)
    return _enqueue(by, cycle_id, KIT_JOB_KIND, _payload(cycle_id, wanted))


def _payload(cycle_id: int, wanted: PrintRequest) -> dict[str, Any]:
    order = [key for key in printable() if key in wanted.kinds]
    return {
        "cycle_id": cycle_id,
        "wave": wanted.wave,
        "kinds": order,
        "point_id": wanted.point_id,
        "stock": wanted.stock,
        "start": wanted.start,
    }


def _enqueue(by: Staff, cycle_id: int, kind: str, payload: dict[str, Any]) -> Job:
    waiting = db.session.scalars(select(Job).where(Job.kind == kind, Job.cycle_id == cycle_id, Job.state.in_(_WAITING)))
    for job in waiting:
        if not job.is_cancel_requested and {**job.payload, "at": None} == {**payload, "at": None}:
            return job
    # The instant makes each request a job of its own; a finished one must not stand for later content.
    job = jobs.enqueue(kind, cycle_id, {**payload, "at": clock.now().isoformat()}, cycle_id=cycle_id)
    record(by, "print", job, cycle_id=cycle_id, kinds=payload["kinds"], wave=payload["wave"])
    return job


def _require(by: Staff, cycle_id: int, wanted: PrintRequest) -> None:
    cycle = readable_cycle(by, Permission.PRINT, cycle_id)
    _require_wave(cycle_id, wanted.wave)
    if not wanted.kinds or any(kind not in printable() for kind in wanted.kinds):
        raise Invalid({"kinds": [_("请选择要打印的单据。")]})
    if wanted.stock and wanted.stock not in STOCKS:
        raise Invalid({"stock": [_("没有这种标签纸。")]})
    if wanted.point_id is None or _has_wide(wanted.kinds):
        require_subdistrict(by, Permission.PRINT, cycle.subdistrict_id)
    if wanted.point_id is not None:
        require_point(by, Permission.PRINT, wanted.point_id)
        cycle_at_point(cycle_id, wanted.point_id)


def _require_wave(cycle_id: int, wave: int) -> None:
    """The first wave is there before its bags are: orders are printed earlier. Raises: Invalid."""
    known = waves(cycle_id)
    if wave != 1 and wave not in known:
        shown = "、".join(str(one) for one in known)
        raise Invalid({"wave": [_("这一批没有第%(wave)s波，现在有的是第%(known)s波。", wave=wave, known=shown)]})


def _has_wide(kinds: Sequence[str]) -> bool:
    return any(by_key()[kind].is_wide for kind in kinds)


def cancel_printing(by: Staff, job_id: int) -> None:
    """Ask a print job to stop.

    Requires: PRINT within the job's cycle, for its point. Ensures: a waiting job never starts, a running one stops
    at its next beat. Raises: NotFound.
    """
    job = db.session.get(Job, job_id)
    if job is None or job.kind not in PRINT_JOBS:
        raise NotFound
    cycle = cycle_or_not_found(job.subject_id)
    point_id = job.payload["point_id"]
    if not is_subdistrict_in_scope(by, Permission.PRINT, cycle.subdistrict_id):
        if point_id is None:
            raise NotFound
        require_point(by, Permission.PRINT, point_id)
    jobs.cancel(job_id)

"""Packing a whole subdistrict takes seconds: a worker does it while the page shows that it is under way."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from app.access.forms.background import ask, asker
from app.access.permissions import Staff
from app.core.db import command
from app.core.jobs import Job, Running, handles
from app.picking import service

PACK_JOB = "pack"


@command
def ask_pack(by: Staff, cycle_id: int) -> Job:
    """Put the packing of everything that is allocated into the queue. Raises: NotFound, Conflict."""
    service.require_running(by, cycle_id)
    return ask(by, PACK_JOB, cycle_id, {})


@handles(PACK_JOB)
def run_pack(job: Running) -> dict[str, Any] | None:
    """Pack. Raises: NotFound, Conflict."""
    return job.finish_with(service.pack, asdict, asker(job), job.subject_id)

"""Packing a whole subdistrict takes seconds: a worker does it while the page shows that it is under way."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from app.access.forms.background import requester
from app.core.jobs import Running, handles
from app.picking import service
from app.picking.service import PACK_JOB


@handles(PACK_JOB)
def run_pack(job: Running) -> dict[str, Any] | None:
    """Pack. Raises: NotFound, Conflict."""
    return job.finish_with(service.pack, asdict, requester(job), job.subject_id)

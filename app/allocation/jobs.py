"""Previews and runs take seconds for a whole subdistrict: a worker does them while the page shows how far it is."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

from app.access.forms.background import newest_job, requester
from app.access.permissions import Permission
from app.allocation import service
from app.allocation.compute import ItemResult
from app.allocation.schemas import Commit
from app.allocation.service import ALLOCATE_JOB, PREVIEW_JOB, SHORT_JOB
from app.allocation.substitution.substitution import find_substitutes
from app.core.jobs import Job, JobState, Running, handles
from app.ordering.gate import require_cycle
from app.ordering.models import Cycle


@dataclass(frozen=True)
class PreviewItem:
    """One item of a preview; the numbers are those of `compute.ItemResult`."""

    item: str
    sale_unit: str
    qty_wanted: int
    qty_stock: int
    qty_given: int
    qty_short: int
    short_lines: int


_SHOWN = tuple(field.name for field in fields(PreviewItem))


@dataclass(frozen=True)
class PreviewSwap:
    """What would stand in for short units if the shortage were declared now; the numbers are `substitution.Swap`'s."""

    item: str
    substitute: str
    households: int
    qty_covered: int
    qty_substitute: int


@dataclass(frozen=True)
class AllocationPreview:
    """What a run would give, as it was when it was worked out."""

    input_sha256: str
    items: tuple[PreviewItem, ...]
    swaps: tuple[PreviewSwap, ...]


def last_preview(cycle: Cycle) -> tuple[Job | None, AllocationPreview | None]:
    """The preview asked for last, and what it came to once it is there."""
    job = newest_job([PREVIEW_JOB], cycle.id)
    if job is None or job.state != JobState.SUCCEEDED:
        return job, None
    items = tuple(PreviewItem(**item) for item in job.result["items"])
    swaps = tuple(PreviewSwap(**swap) for swap in job.result.get("swaps", ()))
    return job, AllocationPreview(job.result["input_sha256"], items, swaps)


@handles(PREVIEW_JOB)
def run_preview(job: Running) -> dict[str, Any]:
    """Work out what a run would give, and write nothing but that. Raises: NotFound, Conflict."""
    cycle = require_cycle(requester(job), Permission.ALLOCATE, job.subject_id)
    proposal = service.proposal_for(cycle)
    found = [
        asdict(PreviewSwap(swap.item, swap.substitute, len(swap.replaced), swap.qty_covered, swap.qty_substitute))
        for swap in find_substitutes(cycle, proposal)
    ]
    return {
        "input_sha256": proposal.input_sha256,
        "items": [_shown(item) for item in proposal.items],
        "swaps": found,
    }


def _shown(item: ItemResult) -> dict[str, Any]:
    return {name: getattr(item, name) for name in _SHOWN}


@handles(ALLOCATE_JOB)
def run_allocate(job: Running) -> dict[str, Any] | None:
    """Give out the free stock. Raises: NotFound, Conflict."""
    seen = Commit(str(job.payload["input_sha256"]))
    return job.finish_with(service.allocate, lambda run: {"run_id": run.id}, requester(job), job.subject_id, seen)


@handles(SHORT_JOB)
def run_declare_short(job: Running) -> dict[str, Any] | None:
    """Declare what is still open as short. Raises: NotFound, Conflict."""
    return job.finish_with(service.declare_short, asdict, requester(job), job.subject_id)

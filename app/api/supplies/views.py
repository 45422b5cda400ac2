"""Endpoints of allocation and bags, and of the work that goes on in the background."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from app.access.guard import staff
from app.access.permissions import Permission
from app.access.tokens.idempotent import once
from app.access.tokens.models import TokenScope
from app.allocation import jobs as allocation_jobs
from app.allocation import queries as allocation_queries
from app.allocation import service as allocation_service
from app.allocation.schemas import Commit
from app.api.cursor import part_of, part_of_list
from app.api.framework import ApiBlueprint
from app.api.schemas import CursorQuery, JobRecord
from app.api.supplies.schemas import AllocationList, BagQuery, BagRecord, PackedBagList, PreviewRecord
from app.core.db import db
from app.core.jobs import Job
from app.core.lookup import or_not_found
from app.dispatch.planning.service import PLAN_JOB
from app.ordering.gate import require_cycle
from app.picking import service as picking_service
from app.picking.models import Bag
from app.picking.schemas import VoidBag

bp = ApiBlueprint("api_supplies", __name__, description="Allocation, bags, work in the background")
ALLOCATE, PICK = Permission.ALLOCATE, Permission.PICK
SCOPE = TokenScope.SUPPLIES


@bp.read("/jobs/<int:job_id>", Permission.SELF, JobRecord)
def get_job(job_id: int) -> Job:
    """Work that the own account has asked for, or the search for a plan of a cycle that it plans."""
    job, by = or_not_found(db.session.get(Job, job_id)), staff()
    if job.kind == PLAN_JOB:
        require_cycle(by, Permission.PLAN, job.subject_id)
        return job
    return or_not_found(job if (job.payload or {}).get("account") == by.id else None)


def _job(job_id: int) -> Job:
    return db.session.get_one(Job, job_id)


@bp.read("/cycles/<int:cycle_id>/allocation", ALLOCATE, AllocationList, takes=CursorQuery)
def list_allocation(asked: CursorQuery, cycle_id: int) -> dict[str, Any]:
    """Where the units of each item are."""
    cycle = require_cycle(staff(), ALLOCATE, cycle_id)
    rows, following = part_of_list(allocation_queries.item_rows(cycle.id), asked)
    return {"items": rows, "next": following}


@bp.read("/cycles/<int:cycle_id>/allocation/preview", ALLOCATE, PreviewRecord)
def get_allocation_preview(cycle_id: int) -> dict[str, Any]:
    """The preview asked for last."""
    job, shown = allocation_jobs.last_preview(require_cycle(staff(), ALLOCATE, cycle_id))
    return {"job": job, "input_sha256": shown.input_sha256 if shown else ""}


@bp.act("/cycles/<int:cycle_id>/allocation/preview", ALLOCATE, SCOPE, JobRecord)
def preview_allocation(cycle_id: int) -> Job:
    """Work out what a run would give, in the background."""
    return _job(once(lambda job: job.id, allocation_service.ask_preview, staff(), cycle_id))


@bp.act("/cycles/<int:cycle_id>/allocation/run", ALLOCATE, SCOPE, JobRecord, takes=Commit)
def run_allocation(wanted: Commit, cycle_id: int) -> Job:
    """Give out the free stock as the preview showed, in the background."""
    return _job(once(lambda job: job.id, allocation_service.ask_allocate, staff(), cycle_id, wanted))


@bp.act("/cycles/<int:cycle_id>/allocation/declare-short", ALLOCATE, SCOPE, JobRecord)
def declare_short(cycle_id: int) -> Job:
    """Declare what is still open as short, in the background."""
    return _job(once(lambda job: job.id, allocation_service.ask_declare_short, staff(), cycle_id))


@bp.read("/cycles/<int:cycle_id>/bags", PICK, PackedBagList, takes=BagQuery)
def list_bags(asked: BagQuery, cycle_id: int) -> dict[str, Any]:
    """The bags of a cycle."""
    cycle = require_cycle(staff(), PICK, cycle_id)
    found = select(Bag).where(Bag.cycle_id == cycle.id)
    for column, wanted in (
        (Bag.building_id, asked.building),
        (Bag.state, asked.state or None),
        (Bag.wave, asked.wave),
    ):
        found = found if wanted is None else found.where(column == wanted)
    rows, following = part_of(found, Bag.id, asked)
    return {"items": rows, "next": following}


@bp.read("/bags/<int:bag_id>", PICK, BagRecord)
def get_bag(bag_id: int) -> Bag:
    """One bag."""
    return picking_service.require_bag(staff(), bag_id)


@bp.act("/cycles/<int:cycle_id>/bags", PICK, SCOPE, JobRecord)
def pack_bags(cycle_id: int) -> Job:
    """Put everything allocated into bags, in the background."""
    return _job(once(lambda job: job.id, picking_service.ask_pack, staff(), cycle_id))


def _bag(command: Any, bag_id: int, *more: Any) -> Bag:
    once(lambda bag: bag.id, command, staff(), bag_id, *more)
    return picking_service.require_bag(staff(), bag_id)


@bp.act("/bags/<int:bag_id>/hold", PICK, SCOPE, BagRecord)
def hold_bag(bag_id: int) -> Bag:
    """Keep a packed bag back from planning."""
    return _bag(picking_service.hold, bag_id)


@bp.act("/bags/<int:bag_id>/release", PICK, SCOPE, BagRecord)
def release_bag(bag_id: int) -> Bag:
    """Let a held bag travel."""
    return _bag(picking_service.release, bag_id)


@bp.act("/bags/<int:bag_id>/void", PICK, SCOPE, BagRecord, takes=VoidBag)
def void_bag(wanted: VoidBag, bag_id: int) -> Bag:
    """Take a bag apart: its goods are free again."""
    return _bag(picking_service.void, bag_id, wanted)

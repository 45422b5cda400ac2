"""Bring tables of the register in: look first, then write all of it or nothing."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from app.access.models import Role
from app.access.permissions import Grant, Permission, Staff
from app.core import events
from app.core.db import command, db
from app.core.imports import Plan
from app.core.tables import WEB, Limits, Sheet, read_table
from app.places.models import Subdistrict
from app.places.scope import require_subdistrict
from app.places.tables.kinds import PLANS, Kind, detect
from app.places.tables.options import Options

EDIT = Permission.PLACES_EDIT


@dataclass(frozen=True)
class Upload:
    """A file and what was chosen beside it; `kind` is empty where the head of the table shall tell."""

    body: bytes
    kind: str
    options: Options
    limits: Limits = WEB


def preview(by: Staff, upload: Upload) -> Plan:
    """What the file would change; writes nothing. Raises NotFound out of scope, Invalid for a file that is no table."""
    require_subdistrict(by, EDIT, upload.options.subdistrict_id)
    return _plan(read_table(upload.body, upload.limits), upload)


@command
def bring_in(by: Staff, upload: Upload) -> Plan:
    """Bring the file in.

    Ensures: every row of it is in the register, or, where any row has a problem, nothing was written (Invalid). A file
    that is in the register already writes nothing. Raises NotFound out of scope.
    """
    require_subdistrict(by, EDIT, upload.options.subdistrict_id)
    plan = _plan(read_table(upload.body, upload.limits), upload)
    plan.carry_out()
    if not plan.does_nothing:
        counts = {"added": len(plan.added), "changed": len(plan.changed), "unchanged": plan.unchanged}
        events.record(by, "import", ("subdistrict", upload.options.subdistrict_id), kind=plan.kind, **counts)
    return plan


def _plan(sheet: Sheet, upload: Upload) -> Plan:
    kind = Kind(upload.kind) if upload.kind in set(Kind) else detect(sheet)
    return PLANS[kind](sheet, upload.options)


@command
def found_subdistrict(code: str, name: str) -> Subdistrict:
    """The subdistrict with this code, made where there is none. For the command line and the demo only."""
    there = db.session.scalar(select(Subdistrict).where(Subdistrict.code == code))
    if there is None:
        there = Subdistrict(code=code, name=name)
        db.session.add(there)
        db.session.flush()
    return there


def operator_of(subdistrict_id: int) -> Staff:
    """Whoever sits at the command line of the server, as an actor for one subdistrict."""
    return Staff("system", 0, "系统", (Grant(Role.SUBDISTRICT_ADMIN, "subdistrict", subdistrict_id),))

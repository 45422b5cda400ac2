"""Bring tables of the register in: look first, then write all of it or nothing."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from app.access.models import Role
from app.access.permissions import Grant, Permission, Staff
from app.core import events
from app.core.db import command, db
from app.core.input.imports import ImportPlan
from app.core.input.tables import WEB, TableLimits, TableSheet, read_table
from app.places.imports import rules
from app.places.imports.tables.kinds import PLANS, RegisterTableKind, detect
from app.places.imports.tables.options import RegisterImportOptions
from app.places.models import Subdistrict
from app.places.scope import require_subdistrict

EDIT = Permission.PLACES_EDIT


@dataclass(frozen=True)
class RegisterUpload:
    """A file and what was chosen beside it; `kind` is empty where the head of the table shall tell."""

    body: bytes
    kind: str
    options: RegisterImportOptions
    limits: TableLimits = WEB


def preview(by: Staff, upload: RegisterUpload) -> ImportPlan:
    """What the file would change; writes nothing. Raises NotFound out of scope, Invalid for a file that is no table."""
    require_subdistrict(by, EDIT, upload.options.subdistrict_id)
    return _plan(read_table(upload.body, upload.limits), upload)


@command(of=lambda _by, upload: ("subdistrict", upload.options.subdistrict_id))
def import_table(by: Staff, upload: RegisterUpload) -> ImportPlan:
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


def _plan(sheet: TableSheet, upload: RegisterUpload) -> ImportPlan:
    kind = RegisterTableKind(upload.kind) if upload.kind in set(RegisterTableKind) else detect(sheet)
    return PLANS[kind](sheet, upload.options)


@command
def found_subdistrict(code: str, name: str) -> Subdistrict:
    """The subdistrict with this code, else the one of this name whose code was not known, else a new one.

    For the command line and the demo only.
    """
    there = known_subdistrict(code, name)
    if there is None:
        there = Subdistrict(code=code, name=name or rules.NO_NAME)
        db.session.add(there)
        db.session.flush()
    take_over(there, code, name)
    return there


def known_subdistrict(code: str, name: str) -> Subdistrict | None:
    """The subdistrict that a code and a name mean, see rules_subdistrict.py; None for one that is not there yet."""
    held = list(db.session.scalars(select(Subdistrict).order_by(Subdistrict.id)))
    by_code = [row for row in held if code and row.code == code]
    fits = [row for row in held if not rules.has_code(row.code, row.name) and rules.is_same_name(row.name, name)]
    named = [row for row in held if not code and row.name == name]
    found = by_code or named or (fits if name or len(held) == 1 else [])
    return found[0] if len(found) == 1 else None


def take_over(there: Subdistrict, code: str, name: str) -> None:
    """Inside a command: the code or the name that was not known yet."""
    if code and not rules.has_code(there.code, there.name):
        there.code = code
    if name and not rules.has_name(there.code, there.name):
        there.name = name
    db.session.flush()


def operator_of(subdistrict_id: int) -> Staff:
    """Whoever sits at the command line of the server, as an actor for one subdistrict."""
    return Staff("system", 0, "系统", (Grant(Role.SUBDISTRICT_ADMIN, "subdistrict", subdistrict_id),))

"""The communities of a subdistrict."""

from __future__ import annotations

from typing import NamedTuple

from flask_babel import gettext as _
from sqlalchemy import insert, select, update

from app.core.db import db
from app.core.input.imports import ImportedRow, ImportPlan
from app.core.input.records import Column, Record, records, unused_titles
from app.core.input.tables import TableSheet
from app.places.imports import rules
from app.places.imports.tables.options import RegisterImportOptions
from app.places.models import Community, Subdistrict

COLUMNS = (
    Column("community", ("社区", "社区名称", "居委会", "community"), is_required=True),
    Column("code", ("社区代码", "community_code", "code", "代码")),
    Column("street_code", ("街道代码", "street_code")),
    Column("street", ("街道", "street")),
)


def plan(sheet: TableSheet, options: RegisterImportOptions) -> ImportPlan:
    """A row without a code keeps its name as code. Rows of another subdistrict are refused.

    The table's code of the subdistrict, or its name, is taken over where it was not known yet.
    """
    plan = ImportPlan("communities", unused=unused_titles(sheet, COLUMNS))
    own = db.session.get_one(Subdistrict, options.subdistrict_id)
    held = list(db.session.scalars(select(Community).where(Community.subdistrict_id == own.id)))
    by_code, by_name = {row.code: row for row in held}, {row.name: row for row in held}
    rows = list(records(sheet, COLUMNS))
    office = _office(rows, own, options.is_named)
    if office.code != own.code or office.name != own.name:
        number = rows[0].number
        plan.compare(number, own.name, [(_("街道代码"), own.code, office.code), (_("街道"), own.name, office.name)])
    seen: set[str] = set()
    fresh: dict[str, dict[str, object]] = {}
    renamed: list[dict[str, object]] = []
    for record in rows:
        name = record.text("community", longest=60, required=True)
        code = record.text("code", longest=30) or name
        if record.has("street_code") and record.text("street_code") != office.code:
            record.refuse(_("属于另一个街道：%(name)s", name=record.text("street") or record.text("street_code")))
        there = by_code.get(code) or (by_name.get(name) if not record.has("code") else None)
        twin = name in seen or (there is None and name in by_name)
        seen.add(name)
        if twin:
            record.refuse(_("社区重名：%(name)s", name=name))
        elif there is None:
            fresh[name] = {"subdistrict_id": own.id, "code": code, "name": name}
            plan.added.append(ImportedRow(record.number, name))
        elif plan.compare(record.number, name, [(_("名称"), there.name, name)]):
            renamed.append({"id": there.id, "name": name})
    plan.take_problems(rows)

    def write() -> None:
        own.code, own.name = office.code, office.name
        if fresh:
            db.session.execute(insert(Community), list(fresh.values()))
        if renamed:
            db.session.execute(update(Community), renamed)

    plan.write = write
    return plan


class _Office(NamedTuple):
    code: str
    name: str


def _office(rows: list[Record], own: Subdistrict, is_named: bool) -> _Office:
    """What the subdistrict is called from now on. `is_named`: somebody said that the table is about this one."""
    code, name = own.code, own.name
    first = next((row for row in rows if row.has("street_code")), None)
    if first is None:
        return _Office(code, name)
    said, street = first.text("street_code", longest=30), first.text("street", longest=60)
    taken = db.session.scalar(select(Subdistrict.id).where(Subdistrict.code == said, Subdistrict.id != own.id))
    fits = is_named or rules.is_same_name(own.name, street)
    if taken is None and fits and not rules.has_code(code, name):
        code = said
    if code == said and street and not rules.has_name(own.code, own.name):
        name = street
    return _Office(code, name)

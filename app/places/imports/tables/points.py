"""Service points of a subdistrict."""

from __future__ import annotations

from flask_babel import gettext as _
from sqlalchemy import insert, select

from app.core.db import db
from app.core.input.imports import ImportedRow, ImportPlan
from app.core.input.records import Column, records, unused_titles
from app.core.input.tables import TableSheet
from app.places.imports.tables.datum import POSITION_COLUMNS, position_of
from app.places.imports.tables.options import Communities, RegisterImportOptions
from app.places.models import Community, ServicePoint
from app.places.registry.schemas import typed_position

COLUMNS = (
    Column("name", ("点位", "点位名称", "服务点", "集散点", "name", "point"), is_required=True),
    Column("community", ("社区", "所属社区", "community")),
    Column("is_depot", ("仓库", "可作仓库", "is_depot", "depot")),
    Column("phone", ("值班电话", "点位电话", "phone")),
    *POSITION_COLUMNS,
)


def plan(sheet: TableSheet, options: RegisterImportOptions) -> ImportPlan:
    """A point is known by its name within the subdistrict; its community changes only where the file names one."""
    plan = ImportPlan("points", unused=unused_titles(sheet, COLUMNS))
    communities = Communities(options)
    found = select(ServicePoint).join(Community).where(Community.subdistrict_id == options.subdistrict_id)
    held = {row.name: row for row in db.session.scalars(found)}
    names = {row.id: row.name for row in communities.rows}
    rows = list(records(sheet, COLUMNS))
    seen: set[str] = set()
    fresh: dict[str, dict[str, object]] = {}
    edits: list[tuple[ServicePoint, dict[str, object]]] = []
    for record in rows:
        name = record.text("name", longest=60, required=True)
        place = position_of(record, options.datum)
        there = held.get(name)
        if name in seen:
            record.refuse(_("点位重名：%(name)s", name=name))
            continue
        seen.add(name)
        if there is None:
            community = communities.of(record)
            lat, lon = place or (None, None)
            fresh[name] = {
                "community_id": community.id if community else 0,
                "name": name,
                "lat_e6": lat,
                "lon_e6": lon,
                "is_depot": record.flag("is_depot"),
                "phone": record.text("phone", longest=30),
            }
            plan.added.append(ImportedRow(record.number, name, ((_("社区"), "", community.name if community else ""),)))
            continue
        values: dict[str, object] = {}
        shown: list[tuple[str, str, str]] = []
        if place is not None:
            values["lat_e6"], values["lon_e6"] = place
            shown.append((_("坐标"), typed_position(there.lat_e6, there.lon_e6), typed_position(*place)))
        if record.has("community") and (community := communities.of(record)):
            values["community_id"] = community.id
            shown.append((_("社区"), names.get(there.community_id, ""), community.name))
        if record.has("phone") and (phone := record.text("phone", longest=30)):
            values["phone"] = phone
            shown.append((_("值班电话"), there.phone, phone))
        if plan.compare(record.number, name, shown):
            edits.append((there, values))
    plan.take_problems(rows)

    def write() -> None:
        if fresh:
            db.session.execute(insert(ServicePoint), list(fresh.values()))
        for point, values in edits:
            for column, value in values.items():
                setattr(point, column, value)

    plan.write = write
    return plan

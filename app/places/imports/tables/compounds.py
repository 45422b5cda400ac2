"""Compounds of a subdistrict."""

from __future__ import annotations

import re
from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import insert, select

from app.core.db import db
from app.core.input.imports import ImportedRow, ImportPlan
from app.core.input.records import Column, Record, records, unused_titles
from app.core.input.tables import TableSheet
from app.core.text.pinyin import initials
from app.places.imports.tables.datum import POSITION_COLUMNS, position_of
from app.places.imports.tables.options import Communities, RegisterImportOptions
from app.places.models import Community, Compound, CompoundAlias
from app.places.registry.schemas import typed_position

COLUMNS = (
    Column("name", ("小区", "小区名称", "compound", "name", "名称"), is_required=True),
    Column("code", ("小区编号", "compound_id", "编号", "code")),
    Column("address", ("地址", "address_raw", "address")),
    Column("community", ("社区", "所属社区", "community")),
    Column("aliases", ("别名", "alias", "aliases")),
    *POSITION_COLUMNS,
)


@dataclass
class _CompoundRow:
    record: Record
    name: str
    code: str | None
    address: str
    place: tuple[int, int] | None
    aliases: list[str]


def _read(record: Record, options: RegisterImportOptions) -> _CompoundRow:
    aliases = [word for word in re.split(r"[、,，;；/]", record.text("aliases", longest=200)) if word.strip()]
    return _CompoundRow(
        record,
        record.text("name", longest=60, required=True),
        record.text("code", longest=30) or None,
        record.text("address", longest=120),
        position_of(record, options.datum),
        [alias.strip()[:40] for alias in aliases],
    )


class _Held:
    """The compounds of the subdistrict by code and by name."""

    def __init__(self, subdistrict_id: int) -> None:
        found = select(Compound).join(Community).where(Community.subdistrict_id == subdistrict_id)
        rows = list(db.session.scalars(found))
        self.by_code = {row.code: row for row in rows if row.code}
        self.by_name = {row.name: row for row in rows}
        aliases = select(CompoundAlias.compound_id, CompoundAlias.alias)
        self.aliases = {(row.compound_id, row.alias) for row in db.session.execute(aliases)}

    def match(self, row: _CompoundRow) -> Compound | None:
        """By the number of the list; else by name, where that compound has no other number."""
        if row.code and row.code in self.by_code:
            return self.by_code[row.code]
        there = self.by_name.get(row.name)
        return there if there and (not row.code or not there.code) else None


def plan(sheet: TableSheet, options: RegisterImportOptions) -> ImportPlan:
    """A compound is known by the number it has in the list, without one by its name within the subdistrict."""
    plan = ImportPlan("compounds", unused=unused_titles(sheet, COLUMNS))
    communities, held = Communities(options), _Held(options.subdistrict_id)
    rows = [_read(record, options) for record in records(sheet, COLUMNS)]
    fresh: list[dict[str, object]] = []
    edits: list[tuple[Compound, dict[str, object]]] = []
    more: list[tuple[str, str]] = []
    seen: set[str] = set()
    for row in rows:
        keys = {row.name, row.code or row.name}
        there = held.match(row)
        _refuse_twins(row, there, seen, held)
        seen |= keys
        more += [(row.name, alias) for alias in row.aliases if there is None or (there.id, alias) not in held.aliases]
        if there is None:
            community = communities.of(row.record)
            fresh.append(_fresh(row, community))
            plan.added.append(
                ImportedRow(row.record.number, row.name, ((_("社区"), "", community.name if community else ""),))
            )
        else:
            _compare(plan, there, row, edits, [alias for name, alias in more if name == row.name])
    plan.take_problems(row.record for row in rows)
    plan.write = lambda: _write(options.subdistrict_id, fresh, edits, more)
    return plan


def _refuse_twins(row: _CompoundRow, there: Compound | None, seen: set[str], held: _Held) -> None:
    twin = held.by_name.get(row.name)
    if row.name in seen or (row.code and row.code in seen):
        row.record.refuse(_("表里重复：%(name)s", name=row.name))
    elif twin is not None and (there is None or twin.id != there.id):
        row.record.refuse(_("已有同名小区，编号不同：%(code)s", code=twin.code or "–"))


def _fresh(row: _CompoundRow, community: Community | None) -> dict[str, object]:
    lat, lon = row.place or (None, None)
    return {
        "community_id": community.id if community else 0,
        "code": row.code,
        "name": row.name,
        "pinyin": initials(row.name),
        "address": row.address,
        "lat_e6": lat,
        "lon_e6": lon,
    }


def _compare(
    plan: ImportPlan,
    there: Compound,
    row: _CompoundRow,
    edits: list[tuple[Compound, dict[str, object]]],
    aliases: list[str],
) -> None:
    values: dict[str, object] = {"name": row.name, "pinyin": initials(row.name)}
    shown = [(_("名称"), there.name, row.name)]
    if row.code:
        values["code"] = row.code
        shown.append((_("编号"), there.code or "", row.code))
    if row.address:
        values["address"] = row.address
        shown.append((_("地址"), there.address, row.address))
    if row.place:
        values["lat_e6"], values["lon_e6"] = row.place
        shown.append((_("坐标"), typed_position(there.lat_e6, there.lon_e6), typed_position(*row.place)))
    if aliases:
        shown.append((_("别名"), "", "、".join(aliases)))
    if plan.compare(row.record.number, row.name, shown):
        edits.append((there, values))


def _write(
    subdistrict_id: int,
    fresh: list[dict[str, object]],
    edits: list[tuple[Compound, dict[str, object]]],
    aliases: list[tuple[str, str]],
) -> None:
    if fresh:
        db.session.execute(insert(Compound), fresh)
    for compound, values in edits:
        for column, value in values.items():
            setattr(compound, column, value)
    db.session.flush()
    if aliases:
        found = select(Compound.name, Compound.id).join(Community).where(Community.subdistrict_id == subdistrict_id)
        ids = dict(db.session.execute(found).all())
        pairs = dict.fromkeys((ids[name], alias) for name, alias in aliases)
        db.session.execute(insert(CompoundAlias), [{"compound_id": c, "alias": alias} for c, alias in pairs])

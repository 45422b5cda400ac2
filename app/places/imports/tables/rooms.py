"""Rosters of rooms. Names and phones of residents are never read, whatever the file holds."""

from __future__ import annotations

from flask_babel import gettext as _
from sqlalchemy import select

from app.core.db import db
from app.core.input.imports import ImportedRow, ImportPlan
from app.core.input.records import Column, Record, records, unused_titles
from app.core.input.tables import TableSheet
from app.places.address.register import room_key, stairwell_key
from app.places.buildings.service import floor_of
from app.places.imports.tables.buildings import SHOWN
from app.places.imports.tables.buildings_write import Room, register_rooms
from app.places.imports.tables.options import RegisterImportOptions
from app.places.imports.tables.register import RegisterSnapshot
from app.places.models import Building, Household, Stairwell

COLUMNS = (
    Column("room", ("房号", "室号", "房间号", "门牌", "room", "room_no"), is_required=True),
    Column("building", ("楼栋", "楼号", "楼栋号", "幢", "幢号", "building", "building_no"), is_required=True),
    Column("compound", ("小区", "小区名称", "compound")),
    Column("compound_code", ("小区编号", "compound_id")),
    Column("building_code", ("楼栋编号", "building_id")),
    Column("stairwell", ("单元", "单元号", "门洞", "unit", "stairwell")),
    Column("floor", ("楼层", "floor")),
    Column("persons", ("人数", "人口", "persons")),
)


class _Rooms:
    """Households of the buildings a roster names, by what labels have in common."""

    def __init__(self, buildings: list[int]) -> None:
        self.stairwells: dict[tuple[int, str], str] = {}
        self.households: dict[tuple[int, str, str], Household] = {}
        for start in range(0, len(buildings), 5000):
            part = buildings[start : start + 5000]
            found = select(Stairwell).where(Stairwell.building_id.in_(part))
            wells = {well.id: well for well in db.session.scalars(found)}
            for well in wells.values():
                self.stairwells[well.building_id, stairwell_key(well.label)] = well.label
            rooms = select(Household).join(Stairwell).where(Stairwell.building_id.in_(part))
            for row in db.session.scalars(rooms):
                well = wells[row.stairwell_id]
                self.households[well.building_id, stairwell_key(well.label), room_key(row.room_no)] = row


def plan(sheet: TableSheet, options: RegisterImportOptions) -> ImportPlan:
    """A household is known by building, stairwell and room; a roster adds households and numbers of persons."""
    plan = ImportPlan("rooms", unused=unused_titles(sheet, COLUMNS))
    held = RegisterSnapshot(options.subdistrict_id)
    rows = [(record, _building(record, held)) for record in records(sheet, COLUMNS)]
    rooms = _Rooms(list({building.id for _record, building in rows if building}))
    fresh: list[Room] = []
    edits: list[tuple[Household, int]] = []
    seen: set[tuple[int, str, str]] = set()
    for record, building in rows:
        if building is None:
            continue
        well, room = record.text("stairwell", longest=20), record.text("room", longest=20, required=True)
        key = (building.id, stairwell_key(well), room_key(room))
        persons = record.whole("persons", least=0, most=99, default=-1)
        there = rooms.households.get(key)
        if key in seen:
            record.refuse(_("房号重复：%(room)s", room=f"{building.label} {well} {room}"))
        elif there is None:
            label = rooms.stairwells.get(key[:2], well)
            floor = record.whole("floor", least=-5, most=120) or floor_of(room)
            fresh.append((building.id, label, room.removesuffix("室"), floor, persons if persons >= 0 else None))
            text = f"{building.label} {label} {room}" if len(plan.added) < SHOWN else ""
            plan.added.append(ImportedRow(record.number, text))
        elif plan.compare(record.number, f"{building.label} {well} {room}", _differences(there, persons)):
            edits.append((there, persons))
        seen.add(key)
    plan.take_problems(record for record, _b in rows)

    def write() -> None:
        for household, persons in edits:
            household.persons = persons
        db.session.flush()
        register_rooms(fresh)

    plan.write = write
    return plan


def _building(record: Record, held: RegisterSnapshot) -> Building | None:
    name, code = record.text("compound", longest=60), record.text("compound_code", longest=30)
    label = record.text("building", longest=30, required=True)
    compound = held.compound(name, code)
    if compound is None:
        record.refuse(_("没有这个小区：%(name)s。请先导入小区。", name=name or code or "–"))
        return None
    found = held.building(compound, label, record.text("building_code", longest=40) or None)
    found = found or held.building(compound, label, None)
    if found is None:
        record.refuse(_("%(compound)s没有这一栋：%(label)s。请先导入楼栋。", compound=compound.name, label=label))
    return found


def _differences(there: Household, persons: int) -> list[tuple[str, str, str]]:
    if persons < 0:
        return []
    return [(_("人数"), "" if there.persons is None else str(there.persons), str(persons))]

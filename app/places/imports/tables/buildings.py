"""Buildings of a subdistrict, with their stairwells and rooms where the table gives numbers of them."""

from __future__ import annotations

from dataclasses import dataclass, field

from flask_babel import gettext as _

from app.core.input.imports import ImportedRow, ImportPlan
from app.core.input.records import Column, Record, records, unused_titles
from app.core.input.tables import TableSheet
from app.places.buildings import moves
from app.places.imports.tables.buildings_write import FreshBuilding, Generated, write
from app.places.imports.tables.datum import POSITION_COLUMNS, position_of
from app.places.imports.tables.nearest import Nearest
from app.places.imports.tables.options import RegisterImportOptions
from app.places.imports.tables.register import RegisterSnapshot
from app.places.labels import building_label
from app.places.models import Building, Compound, ServicePoint
from app.places.registry.schemas import typed_position

COLUMNS = (
    Column("label", ("楼栋", "楼号", "楼栋号", "幢", "幢号", "栋号", "building_no", "building"), is_required=True),
    Column("compound_code", ("小区编号", "compound_id")),
    Column("compound", ("小区", "小区名称", "compound")),
    Column("code", ("楼栋编号", "building_id")),
    Column("point", ("点位", "服务点", "点位名称", "service_point", "point")),
    Column("stairwells", ("单元数", "单元", "units", "stairwells")),
    Column("floors", ("楼层数", "楼层", "层数", "floors")),
    Column("rooms_per_floor", ("每层户数", "一层几户", "rooms_per_floor")),
    Column("has_lift", ("电梯", "有无电梯", "lift", "has_lift")),
    Column("drop_spot", ("放货处", "drop_spot")),
    *POSITION_COLUMNS,
)
SHOWN = 2000  # entries of a plan that carry their values; a plan of a whole city is not looked at row by row


@dataclass
class _Read:
    record: Record
    compound: Compound | None
    label: str
    code: str | None
    place: tuple[int, int] | None
    point: ServicePoint | None
    rooms: Generated = field(default_factory=Generated)


def plan(sheet: TableSheet, options: RegisterImportOptions) -> ImportPlan:
    """A building is known by its number in the list, else by compound and label; 3, 3幢 and 3号楼 are one."""
    plan = ImportPlan("buildings", unused=unused_titles(sheet, COLUMNS))
    held = RegisterSnapshot(options.subdistrict_id)
    nearest = Nearest(held.points)
    rows = [_read(record, options, held) for record in records(sheet, COLUMNS)]
    fresh: list[FreshBuilding] = []
    edits: list[tuple[Building, dict[str, object]]] = []
    grown: list[tuple[Building, Generated]] = []
    seen: set[object] = set()
    for row in rows:
        there = held.building(row.compound, row.label, row.code) if row.compound else None
        if row.compound is None or _is_twin(row, seen, there, held):
            continue
        if there is None:
            fresh.append(_fresh(plan, row, row.compound, nearest))
            continue
        missing = row.rooms.missing(held.rooms_of(there.id)) if options.makes_rooms else 0
        values, shown = _differences(row, there, held)
        if missing:
            shown.append((_("房号"), "", _("补 %(n)s 户", n=missing)))
            grown.append((there, row.rooms))
        if plan.compare(row.record.number, building_label(row.compound.name, there.label), shown) and values:
            edits.append((there, values))
    plan.take_problems(row.record for row in rows)
    households = sum(building.rooms.households for building in fresh) if options.makes_rooms else 0
    if households:
        plan.notes.append(_("按单元、楼层和每层户数生成 %(n)s 户。", n=households))
    if nearest.asked:
        plan.notes.append(_("%(n)s 栋没有写点位，按最近的点位分配，见下表。", n=nearest.asked))
    waiting = _waiting(plan, edits)

    def carry_out() -> None:
        write(fresh, edits, grown, options.makes_rooms)
        for building, values in edits:
            if "service_point_id" in values:
                moves.cancel_move(building.id)  # it goes now, wherever it was to go later
        for building, point_id in waiting:
            moves.postpone_move(building, point_id)

    plan.write = carry_out
    return plan


def _waiting(plan: ImportPlan, edits: list[tuple[Building, dict[str, object]]]) -> list[tuple[Building, int]]:
    """Buildings with orders under way go to their new point with the next cycle; taken out of the edits."""
    going = [(building, values) for building, values in edits if "service_point_id" in values]
    asked = moves.with_orders([building.id for building, _values in going])
    found = [(b, int(str(values.pop("service_point_id")))) for b, values in going if b.id in asked]
    if found:
        plan.notes.append(_("%(n)s 栋有还没结束的订单，从下一批开始换点位。", n=len(found)))
    return found


def _read(record: Record, options: RegisterImportOptions, held: RegisterSnapshot) -> _Read:
    label = record.text("label", longest=30, required=True)
    if label.isdigit():
        label = f"{int(label)}{options.suffix}"
    name, code = record.text("compound", longest=60), record.text("compound_code", longest=30)
    compound = held.compound(name, code)
    if compound is None:
        record.refuse(_("没有这个小区：%(name)s。请先导入小区。", name=name or code or "–"))
    point = None
    if record.has("point"):
        point = held.points_by_name.get(record.text("point"))
        if point is None:
            record.refuse(_("没有这个点位：%(name)s。请先导入点位。", name=record.text("point")[:40]))
    rooms = Generated(
        record.whole("stairwells", least=0, most=40),
        record.whole("floors", least=0, most=120),
        record.whole("rooms_per_floor", least=0, most=40),
    )
    place = position_of(record, options.datum)
    return _Read(record, compound, label, record.text("code", longest=40) or None, place, point, rooms)


def _is_twin(row: _Read, seen: set[object], there: Building | None, held: RegisterSnapshot) -> bool:
    keys = {(row.compound.id if row.compound else 0, held.key(row.label)), row.code or object()}
    twin = bool(keys & seen)
    same = held.building(row.compound, row.label, None) if row.compound else None
    if twin or (same is not None and there is not None and same.id != there.id):
        row.record.refuse(_("楼栋重复：%(label)s", label=row.label))
        return True
    seen |= keys
    return False


def _fresh(plan: ImportPlan, row: _Read, compound: Compound, nearest: Nearest) -> FreshBuilding:
    point, metres = row.point, None
    centre = row.place or (compound.lat_e6, compound.lon_e6)
    if point is None:
        point, metres = nearest.to(*centre)
        if point is None:
            row.record.refuse(_("没有写点位，也没有可用的点位坐标。请先导入点位。"))
    if len(plan.added) < SHOWN:
        shown = _("%(name)s（最近，%(m)s 米）", name=point.name, m=metres) if point and metres is not None else ""
        plan.added.append(
            ImportedRow(
                row.record.number,
                building_label(compound.name, row.label),
                (
                    (_("点位"), "", shown or (point.name if point else "")),
                    (_("户"), "", str(row.rooms.households or "–")),
                ),
            )
        )
    else:
        plan.added.append(ImportedRow(row.record.number, row.label))
    return FreshBuilding(
        values={
            "compound_id": compound.id,
            "service_point_id": point.id if point else 0,
            "code": row.code,
            "label": row.label,
            "floors": row.rooms.floors or 6,
            "has_lift": row.record.flag("has_lift"),
            "drop_spot": row.record.text("drop_spot", longest=80),
            "lat_e6": row.place[0] if row.place else None,
            "lon_e6": row.place[1] if row.place else None,
        },
        rooms=row.rooms,
    )


def _differences(
    row: _Read, there: Building, held: RegisterSnapshot
) -> tuple[dict[str, object], list[tuple[str, str, str]]]:
    values: dict[str, object] = {}
    shown: list[tuple[str, str, str]] = []

    def differ(title: str, column: str, new: object, old_text: str, new_text: str) -> None:
        values[column] = new
        shown.append((title, old_text, new_text))

    record = row.record
    if row.code and row.code != there.code:
        differ(_("编号"), "code", row.code, there.code or "", row.code)
    if row.point is not None and row.point.id != there.service_point_id:
        old = held.point_names.get(there.service_point_id, "")
        differ(_("点位"), "service_point_id", row.point.id, old, row.point.name)
    if record.has("has_lift") and (lift := record.flag("has_lift")) != there.has_lift:
        differ(_("电梯"), "has_lift", lift, str(there.has_lift), str(lift))
    if row.rooms.floors and row.rooms.floors != there.floors:
        differ(_("楼层"), "floors", row.rooms.floors, str(there.floors), str(row.rooms.floors))
    if record.has("drop_spot") and (spot := record.text("drop_spot", longest=80)) != there.drop_spot:
        differ(_("放货处"), "drop_spot", spot, there.drop_spot, spot)
    if row.place is not None and row.place != (there.lat_e6, there.lon_e6):
        values["lat_e6"], values["lon_e6"] = row.place
        shown.append((_("坐标"), typed_position(there.lat_e6, there.lon_e6), typed_position(*row.place)))
    return values, shown

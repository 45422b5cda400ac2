"""Tables of the register: whole ones, of our own and real, and wrong ones."""

from __future__ import annotations

import csv
import math
import time
from pathlib import Path
from typing import NamedTuple

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.core.db import db
from app.core.errors import Invalid, NotFound
from app.core.events import Event
from app.core.input.imports import ImportPlan
from app.core.input.tables import OPERATOR
from app.places.imports import service as imports_service
from app.places.imports.service import RegisterUpload, operator_of
from app.places.imports.tables.datum import Datum, to_wgs84
from app.places.imports.tables.options import RegisterImportOptions
from app.places.models import Building, Community, Compound, CompoundAlias, Household, ServicePoint, Stairwell
from tests import messages, sample_data

pytestmark = pytest.mark.usefixtures("app")
COMMUNITIES = "社区代码,社区,街道代码,街道\n001,一社区,330102011,演示街道\n002,二社区,330102011,演示街道\n"
POINTS = "点位,社区,纬度,经度\n南门,一社区,30.266,120.195\n北门,二社区,30.276,120.199\n"
COMPOUNDS = "小区,小区编号,社区,地址,别名,纬度,经度\n杏花苑,X1,一社区,杏花路1号,杏花、老杏花,30.2661,120.1951\n"
BUILDINGS = (
    "小区,楼栋,单元数,楼层数,每层户数,电梯,纬度,经度\n"
    "杏花苑,2,2,6,2,否,30.2662,120.1952\n杏花苑,10,1,11,4,是,30.2762,120.1990\n"
)


def metres(a: tuple[float, float], b: tuple[float, float]) -> float:
    return math.hypot((a[0] - b[0]) * 111_320, (a[1] - b[1]) * 111_320 * math.cos(math.radians(a[0])))


def bring(text: str, kind: str = "", *, is_dry: bool = False, **chosen: object) -> ImportPlan:
    subdistrict = imports_service.found_subdistrict("330102011", "演示街道")
    options = RegisterImportOptions(subdistrict.id, **{"datum": "wgs84", **chosen})  # type: ignore[arg-type]
    upload = RegisterUpload(text.encode(), kind, options)
    by = operator_of(subdistrict.id)
    return imports_service.preview(by, upload) if is_dry else imports_service.import_table(by, upload)


def bring_all() -> None:
    for text in (COMMUNITIES, POINTS, COMPOUNDS, BUILDINGS):
        bring(text)


def count(model: type) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def sentences(text: str, kind: str = "", **chosen: object) -> list[tuple[int, str]]:
    return [(problem.row, problem.sentence) for problem in bring(text, kind, is_dry=True, **chosen).problems]


# --- coordinates ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("data", sample_data.folders())
def test_bd09_becomes_wgs84_within_two_decimetres(data: Path) -> None:
    with open(data / "geo/golden/bd09_to_wgs84_exact.csv", encoding="utf-8-sig") as file:
        for row in csv.DictReader(file):
            found = to_wgs84(Datum.BD09, float(row["lat_bd09"]), float(row["lon_bd09"]))
            assert metres(found, (float(row["lat_wgs84"]), float(row["lon_wgs84"]))) < 0.2, row["name"]


@pytest.mark.parametrize("data", sample_data.folders())
def test_gcj02_becomes_wgs84_within_three_metres(data: Path) -> None:
    with open(data / "geo/golden/gcj02_to_wgs84_onestep_tol3m.csv", encoding="utf-8-sig") as file:
        for row in csv.DictReader(file):
            found = to_wgs84(Datum.GCJ02, float(row["lat_gcj02"]), float(row["lon_gcj02"]))
            assert metres(found, (float(row["lat_wgs84"]), float(row["lon_wgs84"]))) < 3


def test_columns_that_name_their_datum_win_over_the_choice() -> None:
    bring(COMMUNITIES)
    bring("点位,社区,lat_bd09,lon_bd09\n东门,一社区,30.269631,120.205859\n", "points", datum="wgs84")
    point = db.session.scalars(select(ServicePoint)).one()
    assert point.lat_e6 is not None
    assert point.lon_e6 is not None
    assert metres((point.lat_e6 / 1e6, point.lon_e6 / 1e6), (30.266219, 120.194715)) < 1


def test_plain_coordinates_without_a_datum_are_refused() -> None:
    bring(COMMUNITIES)
    assert "坐标系" in sentences(POINTS, datum="")[0][1]


def test_swapped_and_foreign_coordinates_are_refused() -> None:
    bring(COMMUNITIES)
    table = "点位,社区,纬度,经度\n甲,一社区,120.195,30.266\n乙,一社区,51.5,-0.12\n丙,一社区,abc,120\n"
    found = sentences(table, "points")
    assert [row for row, _ in found] == [2, 3, 4]
    assert "写反" in found[0][1]


# --- whole subdistricts -----------------------------------------------------------------------------------------------
class Subdistrict(NamedTuple):
    communities: int
    points: int
    compounds: int
    buildings: int
    households: int


@pytest.mark.parametrize(
    ("data", "expected"),
    sample_data.both(Subdistrict(3, 3, 6, 15, 456), Subdistrict(15, 28, 151, 1135, 75120)),
)
def test_a_subdistrict_comes_in_and_a_second_time_writes_nothing(app: Flask, data: Path, expected: Subdistrict) -> None:
    folder = data / "geo/hangzhou_dev"
    files = [
        str(folder / name)
        for name in (
            "sample_seed7/buildings_synthetic.csv",
            "compounds.csv",
            "staging_points_kaixuan.csv",
            "communities_kaixuan.csv",
        )
    ]
    run = app.test_cli_runner()
    from app.upkeep.importing import import_group

    began = time.monotonic()
    first = run.invoke(import_group, ["places", *files])
    assert first.exit_code == 0, first.output
    assert time.monotonic() - began < 40
    counts = (count(Community), count(ServicePoint), count(Compound), count(Building), count(Household))
    assert counts == expected
    events = count(Event)
    second = run.invoke(import_group, ["places", *files])
    assert f"不变 {expected.buildings}" in second.output
    assert (count(Event), count(Stairwell)) == (events, len(set(db.session.scalars(select(Stairwell.id)))))
    assert count(Household) == expected.households
    assert len(set(db.session.scalars(select(Building.public_code)))) == expected.buildings


@pytest.mark.parametrize(("data", "compounds"), sample_data.both(4, 179))
def test_a_second_subdistrict_of_compounds_alone_comes_in_too(app: Flask, data: Path, compounds: int) -> None:
    from app.upkeep.importing import import_group

    folder = data / "geo/zhengzhou_dev2"
    run = app.test_cli_runner()
    done = run.invoke(
        import_group, ["places", str(folder / "compounds.csv"), str(folder / "communities_dashiqiao.csv")]
    )
    assert done.exit_code == 0, done.output
    assert count(Compound) == compounds


# --- what a table means -----------------------------------------------------------------------------------------------
def test_buildings_get_rooms_the_nearest_point_a_code_and_their_order() -> None:
    bring_all()
    first, second = db.session.scalars(select(Building).order_by(Building.sort_key)).all()
    assert (first.label, second.label) == ("2幢", "10幢")
    assert (first.service_point.name, second.service_point.name) == ("南门", "北门")
    assert second.has_lift
    assert not first.has_lift
    assert count(Household) == 2 * 6 * 2 + 11 * 4
    rooms = select(Household.room_no).join(Stairwell).where(Stairwell.building_id == second.id)
    assert set(db.session.scalars(rooms)) >= {"101", "104", "1101", "1104"}
    labels = select(Stairwell.label).where(Stairwell.building_id == first.id).order_by(Stairwell.id)
    assert list(db.session.scalars(labels)) == ["1单元", "2单元"]


def test_the_preview_shows_the_nearest_point_and_its_distance_and_writes_nothing() -> None:
    for text in (COMMUNITIES, POINTS, COMPOUNDS):
        bring(text)
    plan = bring(BUILDINGS, is_dry=True)
    assert "最近" in plan.added[0].values[0][2]
    assert count(Building) == 0


def test_a_hand_made_change_of_point_survives_an_import_that_does_not_name_one() -> None:
    bring_all()
    building = db.session.scalars(select(Building).order_by(Building.sort_key)).first()
    other = db.session.scalars(select(ServicePoint).where(ServicePoint.name == "北门")).one()
    assert building is not None
    building.service_point_id = other.id
    db.session.commit()
    assert bring(BUILDINGS).does_nothing
    assert building.service_point_id == other.id


def test_a_changed_table_shows_old_and_new_and_adds_the_rooms_that_are_missing() -> None:
    bring_all()
    changed = BUILDINGS.replace("杏花苑,10,1,11,4,是", "杏花苑,10号楼,1,12,4,是")
    plan = bring(changed)
    assert len(plan.changed) == 1
    assert ("楼层", "11", "12") in plan.changed[0].values
    assert count(Building) == 2
    assert count(Household) == 24 + 48
    assert bring(changed).does_nothing


def test_one_building_is_one_however_its_label_is_written() -> None:
    bring_all()
    for label in ("2号楼", "二幢", "２栋", "2"):
        assert bring(f"小区,楼栋\n杏花苑,{label}\n").does_nothing, label


def test_compounds_are_found_by_alias_and_keep_their_initials() -> None:
    bring_all()
    assert bring("小区,楼栋,点位\n老杏花,2幢,北门\n").changed[0].values == (("点位", "南门", "北门"),)
    compound = db.session.scalars(select(Compound)).one()
    assert compound.pinyin == "xhy"
    assert sorted(db.session.scalars(select(CompoundAlias.alias))) == ["杏花", "老杏花"]


def test_a_roster_adds_rooms_and_persons_and_never_reads_names() -> None:
    bring_all()
    roster = "小区,楼栋,单元,房号,人数,姓名,电话\n杏花苑,2幢,1,101室,3,王小明,19900000001\n杏花苑,2幢,1,701,2,,\n"
    plan = bring(roster)
    assert plan.unused == ["姓名", "电话"]
    assert (len(plan.added), len(plan.changed)) == (1, 1)
    room = db.session.scalars(select(Household).where(Household.room_no == "701", Household.persons == 2)).one()
    assert (room.floor, room.persons, room.stairwell.label) == (7, 2, "1单元")
    assert bring(roster).does_nothing


def test_columns_in_any_order_with_a_title_row_above_the_head_are_found() -> None:
    bring(COMMUNITIES)
    assert len(bring("凯旋街道点位一览,,\n备注,点位名称,所属社区\n-,西门,二社区\n").added) == 1


# --- wrong tables -----------------------------------------------------------------------------------------------------
def test_one_wrong_row_keeps_all_rows_out_and_is_named_by_its_number() -> None:
    for text in (COMMUNITIES, POINTS, COMPOUNDS):
        bring(text)
    table = BUILDINGS + "无名苑,3,1,6,2,否,30.1,120.1\n杏花苑,4,x,6,2,否,30.1,120.1\n杏花苑,2,1,6,2,也许,30.1,120.1\n"
    rows = [row for row, _ in sentences(table)]
    assert rows == [4, 5, 6]
    before = count(Event)
    with pytest.raises(Invalid) as error:
        bring(table)
    assert "第 4 行" in str(error.value.problems["file"][0])
    assert (count(Building), count(Household), count(Event)) == (0, 0, before)


@pytest.mark.parametrize(
    ("text", "kind", "word"),
    [
        ("甲,乙\n1,2\n", "", "看不出"),
        ("甲,乙\n1,2\n", "buildings", "表头"),
    ],
)
def test_a_table_without_our_columns_is_refused_as_a_whole(text: str, kind: str, word: str) -> None:
    with pytest.raises(Invalid) as error:
        bring(text, kind)
    assert word in str(error.value.problems["file"][0])


def test_communities_of_another_subdistrict_are_refused() -> None:
    assert messages.OTHER_SUBDISTRICT in sentences(COMMUNITIES.replace("330102011", "410105005"))[0][1]


def test_points_and_compounds_need_a_community() -> None:
    bring(COMMUNITIES)
    assert "社区" in sentences("点位\n东门\n")[0][1]
    assert messages.NO_SUCH_COMMUNITY in sentences("点位,社区\n东门,三社区\n")[0][1]
    one = db.session.scalars(select(Community)).first()
    assert one is not None
    assert not sentences("点位\n东门\n", community_id=one.id)


def test_the_same_thing_twice_in_a_table_is_refused() -> None:
    for text in (COMMUNITIES, POINTS, COMPOUNDS):
        bring(text)
    assert sentences(BUILDINGS + "杏花苑,2号楼,1,1,1,否,30.1,120.1\n")[0][0] == 4
    assert sentences(POINTS + "南门,一社区,30.1,120.1\n")[0][0] == 4
    assert sentences(COMPOUNDS + "杏花苑,X2,一社区,,,30.1,120.1\n")[0][0] == 3


def test_nobody_imports_into_another_subdistrict() -> None:
    own = imports_service.found_subdistrict("330102011", "演示街道")
    other = imports_service.found_subdistrict("330102012", "邻街道")
    upload = RegisterUpload(COMMUNITIES.encode(), "", RegisterImportOptions(other.id))
    for act in (imports_service.preview, imports_service.import_table):
        with pytest.raises(NotFound):
            act(operator_of(own.id), upload)


def test_formulas_and_markup_stay_text() -> None:
    bring(COMMUNITIES)
    bring("点位,社区\n=HYPERLINK(1),一社区\n<script>alert(1)</script>,一社区\n'; DROP TABLE item;--,一社区\n")
    names = set(db.session.scalars(select(ServicePoint.name)))
    assert names == {"=HYPERLINK(1)", "<script>alert(1)</script>", "'; DROP TABLE item;--"}


def test_the_limits_of_the_command_line_are_wider() -> None:
    bring(COMMUNITIES)
    rows = "".join(f"点{n},一社区\n" for n in range(6000))
    with pytest.raises(Invalid):
        bring("点位,社区\n" + rows)
    subdistrict = imports_service.found_subdistrict("330102011", "演示街道")
    upload = RegisterUpload(("点位,社区\n" + rows).encode(), "", RegisterImportOptions(subdistrict.id), OPERATOR)
    assert len(imports_service.preview(operator_of(subdistrict.id), upload).added) == 6000

"""Buildings numbered 甲, 乙, 丙: the register of the demo, found in every spelling, and never twice in the register."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import func, select, true

from app.core.db import db
from app.core.errors import Invalid
from app.core.text.natural import natural_key
from app.demo import tables
from app.intake.grammar.chain import parse_chain
from app.intake.grammar.goods.lexicon import Lexicon, LexiconItem
from app.intake.grammar.model import EntryOutcome
from app.places import queries
from app.places.address import tokens
from app.places.address.rules import AddressReason, Register, building_key, resolve
from app.places.address.rules import RegisteredHousehold as Home
from app.places.buildings.schemas import EditBuilding
from app.places.buildings.service import edit_building
from app.places.finder.queries import find_households
from app.places.imports import service as imports_service
from app.places.imports.service import RegisterUpload, operator_of
from app.places.imports.tables.kinds import RegisterTableKind
from app.places.imports.tables.options import RegisterImportOptions
from app.places.models import Building, Compound, Household, ServicePoint, Stairwell

LEVELS = ("", "栋", "幢", "号楼", "座", "楼", "号", "#")
FLATS = ("1-101", "1单元101", "1单元101室", "-1-101", " 1 101")
SPELLINGS = [f"甲{level}{flat}" for level in LEVELS for flat in FLATS]
VEGETABLES = Lexicon([LexiconItem("蔬菜包", "份")])


def homes(compound: str, labels: str | list[str], stairwells: int) -> list[Home]:
    return [
        Home(f"{compound}/{b}/{s}/{f}0{r}", compound, b, f"{s}单元", f"{f}0{r}")
        for b in labels
        for s in range(1, stairwells + 1)
        for f in range(1, 6)
        for r in (1, 2)
    ]


OLD = Register(homes("老水厂宿舍", "甲乙丙", 3))
MIXED = Register([*homes("老水厂宿舍", "甲乙丙", 3), *homes("新苑", [f"{n}幢" for n in range(1, 6)], 1)])


@pytest.fixture
def demo(app: Flask) -> int:
    """The places of the demo, imported; the id of its subdistrict."""
    there = imports_service.found_subdistrict(tables.CODE, tables.NAME).id
    for kind, text in (
        (RegisterTableKind.COMMUNITIES, tables.COMMUNITIES),
        (RegisterTableKind.POINTS, tables.POINTS),
        (RegisterTableKind.COMPOUNDS, tables.compounds()),
        (RegisterTableKind.BUILDINGS, tables.buildings()),
    ):  # fmt: skip
        bring(there, kind, text)
    return there


def bring(subdistrict: int, kind: RegisterTableKind, text: str) -> None:
    options = RegisterImportOptions(subdistrict, datum="wgs84")
    imports_service.import_table(operator_of(subdistrict), RegisterUpload(text.encode(), kind, options))


def flat(compound: str, label: str) -> int:
    found = select(Household.id).join(Stairwell).join(Building).join(Compound)
    of = found.where(Compound.name == compound, Building.label == label, Household.room_no == "101")
    return db.session.scalars(of.order_by(Stairwell.label)).all()[0]


def register() -> Register:
    return queries.register_for(list(db.session.scalars(select(ServicePoint.id))))


def test_every_building_of_the_demo_is_found_by_address_and_telephone_desk_in_every_spelling(demo: int) -> None:
    known, wrong = register(), []
    wanted = {text: flat("老水厂宿舍", "甲") for text in (*SPELLINGS, "甲幢一单元一零一", "老水厂宿舍（甲）1-101")}
    for compound, _community, _lon, _lat, labels, *_size in tables.COMPOUNDS:
        for label in labels:
            bare = building_key(label)
            for level in LEVELS[:5]:
                wanted[f"{compound}{bare}{level}1-101" if level else f"{compound}{bare}-1-101"] = flat(compound, label)
    for text, household in wanted.items():
        if resolve(text, known).household_id != household:
            wrong.append((text, "address"))
        if [one.household_id for one in find_households(text, true())] != [household]:
            wrong.append((text, "telephone desk"))
    assert wrong == []


@pytest.mark.parametrize("typed", ["甲", "甲栋", "甲号楼", "老水厂甲", "老水厂宿舍 甲幢"])
def test_a_building_alone_lists_its_own_homes_only(demo: int, typed: str) -> None:
    assert {one.building for one in find_households(typed, true())} == {"甲"}


def test_lettered_rooms_are_found_without_a_dash(demo: int) -> None:
    assert [one.household_id for one in find_households("A101", true())] == [flat("明月湾", "A座")]


@pytest.mark.parametrize(
    ("register", "text", "said"),
    [
        (OLD, "甲2单元401 1份", "甲-2单元-401"), (OLD, "丙栋1单元101 1份", "丙-1单元-101"),
        (OLD, "1. 甲2-401 王阿姨 1份", "甲-2单元-401"), (MIXED, "乙-3-202 2份", "乙-3单元-202"),
        (MIXED, "老水厂宿舍乙号楼3-202 2份", "乙-3单元-202"), (MIXED, "丁-3-202 2份", ""), (MIXED, "丁3-102 1份", ""),
        (OLD, "甲：\n2-401 1份", "甲-2单元-401"), (OLD, "【丙】\n1-101 1份", "丙-1单元-101"),
        (OLD, "丙栋\n1-101 1份", "丙-1单元-101"), (MIXED, "老水厂宿舍 乙：\n1-101 1份", "乙-1单元-101"),
        (MIXED, "【丙】\n1-101 1份", "丙-1单元-101"),
    ],
)  # fmt: skip
def test_a_line_of_a_chain_goes_to_the_lettered_building_or_waits(register: Register, text: str, said: str) -> None:
    *_head, line = parse_chain(text, register, VEGETABLES).lines
    assert line.outcome is (EntryOutcome.ROW if said else EntryOutcome.REVIEW)
    assert (line.household.label if line.household else "") == said


@pytest.mark.parametrize("text", ["甲鱼1份", "甲方 3幢101", "园丁 3幢1单元101", "王甲 3幢1单元101", "小丁 新苑3幢101"])
def test_words_that_hold_such_a_character_are_no_building(text: str) -> None:
    assert resolve(text, MIXED).read.building not in tokens.STEMS


def test_an_abbreviated_name_waits_with_the_right_home_to_choose() -> None:
    found = resolve("老水厂甲1-101", MIXED)
    assert found.reason is AddressReason.UNKNOWN_PLACE
    assert [home.label for home in found.candidates] == ["甲-1单元-101"]


def test_a_list_that_calls_a_building_otherwise_makes_no_second_one(demo: int) -> None:
    before = db.session.scalar(select(func.count()).select_from(Building))
    rows = "\n".join(f"老水厂宿舍,{label},3,5,2" for label in ("甲栋", "乙号楼"))
    bring(demo, RegisterTableKind.BUILDINGS, f"小区,楼栋,单元数,楼层数,每层户数\n{rows}\n")
    bring(demo, RegisterTableKind.ROOMS, "小区,楼栋,单元,房号,人数\n老水厂宿舍,甲幢,1,101,3\n")
    assert db.session.scalar(select(func.count()).select_from(Building)) == before
    assert db.session.get_one(Household, flat("老水厂宿舍", "甲")).persons == 3
    building = db.session.scalars(select(Building).where(Building.label == "乙")).one()
    wanted = EditBuilding("甲栋", building.service_point_id, 5, False, "", None, building.version)
    with pytest.raises(Invalid):
        edit_building(operator_of(demo), building.id, wanted)


def test_spellings_of_one_building_sort_as_equals_and_have_one_key() -> None:
    for level in LEVELS:
        assert natural_key(f"甲{level}") == natural_key("甲")
        assert building_key(f"甲{level}") == "甲"
    assert building_key("甲1号楼") == "甲1"

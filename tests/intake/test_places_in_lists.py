"""Marks of deletion, headings inside a bound building, names of compounds with dots: kinds that real lists hold."""

from __future__ import annotations

import pytest

from app.intake.grammar.chain import parse_chain
from app.intake.grammar.goods.lexicon import Lexicon, LexiconItem
from app.intake.grammar.model import ChainLine, Context, EntryOutcome
from app.places.address.rules import AddressScope, Register, RegisteredHousehold

VEG = Lexicon([LexiconItem("蔬菜包", "份")])


def flats(compound: str, stairwells: tuple[str, ...] = ("",)) -> list[RegisteredHousehold]:
    rooms = [(b, s, f"{f}0{d}") for b in range(1, 10) for s in stairwells for f in range(1, 7) for d in (1, 2, 3)]
    return [RegisteredHousehold(f"{compound}/{b}-{s}-{room}", compound, f"{b}号楼", s, room) for b, s, room in rooms]


YARD = Register(flats("幸福里"))


def read(text: str, register: Register = YARD, building: str = "") -> list[ChainLine]:
    context = Context(scope=AddressScope(building=building)) if building else Context()
    return list(parse_chain(text, register, VEG, context).lines)


@pytest.mark.parametrize(
    "line",
    [
        "7-302 1份❌", "❌7-302 1份", "7-302 1份（退）", "7-302 1份（已退款）", "7-302 1份 退", "7-302 1份 已删",
        "~~7-302 1份~~", "7-302 1份（作废）", "7̶-̶3̶0̶2̶ ̶1̶份̶", "7-302 1份 不订了谢谢", "7-302 1份 取消",
    ],
)  # fmt: skip
def test_a_line_with_a_mark_of_deletion_is_never_an_order(line: str) -> None:
    assert {one.outcome for one in read(line)} <= {EntryOutcome.CANCEL, EntryOutcome.REVIEW}


def test_a_struck_line_beside_a_living_one_of_the_same_household_is_asked() -> None:
    assert [one.outcome for one in read("7-302 1份\n7-302 2份❌")] == [EntryOutcome.ROW, EntryOutcome.REVIEW]


def test_a_stairwell_as_a_heading_inside_a_bound_building_holds_for_the_rooms_below() -> None:
    register = Register(flats("幸福里", ("1单元", "2单元")))
    lines = read("1单元：\n302 1份\n2单元：\n302 2份\n3单元：\n302 1份", register, "7号楼")
    homes = [
        one.household.household_id if one.household else None for one in lines if one.outcome is not EntryOutcome.HEAD
    ]
    assert homes == ["幸福里/7-1单元-302", "幸福里/7-2单元-302", None]


@pytest.mark.parametrize(
    "heading",
    ["阳光小区：", "听潮阁：", "物业群转来的：", "17号楼：", "9、10号楼合并登记", "大家注意5号楼先下楼做核酸"],
)
def test_a_heading_that_is_not_understood_ends_what_was_inherited(heading: str) -> None:
    assert read(f"7号楼：\n302 1份\n{heading}\n301 1份")[-1].outcome is EntryOutcome.REVIEW


def test_a_compound_is_known_with_its_dots_and_brackets() -> None:
    register = Register([*flats("中豪·五福天地"), *flats("五福新村"), *flats("景芳小区（一至五区）")])
    text = "中豪·五福天地3号楼302 1份\n景芳小区（一至五区）3号楼302 1份"
    homes = [one.household.compound for one in read(text, register) if one.household]
    assert homes == ["中豪·五福天地", "景芳小区（一至五区）"]

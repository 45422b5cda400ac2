"""A place named in front of a number beats the heading above it; what contradicts it and is not certain is asked."""

from __future__ import annotations

import pytest

from app.intake.grammar.chain import parse_chain
from app.intake.grammar.model import ChainLine, Context
from app.places.address.rules import AddressScope
from tests.intake.unseen_lists import lexicon, register


def lines(text: str, homes: str, catalogue: str = "shop", scope: AddressScope | None = None) -> list[ChainLine]:
    return list(parse_chain(text, register(homes), lexicon(catalogue), Context(scope=scope)).lines)


def last(text: str, homes: str, catalogue: str = "shop") -> tuple[str, object]:
    line = lines(text, homes, catalogue)[-1]
    return line.outcome.value, line.household.household_id if line.household else None


BEATS = [
    ("sides", "北区：", "南4-502", "锦绣家园南区/4号楼//502"),
    ("sides", "北区：", "南4502", "锦绣家园南区/4号楼//502"),
    ("sides", "【锦绣家园北区】", "南 4-502", "锦绣家园南区/4号楼//502"),
    ("sides", "南区", "北8-101", "锦绣家园北区/8号楼//101"),
    ("sides", "南区", "北8号楼101", "锦绣家园北区/8号楼//101"),
    ("sides", "南区", "北区8#101", "锦绣家园北区/8号楼//101"),
    ("stages", "二期", "一期3-1-101", "翡翠城一期/3栋/1单元/101"),
    ("stages", "二期", "1期3-1-101", "翡翠城一期/3栋/1单元/101"),
    ("stages", "二期", "一期3/1/101", "翡翠城一期/3栋/1单元/101"),
    ("pair", "海棠园", "紫薇3-2-501", "紫薇园/3幢/2单元/501"),
    ("pair", "海棠园", "紫薇3/2/501", "紫薇园/3幢/2单元/501"),
    ("pair", "海棠园", "紫薇3幢2-501", "紫薇园/3幢/2单元/501"),
    ("lanes", "455弄", "210-10-402", "长宁路210弄/10号//402"),
    ("lanes", "455弄", "1033/12/502", "长宁路1033弄/12号//502"),
    ("lanes", "455弄", "210.10.402", "长宁路210弄/10号//402"),
    ("lanes", "455弄", "210#10-402", "长宁路210弄/10号//402"),
    ("lanes", "455弄", "210的10号402", "长宁路210弄/10号//402"),
    ("towers", "听雨阁", "听雪1203", "碧波湾/听雪阁//1203"),
    ("towers", "听雨阁", "听雪-1203", "碧波湾/听雪阁//1203"),
    ("dorms", "南1", "南2/305", "青年公寓/南2//305"),
    ("dorms", "南1", "北1-305", "青年公寓/北1//305"),
    ("mill", "甲楼", "乙-1-302", "纺织厂宿舍/乙/1单元/302"),
    ("village", "东一弄", "东二弄5-101", "下塘村/东二弄5号//101"),
]


@pytest.mark.parametrize(("homes", "head", "place", "household"), BEATS)
def test_a_short_name_in_front_of_the_number_beats_the_heading(
    homes: str, head: str, place: str, household: str
) -> None:
    assert last(f"{head}\n{place} 大米1", homes) == ("ROW", household)
    assert last(f"{head}\n{place} 大米1\n{place} 大米改成2袋", homes) == ("AMEND", household)
    assert last(f"{head}\n{place} 大米1\n{place} 不要了", homes) == ("CANCEL", household)


HINTS = [
    ("sides", "北区：", "南边6-502"),
    ("sides", "北区：", "南面6号楼501"),
    ("sides", "北区：", "南：5-302"),
    ("sides", "北区：", "南.5-301"),
    ("sides", "北区：", "【南】8-303"),
    ("sides", "北区：", "4-503南"),
    ("sides", "北区：", "4-502（南）"),
    ("sides", "北区：", "我南5-303"),
    ("sides", "北区：", "锦绣南5-101"),
    ("sides", "北区：", "小王南4-502"),
    ("sides", "北区：\n4号楼", "南502"),
    ("lanes", "455弄\n6号", "210.301"),
    ("lanes", "455弄\n6号", "210-301"),
    ("stages", "二期\n3栋", "一期1-201"),
    ("pair", "紫薇园\n3幢\n1单元", "海501"),
    ("stages", "二期", "一3-1-201"),
    ("stages", "二期", "1-3-1-201"),
    ("pair", "海棠园", "紫3-2-502"),
    ("pair", "海棠园", "薇3-2-502"),
    ("pair", "海棠园", "紫32501"),
    ("pair", "海棠园", "紫微3-2-202"),
    ("pair", "海棠园", "3-2-502紫"),
    ("lanes", "455弄", "456-10-203"),
    ("lanes", "455弄", "456.10.301"),
    ("lanes", "455弄", "21010402"),
    ("towers", "听雨阁", "雪1203"),
    ("towers", "听雨阁", "望1204"),
    ("towers", "听雨阁", "海楼1301"),
    ("towers", "听雨阁", "1203雪"),
    ("dorms", "南1", "北305"),
    ("dorms", "南1", "南305"),
    ("mill", "甲楼", "新2-302"),
    ("village", "东一弄", "西5号101"),
    ("village", "东一弄", "二5号101"),
]


@pytest.mark.parametrize(("homes", "head", "place"), HINTS)
def test_a_part_of_another_name_is_asked(homes: str, head: str, place: str) -> None:
    for said in ("大米1", "大米改成2袋", "不要了", "退1袋大米"):
        assert last(f"{head}\n{place} {said}", homes) == ("REVIEW", None)


@pytest.mark.parametrize("row", ["鸡蛋1份南4-502", "4-502 鸡蛋1 南", "帮南4-502订鸡蛋1", "取消南4-502"])
def test_no_row_goes_to_the_heading_where_the_other_side_is_named_elsewhere(row: str) -> None:
    found = last(f"北区：\n{row}", "sides")
    assert found[1] in (None, "锦绣家园南区/4号楼//502")


@pytest.mark.parametrize(
    ("homes", "row"),
    [
        ("sides", "北区：\n4-502 小南 大米1"),
        ("pair", "海棠园\n王海3-2-502 大米1"),
        ("stages", "二期\n3-1-101 一份大米"),
        ("stages", "二期\n3-1-101 大米一袋"),
        ("towers", "听雨阁\n1203 大米1"),
    ],
)
def test_names_and_numbers_of_goods_hint_at_no_place(homes: str, row: str) -> None:
    assert last(row, homes)[0] == "ROW"


@pytest.mark.parametrize("change", ["大米改成2袋", "取消", "大米不要了", "加1袋大米"])
def test_a_change_of_a_household_that_the_list_never_ordered_is_asked(change: str) -> None:
    assert last(f"7号楼：\n302 大米1\n303 {change}", "yard") == ("REVIEW", None)
    assert last(f"7号楼：\n302 大米1\n303 大米1\n303 {change}", "yard")[0] in ("AMEND", "CANCEL")
    assert last(f"南区：\n1-101 大米1\n北区：\n1-102 大米1\n1-101 {change}", "sides") == ("REVIEW", None)


@pytest.mark.parametrize("change", ["大米改成2袋", "取消", "加1袋大米"])
def test_a_change_below_a_line_that_named_another_compound_is_asked(change: str) -> None:
    text = f"一期\n1-1-101 大米1\n2-1-101 大米1\n二期\n1-1-101 大米1\n一期2-1-101 大米改2袋\n1-1-101 {change}"
    assert last(text, "stages") == ("REVIEW", None)


@pytest.mark.parametrize(
    "line",
    [
        "我妈住2-101，我要大米1袋",
        "女儿家住2-101，我家要大米1袋",
        "爸妈在2-101，我自己来大米1袋",
        "2-101住着我妈，我要大米1袋",
        "我朋友住2-101，我想要鸡蛋1板",
        "我儿子2-101 我要大米1袋",
        "同事住在2-101，我订2袋大米",
    ],
)
def test_a_relatives_flat_and_a_wish_of_ones_own_is_asked(line: str) -> None:
    assert last(f"3-101 大米1\n{line}", "yard") == ("REVIEW", None)


@pytest.mark.parametrize("line", ["我住2-101，我要大米1袋", "我妈住2-101，大米1袋", "王阿姨 2-101，我要大米1袋"])
def test_ones_own_flat_is_no_relatives(line: str) -> None:
    assert last(line, "yard") == ("ROW", "春晖苑/2号楼//101")


@pytest.mark.parametrize("said", ["青菜换土豆", "青菜换成土豆", "换鸡蛋", "青菜退", "土豆不要改青菜"])
@pytest.mark.parametrize("place", ["42302", "4-2-302", "43302"])
def test_a_glued_number_with_a_swap_is_never_passed_over(place: str, said: str) -> None:
    assert lines(f"紫薇园\n1-1-202 土豆1\n42302 青菜2\n{place} {said}", "pair")[-1].outcome.value in (
        "REVIEW",
        "CANCEL",
    )


def test_dots_divide_an_address_only_where_nothing_is_numbered() -> None:
    found = lines("3/201/鸡蛋1\n6.102 五花肉1\n9。401。牛奶1", "yard")
    assert [line.household and line.household.building for line in found] == ["3号楼", "6号楼", "9号楼"]
    for text in (
        "1.101 鸡蛋1\n2.102 鸡蛋1\n3-201 鸡蛋1",
        "3-201 鸡蛋1\n5.101 鸡蛋1\n6.102 鸡蛋1",
        "3-201 鸡蛋1\n1. 4-101 鸡蛋1\n6.102 鸡蛋1",
        "6.102 鸡蛋1\n9.101 鸡蛋1",
    ):
        assert all(line.household is None for line in lines(text, "yard") if "." in line.raw and "-" not in line.raw)
    bound = lines("3-201 鸡蛋1\n6.102 鸡蛋1", "yard", scope=AddressScope(building="7号楼"))[-1]
    assert bound.household is not None
    assert bound.household.building == "7号楼"


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        ("大米覅了", "CANCEL"),
        ("覅了，谢谢", "CANCEL"),
        ("勿要了，买过了", "CANCEL"),
        ("大米不要", "CANCEL"),
        ("大米加到3袋", "AMEND"),
        ("大米改1袋好伐", "AMEND"),
        ("大米退1袋", "AMEND"),
        ("大米加1", "AMEND"),
        ("大米再来两袋", "AMEND"),
        ("大米1袋够了", "AMEND"),
        ("一袋都不要了", "CANCEL"),
        ("已付款", "SKIP"),
    ],
)
def test_short_changes_in_the_words_of_shanghai(said: str, outcome: str) -> None:
    assert last(f"455弄\n7号203 大米2袋\n7号203 {said}", "lanes")[0] == outcome


@pytest.mark.parametrize("said", ["已付款", "大米1袋够了吗", "大米加1袋", "大米退1"])
def test_without_an_order_above_they_are_asked(said: str) -> None:
    assert last(f"455弄\n7号204 大米2袋\n7号203 {said}", "lanes")[0] == "REVIEW"

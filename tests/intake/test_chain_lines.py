"""One line at a time: whose it is, what it orders, or why a person has to look."""

from __future__ import annotations

import pytest

from app.intake.grammar.chain import parse_chain
from app.intake.grammar.goods.lexicon import Lexicon, LexiconItem
from app.intake.grammar.model import ChainLine, Change, Context, EntryFlag, EntryOutcome
from app.places.address.rules import AddressScope, Register


def only(text: str, register: Register, lexicon: Lexicon, context: Context | None = None) -> ChainLine:
    lines = parse_chain(text, register, lexicon, context).lines
    assert len(lines) == 1
    return lines[0]


def goods(line: ChainLine) -> list[tuple[str, int | None]]:
    return [(item.item, item.qty) for item in line.items]


def test_an_alias_that_is_an_amount_keeps_its_amount(garden) -> None:
    eggs = Lexicon([LexiconItem("鸡蛋", "板", ("鸡蛋一板", "土鸡蛋"))])
    for text, qty in (("3-1-502 鸡蛋一板", 1), ("3-1-502 鸡蛋1板", 1), ("3-1-502 土鸡蛋两板", 2), ("3-1-502 鸡蛋3", 3)):
        line = only(text, garden, eggs)
        assert (line.outcome, goods(line)) == (EntryOutcome.ROW, [("鸡蛋", qty)]), text


@pytest.mark.parametrize(
    ("text", "household", "qty"),
    [
        ("1. 3-1-502 2份", "3/1/502", 2),
        ("3. 3栋1单元502室 x2", "3/1/502", 2),
        ("4. 3号楼2单元1102 一份", "3/2/1102", 1),
        ("8. 12栋3单元1802两份", "12/3/1802", 2),
        ("10. 3-1-5022份", "3/1/502", 2),
        ("12. ３－１－502 ２份", "3/1/502", 2),
        ("5号楼2门301 2份", "5/2/301", 2),
    ],
)
def test_a_flat_behind_a_stairwell_is_found(garden, parcel, text: str, household: str, qty: int) -> None:
    line = only(text, garden, parcel)
    assert (line.outcome, line.household.household_id) == (EntryOutcome.ROW, household)
    assert goods(line) == [("蔬菜包", qty)]


@pytest.mark.parametrize(
    ("text", "household", "qty"),
    [
        ("5. 5#302 +1", "5/302", 1),
        ("11. 十二号楼三零二 俩", "12/302", 2),
        ("1️⃣ 12-302 2份", "12/302", 2),
        ("① 12-302 2份", "12/302", 2),
        ("1）12-302 2份", "12/302", 2),
        ("1: 12-302 2份", "12/302", 2),
        ("1，12-302 2份", "12/302", 2),
        ("1 12-302 2份", "12/302", 2),
        ("12-3022份", "12/302", 2),
        ("12-302-2份", "12/302", 2),
        ("12--302 2份", "12/302", 2),
        ("12-302 2️⃣份", "12/302", 2),
        ("王阿姨 12-302 2份", "12/302", 2),
        ("12-302（王阿姨）2份", "12/302", 2),
        ("阳光 12-302 2份", "12/302", 2),
        ("李叔叔12号楼302要3份", "12/302", 3),
        ("12-302 13812345678 2份", "12/302", 2),
        ("12-302 来2份 谢谢！", "12/302", 2),
        ("500弄12号302 一份", "12/302", 1),
        ("29号 1份", "29/", 1),
        ("商务楼907 2份", "商务楼/907", 2),
    ],
)
def test_a_flat_of_a_lane_is_found(lane, parcel, text: str, household: str, qty: int) -> None:
    line = only(text, lane, parcel)
    assert (line.outcome, line.household.household_id) == (EntryOutcome.ROW, household), line
    assert goods(line) == [("蔬菜包", qty)]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("302 2份", "no_building"),
        ("94-302 1份", "unknown_building"),
        ("12-1902 1份", "unknown_room"),
        ("12-302 半份", "fraction"),
        ("12-302 1.5份", "fraction"),
        ("12-302 两斤半", "fraction"),
        ("12-302 0份", "zero"),
        ("12-302 -1", "negative"),
        ("12-302 99份", "over_limit"),
        ("12-302 2-3份", "range"),
        ("12-302 两三份", "range"),
        ("12-302", "no_quantity"),
        ("12-302 505", "unclear_number"),
        ("12-302 2份 3份", "several_quantities"),
        ("12-302 12-401 2份", "several_households"),
        ("12-302 2份 送到13-101", "redirect"),
        ("12-302 代隔壁订1份", "proxy_unclear"),
        ("别墅花园12-302 2份", "unknown_place"),
        ("12-302 2份，共3份", "total_differs"),
        ("12-302 空气炸锅1个", "unknown_item"),
        ("阳光 2份", "no_who"),
    ],
)
def test_a_doubtful_line_is_asked(lane, parcel, text: str, reason: str) -> None:
    line = only(text, lane, parcel)
    if reason == "no_who":
        assert line.needs_settling
    else:
        assert (line.outcome, line.reason) == (EntryOutcome.REVIEW, reason), line


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12-302 土豆2袋 鸡蛋1盒", [("土豆", 2), ("鸡蛋", 1)]),
        ("12-302 洋芋2，蛋3", [("土豆", 2), ("鸡蛋", 3)]),
        ("12-302 卫生纸两提", [("卷纸", 2)]),
        ("12-302 土豆 鸡蛋 牛奶各1", [("土豆", 1), ("鸡蛋", 1), ("牛奶", 1)]),
        ("12-302 鸡蛋牛奶各2份", [("鸡蛋", 2), ("牛奶", 2)]),
        ("12-302 2土豆 1鸡蛋", [("土豆", 2), ("鸡蛋", 1)]),
        ("12-302 土豆×2+鸡蛋×1", [("土豆", 2), ("鸡蛋", 1)]),
        ("12-302 土豆2/鸡蛋1", [("土豆", 2), ("鸡蛋", 1)]),
        ("12-302 土豆两袋鸡蛋三盒牛奶一箱", [("土豆", 2), ("鸡蛋", 3), ("牛奶", 1)]),
        ("12-302 A套餐2 B套餐1 鸡蛋*3", [("A套餐", 2), ("B套餐", 1), ("鸡蛋", 3)]),
        ("12-302 鸡蛋30枚2盒", [("鸡蛋", 2)]),
        ("12-302 牛奶250ml*12盒 2箱", [("牛奶", 2)]),
        ("12-302 2 袋土豆", [("土豆", 2)]),
    ],
)
def test_goods_and_quantities_are_paired(lane, shop, text: str, expected: list[tuple[str, int]]) -> None:
    line = only(text, lane, shop)
    assert (line.outcome, goods(line)) == (EntryOutcome.ROW, expected)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("12-302 2份", "item_missing"),
        ("12-302 土豆5斤", "unit_differs"),
        ("12-302 土豆一袋两袋都行", "several_quantities"),
        ("12-302 土豆大概3袋", "item_unclear"),
        ("12-302 西瓜2个", "unknown_item"),
        ("12-302 土豆2袋 鸡蛋", "no_quantity"),
    ],
)
def test_goods_outside_the_catalogue_are_asked(lane, shop, text: str, reason: str) -> None:
    line = only(text, lane, shop)
    assert (line.outcome, line.reason) == (EntryOutcome.REVIEW, reason)


def test_a_specification_is_no_quantity(lane, anything) -> None:
    line = only("12-302 盐汽水600ml*24瓶4箱", lane, anything)
    assert [(item.item, item.qty, item.unit) for item in line.items] == [("盐汽水600ml*24瓶", 4, "箱")]


@pytest.mark.parametrize(
    ("text", "outcome", "change", "qty"),
    [
        ("12-302 改3份", EntryOutcome.AMEND, Change.SET, 3),
        ("12-302改成3份", EntryOutcome.AMEND, Change.SET, 3),
        ("12-302 从2份改成3份", EntryOutcome.AMEND, Change.SET, 3),
        ("12-302 再加1份", EntryOutcome.AMEND, Change.ADD, 1),
        ("12-302 加一份", EntryOutcome.AMEND, Change.ADD, 1),
        ("12-302 多要1份", EntryOutcome.AMEND, Change.ADD, 1),
        ("12-302 少要1份", EntryOutcome.AMEND, Change.LESS, 1),
        ("12-302 +1份（共3份）", EntryOutcome.AMEND, Change.SET, 3),
    ],
)
def test_a_change_of_an_order_is_an_amendment(lane, parcel, text: str, outcome, change, qty: int) -> None:
    line = only(text, lane, parcel)
    assert (line.outcome, line.change, goods(line)) == (outcome, change, [("蔬菜包", qty)])


@pytest.mark.parametrize("text", ["12-302不要了", "12-302 取消", "12-302 退了吧"])
def test_a_withdrawn_order_is_a_cancellation(lane, parcel, text: str) -> None:
    line = only(text, lane, parcel)
    assert (line.outcome, line.household.household_id) == (EntryOutcome.CANCEL, "12/302")


def test_the_proxy_is_not_the_household(lane, parcel) -> None:
    line = only("12-302 代12-401老人订 1份", lane, parcel)
    assert (line.household.household_id, line.proxy) == ("12/401", "12-302")


@pytest.mark.parametrize("text", ["12-302 2份，12-401 1份", "12-302 2份12-401 1份"])
def test_two_households_with_goods_of_their_own_are_two_rows(lane, parcel, text: str) -> None:
    lines = parse_chain(text, lane, parcel).lines
    assert [(line.line_no, line.household.household_id, goods(line)) for line in lines] == [
        (1, "12/302", [("蔬菜包", 2)]),
        (1, "12/401", [("蔬菜包", 1)]),
    ]


def test_each_means_every_household_named(lane, parcel) -> None:
    lines = parse_chain("12-302、401各1份", lane, parcel).lines
    assert [line.household.household_id for line in lines] == ["12/302", "12/401"]


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        ("12-302 2份 已付", EntryFlag.PAID),
        ("12-302 2份付款✅", EntryFlag.PAID),
        ("12-302 2份，没有就不要", EntryFlag.NO_SUBSTITUTE),
        ("12-302 2份 放门口 别敲门", EntryFlag.DOOR_NOTE),
        ("12-302 2份 老人独居", EntryFlag.SPECIAL_NEED),
    ],
)
def test_a_remark_raises_its_flag_and_leaves_the_order(lane, parcel, text: str, flag: EntryFlag) -> None:
    line = only(text, lane, parcel)
    assert flag in line.flags
    assert goods(line) == [("蔬菜包", 2)]
    assert line.outcome is EntryOutcome.ROW


@pytest.mark.parametrize("text", ["12-302 2份 家里有高血压老人", "12-302 孕妇 2份", "12-302 2份（糖尿病）"])
def test_words_about_health_never_reach_the_open_note(lane, parcel, text: str) -> None:
    line = only(text, lane, parcel)
    assert EntryFlag.HEALTH in line.flags
    assert line.restricted_note
    open_words = line.note + "".join(item.note + item.item for item in line.items)
    assert not any(word in open_words for word in ("高血压", "孕妇", "糖尿病"))


def test_i_am_the_one_who_pasted(lane, parcel) -> None:
    assert only("我要2份", lane, parcel).outcome is EntryOutcome.REVIEW
    known = only("我要2份", lane, parcel, Context(self_text="12-302小李"))
    assert known.household.household_id == "12/302"


def test_a_room_is_enough_in_the_group_of_its_building(lane, parcel) -> None:
    context = Context(scope=AddressScope(building="12"))
    assert only("302 2份", lane, parcel, context).household.household_id == "12/302"
    assert only("18C 1份", lane, parcel, context).outcome is EntryOutcome.REVIEW


def test_a_loose_number_that_may_be_a_building_is_asked(garden, parcel) -> None:
    line = only("1 2-301 2份", garden, parcel)
    assert line.outcome is EntryOutcome.REVIEW


def test_markup_and_formulas_are_text(lane, anything) -> None:
    line = only("12-302 <script>alert(1)</script> 鸡蛋2盒", lane, anything)
    assert line.household.household_id == "12/302"
    assert line.outcome in (EntryOutcome.ROW, EntryOutcome.REVIEW)


def test_a_building_without_a_room_is_asked_among_addresses(lane, parcel) -> None:
    lines = parse_chain("12-302 1份\n12栋王姐 2份", lane, parcel).lines
    assert (lines[1].outcome, lines[1].reason) == (EntryOutcome.REVIEW, "no_room")


def test_a_number_that_continues_the_list_is_not_silently_a_building(lane, parcel) -> None:
    lines = parse_chain("1. 12-302 1份\n2 12-401 1份\n3 502 1份", lane, parcel).lines
    assert [line.outcome for line in lines] == [EntryOutcome.ROW, EntryOutcome.ROW, EntryOutcome.REVIEW]

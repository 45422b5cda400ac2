"""Requests in other words: polite and English ones, headings that change the good, talk beside what is withdrawn."""

from __future__ import annotations

import pytest

from app.intake.grammar.chain import parse_chain
from app.intake.grammar.goods.wording import normalise_wording
from app.intake.grammar.model import ChainLine, Change, EntryOutcome
from tests.intake.unseen_lists import lexicon, register


def lines(text: str, homes: str = "yard", catalogue: str = "shop") -> list[ChainLine]:
    return list(parse_chain(text, register(homes), lexicon(catalogue)).lines)


def last(text: str, homes: str = "yard", catalogue: str = "shop") -> ChainLine:
    return lines(text, homes, catalogue)[-1]


def goods(line: ChainLine) -> list[tuple[str, int | None]]:
    return [(item.item, item.qty) for item in line.items]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("劳驾帮我订两袋", "订两袋"), ("恳请团长登记一份", "登记一份"), ("烦请挂门把手上", "请挂门把手上"),
        ("另添两板", "再加两板"),
        ("大米 3=>2", "大米 3改成2"), ("2 each", "各2"), ("Cancelled, thanks", "取消,"),
        ("401 402 各1份", "401、402 各1份"), ("8幢四楼四〇二室", "8幢四〇二室"), ("8幢四楼五〇二室", "8幢四楼五〇二室"),
        ("帮对门402 鸡蛋1", "402 鸡蛋1"), ("鸡蛋退掉咯", "鸡蛋退掉了"), ("7-302→2", "7-302→2"),
        ("5-501 502 各1", "5-501 502 各1"),
    ],
)  # fmt: skip
def test_words_are_replaced_by_those_of_the_same_meaning_only(written: str, read: str) -> None:
    assert normalise_wording(written) == read


@pytest.mark.parametrize(
    "heading", ["【大米接龙】后天到货", "【大米】每袋10斤，每户限3袋", "大米接龙 明早到货", "〔大米〕"]
)
def test_a_second_heading_changes_the_good_of_the_lines_below(heading: str) -> None:
    found = lines(f"【牛奶接龙】每箱12盒\n5-101 1箱\n{heading}\n5-102 2")
    assert [goods(line) for line in found if line.outcome is EntryOutcome.ROW] == [[("牛奶", 1)], [("大米", 2)]]


@pytest.mark.parametrize(
    "heading", ["【羊奶接龙】后天到货", "【大米、鸡蛋接龙】后天到", "牛奶接龙结束 下面大米", "【大米】3袋一组 5袋一组"]
)
def test_below_a_heading_whose_good_is_not_clear_a_line_names_its_own(heading: str) -> None:
    found = lines(f"【牛奶接龙】明早到货\n5-101 1箱\n{heading}\n5-102 2\n5-103 大米1袋")
    assert [line.outcome for line in found[-2:]] == [EntryOutcome.REVIEW, EntryOutcome.ROW]


@pytest.mark.parametrize("talk", ["牛奶团购什么时候到", "【牛奶】还有吗", "牛奶接龙昨天的到了", "大米团购我没抢到"])
def test_talk_about_another_good_never_makes_it_the_good_of_the_lines_below(talk: str) -> None:
    line = last(f"【鸡蛋接龙】明早到货\n5-101 1板\n{talk}\n5-102 2")
    assert [item for item, _qty in goods(line)] in ([""], ["鸡蛋"])


@pytest.mark.parametrize(
    "title", ["鸡蛋接龙，请大家把楼号写清楚", "【鸡蛋】不要挑大小", "#接龙\n鸡蛋接龙 没地方放的别订"]
)
def test_the_first_title_decides_whatever_else_it_says(title: str) -> None:
    assert goods(last(f"{title}\n1. 5-101 2")) == [("鸡蛋", 2)]


@pytest.mark.parametrize("line", ["（鸡蛋2板）", "【鸡蛋】两板", "【鸡蛋】王阿姨 两板", "鸡蛋登记两板"])
def test_a_good_with_an_amount_is_no_heading(line: str) -> None:
    assert last(f"5-102 大米1袋\n\n{line}").outcome is EntryOutcome.REVIEW


@pytest.mark.parametrize("talk", ["7号楼付款了", "7号楼已支付", "7号楼明早先付款"])
def test_talk_that_names_a_building_gives_no_line_below_its_place(talk: str) -> None:
    assert last(f"5号楼\n{talk}\n302 鸡蛋1").outcome is EntryOutcome.REVIEW


def test_a_second_round_is_no_second_phase() -> None:
    assert last("2期团购接龙\n3栋1单元1101 鸡蛋1", "stages").outcome is EntryOutcome.REVIEW


def test_a_unit_that_does_not_fit_the_good_of_the_heading_is_asked() -> None:
    assert last("【牛奶接龙】明早到货\n5-101 2板").reason == "unit_differs"


@pytest.mark.parametrize("talk", ["我也要", "我家也要哦", "也来", "加我一个", "算我一份", "me too!"])
def test_talk_that_wants_something_and_names_nobody_is_asked(talk: str) -> None:
    assert last(f"5-101 鸡蛋1板\n{talk}").outcome is EntryOutcome.REVIEW


def test_a_wish_of_myself_is_no_part_of_the_line_above() -> None:
    above, below = lines("5-101 1份\n我家也改3份", catalogue="veg")
    assert (above.outcome, goods(above), below.outcome) == (EntryOutcome.ROW, [("蔬菜包", 1)], EntryOutcome.REVIEW)
    assert below.continues is None


@pytest.mark.parametrize(
    "heading", ["9号楼鸡蛋 26元一板 货到付款", "9号楼鸡蛋，每板26元，付款后接龙", "下面是9号楼的 他们群主病了我代登"]
)
def test_a_heading_may_say_more_than_its_building(heading: str) -> None:
    line = last(f"{heading}\n302 鸡蛋1")
    assert line.household is not None
    assert (line.household.building, goods(line)) == ("9号楼", [("鸡蛋", 1)])


def test_a_heading_of_a_building_that_is_spoken_against_gives_no_building() -> None:
    assert last("下面是9号楼的 先别接\n302 鸡蛋1").outcome is EntryOutcome.REVIEW


@pytest.mark.parametrize(
    "text",
    [
        "4-401 大米不要了 鸡蛋留着",
        "4-401 大米不要了，鸡蛋还要的",
        "4-401 鸡蛋照旧，大米退掉",
        "4-401 大米不要啦 家里还剩两袋",
    ],
)
def test_what_is_kept_and_the_reason_stay_beside_what_is_withdrawn(text: str) -> None:
    line = last(f"4-401 大米1 鸡蛋2\n{text}")
    assert (line.outcome, [item.item for item in line.items]) == (EntryOutcome.CANCEL, ["大米"])


@pytest.mark.parametrize(
    "text",
    [
        "4-401 大米不要了 西瓜还要的",
        "4-401 大米不要了 来两个西瓜",
        "4-401 不要了，两袋",
        "4-401 不要了，王阿姨两袋",
        "4-401 please don't cancel",
        "4-401 大米不要了 鸡蛋还要2板",
    ],
)
def test_what_may_be_a_new_wish_beside_a_withdrawal_is_asked(text: str) -> None:
    assert last(f"4-401 大米1 鸡蛋2\n{text}").outcome is EntryOutcome.REVIEW


@pytest.mark.parametrize("text", ["4-401 不要", "4-401 cancel, sorry", "4-401 x1 cancelled", "4-401 那一份劳驾取消"])
def test_a_refusal_alone_withdraws_the_order(text: str) -> None:
    line = last(f"4-401 x1\n{text}", catalogue="veg")
    assert (line.outcome, line.items) == (EntryOutcome.CANCEL, ())


def test_a_correction_needs_an_order_above_it() -> None:
    right = last("4-401 鸡蛋1\n4-401 刚才说错了 鸡蛋要2板")
    assert (right.outcome, right.change, goods(right)) == (EntryOutcome.AMEND, Change.SET, [("鸡蛋", 2)])
    assert last("4-402 鸡蛋1\n4-401 刚才说错了 鸡蛋要2板").outcome is EntryOutcome.REVIEW


@pytest.mark.parametrize(
    ("text", "rooms"),
    [
        ("6号楼\n401 402 各鸡蛋1板", ["401", "402"]), ("6号楼\n401、402、403 鸡蛋各1板", ["401", "402", "403"]),
        ("6号楼\n401/402 鸡蛋 x1 each", ["401", "402"]), ("6-401 & 5-402 各鸡蛋1板", ["401", "402"]),
        ("6号楼\n401鸡蛋1板\n403 鸡蛋1板", ["401", "403"]),
    ],
)  # fmt: skip
def test_several_rooms_with_the_same_goods_are_as_many_orders(text: str, rooms: list[str]) -> None:
    found = [line for line in lines(text) if line.outcome is not EntryOutcome.HEAD]
    assert [(line.household and line.household.room, goods(line)) for line in found] == [
        (room, [("鸡蛋", 1)]) for room in rooms
    ]


def test_a_neighbour_named_by_the_room_has_an_order_of_its_own() -> None:
    found = lines("6号楼\n401要1份，隔壁402也要2份", catalogue="veg")[1:]
    assert [(line.household and line.household.room, goods(line)) for line in found] == [
        ("401", [("蔬菜包", 1)]),
        ("402", [("蔬菜包", 2)]),
    ]
    assert lines("6号楼\n401要1份，送到对门402", catalogue="veg")[-1].outcome is EntryOutcome.REVIEW


def test_messages_with_a_clock_in_brackets_stand_for_themselves() -> None:
    order, talk, order_of_another = lines("[21:05] 3-201 王阿姨：大米1袋\n[21:06] 晚安各位\n【21:07】3-202 鸡蛋2板")
    assert [goods(order), goods(order_of_another)] == [[("大米", 1)], [("鸡蛋", 2)]]
    assert talk.outcome is EntryOutcome.SKIP


def test_phases_are_written_in_digits_too() -> None:
    assert [
        line.household and line.household.compound
        for line in lines("1期-3-1-1101 鸡蛋1\n2期3栋1单元1101 鸡蛋1", "stages")
    ] == [
        "翡翠城一期",
        "翡翠城二期",
    ]
    assert last("第2期团购\n3-1-1101 鸡蛋1", "stages").outcome is EntryOutcome.REVIEW


def test_another_place_in_brackets_tells_this_one_from_it() -> None:
    line = last("455弄6号301 苹果2（不是210弄的别搞错）", "lanes")
    assert (line.outcome, line.household and line.household.compound) == (EntryOutcome.ROW, "长宁路455弄")
    assert last("455弄6号301 苹果2（455弄的不动）", "lanes").outcome is EntryOutcome.REVIEW


def test_goods_may_stand_in_front_of_a_named_place() -> None:
    for text in ("一袋大米 两板鸡蛋 春晖苑3号楼204", "大米1、鸡蛋2 春晖苑3号楼204"):
        line = last(text, "mixB")
        assert (line.outcome, sorted(goods(line))) == (EntryOutcome.ROW, [("大米", 1), ("鸡蛋", 2)])


@pytest.mark.parametrize("text", ["4-401 酱油，2瓶", "4-401 酱油=2瓶", "4-401 油退掉了", "4-401 酱油 不要了"])
def test_goods_that_nobody_sells_never_stand_for_the_one_that_is_sold(text: str) -> None:
    assert last(f"4-401 1份\n{text}", catalogue="veg").outcome is EntryOutcome.REVIEW


def test_a_sum_of_a_place_orders_nothing() -> None:
    assert last("【海棠园】\n1-1-101 鸡蛋1\n海棠园合计 7 件", "pair").outcome is EntryOutcome.SKIP


def test_a_wish_that_hangs_on_what_is_left_is_asked() -> None:
    assert last("4-401 如果还有多的就来一份，没有就算了", catalogue="veg").outcome is EntryOutcome.REVIEW

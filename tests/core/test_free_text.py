"""What households write is sorted clause by clause; only what a door needs reaches paper."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.text.free_text import ROOM_ON_PAPER, ClauseKind, classify_remarks, kind_of

PIECES = st.sampled_from(
    "敲门重一点 放门口 先打电话 产妇 高血压 要配药 已付 微信已转 帮忙送到87-105 没有就不要 独居老人 奶粉 19900000001"
    " 山药 谢谢 ， 。 、 ； \n 两盒 ring twice 有狗".split(" ")
)


@pytest.mark.parametrize(
    ("clause", "kind"),
    [
        ("敲门重一点", ClauseKind.DOOR_NOTE),
        ("麻烦放門口", ClauseKind.DOOR_NOTE),
        ("到了先打电话", ClauseKind.DOOR_NOTE),
        ("没有就不要", ClauseKind.SUBSTITUTE),
        ("缺货可以换别的", ClauseKind.SUBSTITUTE),
        ("帮忙送到87-105", ClauseKind.REDIRECT),
        ("转给３号楼２０１", ClauseKind.REDIRECT),
        ("放到门口", ClauseKind.DOOR_NOTE),
        ("独居老人", ClauseKind.SPECIAL_NEED),
        ("没有锅", ClauseKind.SPECIAL_NEED),
        ("家里有产妇", ClauseKind.HEALTH),
        ("需要降压药", ClauseKind.HEALTH),
        ("山药要新鲜的", ClauseKind.OTHER),
        ("微信已转48元", ClauseKind.PAYMENT),
        ("电话 199 0000 0001", ClauseKind.CONTACT),
        ("打电话19900000001", ClauseKind.CONTACT),
        ("330102194901010010", ClauseKind.CONTACT),
        ("谢谢志愿者", ClauseKind.OTHER),
        ("leave at the door", ClauseKind.DOOR_NOTE),
        ("ring the bell twice", ClauseKind.DOOR_NOTE),
        ("no substitutes please", ClauseKind.SUBSTITUTE),
        ("already paid by wechat pay", ClauseKind.PAYMENT),
        ("diapers size L", ClauseKind.SPECIAL_NEED),
        ("we have no stove", ClauseKind.SPECIAL_NEED),
        ("thanks a lot", ClauseKind.OTHER),
    ],
)
def test_a_clause_is_what_its_words_say(clause: str, kind: ClauseKind) -> None:
    assert kind_of(clause) == kind


@pytest.mark.parametrize(
    "clause",
    [
        "东西送5幢201 送至5号楼201 5幢201代收 帮忙送到五号楼201 送到对门 搬到5幢201了 不住这里了 放302门口就行".split(),
        "麻烦放到隔壁那家|请给对面邻居拿|我们搬走了|这两天不在家|人在外地|家里没人|给我妈送过去，她住8栋601".split("|"),
        "送我女儿家|请转到二号楼一单元三零一|交给楼上502|由3单元602代领|楼下101会帮我拿|改成6号楼送|改送9幢".split("|"),
        "换地址了|地址改为7栋2单元301|别送这里|出差了|先放在对门那户|让501帮我拿一下|东西给楼下老王家".split("|"),
        "deliver to building 5 room 201|please bring it to 5-201|leave it with my neighbour in 302".split("|"),
        "give it to the flat next door|we moved to block 7|I don't live here anymore|we are away this week".split("|"),
        "not at home|nobody home till Friday|send to my mother's place|drop at 12-302 instead".split("|"),
    ],
)
def test_a_clause_that_names_another_door_or_says_that_nobody_is_there_waits(clause: list[str]) -> None:
    for one in clause:
        first = classify_remarks(one)
        assert ClauseKind.REDIRECT in first.kinds, one
        assert first.clauses[0].text not in first.paper


@pytest.mark.parametrize(
    "clause",
    "敲门重一点 放门口 先打电话 放邻居 放门卫 送到家门口 送上门 放楼下 2号门进右手电梯 请放电梯口 3楼没有电梯辛苦了"
    " 鸡蛋要大的 送到门口按2下铃 土豆要5个小的 到了打电话我下楼拿 我家在6楼走楼梯 放在门口鞋柜上".split(),
)
def test_a_note_for_the_own_door_waits_for_nobody(clause: str) -> None:
    assert classify_remarks(clause).paper == clause


@pytest.mark.parametrize(
    "words",
    "I am diabetic|my wife is pregnant|DIALYSIS on Monday|I have diabetes|chemo patient|high blood pressure|"
    "allergic to peanuts|she uses a wheelchair|tested positive|we have covid|heart condition|needs insulin|"
    "he is deaf, ring long|recovering from surgery|breastfeeding|asthmatic child|in quarantine|disabled|"
    "has a fever|cancer|broken leg|my mother has dementia".split("|"),
)
def test_health_in_english_never_reaches_paper(words: str) -> None:
    found = classify_remarks(words)
    assert ClauseKind.HEALTH in found.kinds
    assert found.paper in ("", "ring long")


def test_health_payment_and_numbers_leave_the_door_note_and_stay_inside() -> None:
    found = classify_remarks("敲门重一点，家里有产妇，已付，19900000001 猫会跑出来")
    assert found.paper == "敲门重一点，猫会跑出来"
    assert found.kept == "家里有产妇，已付，19900000001"


def test_a_door_note_written_into_the_remarks_reaches_the_door_and_the_rest_does_not() -> None:
    found = classify_remarks("", "鸡蛋要小的。放门口就行！独居老人")
    assert (found.paper, found.kept) == ("放门口就行", "鸡蛋要小的，独居老人")
    assert ClauseKind.SPECIAL_NEED in found.kinds


def test_what_has_no_room_on_paper_stays_inside_uncut() -> None:
    found = classify_remarks("，".join(f"第{number}只狗在门口要小心" for number in range(9)))
    assert len(found.paper) <= ROOM_ON_PAPER
    assert set(found.paper.split("，")) | set(found.kept.split("，")) == {f"第{n}只狗在门口要小心" for n in range(9)}


@given(st.lists(PIECES, max_size=12).map("".join), st.lists(PIECES, max_size=12).map("".join))
def test_nothing_is_lost_nothing_unsafe_is_printed_and_again_changes_nothing(door: str, remark: str) -> None:
    found = classify_remarks(door, remark)
    assert {one.text for one in found.clauses} == {
        part for text in (found.paper, found.kept) for part in text.split("，") if part
    }
    for part in filter(None, found.paper.split("，")):
        assert kind_of(part) in (ClauseKind.DOOR_NOTE, ClauseKind.OTHER)
    again = classify_remarks(found.paper, found.kept)
    assert (again.paper, again.kept) == (found.paper, found.kept)


@pytest.mark.parametrize(
    ("words", "refuses"),
    [
        ("没有就不要", True),
        ("缺货不要换", True),
        ("没货就退款", True),
        ("鸡蛋没有就算了", True),
        ("缺货可以换别的", False),
        ("没有的话换菠菜也行", False),
        ("不要敲门", False),
        ("", False),
    ],
)
def test_words_that_refuse_substitutes_are_understood_and_nothing_else_is_taken_for_them(
    words: str, refuses: bool
) -> None:
    assert classify_remarks("", words).refuses_substitutes is refuses
    assert classify_remarks(words).refuses_substitutes is refuses

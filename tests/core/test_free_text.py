"""What households write is sorted clause by clause; only what a door needs reaches paper."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.free_text import ROOM_ON_PAPER, Kind, kind_of, sort_out

PIECES = st.sampled_from(
    "敲门重一点 放门口 先打电话 产妇 高血压 要配药 已付 微信已转 帮忙送到87-105 没有就不要 独居老人 奶粉 19900000001"
    " 山药 谢谢 ， 。 、 ； \n 两盒 ring twice 有狗".split(" ")
)


@pytest.mark.parametrize(
    ("clause", "kind"),
    [
        ("敲门重一点", Kind.DOOR_NOTE),
        ("麻烦放門口", Kind.DOOR_NOTE),
        ("到了先打电话", Kind.DOOR_NOTE),
        ("没有就不要", Kind.SUBSTITUTE),
        ("缺货可以换别的", Kind.SUBSTITUTE),
        ("帮忙送到87-105", Kind.REDIRECT),
        ("转给３号楼２０１", Kind.REDIRECT),
        ("放到门口", Kind.DOOR_NOTE),
        ("独居老人", Kind.SPECIAL_NEED),
        ("没有锅", Kind.SPECIAL_NEED),
        ("家里有产妇", Kind.HEALTH),
        ("需要降压药", Kind.HEALTH),
        ("山药要新鲜的", Kind.OTHER),
        ("微信已转48元", Kind.PAYMENT),
        ("电话 199 0000 0001", Kind.CONTACT),
        ("打电话19900000001", Kind.CONTACT),
        ("330102194901010010", Kind.CONTACT),
        ("谢谢志愿者", Kind.OTHER),
    ],
)
def test_a_clause_is_what_its_words_say(clause: str, kind: Kind) -> None:
    assert kind_of(clause) == kind


def test_health_payment_and_numbers_leave_the_door_note_and_stay_inside() -> None:
    found = sort_out("敲门重一点，家里有产妇，已付，19900000001 猫会跑出来")
    assert found.paper == "敲门重一点，猫会跑出来"
    assert found.kept == "家里有产妇，已付，19900000001"


def test_a_door_note_written_into_the_remarks_reaches_the_door_and_the_rest_does_not() -> None:
    found = sort_out("", "鸡蛋要小的。放门口就行！独居老人")
    assert (found.paper, found.kept) == ("放门口就行", "鸡蛋要小的，独居老人")
    assert Kind.SPECIAL_NEED in found.kinds


def test_what_has_no_room_on_paper_stays_inside_uncut() -> None:
    found = sort_out("，".join(f"第{number}只狗在门口要小心" for number in range(9)))
    assert len(found.paper) <= ROOM_ON_PAPER
    assert set(found.paper.split("，")) | set(found.kept.split("，")) == {f"第{n}只狗在门口要小心" for n in range(9)}


@given(st.lists(PIECES, max_size=12).map("".join), st.lists(PIECES, max_size=12).map("".join))
def test_nothing_is_lost_nothing_unsafe_is_printed_and_again_changes_nothing(door: str, remark: str) -> None:
    found = sort_out(door, remark)
    assert {one.text for one in found.clauses} == {
        part for text in (found.paper, found.kept) for part in text.split("，") if part
    }
    for part in filter(None, found.paper.split("，")):
        assert kind_of(part) in (Kind.DOOR_NOTE, Kind.OTHER)
    again = sort_out(found.paper, found.kept)
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
    assert sort_out("", words).refuses_substitutes is refuses
    assert sort_out(words).refuses_substitutes is refuses

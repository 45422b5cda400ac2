"""What is typed at the telephone: goods in a line, households in shorthand, the rhythm of standing orders, packs."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.text.goods_names import GoodsName
from app.ordering.packs.rules import packs_for
from app.ordering.rules_desk import MOST_QTY, choice_for, read_goods
from app.ordering.standing.rules import LeftOut, Rhythm, fit_offers

WORDS = [
    GoodsName(11, ("青菜", "小青菜", "qc", "v1"), 1),
    GoodsName(12, ("土豆", "洋芋", "td", "tudou"), 2),
    GoodsName(13, ("鸡蛋", "jd"), 3),
    GoodsName(14, ("菠菜",), 4),
    GoodsName(15, ("鲜牛奶", "xnn"), 5),
    GoodsName(16, ("包菜", "bc"), 6),
]


@pytest.mark.parametrize(
    ("typed", "picked"),
    [
        ("青菜2 土豆 1", {11: 2, 12: 1}), ("青菜2土豆", {11: 2, 12: 1}), ("qc2 td", {11: 2, 12: 1}),
        ("3x2 #5", {13: 2, 15: 1}), ("3*2，5×1", {13: 2, 15: 1}), ("青菜2份，土豆x1袋", {11: 2, 12: 1}),
        ("青菜2 青菜1", {11: 3}), ("牛奶2", {15: 2}), ("鸡蛋2个牛奶1", {13: 2, 15: 1}), ("洋芋 3", {12: 3}),
        ("ＱＣ２", {11: 2}), ("青菜：2", {11: 2}), ("qingcai2 tudou1", {11: 2, 12: 1}), ("jdx2 td", {13: 2, 12: 1}),
        ("jd 2 3x1", {13: 3}), ("td 3x1", {12: 1, 13: 1}), ("青菜2包菜1", {11: 2, 16: 1}),
        ("青菜2包 土豆1", {11: 2, 12: 1}), ("qingc2 tud", {11: 2, 12: 1}), ("qingcx2 tudx3", {11: 2, 12: 3}),
        ("v12", {}), ("", {}),
    ],
)  # fmt: skip
def test_goods_are_read_by_name_initials_and_number(typed: str, picked: dict[int, int]) -> None:
    assert dict(read_goods(typed, WORDS).picked) == picked


@pytest.mark.parametrize(
    ("typed", "doubtful", "options"),
    [
        ("菜2", "菜", [1, 4, 6]), ("奶粉1", "奶粉", []), ("9x2", "9", []), ("7", "7", []), ("青菜0", "青菜0", []),
        ("青菜1000", "青菜1000", []), ("cai2", "cai", [1, 4, 6]), ("ingcai2", "ingcai", []), ("青菜两", "两", []),
    ],
)  # fmt: skip
def test_what_is_doubtful_is_said_and_never_guessed(typed: str, doubtful: str, options: list[int]) -> None:
    (doubt,) = read_goods(typed, WORDS).doubts
    assert (doubt.typed, [word.number for word in doubt.options]) == (doubtful, options)


@given(st.text(alphabet="青菜土豆鸡蛋qctd0123456789x×*#+= ，份包奶", max_size=60))
def test_any_line_ends_with_sane_quantities_and_loses_no_word(typed: str) -> None:
    goods = read_goods(typed, WORDS)
    assert all(qty > 0 for _offer, qty in goods.picked)
    assert all(qty <= MOST_QTY * 60 for _offer, qty in goods.picked)
    if any(letter in typed for letter in "青土鸡奶"):
        assert goods.picked or goods.doubts


@pytest.mark.parametrize(
    ("stands", "chosen", "typed", "how"),
    [
        (False, "", "qc", "place"), (True, "", "qc", "ask"), (True, "add", "qc", "add"), (True, "keep", "qc", "keep"),
        (True, "", "+qc", "add"), (True, "", "＝qc", "replace"), (True, "keep", "=qc", "replace"),
    ],
)  # fmt: skip
def test_an_order_that_stands_is_never_changed_silently(stands: bool, chosen: str, typed: str, how: str) -> None:
    assert choice_for(stands, chosen, read_goods(typed, WORDS).sign) == how


FRIDAY = date(2022, 4, 1)


@pytest.mark.parametrize(
    ("rhythm", "days"),
    [
        (Rhythm(FRIDAY, every_days=1), [0, 1, 2, 3]), (Rhythm(FRIDAY, every_days=2), [0, 2, 4, 6]),
        (Rhythm(FRIDAY, weekdays=0b1001), [3, 6, 10]), (Rhythm(FRIDAY, FRIDAY + timedelta(3), every_days=3), [0, 3]),
    ],
)  # fmt: skip
def test_a_standing_order_falls_due_in_its_rhythm(rhythm: Rhythm, days: list[int]) -> None:
    due = [day for day in range(-5, 11) if rhythm.falls_on(FRIDAY + timedelta(day))]
    assert due[: len(days)] == days
    assert min(due) >= 0


def test_a_standing_order_never_exceeds_a_limit_and_says_what_it_left_out() -> None:
    fitted = fit_offers({1: 2, 2: 3, 9: 1}, {1: (101, None), 2: (102, 1)})
    assert fitted.picks == ((101, 2), (102, 1))
    assert fitted.left_out == (LeftOut(2, 2, "limit"), LeftOut(9, 1, "not_offered"))


@pytest.mark.parametrize(
    ("persons", "per", "most", "packs"),
    [
        (None, None, None, 1), (None, 2, None, 1), (1, 2, None, 1), (2, 2, None, 1), (3, 2, None, 2), (5, 2, None, 3),
        (5, 3, 1, 1), (0, 3, None, 1), (7, None, None, 1),
    ],
)  # fmt: skip
def test_packs_follow_the_persons_of_a_household(
    persons: int | None, per: int | None, most: int | None, packs: int
) -> None:
    assert packs_for(persons, per, most) == packs

"""The last order again, and goods of the list that free words name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.text.goods_names import GoodsName
from app.ordering.resident.rules import OfferedGoods, OnOffer, PastChoice, mentioned_offers, repeat_order

EGGS, BREAD, BOX = OfferedGoods(item_id=1), OfferedGoods(item_id=2), OfferedGoods(bundle_id=1)
LIST = (
    GoodsName(1, ("卫生纸", "卷纸", "厕纸")),
    GoodsName(2, ("盐",)),
    GoodsName(3, ("酱油", "生抽")),
    GoodsName(4, ("鸡蛋",)),
    GoodsName(5, ("鸡蛋面", "面条")),
    GoodsName(6, ("香菜",)),
)


@pytest.mark.parametrize(
    ("qty", "limit", "is_hard", "filled", "said"),
    [
        (2, None, True, 2, []),
        (3, 2, True, 2, ["鸡蛋每户限2份，已从3份减到2份。"]),
        (2, 2, True, 2, []),
        (3, 2, False, 3, []),
    ],
)
def test_the_last_order_is_filled_in_up_to_a_hard_limit(
    qty: int, limit: int | None, is_hard: bool, filled: int, said: list[str]
) -> None:
    found = repeat_order([PastChoice("鸡蛋", EGGS, qty)], [OnOffer(7, "鸡蛋", EGGS, limit, is_hard)])
    assert dict(found.quantities) == {7: filled}
    assert [one.zh for one in found.said] == said


def test_what_is_not_on_offer_is_said_and_an_item_is_not_the_bundle_of_the_same_number() -> None:
    found = repeat_order(
        [PastChoice("面包", BREAD, 1), PastChoice("蔬菜包", BOX, 1)],
        [OnOffer(7, "鸡蛋", EGGS), OnOffer(8, "蔬菜包", BOX)],
    )
    assert dict(found.quantities) == {8: 1}
    assert [one.zh for one in found.said] == ["这次没有面包。"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("卷纸", [(1, 1)]),
        ("卷纸两提", [(1, 2)]),
        ("要3包盐、生抽一瓶", [(2, 3), (3, 1)]),
        ("鸡蛋面2袋", [(5, 2)]),
        ("卫生纸，厕纸", [(1, 1)]),
        ("不要香菜", []),
        ("猫粮一袋", []),
        ("", []),
        ("１２卷卷纸", [(1, 12)]),
    ],
)
def test_goods_of_the_list_are_found_in_free_words(text: str, found: list[tuple[int, int]]) -> None:
    assert [(one.offer_id, one.qty) for one in mentioned_offers(text, LIST)] == found


@given(st.text(max_size=80))
def test_any_text_names_each_offer_at_most_once_and_a_sensible_number(text: str) -> None:
    found = mentioned_offers(text, LIST)
    assert len({one.offer_id for one in found}) == len(found)
    assert all(1 <= one.qty <= 99 for one in found)

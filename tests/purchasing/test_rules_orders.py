"""Numbers of orders, sentences about gaps, and money in the surplus."""

from __future__ import annotations

import pytest

from app.purchasing.rules import Supply, is_sold_below_cost, order_number, surplus_fen, why_uncovered


def test_an_order_number_notices_a_wrong_digit() -> None:
    assert order_number(12, 3) == "CG-12-003-" + order_number(12, 3)[-1]
    checks = {order_number(12, seq)[-1] for seq in range(1, 10)}
    assert len(checks) == 9
    assert order_number(12, 3)[-1] != order_number(21, 3)[-1]


@pytest.mark.parametrize(
    ("supply", "words"),
    [
        (None, "没有供应商"),
        (Supply(0, None), "没有供应商"),
        (Supply(2, 0), "都已订下"),
        (Supply(1, 4), "最多还能供应4份"),
        (Supply(1, 5), "还没有列入采购单"),
        (Supply(1, None), "还没有列入采购单"),
    ],
)
def test_a_gap_is_explained_by_what_suppliers_can_bring(supply: Supply | None, words: str) -> None:
    said = why_uncovered("青菜", 5, supply).zh
    assert said.startswith("青菜还差5份：")
    assert words in said


def test_a_pack_dearer_than_its_units_sell_for_is_below_cost() -> None:
    assert is_sold_below_cost(1001, 10, 100)
    assert not is_sold_below_cost(1000, 10, 100)
    assert not is_sold_below_cost(1001, 10, None)


def test_surplus_costs_its_share_of_what_was_bought() -> None:
    assert surplus_fen(3, 10, 1005) == 301
    assert surplus_fen(3, 0, 0) == 0

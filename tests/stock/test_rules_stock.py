"""Goods in, the release gate, books that balance."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.catalog.models import Storage
from app.stock.rules import (
    LotMove,
    ReceiptOutcome,
    StockCountLine,
    balances,
    book_arrival,
    differences,
    rest_minutes,
)

SIX = datetime(2022, 4, 1, 22, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("counts", "arrival", "booked"),
    [
        ((20, 20, 0), ReceiptOutcome.AS_ORDERED, (20, 0, 0)),
        ((20, 15, 0), ReceiptOutcome.FEWER, (15, 5, 0)),
        ((20, 23, 0), ReceiptOutcome.MORE, (20, 0, 3)),
        ((20, 0, 0), ReceiptOutcome.NOTHING, (0, 20, 0)),
        ((20, 20, 4), ReceiptOutcome.AS_ORDERED, (20, 0, 0)),
        ((0, 5, 0), ReceiptOutcome.NOT_ORDERED, (0, 0, 5)),
        ((0, 0, 0), ReceiptOutcome.AS_ORDERED, (0, 0, 0)),
    ],
)
def test_the_truth_table_of_arrivals(
    counts: tuple[int, int, int], arrival: ReceiptOutcome, booked: tuple[int, int, int]
) -> None:
    line = book_arrival("鸡蛋", *counts)
    assert line.arrival is arrival
    assert (line.qty_to_line, line.qty_still_awaited, line.qty_extra) == booked


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ((20, 15, 0), "鸡蛋应到20份，实到15份，少5份。"),
        ((20, 23, 1), "鸡蛋应到20份，实到23份，多3份，另记一批。"),
        ((20, 0, 0), "鸡蛋应到20份，一份未到。"),
        ((0, 5, 0), "鸡蛋没有订购，到了5份，另记一批。"),
        ((20, 20, 4), "鸡蛋如数到货，其中4份破损。"),
    ],
)
def test_what_differs_is_said_aloud(counts: tuple[int, int, int], said: str) -> None:
    line = book_arrival("鸡蛋", *counts)
    assert line.said is not None
    assert line.said.zh == said


@given(st.integers(0, 500), st.integers(0, 500), st.integers(0, 500))
def test_every_unit_that_arrives_is_booked_once(awaited: int, arrived: int, damaged: int) -> None:
    line = book_arrival("米", awaited, arrived, min(damaged, arrived))
    assert line.qty_to_line + line.qty_extra == arrived == line.qty_fit + line.qty_damaged
    assert line.qty_to_line + line.qty_still_awaited == awaited


@pytest.mark.parametrize("counts", [(5, 3, 4), (-1, 3, 0), (5, 3, -1)])
def test_impossible_counts_are_refused(counts: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="part of those"):
        book_arrival("米", *counts)


@pytest.mark.parametrize(
    ("storage", "category", "minutes"),
    [("ambient", "", 30), ("ambient", "粮油", 30), ("ambient", "蔬菜", 0), ("chilled", "乳品", 0), ("frozen", "", 0)],
)
def test_cartons_rest_and_vegetables_do_not(storage: str, category: str, minutes: int) -> None:
    assert rest_minutes(storage, category) == minutes


def test_every_storage_has_a_rest_rule_and_an_unknown_one_is_never_released() -> None:
    assert all(rest_minutes(storage.value) >= 0 for storage in Storage)
    with pytest.raises(KeyError):
        rest_minutes("outdoors")
    with pytest.raises(KeyError):
        rest_minutes("frozen", rules={("ambient", ""): 5})


moves = st.lists(
    st.tuples(st.integers(1, 3), st.integers(0, 4), st.integers(0, 4), st.integers(1, 50))
    .filter(lambda row: row[1] != row[2])
    .map(lambda row: LotMove(*row)),
    max_size=20,
)


@given(moves)
def test_double_entry_sums_to_nothing_for_every_lot(rows: list[LotMove]) -> None:
    held = balances(rows)
    for lot_id in {move.lot_id for move in rows}:
        assert sum(qty for (lot, _place), qty in held.items() if lot == lot_id) == 0


@pytest.mark.parametrize("row", [(1, 1, 1, 5), (1, 1, 2, 0)])
def test_a_move_goes_somewhere_with_something(row: tuple[int, int, int, int]) -> None:
    with pytest.raises(ValueError, match="somewhere else"):
        LotMove(*row)


def test_a_count_shows_only_what_differs() -> None:
    rows = [StockCountLine(3, 10, 8), StockCountLine(1, 5, 5), StockCountLine(2, 0, 4)]
    assert [(row.lot_id, row.difference) for row in differences(rows)] == [(2, 4), (3, -2)]

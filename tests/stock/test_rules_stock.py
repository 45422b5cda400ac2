"""Goods in, the release gate, books that balance."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.catalog.models import Storage
from app.stock.rules import (
    Arrival,
    Counted,
    LotStock,
    Move,
    balances,
    differences,
    earliest_start,
    is_released,
    overdrawn,
    pieces_left,
    receive,
    released_at,
    rest_minutes,
    take,
)

PEERS = Path(__file__).resolve().parents[2].parent / "shared/data/peers/foodsoft_vectors.json"
SIX = datetime(2022, 4, 1, 22, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("counts", "arrival", "booked"),
    [
        ((20, 20, 0), Arrival.AS_ORDERED, (20, 0, 0)),
        ((20, 15, 0), Arrival.FEWER, (15, 5, 0)),
        ((20, 23, 0), Arrival.MORE, (20, 0, 3)),
        ((20, 0, 0), Arrival.NOTHING, (0, 20, 0)),
        ((20, 20, 4), Arrival.AS_ORDERED, (20, 0, 0)),
        ((0, 5, 0), Arrival.NOT_ORDERED, (0, 0, 5)),
        ((0, 0, 0), Arrival.AS_ORDERED, (0, 0, 0)),
    ],
)
def test_the_truth_table_of_arrivals(
    counts: tuple[int, int, int], arrival: Arrival, booked: tuple[int, int, int]
) -> None:
    line = receive("鸡蛋", *counts)
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
    line = receive("鸡蛋", *counts)
    assert line.said is not None
    assert line.said.zh == said


@given(st.integers(0, 500), st.integers(0, 500), st.integers(0, 500))
def test_every_unit_that_arrives_is_booked_once(awaited: int, arrived: int, damaged: int) -> None:
    line = receive("米", awaited, arrived, min(damaged, arrived))
    assert line.qty_to_line + line.qty_extra == arrived == line.qty_fit + line.qty_damaged
    assert line.qty_to_line + line.qty_still_awaited == awaited


@pytest.mark.parametrize("counts", [(5, 3, 4), (-1, 3, 0), (5, 3, -1)])
def test_impossible_counts_are_refused(counts: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="part of those"):
        receive("米", *counts)


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


def test_a_lot_cannot_be_loaded_a_second_before_its_release() -> None:
    release = released_at(SIX, 30)
    assert not is_released(release, SIX + timedelta(minutes=30, seconds=-1))
    assert is_released(release, SIX + timedelta(minutes=30))


def test_a_round_starts_after_the_last_of_its_goods_is_released() -> None:
    assert earliest_start([SIX, released_at(SIX, 30)], opening=SIX) == SIX + timedelta(minutes=30)
    assert earliest_start([], opening=SIX) == SIX


moves = st.lists(
    st.tuples(st.integers(1, 3), st.integers(0, 4), st.integers(0, 4), st.integers(1, 50))
    .filter(lambda row: row[1] != row[2])
    .map(lambda row: Move(*row)),
    max_size=20,
)


@given(moves)
def test_double_entry_sums_to_nothing_for_every_lot(rows: list[Move]) -> None:
    held = balances(rows)
    for lot_id in {move.lot_id for move in rows}:
        assert sum(qty for (lot, _place), qty in held.items() if lot == lot_id) == 0


def test_only_the_outside_may_give_what_it_does_not_have() -> None:
    outside, depot, point = 0, 1, 2
    rows = [Move(7, outside, depot, 10), Move(7, depot, point, 12)]
    assert overdrawn(rows, [outside]) == ((7, depot),)
    assert overdrawn([*rows, Move(7, outside, depot, 2)], [outside]) == ()
    assert balances(rows) == {(7, outside): -10, (7, depot): -2, (7, point): 12}


@pytest.mark.parametrize("row", [(1, 1, 1, 5), (1, 1, 2, 0)])
def test_a_move_goes_somewhere_with_something(row: tuple[int, int, int, int]) -> None:
    with pytest.raises(ValueError, match="somewhere else"):
        Move(*row)


def test_a_count_shows_only_what_differs() -> None:
    rows = [Counted(3, 10, 8), Counted(1, 5, 5), Counted(2, 0, 4)]
    assert [(row.lot_id, row.difference) for row in differences(rows)] == [(2, 4), (3, -2)]


def test_what_expires_first_is_taken_first() -> None:
    lots = [LotStock(1, 5), LotStock(2, 5, "2022-05-02"), LotStock(3, 5, "2022-04-30"), LotStock(4, 0, "2022-04-01")]
    assert take(lots, 12) == ((3, 5), (2, 5), (1, 2))
    assert take(lots, 99) == ((3, 5), (2, 5), (1, 5))
    assert take(lots, 0) == ()
    assert take(lots, 1) == ((3, 1),)
    assert take([LotStock(1, 1)], 5) == ((1, 1),)


@pytest.mark.skipif(not PEERS.exists(), reason="the shared peer vectors are not on this machine")
def test_pieces_over_and_lacking_agree_with_foodsoft() -> None:
    """`self_service` of foodsoft: what members wrote down against what arrived. Both rows share our rule."""
    row = json.loads(PEERS.read_text(encoding="utf-8"))["self_service"]
    ordered = [first for first, _second in row["results_vs_ordered"]]
    taken = [second for _first, second in row["results_vs_ordered"]]
    assert sum(ordered) == row["units_to_order"]
    assert pieces_left(sum(taken), ordered) == row["expected_sum_of_deviations"]
    assert pieces_left(row["units_received"], taken) == row["expected_availability"]
    assert pieces_left(row["units_received_2"], taken) == row["expected_availability_2"]

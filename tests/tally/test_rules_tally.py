"""Matrix, roll call, signing; replay of a real delivery note."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ordering.models import Outcome
from app.tally.rules import (
    ORDERED,
    WRITTEN,
    Cell,
    Gap,
    SigningState,
    gaps,
    in_counting_order,
    obstacles,
    roll_call,
    roll_call_outcome,
    tally,
)

NOTE = (
    Path(__file__).resolve().parents[2].parent
    / "shared/data/orders/groupon_delivery_note/expected_by_item_building_room.csv"
)

cells = st.lists(
    st.builds(Cell, st.integers(1, 3), st.integers(1, 5), st.integers(1, 5), st.integers(0, 9)), max_size=30
)


@given(cells)
def test_rows_columns_and_total_of_a_matrix_are_the_same_units(rows: list[Cell]) -> None:
    points = tally(rows)
    assert sum(matrix.total for matrix in points.values()) == sum(row.qty for row in rows)
    for matrix in points.values():
        assert sum(matrix.by_building.values()) == sum(matrix.by_item.values()) == matrix.total
        assert all(matrix.qty(*key) == qty > 0 for key, qty in matrix.cells.items())


def test_same_building_and_item_add_up_and_points_stay_apart() -> None:
    points = tally([Cell(1, 10, 7, 2), Cell(1, 10, 7, 3), Cell(2, 20, 7, 1)])
    assert points[1].qty(10, 7) == 5
    assert points[1].qty(10, 8) == 0
    assert points[2].by_item == {7: 1}


def test_a_difference_to_the_locked_orders_is_named() -> None:
    assert gaps({1: 5, 2: 3}, {1: 5, 2: 3}) == ()
    assert gaps({1: 5, 2: 3}, {1: 4, 3: 1}) == (Gap(1, 5, 4), Gap(2, 3, 0), Gap(3, 0, 1))


def test_the_outcomes_are_those_that_are_stored() -> None:
    assert {ORDERED, *WRITTEN} == {outcome.value for outcome in Outcome}


@pytest.mark.parametrize(
    ("has_order", "written", "outcome"),
    [
        (True, None, "ordered"),
        (True, "declined", "ordered"),
        (False, "declined", "declined"),
        (False, "unreachable", "unreachable"),
        (False, "away", "away"),
        (False, "ordered", None),
        (False, None, None),
        (False, "nonsense", None),
    ],
)
def test_the_truth_table_of_the_roll_call(has_order: bool, written: str | None, outcome: str | None) -> None:
    assert roll_call_outcome(has_order, written) == outcome


@given(
    st.sets(st.integers(1, 30)),
    st.sets(st.integers(1, 30)),
    st.dictionaries(st.integers(1, 30), st.sampled_from([*WRITTEN, ORDERED])),
)
def test_no_household_is_left_out_of_the_roll_call(
    households: set[int], with_order: set[int], written: dict[int, str]
) -> None:
    called = roll_call(households, with_order, written)
    assert set(called.outcomes) | set(called.open) == households
    assert not set(called.outcomes) & set(called.open)
    assert sum(called.counts.values()) + len(called.open) == len(households)
    assert called.is_complete == (not called.open)


def test_the_roll_call_takes_the_order_before_what_was_written() -> None:
    called = roll_call([1, 2, 3, 4], {1, 2}, {2: "away", 3: "declined"})
    assert called.outcomes == {1: "ordered", 2: "ordered", 3: "declined"}
    assert called.open == (4,)
    assert called.counts == {"ordered": 2, "declined": 1, "unreachable": 0, "away": 0}


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (SigningState(0, 0), []),
        (SigningState(2, 0), ["还有2条接龙待确认或还没入单，请先处理。"]),
        (SigningState(0, 3), ["还有3户没有点名结果，请联系或写明原因。"]),
        (SigningState(0, 3, override_reason="电话打不通，明早上门"), []),
        (SigningState(2, 0, override_reason="急"), ["还有2条接龙待确认或还没入单，请先处理。"]),
        (SigningState(0, 0, (Gap(1, 2, 3),)), ["有1种商品的汇总与订单不一致，请重新汇总。"]),
    ],
)
def test_a_tally_is_signed_only_when_nothing_is_open(state: SigningState, said: list[str]) -> None:
    assert [one.zh for one in obstacles(state)] == said


def test_buildings_come_in_counting_order() -> None:
    assert in_counting_order({1: "10号楼", 2: "2号楼", 3: "一号楼", 4: "2号楼"}) == [3, 2, 4, 1]


@pytest.mark.skipif(not NOTE.exists(), reason="the shared delivery note is not on this machine")
def test_a_real_delivery_note_is_tallied_as_it_was_printed() -> None:
    with NOTE.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    items = {name: number for number, name in enumerate(dict.fromkeys(row["item"] for row in rows))}
    matrix = tally([Cell(1, int(r["building"]), items[r["item"]], int(r["qty"])) for r in rows])[1]
    printed: dict[tuple[int, int], int] = {}
    for row in rows:
        printed[int(row["building"]), items[row["item"]]] = int(row["block_total"])
    assert (len(rows), len(matrix.by_building), len(matrix.by_item)) == (119, 41, 9)
    assert matrix.cells == printed

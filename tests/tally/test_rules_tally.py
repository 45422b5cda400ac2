"""Matrix, signing; replay of delivery notes."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.tally.rules import (
    Cell,
    SigningState,
    obstacles,
    tally,
)
from tests import sample_data

NOTE = "orders/groupon_delivery_note/expected_by_item_building_room.csv"

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


@pytest.mark.parametrize(
    ("state", "stands"),
    [
        (SigningState(0, 0, 0, 7, 7), []),
        (SigningState(1, 0, 0), ["claims"]),
        (SigningState(0, 2, 0), ["reviews"]),
        (SigningState(0, 0, 3), ["households"]),
        (SigningState(0, 0, 0, 7, 6), ["changed"]),
        (SigningState(1, 1, 1, 1, 0), ["claims", "reviews", "households", "changed"]),
    ],
)
def test_a_tally_is_signed_only_when_nothing_is_open(state: SigningState, stands: list[str]) -> None:
    assert list(obstacles(state)) == stands


@pytest.mark.parametrize(("data", "size"), sample_data.both((12, 6, 3), (119, 41, 9)))
def test_a_delivery_note_is_tallied_as_it_was_printed(data: Path, size: tuple[int, int, int]) -> None:
    with (data / NOTE).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    items = {name: number for number, name in enumerate(dict.fromkeys(row["item"] for row in rows))}
    matrix = tally([Cell(1, int(r["building"]), items[r["item"]], int(r["qty"])) for r in rows])[1]
    printed: dict[tuple[int, int], int] = {}
    for row in rows:
        printed[int(row["building"]), items[row["item"]]] = int(row["block_total"])
    assert (len(rows), len(matrix.by_building), len(matrix.by_item)) == size
    assert matrix.cells == printed

"""Packs, cases, control totals; replays of numbers published by others."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.purchasing.rules import (
    cover,
    full_cases,
    missing_to_full_case,
    net_demand,
    packs_to_cover,
    price_change,
    surplus,
)

DATA = Path(__file__).resolve().parents[2].parent / "shared/data"
with_data = pytest.mark.skipif(not (DATA / "peers").exists(), reason="the shared peer vectors are not on this machine")


def vectors(name: str) -> dict:  # type: ignore[type-arg]
    return json.loads((DATA / "peers" / name).read_text(encoding="utf-8"))  # type: ignore[no-any-return]


@given(st.integers(0, 5000), st.integers(1, 60))
def test_packs_cover_the_demand_and_one_pack_fewer_would_not(qty: int, pack_size: int) -> None:
    packs = packs_to_cover(qty, pack_size)
    assert 0 <= surplus(qty, packs, pack_size) < pack_size
    assert packs == 0 or surplus(qty, packs - 1, pack_size) < 0


@given(st.integers(0, 200), st.integers(0, 50), st.integers(1, 30))
def test_a_full_case_is_never_bought_for_tolerance_alone_and_never_left_unfilled(q: int, t: int, u: int) -> None:
    cases = full_cases(q, t, u)
    assert cases * u <= q + t
    assert q // u <= cases <= q // u + 1
    assert (cases * u > q) <= (missing_to_full_case(q, t, u) == 0)


def test_a_pack_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        packs_to_cover(3, 0)
    with pytest.raises(ValueError, match="at least one"):
        full_cases(3, 0, 0)


@with_data
class TestFoodsoft:
    """All rows of cases, minimum order and box fill share our rule of full cases; conversions are in the catalogue."""

    def test_cases_to_order(self) -> None:
        rows = vectors("foodsoft_vectors.json")["calculate_units_to_order"]
        got = [full_cases(row["quantity"], row["tolerance"], row["unit_quantity"]) for row in rows]
        assert got == [row["expected_cases"] for row in rows]
        assert len(got) == 7

    def test_minimum_order_quantity(self) -> None:
        rows = vectors("foodsoft_vectors.json")["minimum_order_quantity"]
        got = [
            full_cases(row["quantity"], row["tolerance"], row["unit_quantity"], row["minimum_order_quantity"])
            for row in rows
        ]
        assert got == [row["expected_units_to_order"] for row in rows]

    def test_units_missing_to_a_full_box(self) -> None:
        rows = vectors("foodsoft_vectors.json")["boxfill_missing_units"]
        got = [missing_to_full_case(row["quantity"], row["tolerance"], row["unit_quantity"]) for row in rows]
        assert got == [row["expected_missing"] for row in rows]
        assert len(got) == 10


@with_data
class TestOpenFoodNetwork:
    """Shared: units required round up, a case ordered against a negative stock. Not shared: fractions of a group buy
    (four of the five rows also mix scales, as the file's own caution says) and a size of 0, which we refuse."""

    def test_only_the_first_fraction_means_the_same_as_our_packs(self) -> None:
        row = vectors("openfoodnetwork_vectors.json")["fulfilled_group_buy_units"][0]
        packs = packs_to_cover(row["total"], row["group_buy_unit_size"])
        assert packs - 1 < row["expected"] <= packs

    def test_a_case_of_twelve_lifts_a_stock_of_minus_three_to_nine(self) -> None:
        case = vectors("openfoodnetwork_vectors.json")["backorder_case"]
        cases = packs_to_cover(-case["on_hand_before"], case["case_size"])
        assert cases == case["expected_cases_ordered"]
        assert surplus(-case["on_hand_before"], cases, case["case_size"]) == case["expected_on_hand_after"]


@with_data
class TestHumanEssentials:
    """Shared: whole packages of a quantity. Not shared: a missing package size gives nothing there; here an item
    without a pack size cannot exist. Its rule that a number has no commas is tested with the control totals."""

    def test_package_count(self) -> None:
        rows = vectors("human_essentials_vectors.json")["package_count"]
        sized = [row for row in rows if row["package_size"] is not None]
        assert [str(packs_to_cover(r["quantity"], r["package_size"])) for r in sized] == [r["expected"] for r in sized]
        assert len(sized) == 2


@given(st.integers(0, 500), st.integers(0, 500), st.integers(0, 500), st.integers(0, 50))
def test_a_covered_demand_closes_its_equation(demanded: int, stock: int, purchased: int, waived: int) -> None:
    waived = min(waived, demanded)
    covered = cover(demanded, stock, purchased, waived)
    served = covered.qty_from_stock + purchased + waived
    assert covered.qty_from_stock == min(stock, demanded - waived)
    assert covered.gap == max(0, demanded - served)


def test_stock_is_used_before_anything_is_bought() -> None:
    assert net_demand({2: 5, 1: 3}, {1: 10, 2: 1}) == {1: 0, 2: 4}


def test_a_changed_price_is_flagged_with_both_prices() -> None:
    assert price_change("大米", 5000, 5000) is None
    change = price_change("大米", 5000, 5550)
    assert change is not None
    assert (change.permille, change.said.zh) == (110, "大米下单后价格有变：每件50.00元变为55.50元。")

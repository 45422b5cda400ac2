"""What covers a demand, and prices that changed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.purchasing.rules import (
    cover,
    price_change,
)


@given(st.integers(0, 500), st.integers(0, 500), st.integers(0, 500), st.integers(0, 50))
def test_a_covered_demand_closes_its_equation(demanded: int, stock: int, purchased: int, waived: int) -> None:
    waived = min(waived, demanded)
    covered = cover(demanded, stock, purchased, waived)
    served = covered.qty_from_stock + purchased + waived
    assert covered.qty_from_stock == min(stock, demanded - waived)
    assert covered.gap == max(0, demanded - served)


def test_a_changed_price_is_flagged_with_both_prices() -> None:
    assert price_change("大米", 5000, 5000) is None
    change = price_change("大米", 5000, 5550)
    assert change is not None
    assert (change.permille, change.said.zh) == (110, "大米下单后价格有变：每件50.00元变为55.50元。")

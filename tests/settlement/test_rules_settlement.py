"""Money in whole fen: nothing invented, nothing lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.settlement.rules import (
    Chosen,
    HouseholdAccount,
    PricePart,
    SettlementLine,
    SupplierDelivery,
    household_account,
    line_amounts,
    spread_price,
    supplier_account,
)


@pytest.mark.parametrize(("accepted", "charged"), [(3, 1000), (2, 666), (1, 333), (0, 0)])
def test_the_truth_table_of_a_line_of_ten_yuan(accepted: int, charged: int) -> None:
    line = SettlementLine(1, 1000, 3, qty_accepted=accepted, qty_short=3 - accepted)
    one = household_account([line])
    assert (one.accepted_fen, one.not_charged_fen, one.pending_fen) == (charged, 1000 - charged, 0)


@pytest.mark.parametrize(
    ("accepted", "paid", "collect", "refund", "final"),
    [(1000, 1000, 0, 0, True), (1000, 600, 400, 0, False), (600, 1000, 0, 400, False), (0, 0, 0, 0, True)],
)
def test_the_truth_table_of_payments(accepted: int, paid: int, collect: int, refund: int, final: bool) -> None:
    one = HouseholdAccount(1000, accepted, 0, paid)
    assert (one.to_collect_fen, one.to_refund_fen, one.is_final) == (collect, refund, final)


def test_nothing_is_refunded_for_goods_that_are_still_on_their_way() -> None:
    one = household_account([SettlementLine(1, 1000, 2, qty_accepted=1)], [1000])
    assert (one.to_refund_fen, one.pending_fen, one.is_final) == (0, 500, False)
    assert household_account([SettlementLine(1, 1000, 2, qty_accepted=1, qty_refunded=1)], [1000]).to_refund_fen == 500
    assert household_account([SettlementLine(1, 1000, 2, qty_accepted=1, qty_refunded=1)], [1000, -500]).is_final


def test_the_price_of_a_bundle_is_spread_by_the_prices_of_its_items() -> None:
    assert spread_price(3000, [PricePart(1, 1, 1000), PricePart(2, 2, 1000)]) == {1: 1000, 2: 2000}
    assert spread_price(100, [PricePart(1, 1, 5), PricePart(2, 1, 5), PricePart(3, 1, 5)]) == {1: 34, 2: 33, 3: 33}
    assert spread_price(100, [PricePart(1, 1, 900), PricePart(2, 3, 0)]) == {1: 25, 2: 75}
    with pytest.raises(ValueError, match="without items"):
        spread_price(100, [])


parts = st.lists(
    st.builds(PricePart, st.integers(1, 50), st.integers(1, 9), st.integers(0, 5000)),
    min_size=1,
    max_size=6,
    unique_by=lambda part: part.item_id,
).map(tuple)
chosen = st.builds(Chosen, st.integers(1, 20), st.integers(0, 99_999), parts)


@given(st.lists(chosen, max_size=5))
def test_the_amounts_of_the_lines_come_to_the_total_of_the_order(choices: list[Chosen]) -> None:
    amounts = line_amounts(choices)
    assert sum(amounts.values()) == sum(choice.qty * choice.unit_price_fen for choice in choices)
    assert all(fen >= 0 for fen in amounts.values())


ends = st.tuples(*[st.integers(0, 9)] * 5).filter(lambda five: sum(five) > 0)


@given(st.lists(st.tuples(ends, st.integers(0, 99_999)), max_size=6))
def test_ordered_is_always_accepted_plus_not_charged_plus_pending(rows: list[tuple[tuple[int, ...], int]]) -> None:
    lines = [SettlementLine(place, fen, sum(five), *five[:4]) for place, (five, fen) in enumerate(rows)]
    one = household_account(lines)
    assert one.ordered_fen == one.accepted_fen + one.not_charged_fen + one.pending_fen
    assert min(one.accepted_fen, one.pending_fen, one.not_charged_fen) >= 0
    if all(five[4] == 0 for five, _fen in rows):
        assert one.pending_fen == 0


@given(ends, st.integers(0, 99_999))
def test_accepting_one_unit_more_never_costs_less_and_all_units_cost_the_whole(five: tuple[int, ...], fen: int) -> None:
    ordered = sum(five)
    costs = [SettlementLine(1, fen, ordered, qty_accepted=units).accepted_fen for units in range(ordered + 1)]
    assert costs == sorted(costs)
    assert (costs[0], costs[-1]) == (0, fen)


def test_a_line_cannot_end_in_more_units_than_were_ordered() -> None:
    with pytest.raises(ValueError, match="more units"):
        SettlementLine(1, 100, 2, qty_accepted=2, qty_short=1)
    with pytest.raises(ValueError, match="more units"):
        SettlementLine(1, 100, 2, qty_accepted=3, qty_short=-1)


@pytest.mark.parametrize(
    ("delivery", "ordered", "due"),
    [
        (SupplierDelivery(2, 10, 3333, 20), 6666, 6666),
        (SupplierDelivery(2, 10, 3333, 15), 6666, 5000),
        (SupplierDelivery(2, 10, 3333, 20, 20), 6666, 0),
        (SupplierDelivery(1, 3, 100, 1), 100, 33),
        (SupplierDelivery(1, 3, 100, 2), 100, 67),
    ],
)
def test_a_supplier_is_paid_for_what_arrived_undamaged(delivery: SupplierDelivery, ordered: int, due: int) -> None:
    one = supplier_account([delivery], fee_fen=500)
    assert (one.ordered_fen, one.due_fen, one.difference_fen) == (ordered + 500, due + 500, ordered - due)

"""Baskets, limits, totals, codes and the stages of a unit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ordering.models import Stage
from app.ordering.rules import (
    LEGAL,
    TERMINAL,
    Component,
    ItemLimit,
    OfferChoice,
    OfferTerms,
    is_legal,
    items_of_choices,
    limit_breaches,
    order_code,
    order_code_count,
    read_order_code,
    total_fen,
)

EGG, MILK, RICE = 1, 2, 3
OFFERS = {
    10: OfferTerms(10, "鸡蛋", 1500, (Component(EGG, 1),), max_qty=2),
    11: OfferTerms(11, "早餐包", 3000, (Component(EGG, 1), Component(MILK, 2))),
    12: OfferTerms(12, "主食包", 5000, (Component(RICE, 1), Component(EGG, 2)), max_qty=1, is_hard=False),
}
EGG_LIMIT = ItemLimit(EGG, "鸡蛋", 2)


def test_one_item_through_two_bundles_and_a_single_line_becomes_one_line() -> None:
    assert items_of_choices(OFFERS, [OfferChoice(10, 1), OfferChoice(11, 1), OfferChoice(12, 1)]) == {
        EGG: 4,
        MILK: 2,
        RICE: 1,
    }


def test_the_same_offer_twice_in_a_basket_is_added_up_and_zero_is_left_out() -> None:
    assert items_of_choices(OFFERS, [OfferChoice(11, 1), OfferChoice(11, 2), OfferChoice(10, 0)]) == {EGG: 3, MILK: 6}


@pytest.mark.parametrize(
    ("choices", "persons", "limit", "hard"),
    [
        ([OfferChoice(10, 2)], 1, EGG_LIMIT, []),
        ([OfferChoice(10, 3)], 1, EGG_LIMIT, [True, True]),
        ([OfferChoice(11, 1), OfferChoice(10, 2)], 1, EGG_LIMIT, [True]),
        ([OfferChoice(11, 3)], 1, ItemLimit(EGG, "鸡蛋", 2, is_hard=False), [False]),
        ([OfferChoice(11, 3)], 3, ItemLimit(EGG, "鸡蛋", 1, is_per_person=True), []),
        ([OfferChoice(11, 4)], 3, ItemLimit(EGG, "鸡蛋", 1, is_per_person=True), [True]),
        ([OfferChoice(11, 1)], 0, ItemLimit(EGG, "鸡蛋", 1, is_per_person=True), []),
        ([OfferChoice(12, 2)], 1, ItemLimit(RICE, "大米", 9), [False]),
    ],
)
def test_limits_count_what_is_inside_bundles(
    choices: list[OfferChoice], persons: int, limit: ItemLimit, hard: list[bool]
) -> None:
    assert [breach.is_hard for breach in limit_breaches(OFFERS, choices, [limit], persons)] == hard


def test_a_limit_is_said_aloud_with_its_numbers() -> None:
    (breach,) = limit_breaches(OFFERS, [OfferChoice(11, 1), OfferChoice(10, 2)], [EGG_LIMIT])
    assert breach.said.zh == "鸡蛋每户最多2份，您的订单里（含套餐）共3份，请减少1份。"
    assert breach.item_id == EGG


def test_the_limit_of_an_offer_is_said_aloud_with_what_to_take_out() -> None:
    (breach,) = limit_breaches(OFFERS, [OfferChoice(10, 5)])
    assert breach.said.zh == "鸡蛋每户限2份，您选了5份，请减少3份。"
    assert breach.offer_id == 10


def test_a_household_of_unknown_size_counts_as_one_person() -> None:
    per_person = ItemLimit(MILK, "牛奶", 2, is_per_person=True)
    assert limit_breaches(OFFERS, [OfferChoice(11, 1)], [per_person]) == ()
    assert len(limit_breaches(OFFERS, [OfferChoice(11, 2)], [per_person])) == 1


def test_the_largest_quantity_that_a_form_can_mean_goes_through() -> None:
    assert items_of_choices(OFFERS, [OfferChoice(10, 999)]) == {EGG: 999}


def test_the_total_is_quantity_times_price_of_the_offers() -> None:
    assert total_fen(OFFERS, [OfferChoice(10, 2), OfferChoice(11, 1)]) == 6000
    assert total_fen(OFFERS, []) == 0


@pytest.mark.parametrize("choices", [[OfferChoice(10, -1)], [OfferChoice(10, 999), OfferChoice(10, 1)]])
def test_impossible_quantities_are_refused(choices: list[OfferChoice]) -> None:
    with pytest.raises(ValueError, match="cannot be ordered"):
        items_of_choices(OFFERS, choices)


def test_an_offer_that_is_not_sold_in_this_cycle_is_refused() -> None:
    with pytest.raises(KeyError):
        total_fen(OFFERS, [OfferChoice(99, 1)])


@given(st.lists(st.tuples(st.sampled_from([10, 11, 12]), st.integers(0, 20)), max_size=8))
def test_the_order_of_picking_changes_nothing(picked: list[tuple[int, int]]) -> None:
    choices = [OfferChoice(*pair) for pair in picked]
    backwards = choices[::-1]
    assert items_of_choices(OFFERS, choices) == items_of_choices(OFFERS, backwards)
    assert total_fen(OFFERS, choices) == total_fen(OFFERS, backwards)
    assert limit_breaches(OFFERS, choices, [EGG_LIMIT]) == limit_breaches(OFFERS, backwards, [EGG_LIMIT])


def test_the_stage_table_is_the_one_of_the_docstring_and_nothing_else() -> None:
    legal = {(a.value, b.value) for a in Stage for b in Stage if is_legal(a, b)}
    assert legal == {
        ("open", "allocated"),
        ("open", "short"),
        ("open", "cancelled"),
        ("allocated", "packed"),
        ("allocated", "open"),
        ("packed", "dropped_off"),
        ("packed", "open"),
        ("dropped_off", "accepted"),
        ("dropped_off", "disputed"),
        ("dropped_off", "packed"),
        ("disputed", "open"),
        ("disputed", "refunded"),
        ("disputed", "accepted"),
    }
    assert {"accepted", "short", "cancelled", "refunded"} == TERMINAL
    assert set(LEGAL) == set(Stage)


def test_from_every_stage_a_unit_can_still_reach_an_end() -> None:
    reached = set(TERMINAL)
    for _round in Stage:
        reached |= {stage for stage in Stage if LEGAL[stage] & reached}
    assert reached == set(Stage)


@given(st.integers(0, order_code_count() - 1))
def test_an_order_code_reads_back_and_a_shorter_code_is_none(number: int) -> None:
    code = order_code(number)
    assert len(code) == 9
    assert read_order_code(f"{code[:4]}-{code[4:8]} {code[8:]}".lower()) == code
    assert read_order_code(code[:-1]) is None

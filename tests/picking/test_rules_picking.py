"""From goods to bags: nothing lost, nothing too heavy, cold apart."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.catalog.models import Storage
from app.picking.rules import (
    BagLimits,
    GoodsToPack,
    bag_code,
    read_bag_code,
    split_into_bags,
)

RICE = GoodsToPack(1, 1, 10_000, 12_000)
GREENS = GoodsToPack(2, 2, 500, 3_000)
DUMPLINGS = GoodsToPack(3, 1, 1_000, 1_500, "frozen")
YOGHURT = GoodsToPack(4, 1, 1_000, 1_200, "chilled")
EGGS = GoodsToPack(5, 1, 900, 2_000, is_fragile=True)
FLOUR = GoodsToPack(6, 12, 1_000, 1_500)


@pytest.mark.parametrize(
    ("goods", "count"),
    [
        ([], 0),
        ([GREENS], 1),
        ([RICE], 1),
        ([RICE, GREENS], 2),
        ([GREENS, DUMPLINGS], 2),
        ([YOGHURT, DUMPLINGS], 2),
        ([FLOUR], 2),
        ([EGGS, GREENS], 1),
        ([GoodsToPack(7, 3, 100, 20_000)], 3),
    ],
)
def test_the_truth_table_of_bags(goods: list[GoodsToPack], count: int) -> None:
    bags = split_into_bags(goods)
    assert len(bags) == count
    assert [(bag.seq, bag.of) for bag in bags] == [(k, count) for k in range(1, count + 1)]


def test_marks_say_cold_fragile_and_heavy() -> None:
    heavy, fragile, cold = split_into_bags([EGGS, RICE, DUMPLINGS])
    assert (heavy.is_heavy, heavy.is_fragile, heavy.is_cold) == (True, False, False)
    assert (fragile.is_heavy, fragile.is_fragile, fragile.is_cold) == (False, True, False)
    assert (cold.is_heavy, cold.is_fragile, cold.is_cold) == (False, False, True)


def test_heavy_begins_at_the_limit() -> None:
    weights = [bag.is_heavy for grams in (6_999, 7_000) for bag in split_into_bags([GoodsToPack(1, 1, grams, 0)])]
    assert weights == [False, True]


def test_heavy_units_go_in_first_so_that_nothing_is_crushed() -> None:
    (bag,) = split_into_bags([GoodsToPack(1, 1, 200, 100), GoodsToPack(2, 1, 3_000, 100), GoodsToPack(3, 1, 900, 100)])
    assert list(bag.units) == [2, 3, 1]


def test_a_bag_that_is_exactly_full_by_volume_still_takes_what_needs_no_room() -> None:
    assert len(split_into_bags([GoodsToPack(1, 1, 500, 30_000), GoodsToPack(2, 1, 100, 0)])) == 1


def test_fragile_goods_go_in_last() -> None:
    (bag,) = split_into_bags([EGGS, GREENS])
    assert list(bag.units) == [2, 5]


goods_lists = st.lists(
    st.builds(
        GoodsToPack,
        line_id=st.integers(1, 10**6),
        qty=st.integers(0, 30),
        weight_g=st.integers(0, 12_000),
        volume_ml=st.integers(0, 40_000),
        storage=st.sampled_from([storage.value for storage in Storage]),
        is_fragile=st.booleans(),
    ),
    max_size=8,
    unique_by=lambda goods: goods.line_id,
)


@given(goods_lists)
def test_every_unit_is_in_a_bag_and_no_bag_of_two_units_exceeds_its_limits(goods: list[GoodsToPack]) -> None:
    limits = BagLimits()
    bags = split_into_bags(goods, limits)
    packed: dict[int, int] = {}
    for bag in bags:
        for line_id, qty in bag.units.items():
            packed[line_id] = packed.get(line_id, 0) + qty
        if sum(bag.units.values()) > 1:
            assert bag.weight_g <= limits.weight_g
            assert bag.volume_ml <= limits.volume_ml
    assert packed == {one.line_id: one.qty for one in goods if one.qty}
    assert sum(bag.weight_g for bag in bags) == sum(one.qty * one.weight_g for one in goods)


@given(goods_lists)
def test_a_bag_keeps_one_temperature(goods: list[GoodsToPack]) -> None:
    storage = {one.line_id: one.storage for one in goods}
    for bag in split_into_bags(goods):
        kinds = {storage[line_id] for line_id in bag.units}
        assert len(kinds) == 1
        assert bag.is_cold == (kinds != {"ambient"})


@given(goods_lists, st.randoms(use_true_random=False))
def test_the_order_of_lines_changes_no_bag(goods: list[GoodsToPack], rng: random.Random) -> None:
    shuffled = list(goods)
    rng.shuffle(shuffled)
    assert repr(split_into_bags(shuffled)) == repr(split_into_bags(goods))


@given(
    st.tuples(st.integers(1, 10**6), st.integers(0, 49), st.integers(1, 99)),
    st.tuples(st.integers(1, 10**6), st.integers(0, 49), st.integers(1, 99)),
)
def test_two_bags_never_share_a_code_and_a_code_reads_back(
    one: tuple[int, int, int], other: tuple[int, int, int]
) -> None:
    assert (bag_code(*one) == bag_code(*other)) == (one == other)
    assert read_bag_code(bag_code(*one).lower()) == bag_code(*one)


@pytest.mark.parametrize(("wave", "seq"), [(50, 1), (0, 0), (0, 100), (-1, 1)])
def test_a_bag_beyond_the_code_is_refused(wave: int, seq: int) -> None:
    with pytest.raises(ValueError, match="at most"):
        bag_code(1, wave, seq)

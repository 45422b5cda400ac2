"""The number of a bag in its building's day: in order of doors, once and for good, and read as people write it."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.core.db import db
from app.core.text.bag_numbers import read_bag_no, typed_bags
from app.picking import service
from app.picking.models import Bag
from app.picking.numbers import numbered
from app.picking.schemas import VoidBag
from tests.allocation.test_runs import run
from tests.allocation.test_runs import running as running
from tests.picking.test_packing import allocated as allocated
from tests.world import World


def _numbers() -> dict[int, tuple[int, int]]:
    return {
        bag: (building, no) for bag, building, no in db.session.execute(select(Bag.id, Bag.building_id, Bag.day_no))
    }


def test_a_number_is_never_another_bags_when_one_is_taken_apart_and_packed_again(allocated: World) -> None:
    supplies, cycle = allocated.actor("supplies"), allocated.cycle.id
    service.pack(supplies, cycle)
    before = _numbers()
    for building in {building for building, _no in before.values()}:
        own = sorted(no for at, no in before.values() if at == building)
        assert own == list(range(1, len(own) + 1)), "each building counts from one, without a gap"
    gone = min(before)
    service.void(supplies, gone, VoidBag("装错"))
    run(allocated)
    service.pack(supplies, cycle)
    after = _numbers()
    assert {bag: after[bag] for bag in before} == before
    (new,) = set(after) - set(before)
    building, no = after[new]
    assert no == 1 + max(number for at, number in before.values() if at == building)


def test_numbers_follow_the_doors_and_go_on_from_the_last_of_each_building() -> None:
    doors = {7: ("11", "0302"), 8: ("11", "0301"), 9: ("12", "0101")}
    bags = [(1, 9, 1), (1, 7, 1), (1, 7, 2), (1, 8, 1), (2, 5, 1)]
    assert numbered(bags, doors, {2: 4}) == {(8, 1): 1, (7, 1): 2, (7, 2): 3, (9, 1): 4, (5, 1): 5}


@pytest.mark.parametrize(
    ("word", "explicit", "bare"),
    [
        ("袋17", 17, 17),
        ("17袋", 17, 17),
        ("17号袋", 17, 17),
        ("第17袋", 17, 17),
        ("袋１７", 17, 17),
        ("17/35", 17, 17),
        ("袋17/35", 17, 17),
        ("17", None, 17),
        ("0", None, None),
        ("袋0", None, None),
        ("17号", None, None),
        ("1-302", None, None),
        ("7KM2XQ9AB", None, None),
        ("", None, None),
    ],
)
def test_a_number_of_the_day_is_read_as_people_write_it(word: str, explicit: int | None, bare: int | None) -> None:
    assert read_bag_no(word, is_bare_taken=False) == explicit
    assert read_bag_no(word) == bare


def test_a_list_of_bags_is_cut_between_blanks_and_commas_but_not_behind_the_word_for_bag() -> None:
    assert typed_bags("袋 3，17、袋: 5\n7KM2XQ9AB; 8") == ["袋3", "17", "袋5", "7KM2XQ9AB", "8"]

"""A room typed with its building and stairwell in front of it."""

from __future__ import annotations

import pytest
from flask import Flask

from app.access import pins
from app.core.db import command
from app.places.buildings.rules import bare_key, is_room
from tests import world
from tests.world import post


@pytest.mark.parametrize(
    ("room_no", "stairwell", "typed", "is_it"),
    [
        ("101", "1单元", "101", True),
        ("101", "1单元", "0101室", True),
        ("101", "1单元", "1-101", True),
        ("101", "1单元", "1－101", True),
        ("101", "1单元", "1 101", True),
        ("101", "1单元", "1单元101", True),
        ("101", "1单元", "一单元一零一", True),
        ("101", "1单元", "2号楼1单元101室", True),
        ("101", "1单元", "2幢101", True),
        ("101", "1单元", "2-101", True),  # building 2
        ("101", "1单元", "1楼101", True),  # the floor
        ("101(2)", "1单元", "1-101", True),
        ("101", "1单元", "2单元101", False),
        ("101", "1单元", "3-1-101", False),
        ("101", "1单元", "3-101", False),
        ("101", "1单元", "1幢101", False),
        ("101", "1单元", "1-102", False),
        ("101", "1单元", "商铺101", False),
        ("101", "1单元", "101隔壁", False),
        ("101", "", "1单元101", True),
        ("101", "", "1-101", False),
        ("101", "", "2-101", True),
        ("1703-2", "1单元", "1703-2", True),
        ("2", "1单元", "1703-2", False),
        ("302", "1单元", "302 室", True),
    ],
)
def test_what_stands_in_front_of_a_room_has_to_agree(room_no: str, stairwell: str, typed: str, is_it: bool) -> None:
    assert is_room(room_no, stairwell, typed, "2号楼") is is_it


def test_every_spelling_of_a_room_is_counted_as_one() -> None:
    typed = ("101", "1-101", "1单元101", "2-1-101", "2号楼1单元-101室", "1 0101", "101(2)")
    assert {bare_key(one) for one in typed} == {"101"}


@pytest.mark.parametrize("typed", ["1-101", "1单元101", "2-1-101"])
def test_the_right_pin_opens_however_the_room_is_written(app: Flask, typed: str) -> None:
    town = world.build()
    pin = pins.pin_text(command(pins.issue)(town.households[0].id))
    door = f"/enter/{town.buildings[0].public_code}"
    phone = app.test_client()
    sent = {"stairwell_id": str(town.households[0].stairwell_id), "room": typed, "order_code": pin}
    post(phone, door, door, sent)
    assert phone.get("/my").status_code == 200


def test_a_stairwell_that_was_typed_and_another_that_was_chosen_open_nothing(app: Flask) -> None:
    town = world.build()
    pin = pins.pin_text(command(pins.issue)(town.households[0].id))
    door = f"/enter/{town.buildings[0].public_code}"
    phone = app.test_client()
    sent = {"stairwell_id": str(town.households[0].stairwell_id), "room": "2单元101", "order_code": pin}
    post(phone, door, door, sent)
    assert phone.get("/my").status_code != 200

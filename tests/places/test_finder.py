"""Finding one household by what is said on the telephone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import true

from app.core import clock
from app.core.db import db
from app.places.finder.queries import find_households
from app.places.finder.rules import SpokenReading, read_address_query
from app.places.models import Building, Compound, Household, HouseholdContact
from tests import world


@pytest.fixture
def town(app: Flask) -> world.World:
    built = world.build()
    for compound, letters in zip(db.session.query(Compound).order_by(Compound.id), ("ghy", "yxl"), strict=True):
        compound.pinyin = letters
    day = clock.today() + timedelta(days=9)
    home = built.households[4].id
    db.session.add(HouseholdContact(household_id=home, name="龘某某", phone="199 0000 5678", purge_on=day))
    db.session.commit()
    return built


def found(town: world.World, typed: str, with_contacts: bool = True) -> list[int]:
    places = {home.id: number for number, home in enumerate(town.households)}
    return [places[one.household_id] for one in find_households(typed, true(), with_contacts)]


@pytest.mark.parametrize(
    ("typed", "homes"),
    [
        ("2-301", [2]), ("2-1-301", [2]), ("2号楼1单元301室", [2]), ("２－３０１", [2]), ("二号楼301", [2]),
        ("2#301", [2]),
        ("10-101", [3]), ("桂花苑10-201", [4]), ("ghy10-201", [4]), ("桂花10幢201", [4]), ("1幢101", [6]),
        ("银杏里3-101", [9]), ("101", [3, 0, 6, 9]), ("2-2-301", []), ("99-101", []), ("5678", [4]),
        ("19900005678", [4]), ("199 0000 5678", [4]), ("龘", [4]), ("没这个人", []), ("", []), ("银杏里2-101", []),
    ],
)  # fmt: skip
def test_a_household_is_found_by_its_shorthand(town: world.World, typed: str, homes: list[int]) -> None:
    assert sorted(found(town, typed)) == sorted(homes)


@pytest.mark.parametrize("typed", ["5678", "19900005678", "龘"])
def test_contacts_are_looked_at_only_by_those_who_may(town: world.World, typed: str) -> None:
    assert found(town, typed, with_contacts=False) == []


def test_a_stairwell_is_meant_only_where_there_is_one_building(town: world.World) -> None:
    assert found(town, "1-301") == [town.households.index(_home(town, 2))]
    own = Building.id == town.buildings[0].id
    assert [one.room_no for one in find_households("1-301", own)] == ["301"]
    assert find_households("7-301", true()) == []


def _home(town: world.World, building: int) -> Household:
    return next(h for h in town.households if h.stairwell.building_id == town.buildings[building].id and h.floor == 3)


def test_further_families_of_a_flat_are_asked_about(town: world.World) -> None:
    first = town.households[0]
    db.session.add(Household(stairwell_id=first.stairwell_id, room_no="101(2)", sort_key="03101\x1f012"))
    db.session.commit()
    assert [one.room_no for one in find_households("2-101", true())] == ["101", "101(2)"]


def test_nothing_typed_is_nobody() -> None:
    assert read_address_query("  ") == ()
    assert read_address_query("ghy12-302")[0] == SpokenReading("ghy", "12", "", "302")

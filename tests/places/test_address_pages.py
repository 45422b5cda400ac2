"""The page to try an address, other names, and the profile of a compound."""

from __future__ import annotations

from html import unescape

import pytest
from flask import Flask

from app.core.db import db
from app.core.errors import Invalid
from app.places import queries
from app.places.address import service as address_service
from app.places.address.rules import AddressReason, Profile, Register, RegisteredHousehold, resolve
from app.places.address.schemas import SaveProfile
from app.places.models import AddressProfile
from tests import messages, world
from tests.world import World


@pytest.fixture
def here(app: Flask) -> World:
    return world.build()


def meaning(here: World, text: str) -> object:
    return resolve(text, queries.register_for([here.points[0].id])).household_id


def test_the_page_shows_the_household_how_sure_and_how_it_was_read(app: Flask, here: World) -> None:
    client, point = world.sign_in(app, here, "admin"), here.points[0].id
    page = client.get(f"/places/addresses/?point={point}&q=桂花苑２号楼1单元101").get_data(as_text=True)
    for said in ("算到这一户", "100", "桂花苑2号楼1单元101", "小区、楼栋、房号都对上了", "单元"):
        assert said in page
    asked = client.get(f"/places/addresses/?point={point}&q=2号楼1单元999").get_data(as_text=True)
    assert messages.NO_SUCH_ROOM in asked


def test_another_name_of_a_compound_works_from_the_page_on(app: Flask, here: World) -> None:
    compound = here.buildings[0].compound_id
    text = "老机械厂宿舍2号楼1单元101"
    assert meaning(here, text) is None
    client = world.sign_in(app, here, "admin")
    done = world.post(
        client,
        f"/places/addresses/?q={text}",
        f"/places/addresses/compounds/{compound}/alias",
        {"alias": "老机械厂宿舍"},
    )
    assert done.status_code == 303
    assert meaning(here, text) == here.households[0].id


def test_another_name_of_a_building_works_and_never_hides_a_building(here: World) -> None:
    compound, admin = here.buildings[0].compound_id, here.actor("admin")
    label = here.buildings[0].label
    assert meaning(here, "桂花苑老年公寓101") is None
    address_service.save_profile(admin, compound, SaveProfile(buildings=f"老年公寓={label}"))
    assert meaning(here, "桂花苑老年公寓101") == here.households[0].id
    for building, alias in (("99号楼", "新楼"), (label, here.buildings[1].label)):
        with pytest.raises(Invalid):
            address_service.save_profile(admin, compound, SaveProfile(buildings=f"{alias}={building}"))


def test_a_profile_is_checked_line_by_line(here: World) -> None:
    compound, admin = here.buildings[0].compound_id, here.actor("admin")
    with pytest.raises(Invalid) as refused:
        address_service.save_profile(admin, compound, SaveProfile("斋=楼栋\n厅=大厅\nab=楼栋", "甲=99号楼"))
    assert {name: len(sentences) for name, sentences in refused.value.problems.items()} == {"words": 2, "buildings": 1}
    assert db.session.get(AddressProfile, compound) is None


def test_the_effect_is_shown_before_it_is_saved(app: Flask, here: World) -> None:
    compound = here.buildings[0].compound_id
    page = f"/places/addresses/compounds/{compound}"
    typed = {"words": "", "buildings": "老年公寓=2号楼", "levels": "stairwell", "samples": "老年公寓101\n2号楼101"}
    client = world.sign_in(app, here, "admin")
    tried = world.post(client, page, page, {**typed, "try": "1"})
    assert tried.status_code == 200
    assert tried.get_data(as_text=True).count("有变化") >= 1
    assert db.session.get(AddressProfile, compound) is None
    assert world.post(client, page, page, typed).status_code == 303
    assert meaning(here, "2号楼1单元101") == here.households[0].id
    assert meaning(here, "2号楼101") is None
    assert world.sign_in(app, here, "leader2").get(page).status_code in (403, 404)


def test_a_level_that_has_to_be_named_is_asked_for() -> None:
    homes = [RegisteredHousehold("x", "甲里", "3", "1", "502")]
    assert resolve("3-502", Register(homes)).household_id == "x"
    strict = Register(homes, [Profile("甲里", levels=frozenset({"stairwell"}))])
    assert resolve("3-502", strict).reason is AddressReason.NO_STAIRWELL
    assert resolve("3-1-502", strict).household_id == "x"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_profile_can_be_saved_as_it_is_shown(app: Flask, here: World, language: str) -> None:
    compound = here.buildings[0].compound_id
    words = {chr(0x5E01 + place): level for place, level in enumerate(address_service.LEVEL_NAMES)}
    db.session.add(AddressProfile(compound_id=compound, levels=[], words=words, buildings={}))
    db.session.commit()
    page, client = f"/places/addresses/compounds/{compound}", world.sign_in(app, here, "admin")
    client.get(f"{page}?lang={language}")
    shown = client.get(page).get_data(as_text=True)
    typed = unescape(shown.split('name="words"')[1].split(">", 1)[1].split("</textarea>")[0])
    assert world.post(client, page, page, {"words": typed}).status_code == 303
    db.session.expire_all()
    assert db.session.get_one(AddressProfile, compound).words == words

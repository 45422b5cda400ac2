"""The roll call, household by household: care first, by floor, telephones opened by a logged action."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.core import clock
from app.core.db import db
from app.core.errors import NotFound
from app.core.events import Event
from app.ordering.desk.calls import call_sheet
from app.ordering.models import RollCall
from app.ordering.roll_call.queries import by_building
from app.places import contacts
from app.places.models import Building, CareNeed, HouseholdContact
from app.places.service import open_numbers
from tests import messages, world
from tests.world import post, sign_in


@pytest.fixture
def town(app: Flask) -> world.World:
    built = world.build()
    day = clock.today() + timedelta(days=9)
    for place in range(3):
        home = built.households[place].id
        db.session.add(HouseholdContact(household_id=home, phone=f"199 0000 123{place}", purge_on=day))
    db.session.add(CareNeed(household_id=built.households[2].id, kind="elderly_alone", purge_on=day))
    db.session.commit()
    return built


def where(town: world.World) -> str:
    return f"/cycles/{town.cycle.id}/roll-call/{town.buildings[0].id}"


def test_who_needs_care_is_called_first_then_floor_by_floor(town: world.World) -> None:
    sheet = call_sheet(town.actor("leader"), town.cycle.id, town.buildings[0].id, "todo")
    assert [group.floor for group in sheet.groups] == [None, 1, 2]
    assert sheet.order == [town.households[place].id for place in (2, 0, 1)]
    assert sheet.groups[0].rows[0].care == (messages.LIVING_ALONE,)


def test_counts_add_up_to_the_households_of_each_building(app: Flask, town: world.World) -> None:
    town.order(town.households[0], {0: 1})
    desk = sign_in(app, town, "leader")
    post(desk, where(town), where(town), {f"outcome_{town.households[1].id}": "unreachable"})
    sheet = call_sheet(town.actor("leader"), town.cycle.id, town.buildings[0].id, "all")
    assert sum(sheet.counts.values()) == sheet.households == 3
    rows = by_building(town.cycle.id, Building.id.is_not(None))
    assert all(r.missing + r.ordered + r.declined + r.unreachable + r.away == r.households for r in rows)


def test_one_press_notes_leads_to_the_next_and_can_be_taken_back(app: Flask, town: world.World) -> None:
    desk = sign_in(app, town, "leader")
    first, second = town.households[0].id, town.households[1].id
    noted = post(desk, where(town), where(town), {f"outcome_{first}": "declined", "show": "todo"})
    assert noted.headers["Location"].endswith(f"show=todo&last={first}#h-{second}")
    shown = desk.get(noted.headers["Location"]).get_data(as_text=True)
    assert f'name="clear" value="{first}"' in shown
    assert f'id="h-{first}"' not in shown
    back = post(desk, where(town), where(town), {"clear": str(first), "show": "todo"})
    assert back.headers["Location"].endswith(f"#h-{first}")
    assert db.session.scalars(select(RollCall)).all() == []
    assert post(desk, where(town), where(town), {"clear": "4711"}).status_code == 404


def test_filters_show_who_is_unreachable(app: Flask, town: world.World) -> None:
    desk = sign_in(app, town, "leader")
    post(desk, where(town), where(town), {f"outcome_{town.households[1].id}": "unreachable"})
    shown = desk.get(f"{where(town)}?show=unreachable").get_data(as_text=True)
    assert f'id="h-{town.households[1].id}"' in shown
    assert f'id="h-{town.households[0].id}"' not in shown
    buildings = desk.get(f"/cycles/{town.cycle.id}/roll-call?show=unreachable").get_data(as_text=True)
    assert "2号楼" in buildings
    assert "10号楼" not in buildings.split("<tbody>")[1].split("</tbody>")[0]


def test_telephones_are_masked_until_an_opening_is_logged(app: Flask, town: world.World) -> None:
    desk = sign_in(app, town, "leader")
    shown = desk.get(where(town)).get_data(as_text=True)
    assert "199****1230" in shown
    assert "0000 1230" not in shown
    assert post(desk, where(town), f"{where(town)}/numbers", {}).status_code == 303
    shown = desk.get(where(town)).get_data(as_text=True)
    assert 'href="tel:19900001230"' in shown
    event = db.session.scalars(select(Event).where(Event.verb == "open_contacts")).one()
    assert event.data == {"purpose": "roll_call", "numbers": 3}
    with clock.frozen_at(clock.now() + timedelta(minutes=61)):
        assert not contacts.is_open(town.actor("leader"), town.buildings[0].id)
    assert not contacts.is_open(town.actor("leader2"), town.buildings[0].id)


def test_nobody_opens_telephones_elsewhere(town: world.World) -> None:
    with pytest.raises(NotFound):
        open_numbers(town.actor("leader2"), town.buildings[0].id, "roll_call")


@pytest.mark.parametrize(
    ("phone", "shown"),
    [("199 0000 1234", "199****1234"), ("057187654321", "057*****4321"), ("8765432", "*******"), ("", "")],
)
def test_a_masked_number_tells_no_more_than_its_ends(phone: str, shown: str) -> None:
    assert contacts.masked(phone) == shown

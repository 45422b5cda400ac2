"""A captain's duty number: given by the captain alone, shown on the day, gone with the captaincy."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.access.models import RoleGrant
from app.core import clock
from app.core.db import db
from app.core.errors import NotFound
from app.core.events import Event
from app.dispatch.arrivals.queries import DutyLine, duty_lines
from app.oversight.purge.service import forget_contacts
from app.places.accounts import service as accounts_service
from app.places.buildings import service as buildings_service
from app.places.captaincy import service as captaincy_service
from app.places.captaincy.schemas import GiveNumber
from app.places.models import Captaincy
from tests import world
from tests.world import World

NUMBER = "199 0000 0042"


@pytest.fixture
def here(app: Flask) -> World:
    made = world.build()
    made.points[0].phone = "0571-0000 0001"
    since = clock.today() - timedelta(days=3)
    db.session.add(Captaincy(building_id=made.buildings[0].id, account_id=made.accounts["captain"].id, starts_on=since))
    db.session.commit()
    return made


def give(here: World, phone: str = NUMBER, who: str = "captain") -> None:
    captaincy_service.give_number(here.actor(who), here.buildings[0].id, GiveNumber(phone))


def line(here: World) -> DutyLine | None:
    building = here.buildings[0].id
    return duty_lines([building], clock.today()).get(building)


def test_the_captains_number_stands_before_the_points_line(here: World) -> None:
    assert line(here) == DutyLine("0571-0000 0001", "point")
    give(here)
    assert line(here) == DutyLine(NUMBER, "captain")
    give(here, "")
    assert line(here) == DutyLine("0571-0000 0001", "point")


def test_nobody_gives_a_number_for_somebody_else_and_the_log_does_not_hold_it(here: World) -> None:
    for who in ("leader", "supplies", "admin", "leader2"):
        with pytest.raises(NotFound):
            give(here, who=who)
    give(here)
    assert all("0042" not in str(entry.data) for entry in db.session.scalars(select(Event)))


@pytest.mark.parametrize("way", ["captaincy", "role", "job"])
def test_the_number_is_emptied_when_the_captaincy_ends(here: World, way: str) -> None:
    give(here)
    captaincy = db.session.scalars(select(Captaincy)).one()
    if way == "captaincy":
        buildings_service.end_captaincy(here.actor("admin"), captaincy.id)
    elif way == "role":
        own = select(RoleGrant.id).where(RoleGrant.account_id == here.accounts["captain"].id)
        accounts_service.revoke_role(here.actor("admin"), db.session.scalars(own).one())
    else:
        captaincy.ends_on = clock.today() - timedelta(days=1)
        db.session.commit()
        forget_contacts()
    db.session.expire_all()
    assert [one.duty_phone for one in db.session.scalars(select(Captaincy))] == [""]


def test_the_page_is_the_captains_own_and_says_beside_the_field_what_is_no_number(app: Flask, here: World) -> None:
    page = f"/buildings/{here.buildings[0].id}/duty-number"
    captain = world.sign_in(app, here, "captain")
    assert "0571-0000 0001" in captain.get(page).get_data(as_text=True)
    wrong = world.post(captain, page, page, {"phone": "打楼下"})
    assert wrong.status_code == 422
    assert "打楼下" in wrong.get_data(as_text=True)
    assert world.post(captain, page, page, {"phone": NUMBER}).status_code == 303
    assert world.sign_in(app, here, "leader").get(page).status_code == 404
    assert world.sign_in(app, here, "runner").get(page).status_code == 403

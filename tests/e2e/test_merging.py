"""A family that stands in the register twice is made one on the pages, and its second phone is out."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from app.core.db import db
from app.ordering.models import HouseholdOrder
from app.places.models import Household
from tests import messages
from tests.e2e.conftest import Site
from tests.e2e.test_journeys import order_as_resident

pytestmark = pytest.mark.browser


def owner_of(site: Site) -> str:
    with site.app.app_context():
        found = select(Household.room_no).join(HouseholdOrder, HouseholdOrder.household_id == Household.id)
        room = db.session.scalars(found).one()
        db.session.remove()
    return str(room)


def test_a_leader_finds_the_two_rows_reads_what_will_happen_and_makes_them_one(site: Site, person: Any) -> None:
    building, resident, leader = site.world.buildings[0], person(width=360), person("leader")
    code = order_as_resident(resident, building.public_code, "201")
    with site.app.app_context():
        db.session.get_one(Household, site.world.households[1].id).room_no = "1-101"  # as an old list had it
        db.session.commit()
        db.session.remove()
    leader.go(f"/places/buildings/{building.id}")
    leader.click("合并住户")
    leader.sees(messages.LOOKS_LIKE_ONE_HOUSEHOLD)
    leader.click("看看会怎样")
    leader.sees(messages.MERGE_IS_FINAL)
    leader.sees("第一批")
    leader.sees(code)
    leader.click("合并成一户，不再撤销")
    leader.sees(messages.MERGED)
    assert owner_of(site) == "101"
    resident.go("/my")
    assert "/enter" in resident.page.url
    leader.go(f"/buildings/{building.id}/merge")
    leader.sees(messages.NO_DOUBLE_ROOMS)

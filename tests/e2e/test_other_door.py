"""The leader reads that a household wants its bags elsewhere, and sends them there, in a real browser."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from app.core.db import db
from app.ordering.models import HouseholdOrder, OtherDoor
from tests import messages
from tests.e2e.conftest import Person, Site

pytestmark = pytest.mark.browser


def test_a_leader_sends_the_bags_to_the_door_that_the_household_named(chromium: Any, site: Site) -> None:
    with site.app.app_context():
        home, elsewhere = (db.session.merge(site.world.households[number]) for number in (0, 4))
        order = site.world.order(home, {0: 2})
        order.remark = "东西送10号楼201"
        db.session.commit()
        order_id, cycle_id, door_id = order.id, order.cycle_id, elsewhere.id
    leader = Person(chromium, site, width=360).sign_in("leader")
    leader.go(f"/cycles/{cycle_id}/words?show=todo")
    leader.page.get_by_role("link", name="处理", exact=True).first.click()
    door = leader.page.locator("input[name=door]")
    assert door.input_value() == "桂花苑 10号楼-1单元-201"
    door.fill("10-909")
    leader.click("处理好了")
    leader.sees("没有找到“10-909”")
    assert leader.page.locator("input[name=door]").input_value() == "10-909"
    leader.page.locator("input[name=door]").fill("10-201")
    leader.click("处理好了")
    leader.sees(messages.WORDS_SETTLED)
    leader.go(f"/orders/{order_id}/words")
    leader.sees("改送")
    with site.app.app_context():
        assert db.session.get_one(OtherDoor, order_id).household_id == door_id
        assert db.session.get_one(HouseholdOrder, order_id).household_id != door_id
        assert len(db.session.scalars(select(OtherDoor)).all()) == 1
    assert leader.problems == []

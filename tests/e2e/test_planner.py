"""The planner's desk in a real browser: hours of carts, and days on which the world changes after publishing."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from app.core.db import db
from app.dispatch.models import DeliveryRound, ModeHours, Team
from app.dispatch.planning import service as dispatch
from app.dispatch.planning.jobs import constructed_plan
from app.dispatch.planning.problem import state_problem
from app.dispatch.planning.storing.service import store
from app.dispatch.planning.work import read_work
from app.ordering.models import CycleState
from app.picking import service as picking
from tests import messages
from tests.allocation.test_runs import receive, run
from tests.e2e.conftest import Site

pytestmark = pytest.mark.browser


def test_hours_of_carts_are_set_and_lifted_on_a_page(site: Site, person: Any) -> None:
    wuzi = person("supplies")
    wuzi.go("/teams")
    wuzi.click("各类车辆的时段")
    wuzi.page.select_option("select[name=mode]", "cart")
    wuzi.page.fill("input[name=closes]", "05:00")
    wuzi.click("保存")
    wuzi.sees(messages.END_BEFORE_START)
    assert wuzi.page.input_value("input[name=closes]") == "05:00"
    wuzi.page.fill("input[name=closes]", "22：00")
    wuzi.click("保存")
    wuzi.sees("6:00–22:00")
    with site.app.app_context():
        assert [(row.mode, row.closes_s) for row in db.session.query(ModeHours)] == [("cart", 79_200)]
        db.session.remove()
    wuzi.press("取消限制")
    wuzi.sees(messages.HOURS_LIMIT_REMOVED)
    with site.app.app_context():
        assert db.session.query(ModeHours).count() == 0
        db.session.remove()


def begin_writing() -> None:
    """The worker of the site writes too: whoever reads first and writes later would be refused."""
    db.session.connection(execution_options={"immediate": True})


def published(site: Site) -> tuple[int, int]:
    """The day up to a published plan of a team without clearance; returns its id and the round's."""
    here = site.world
    with site.app.app_context():
        db.session.add_all([*here.households, *here.offers, *here.items, here.cycle])
        for household in here.households[:4]:
            begin_writing()
            here.order(household, {0: 3, 1: 1})
        begin_writing()
        here.lock()
        begin_writing()
        here.cycle.state = CycleState.RUNNING
        for team in db.session.query(Team):
            team.zone_clearance = 0
        db.session.commit()
        for item, qty in ((0, 12), (1, 4)):
            begin_writing()
            receive(here, item, qty)
        run(here)
        picking.pack(here.actor("supplies"), here.cycle.id)
        stated = state_problem(read_work(here.cycle.id, here.subdistrict.id, 1, here.cycle.deliver_on))
        plan = store(here.cycle.id, 1, stated, constructed_plan(stated.problem))
        dispatch.publish(here.actor("supplies"), plan.id)
        found = plan.id, db.session.scalars(select(DeliveryRound.id).order_by(DeliveryRound.id)).first() or 0
        db.session.remove()
    return found


def test_a_building_sealed_after_publishing_is_told_everywhere_and_stays_behind(site: Site, person: Any) -> None:
    plan_id, round_id = published(site)
    building = site.world.buildings[0]
    admin = person("admin")
    admin.go(f"/places/buildings/{building.id}")
    admin.click("改级别")
    sealed = admin.page.locator("select[name=zone_level_id] option:has-text('封控区')").first.get_attribute("value")
    admin.page.select_option("select[name=zone_level_id]", sealed)
    admin.click("从现在起执行")
    admin.sees("封控区")
    wuzi = person("supplies")
    wuzi.go("/dashboard")
    wuzi.click("已发布的路线里不能照计划送的站")
    wuzi.sees(messages.NOT_CLEARED)
    wuzi.go(f"/plans/{plan_id}")
    wuzi.sees(messages.NOT_CLEARED)
    wuzi.page.locator("main >> a:has-text('第 1 趟')").first.click()
    wuzi.sees(messages.CHOOSE_CLEARED_TEAM)
    wuzi.press("装车")
    wuzi.sees("已装车")
    with site.app.app_context():
        states = {stop.building_id: stop.state for stop in db.session.get_one(DeliveryRound, round_id).stops}
        db.session.remove()
    assert states.pop(building.id) == "skipped"
    assert set(states.values()) == {"pending"}

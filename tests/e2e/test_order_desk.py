"""The role of an order desk: given on the accounts page to any account, it takes orders in and signs nothing."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from app.core.db import db
from app.core.events import Event
from app.ordering.models import HouseholdOrder
from tests import messages
from tests.e2e.conftest import Person, Site

pytestmark = pytest.mark.browser


def telephone(person: Person, site: Site, home: str) -> None:
    person.go(f"/cycles/{site.world.cycle.id}/telephone")
    person.page.fill("#f-home", home)
    person.page.press("#f-home", "Enter")


def test_the_supplies_team_takes_orders_in_only_once_it_holds_the_role_and_then_only_there(
    site: Site, person: Any
) -> None:
    supplies, admin = person("supplies"), person("admin")
    for path in ("telephone", "intake"):
        supplies.go(f"/cycles/{site.world.cycle.id}/{path}")
        supplies.sees(messages.NO_PERMISSION)
    admin.go(f"/accounts/{site.world.accounts['supplies'].id}")
    admin.page.select_option("select[name=role]", label="接单员")
    admin.page.select_option("select[name=scope]", label="点位：南门点位")
    admin.click("加上角色")
    admin.sees(messages.ROLE_ADDED)
    telephone(supplies, site, "2-201")
    supplies.page.fill("#f-goods", "青菜2")
    supplies.page.press("#f-goods", "Enter")
    supplies.sees("订单码")
    telephone(supplies, site, "银杏里1-101")
    supplies.page.wait_for_selector("#f-home")
    assert supplies.page.locator("#f-goods").count() == 0
    supplies.page.click("nav.ld-navigation-side a:has-text('接龙与表格')")
    supplies.page.fill("textarea", "#接龙 青菜\n1. 2-101 1份\n")
    supplies.click("读一遍")
    supplies.press("入单")
    supplies.sees("已入单")
    supplies.go(f"/cycles/{site.world.cycle.id}/tally/{site.world.points[0].id}")
    assert supplies.page.locator("main button:has-text('签字')").count() == 0
    with site.app.app_context():
        orders = db.session.scalars(select(HouseholdOrder.building_id)).all()
        granted = db.session.scalars(select(Event.data).where(Event.verb == "grant")).all()
        db.session.remove()
    assert orders == [site.world.buildings[0].id] * 2
    assert granted == [{"role": "order_desk", "scope": f"service_point:{site.world.points[0].id}"}]


def test_an_order_desk_of_one_building_starts_at_the_telephone_and_reaches_no_other(site: Site, person: Any) -> None:
    admin = person("admin")
    admin.go(f"/accounts/new?building={site.world.buildings[0].id}")
    admin.page.fill("input[name=username]", "jiedan")
    admin.page.fill("input[name=display_name]", "接单")
    admin.page.select_option("select[name=role]", label="接单员")
    admin.click("开通")
    password = admin.page.locator("#one-time-password").inner_text().strip()
    desk = person()
    desk.go("/sign-in")
    desk.page.fill("input[name=username]", "jiedan")
    desk.page.fill("input[name=password]", password)
    desk.page.click("main button[type=submit]")
    desk.page.fill("input[name=present]", password)
    for name in ("password", "again"):
        desk.page.fill(f"input[name={name}]", "a sentence of my own")
    desk.click("更换密码")
    desk.page.wait_for_url("**/telephone")
    assert desk.page.locator("nav.ld-navigation-side a:has-text('接龙与表格')").count() == 0
    telephone(desk, site, "201")
    desk.page.wait_for_selector("#f-goods")
    telephone(desk, site, "10-101")
    desk.page.wait_for_selector("#f-home")
    assert desk.page.locator("#f-goods").count() == 0

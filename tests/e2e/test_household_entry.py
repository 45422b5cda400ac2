"""Who comes in at a door: a neighbour who was there first, a lost answer, a late form, one who comes second."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from app.core.db import db
from app.ordering.models import HouseholdOrder
from tests import messages
from tests.e2e.conftest import Person, Site

pytestmark = pytest.mark.browser


def type_room(one: Person, site: Site, room: str = "101") -> None:
    one.go(f"/enter/{site.world.buildings[0].public_code}")
    one.page.fill("main input[name=room]", room)
    one.page.click("main form button[type=submit]")


def enter(one: Person, site: Site, room: str = "101") -> None:
    type_room(one, site, room)
    one.page.wait_for_selector("#order[data-shelf]")


def order(one: Person, name: str, remark: str = "") -> None:
    row = one.page.locator(".ld-shelf-row", has=one.page.locator(f"label:text-is('{name}')"))
    row.locator("input[type=number]").fill("1")
    if remark:
        one.page.fill("[name=other_need]", remark)
    one.page.click(".ld-bar button[value=review]")
    one.page.wait_for_selector("#place")
    one.page.click("button[value=place]")


def code_of(site: Site) -> str:
    with site.app.app_context():
        code = db.session.scalars(select(HouseholdOrder.code)).one()
        db.session.remove()
    return str(code)


def test_a_neighbour_who_typed_the_room_first_never_sees_or_touches_what_the_household_orders(
    site: Site, person: Any
) -> None:
    neighbour, household = person(width=360), person(width=360)
    enter(neighbour, site)
    enter(household, site)
    order(household, "青菜", "家里有人透析")
    household.sees(messages.ORDER_PLACED)
    code = code_of(site)
    household.go("/my/errands")
    household.page.select_option("[name=kind]", "medicine")
    household.page.fill("[name=place]", "人民药店")
    household.page.fill("[name=what]", "降压药")
    household.page.click("main form button[type=submit]")
    household.sees("已收到")

    cycle = site.world.cycle.id
    for path in ("/my", f"/my/cycles/{cycle}", f"/my/cycles/{cycle}/order", "/my/errands", "/my/deliveries"):
        neighbour.go(path)
        text = neighbour.page.content()
        for secret in ("透析", code, f"{code[:4]}-{code[4:8]}", "人民药店", "降压药", "让其他手机退出"):
            assert secret not in text, (path, secret)
    neighbour.go(f"/my/cycles/{cycle}/order")
    order(neighbour, "土豆")
    neighbour.page.wait_for_selector("input[name=phone]")
    assert messages.EXISTING_ORDER not in neighbour.page.content()
    assert code_of(site) == code

    household.go("/enter")
    household.page.fill("main input[name=order_code]", code)
    household.page.click("main button:has-text('打开订单')")
    household.page.wait_for_selector("#order")
    neighbour.go("/my")
    assert "/enter" in neighbour.page.url


def test_a_room_that_is_missing_reaches_the_leader_who_registers_it_and_the_household_comes_in_by_pin(
    site: Site, person: Any
) -> None:
    household, leader = person(width=360), person("leader")
    type_room(household, site, "909")
    household.sees(messages.CANNOT_ENTER_YET)
    household.click("登记里没有我家")
    household.page.fill("[name=phone]", "19900000007")
    household.page.check("[name=kind][value=missing]")
    household.click("现在就选商品")
    household.page.locator("input[name^=qty_]").first.fill("2")
    household.click("留下，请打给我")
    household.sees("收到了")
    cycle, building = site.world.cycle.id, site.world.buildings[0].id
    leader.go(f"/cycles/{cycle}/point")
    leader.click("去核对")
    leader.sees("青菜×2")
    leader.click("看电话")
    leader.page.wait_for_selector("a[href='tel:19900000007']")
    leader.click("登记这个房号")
    leader.click("登记并下单")
    leader.sees(messages.TAKEN_AND_ORDERED)
    leader.go(f"/cycles/{cycle}/desk/{building}")
    leader.click("打印 6 位号小条")
    pin = leader.page.locator(".ld-slip-in b").inner_text().strip()
    household.go(f"/enter/{site.world.buildings[0].public_code}?have=code")
    household.page.fill("main input[name=room]", "909")
    household.page.fill("main input[name=order_code]", pin.lower())
    household.page.click("main form button[type=submit]")
    household.page.wait_for_selector("#order")
    household.go(f"/my/cycles/{cycle}")
    household.sees("青菜")

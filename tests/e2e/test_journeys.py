"""The loop as its people live it, in a real browser: from the poster's code to the confirmed bag."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import select

from app.core.db import db
from app.dispatch.models import DeliveryRound, DeliveryStop
from app.ordering.models import HouseholdOrder
from app.oversight.reconcile.equations import equations
from app.picking.models import Bag
from app.printing.models import Document
from app.purchasing.models import PurchaseOrder
from tests import messages
from tests.e2e.conftest import Person, Site

pytestmark = pytest.mark.browser


def order_as_resident(resident: Person, building_code: str, room: str) -> str:
    """Enter from the poster, choose two things, look them over, place; returns the order code."""
    page = resident.page
    resident.go(f"/enter/{building_code}")
    page.fill("main input[name=room]", room)
    page.click("main button[type=submit]")
    amounts = page.locator("input[name^=qty_]")
    amounts.nth(0).fill("2")
    amounts.nth(1).fill("1")
    page.click("button[value=review]")
    page.click("button[value=place]")
    resident.sees("订单码")
    found = re.search(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]", page.locator("main").inner_text())
    assert found
    return found[0]


def lock_and_sign(site: Site, supplies: Person, leaders: list[Person]) -> None:
    cycle = f"/cycles/{site.world.cycle.id}"
    supplies.go(cycle)
    supplies.page.check("input[name=is_early]")
    supplies.page.check("input[name=is_override]")
    supplies.click("截单")
    supplies.sees("已截单")
    for leader, point in zip(leaders, site.world.points, strict=True):
        leader.go(f"{cycle}/tally/{point.id}")
        leader.click("签字")
        leader.sees(messages.NUMBERS_FROZEN)
    supplies.go(f"{cycle}/tally")
    supplies.press("开始配送日")
    supplies.sees("配送中")


def buy_and_receive(site: Site, supplies: Person, other: Person) -> None:
    cycle = f"/cycles/{site.world.cycle.id}"
    supplies.go(f"{cycle}/purchasing")
    supplies.click("计算需求")
    supplies.click("生成采购方案")
    supplies.sees("待审批")
    with site.app.app_context():
        orders = list(db.session.scalars(select(PurchaseOrder.id)))
        db.session.remove()
    for order in orders:
        other.go(f"{cycle}/purchasing/{order}")
        other.click("审批通过")
        other.click("已发给供应商")
        supplies.go(f"{cycle}/stock/orders/{order}")
        supplies.click("登记收货")
        supplies.page.locator("main .is-ok, main [role=status]").first.wait_for()


def allocate_pack_plan(site: Site, supplies: Person) -> None:
    cycle = f"/cycles/{site.world.cycle.id}"
    supplies.go(f"{cycle}/allocation/preview")
    supplies.click("计算预览")
    supplies.click("按此分配")
    supplies.sees(messages.SHARED_OUT_BY_RULE)
    supplies.go(f"{cycle}/picking")
    supplies.press("装袋")
    supplies.sees("第 1 波装成")
    supplies.go(f"{cycle}/dispatch")
    supplies.page.fill("input[name=day]", site.world.cycle.deliver_on.isoformat())
    supplies.page.fill("input[name=seconds]", "1")
    supplies.click("开始排")
    supplies.page.locator("a:has-text('看方案')").first.click(timeout=120_000)
    supplies.press("发布")
    supplies.sees("已发布")


def drive(site: Site, supplies: Person) -> None:
    with site.app.app_context():
        routes = {
            round_id: list(
                db.session.scalars(
                    select(DeliveryStop.id).where(DeliveryStop.round_id == round_id).order_by(DeliveryStop.seq)
                )
            )
            for round_id in db.session.scalars(select(DeliveryRound.id)).all()
        }
        db.session.remove()
    for round_id, stops in routes.items():
        supplies.go(f"/rounds/{round_id}")
        supplies.press("装车")
        supplies.click("出发")
        for stop in stops:
            supplies.go(f"/stops/{stop}/sign")
            supplies.click("清点无误，签收")
            supplies.sees("已签收")


def test_a_day_from_the_poster_to_the_confirmed_bag(site: Site, person: Any) -> None:
    here = site.world
    resident = person(width=360)
    code = order_as_resident(resident, here.buildings[0].public_code, "101")
    assert len(code.replace("-", "")) >= 8
    order_as_resident(person(width=360), here.buildings[2].public_code, "201")

    supplies, other = person("supplies"), person("supplies2")
    lock_and_sign(site, supplies, [person("leader", width=360), person("leader2")])
    buy_and_receive(site, supplies, other)
    allocate_pack_plan(site, supplies)
    print_everything(site, supplies)
    drive(site, supplies)

    captain = person("captain", width=360)
    captain.go(f"/cycles/{here.cycle.id}/handover")
    captain.page.locator("main a:has-text('2号楼')").first.click()
    captain.click("其余 1 户都放好了")
    captain.click("1 户都放好了")
    captain.sees("已登记：1 袋放到门口")
    resident.go("/my/deliveries")
    resident.click_bar("全部收到")
    resident.sees("已确认")
    with site.app.app_context():
        assert [one.code for one in equations() if one.violations] == []
        order = db.session.scalars(select(HouseholdOrder).order_by(HouseholdOrder.id)).first()
        assert order is not None
        assert all(line.qty_accepted == line.qty_ordered for line in order.lines)
        assert db.session.scalar(select(Bag.id).where(Bag.state == "confirmed")) is not None
        db.session.remove()


def print_everything(site: Site, supplies: Person) -> None:
    supplies.go(f"/cycles/{site.world.cycle.id}/print")
    supplies.click("准备全部待打印")
    supplies.page.locator("text=新排").first.wait_for(timeout=180_000)
    with site.app.app_context():
        kinds = set(db.session.scalars(select(Document.kind)))
        db.session.remove()
    assert {"route_sheet", "drop_off_sheet", "hand_out_list", "bag_label", "pick_list", "tally"} <= kinds


def test_a_resident_amends_and_withdraws_with_the_order_code(site: Site, person: Any) -> None:
    first = person(width=360)
    code = order_as_resident(first, site.world.buildings[0].public_code, "101")
    again = person(width=360)
    again.go(f"/enter/{site.world.buildings[0].public_code}")
    again.page.fill("main input[name=room]", "101")
    again.page.click("main button[type=submit]")
    again.sees("订单码")
    again.page.locator("main input[name=order_code]").first.fill(code)
    again.page.locator("main button[type=submit]").first.click()
    again.go(f"/my/cycles/{site.world.cycle.id}/order")
    again.page.locator("input[name^=qty_]").nth(0).fill("3")
    again.page.click("button[value=review]")
    again.page.click("button[value=place]")
    again.sees("订单码")
    with site.app.app_context():
        order = db.session.scalars(select(HouseholdOrder)).one()
        assert order.revision == 2
        db.session.remove()


def test_everything_a_resident_does_works_without_script(site: Site, chromium: Any) -> None:
    context = chromium.new_context(viewport={"width": 360, "height": 780}, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site.address}/enter/{site.world.buildings[0].public_code}")
    page.fill("main input[name=room]", "201")
    page.click("main button[type=submit]")
    page.locator("input[name^=qty_]").nth(0).fill("1")
    page.click("button[value=review]")
    page.click("button[value=place]")
    assert "订单码" in page.content()
    context.close()

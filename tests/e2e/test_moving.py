"""A building gets another service point in mid-cycle: the page asks, lists the orders, and everybody sees the same."""

from __future__ import annotations

from typing import Any

import pytest

from tests import messages
from tests.e2e.conftest import Site
from tests.e2e.test_journeys import order_as_resident

pytestmark = pytest.mark.browser


def test_the_page_asks_what_becomes_of_the_orders_and_every_page_agrees_at_once(site: Site, person: Any) -> None:
    here, resident, admin = site.world, person(width=360), person("admin")
    code = order_as_resident(resident, here.buildings[0].public_code, "101")
    admin.go(f"/places/buildings/{here.buildings[0].id}")
    admin.page.select_option("select[name=service_point_id]", label="北门点位")
    admin.page.locator("form:has(select[name=service_point_id]) button[type=submit]").click()
    admin.page.wait_for_url("**/move?to=*")
    admin.sees("第一批")
    admin.sees(code.replace("-", ""))
    admin.page.check("input[value=along]")
    admin.click("确定")
    admin.sees(messages.POINT_CHANGED_WITH_ORDER)
    resident.go("/my")
    resident.sees(messages.SEE_ORDER)
    resident.go(f"/my/cycles/{here.cycle.id}/order")
    assert resident.page.locator("input[name^=qty_]").first.input_value() == "2"
    leader, leader2 = person("leader"), person("leader2")
    leader2.go(f"/cycles/{here.cycle.id}/tally/{here.points[1].id}")
    leader2.sees("2号楼")
    for somebody, sees in ((leader2, True), (leader, False)):
        somebody.go(f"/cycles/{here.cycle.id}/orders?q={code}")
        shown = somebody.page.locator("main").inner_text().replace("-", "")
        assert (code.replace("-", "") in shown, "桂花苑" in shown) == (sees, sees)


def test_from_the_next_cycle_on_is_written_down_and_can_be_taken_back(site: Site, person: Any) -> None:
    here, resident, admin = site.world, person(width=360), person("admin")
    order_as_resident(resident, here.buildings[0].public_code, "101")
    admin.go(f"/places/buildings/{here.buildings[0].id}/move")
    admin.page.select_option("select[name=to]", label="北门点位")
    admin.click("下一步")
    admin.page.check("input[value=next]")
    admin.click("确定")
    admin.sees("从下一批开始归 北门点位")
    admin.click("不换了")
    admin.sees(messages.KEEP_POINT)
    assert admin.page.locator("text=从下一批开始归").count() == 0

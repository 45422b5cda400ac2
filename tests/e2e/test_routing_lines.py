"""A leader pastes the chain of a whole compound: the other point's lines go there with one tap."""

from __future__ import annotations

from typing import Any

from tests import messages
from tests.e2e.conftest import Site
from tests.e2e.test_lists_apart import now
from tests.intake.test_routing_lines import MIXED


def test_lines_of_another_point_go_there_with_one_tap_and_its_leader_places_them(site: Site, person: Any) -> None:
    leader = person("leader")
    leader.go(f"/cycles/{site.world.cycle.id}/intake")
    leader.page.fill("textarea[name=text]", MIXED)
    leader.click("读一遍")
    leader.sees("像是北门点位的")
    leader.click("交给北门点位")
    leader.sees(messages.HANDED_TO_POINT)
    assert leader.page.locator("button:has-text('交给北门点位')").count() == 0
    leader.press("入单")
    leader.sees("已入单")
    assert len(now(site)) == 1
    other = person("leader2")
    other.go(f"/cycles/{site.world.cycle.id}/tally/{site.world.points[1].id}")
    other.sees("还有 2 行接龙待确认或还没入单")
    other.page.click("main a:has-text('去处理')")
    other.sees("南门点位转来的")
    other.page.click("main td a:has-text('第 1 次'), main th a:has-text('第 1 次')")
    other.sees("这些行是南门点位转来的")
    other.press("入单")
    other.sees("已入单")
    assert sorted(sum(goods.values()) for goods in now(site).values()) == [1, 2, 3]
    assert leader.problems == other.problems == []

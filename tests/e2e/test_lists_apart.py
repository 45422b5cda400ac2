"""In front of the browser: a list that may be a later version is asked about, and a workbook says what it left out."""

from __future__ import annotations

from typing import Any

from app.core.db import db
from tests import messages
from tests.e2e.conftest import Person, Site
from tests.intake.test_lists_and_versions import GREENS, NEXT_DAY
from tests.intake.test_versions import ordered
from tests.intake.test_whole_workbooks import book


def now(site: Site) -> dict[int, dict[str, int]]:
    with site.app.app_context():
        found = ordered(site.world)
        db.session.remove()
    return found


def test_nothing_is_withdrawn_before_somebody_says_that_a_list_is_a_later_version(site: Site, chromium: Any) -> None:
    leader = Person(chromium, site).sign_in("leader")
    page = leader.page
    for text in (GREENS, NEXT_DAY):
        leader.go(f"/cycles/{site.world.cycle.id}/intake")
        page.fill("textarea[name=text]", text)
        page.locator("form:has(textarea[name=text]) button[type=submit]").first.click()
        page.locator("h1:has-text('次粘贴')").wait_for()
        if text == GREENS:
            leader.press("入单")
            leader.sees("已入单")
    before = now(site)
    assert len(before) == 3
    leader.sees(messages.OR_ANOTHER_LIST)
    assert page.locator("form[action$='/commit']").count() == 0  # only as another list, until somebody says so
    leader.click("是第 1 次的新版")
    leader.sees("和第 1 次粘贴相比")
    assert now(site) == before
    leader.press("入单")
    leader.sees("已入单")
    assert len(now(site)) == 2
    assert leader.problems == []


def test_a_workbook_is_read_sheet_by_sheet_and_says_what_it_left_out(site: Site, chromium: Any) -> None:
    head, row = ["单元", "房号", "青菜"], ["1", "101", "2份"]
    sheets = {"桂花苑2号楼": [head, row], "上周": [head, row], "通讯录": [["姓名", "电话"], ["王", "1"]]}
    leader = Person(chromium, site).sign_in("leader")
    leader.go(f"/cycles/{site.world.cycle.id}/intake")
    upload = {"name": "订单.xlsx", "mimeType": "application/octet-stream", "buffer": book(sheets, hidden="上周")}
    leader.page.set_input_files("input[type=file]", files=[upload])
    leader.page.locator("form:has(input[type=file]) button[type=submit]").first.click()
    leader.sees("隐藏的工作表“上周”没有读")
    leader.sees("工作表“通讯录”没有读")
    leader.press("入单")
    leader.sees("已入单")
    assert list(now(site).values()) == [{"青菜": 2}]

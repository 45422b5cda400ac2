"""Building 甲 at the telephone desk, on the address page and in a pasted chain, in a real browser."""

from __future__ import annotations

from typing import Any

import pytest

from app.core.db import db
from app.places.imports import service as imports_service
from app.places.imports.service import RegisterUpload, operator_of
from app.places.imports.tables.kinds import RegisterTableKind
from app.places.imports.tables.options import RegisterImportOptions
from tests import messages
from tests.e2e.conftest import Site

pytestmark = pytest.mark.browser
COMPOUND = "小区,小区编号,社区\n老水厂宿舍,Y3,一社区\n"
BUILDINGS = "小区,楼栋,点位,单元数,楼层数,每层户数\n老水厂宿舍,甲,南门点位,3,5,2\n老水厂宿舍,乙,南门点位,3,5,2\n"


@pytest.fixture
def old_waterworks(site: Site) -> None:
    with site.app.app_context():
        own = site.world.subdistrict.id
        for kind, text in ((RegisterTableKind.COMPOUNDS, COMPOUND), (RegisterTableKind.BUILDINGS, BUILDINGS)):
            imports_service.import_table(
                operator_of(own), RegisterUpload(text.encode(), kind, RegisterImportOptions(own, datum="wgs84"))
            )
        db.session.remove()


@pytest.mark.usefixtures("old_waterworks")
def test_building_jia_is_found_on_the_telephone_by_address_and_in_a_chain(site: Site, person: Any) -> None:
    leader = person("leader")
    for spelling in ("甲1-101", "甲栋1-101", "甲号楼1单元101", "甲幢-1-101", "老水厂甲1-101"):
        leader.go(f"/cycles/{site.world.cycle.id}/telephone")
        leader.page.fill("#f-home", spelling)
        leader.page.press("#f-home", "Enter")
        leader.page.wait_for_selector("#f-goods")
        leader.sees("1单元 101")
        leader.sees("老水厂宿舍 甲")
    for spelling in ("甲1-101", "甲号楼1单元101"):
        leader.go(f"/places/addresses/?q={spelling}")
        leader.sees(messages.COUNTS_FOR_HOUSEHOLD)
    leader.go(f"/cycles/{site.world.cycle.id}/intake")
    leader.page.fill("textarea", "#接龙 青菜\n1. 甲1-101 1份\n2. 乙栋2单元302 2份\n3. 甲号楼3-501 1份\n")
    leader.click("读一遍")
    leader.sees("老水厂宿舍 乙 2单元 302")
    assert leader.page.locator("#waiting-head").count() == 0
    leader.press("入单")
    leader.sees("已入单")

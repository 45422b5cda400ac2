"""An installation without the demo, from the first sign-in: every page is reached, and the list of what is missing
leads through the whole set-up until it is empty."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.security import generate_password_hash
from werkzeug.serving import make_server

from app.access.models import Account, Role, RoleGrant
from app.core.db import db
from app.ordering.models import Cycle
from app.places.models import Building, Subdistrict, ZoneLevel
from app.stock.models import RestRule
from tests import messages
from tests.e2e.conftest import Person, Site
from tests.world import PASSWORD

pytestmark = pytest.mark.browser

TABLES = {
    "communities": "社区代码,社区,街道代码,街道\n001,一社区,330102011,演示街道\n",
    "compounds": "小区,小区编号,社区\n桂花苑,K1,一社区\n",
    "buildings": "小区,楼栋,点位,单元数,楼层数,每层户数\n桂花苑,甲栋,南门点位,1,3,2\n",
    "items": "商品,编号,类别,单位,规格,单价,重量,体积,储存\n青菜,V01,蔬菜,份,500g/份,3.50,500,1500,常温\n",
    "supplies": "供应商,商品,每件,每件价格,起订件数\n演示菜场,青菜,20,52.00,1\n",
}


@pytest.fixture
def empty(app: Flask) -> Iterator[Any]:
    """An installation without anything, served; `empty.account(name, role)` makes an account."""

    def account(name: str, role: Role | None) -> None:
        with app.app_context():
            office = db.session.scalars(select(Subdistrict)).one()
            secret = generate_password_hash(PASSWORD, method="scrypt:1024:8:1")
            row = Account(username=name, password_hash=secret, display_name=name)
            db.session.add(row)
            db.session.flush()
            if role is not None:
                db.session.add(RoleGrant(account_id=row.id, role=role, subdistrict_id=office.id))
            db.session.commit()
            db.session.remove()

    with app.app_context():
        db.session.add(Subdistrict(code="演示街道", name="演示街道"))
        db.session.commit()
        db.session.remove()
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    site = Site(f"http://127.0.0.1:{server.server_port}", app, None)  # type: ignore[arg-type]
    site.account = account  # type: ignore[attr-defined]
    yield site
    server.shutdown()
    thread.join(timeout=30)


@pytest.fixture
def sign_in(chromium: Any, empty: Site) -> Iterator[Any]:
    people: list[Person] = []

    def come(name: str, width: int = 1280) -> Person:
        people.append(Person(chromium, empty, width))
        return people[-1].sign_in(name)

    yield come
    for one in people:
        one.context.close()
        assert one.problems == [], one.problems


def test_the_parts_of_the_site_stand_beside_every_page_and_nobody_is_locked_in(empty: Any, sign_in: Any) -> None:
    empty.account("admin", Role.SUBDISTRICT_ADMIN)
    admin = sign_in("admin")
    for label, path in (("地点", "/places/"), ("商品", "/catalog/"), ("账号", "/accounts/"), ("看板", "/dashboard")):
        admin.go("/")
        admin.page.click(f"nav.ld-navigation-side a:has-text('{label}')")
        admin.page.wait_for_url(f"**{path}")
    empty.account("nobody", None)
    nobody = sign_in("nobody", 360)
    nobody.sees("没有角色，请联系街道管理员")
    nobody.click("退出登录")
    nobody.page.wait_for_url("**/sign-in")


def bring(admin: Person, tmp_path: Path, name: str) -> None:
    file = tmp_path / f"{name}.csv"
    file.write_text(TABLES[name], encoding="utf-8")
    admin.page.set_input_files("input[name=file]", str(file))
    admin.click("核对")
    admin.click("全部写入")
    admin.sees("已导入")


def step(admin: Person, label: str) -> None:
    """Open the first page and follow the topmost thing that is missing, which must be this one."""
    admin.go("/")
    top = admin.page.locator("a.ld-setup-link").first
    assert top.inner_text() == label
    top.click()


def test_the_list_of_what_is_missing_leads_through_the_whole_set_up(empty: Any, sign_in: Any, tmp_path: Path) -> None:
    empty.account("admin", Role.SUBDISTRICT_ADMIN)
    admin = sign_in("admin")
    page = admin.page
    step(admin, "社区")
    bring(admin, tmp_path, "communities")
    step(admin, "点位")
    page.select_option("select[name=community_id]", label="一社区")
    page.fill("input[name=name]", "南门点位")
    admin.click("保存")
    step(admin, "可作仓库的点位")
    page.locator("table a:has-text('修改')").click()
    page.fill("input[name=position]", "30.266000, 120.195000")
    page.check("input[name=is_depot]")
    admin.click("保存")
    for name, label in (("compounds", "小区"), ("buildings", "楼栋和房号"), ("items", "商品")):
        step(admin, label)
        bring(admin, tmp_path, name)
    step(admin, "供应商和报价")
    admin.go("/catalog/import/")
    bring(admin, tmp_path, "supplies")
    step(admin, "静置时间")
    page.fill("input[name=ambient]", "20")
    admin.click("保存")
    step(admin, "管控级别")
    admin.click("加入常用的三级")
    step(admin, "求助电话")
    page.fill("input[name=phone]", "199 0000 0200")
    admin.click("保存")
    for label, username in (("小组长", "leader"), ("物资组的账号", "supplies")):
        step(admin, label)
        page.fill("input[name=username]", username)
        page.fill("input[name=display_name]", label)
        if page.input_value("select[name=scope]") == "":
            page.select_option("select[name=scope]", index=1)
        admin.click("开通")
        admin.sees(messages.ONE_TIME_PASSWORD)
    step(admin, "楼长")
    admin.click("设定楼长或副楼长")
    page.select_option("select[name=account_id]", index=1)
    page.locator("form:has(select[name=account_id]) button[type=submit]").click()
    admin.sees("已")
    step(admin, "第一个批次")
    page.fill("input[name=name]", "第一批")
    assert "由物资组办理" in admin_list(admin)
    empty.account("buyer", Role.SUPPLIES_TEAM)
    buyer = sign_in("buyer")
    step(buyer, "配送队伍")
    add_team(buyer)
    step(buyer, "第一个批次")
    buyer.page.fill("input[name=name]", "第一批")
    buyer.click("保存")
    for one in (buyer, admin):
        one.go("/")
        assert one.page.locator("text=还没准备好的").count() == 0
    with empty.app.app_context():
        assert db.session.scalars(select(Subdistrict.code)).all() == ["330102011"]
        assert len(db.session.scalars(select(ZoneLevel)).all()) == 3
        assert db.session.scalars(select(RestRule.minutes).where(RestRule.category == "")).all() == [20, 0, 0]
        assert db.session.scalar(select(Building.label)) == "甲栋"
        assert db.session.scalar(select(Cycle.name)) == "第一批"
        db.session.remove()


def admin_list(admin: Person) -> str:
    admin.go("/")
    return re.sub(r"\s+", "", admin.page.locator("main").inner_text())


def add_team(buyer: Person) -> None:
    buyer.page.fill("main input[name=name]", "一队")
    buyer.page.locator("main form:has(input[name=name]) button[type=submit]").first.click()

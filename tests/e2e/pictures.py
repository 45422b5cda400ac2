"""The pictures of README and docs/: `python tests/e2e/pictures.py [--out docs/pictures]`.

Builds the demo subdistrict in a temporary folder, serves it, walks through its pages with Chromium, prints its sheets,
and writes PNG files. Not a test: what the pages must do is tested elsewhere.
"""

from __future__ import annotations

import argparse
import logging
import secrets
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tests.chromium import find

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from flask import Flask  # noqa: E402
from PIL import Image  # noqa: E402
from playwright.sync_api import sync_playwright  # noqa: E402
from sqlalchemy import Select, func, select  # noqa: E402
from werkzeug.serving import make_server  # noqa: E402

from app.access.models import Account, RoleGrant  # noqa: E402
from app.access.permissions import Staff  # noqa: E402
from app.access.sessions import staff_account, staff_actor  # noqa: E402
from app.allocation import service as allocation_service  # noqa: E402
from app.catalog.models import Item  # noqa: E402
from app.core import clock  # noqa: E402
from app.core.db import db  # noqa: E402
from app.core.queue.worker import drain  # noqa: E402
from app.demo.day import SHORT_ITEM  # noqa: E402
from app.demo.first_day import load  # noqa: E402
from app.demo.subdistrict import PASSWORD  # noqa: E402
from app.dispatch.members import service as members  # noqa: E402
from app.dispatch.models import DeliveryPlan, DeliveryRound, DeliveryStop  # noqa: E402
from app.factory import create_app  # noqa: E402
from app.ordering.models import Cycle, CycleState, HouseholdOrder, OrderState  # noqa: E402
from app.picking.models import Bag, BagState  # noqa: E402
from app.places.models import Building, Household, Stairwell  # noqa: E402
from app.settings import Settings  # noqa: E402
from app.stock import service as stock  # noqa: E402
from app.stock.schemas import TakeIn, UnorderedGoods  # noqa: E402
from app.upkeep.database import schema  # noqa: E402

LAPTOP = {"width": 1200, "height": 800}
PHONE = {"width": 360, "height": 740}
LEADER, RUNNER = "xishang", "paolou"
CHAIN = """#接龙
明天的菜，今晚八点截单
1. 溪上人家1幢1单元102 青菜2份 土豆1
2. 溪上人家2-1-202 鸡蛋一板，敲门轻一点
3. 听松苑2号楼301 青菜*1 面条x2
4. 李叔 土豆两份
5. 溪上人家1幢1单元102 再加1份鸡蛋
6. 溪上人家2-9901 青菜1
"""
LARGEST_KB, ALL_KB = 200, 4000
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]


@dataclass(frozen=True)
class Scene:
    """Where the pictures are taken: ids and codes found in the demo once it is built."""

    running: int
    taking: int
    point: int
    plan: int
    round: int
    dropped_building: int
    captain: str
    order_code: str
    empty_door: str
    empty_stairwell: str
    empty_room: str
    free_household: int


def build(folder: Path) -> Settings:
    """The demo of a first start, in `folder`."""
    settings = Settings(
        env="testing",
        secret_key=secrets.token_hex(32),
        database_url=f"sqlite:///{folder / 'louda.db'}",
        data_dir=folder,
        documents_dir=folder / "documents",
        backups_dir=folder / "backups",
        public_url="https://louda.example.cn",  # as it is to be read on paper
    )
    settings.documents_dir.mkdir()
    schema.upgrade(settings)
    load(settings)
    return settings


def look_around() -> Scene:
    """Find the rows that make good pictures."""
    running = db.session.scalars(select(Cycle).filter_by(state=CycleState.RUNNING)).one().id
    taking = db.session.scalars(select(Cycle).filter_by(state=CycleState.OPEN)).one().id
    stops = func.count(DeliveryStop.id)
    long = (
        select(DeliveryRound)
        .join(DeliveryStop, DeliveryStop.round_id == DeliveryRound.id)
        .group_by(DeliveryRound.id)
        .order_by(stops.desc(), DeliveryRound.id)
    )
    bag = db.session.scalars(select(Bag).filter_by(state=BagState.DROPPED_OFF).order_by(Bag.id)).first()
    if bag is None:
        raise LookupError("the demo has no building with bags that wait to be handed out")
    captain = select(Account.username).join(RoleGrant, RoleGrant.account_id == Account.id)
    ordered = select(HouseholdOrder.household_id).where(
        HouseholdOrder.cycle_id == taking, HouseholdOrder.state != OrderState.WITHDRAWN
    )
    free = (
        select(Building.public_code, Stairwell.id, Household.room_no)
        .join(Stairwell, Stairwell.building_id == Building.id)
        .join(Household, Household.stairwell_id == Stairwell.id)
        .where(Household.id.not_in(ordered), Building.id == bag.building_id)
        .order_by(Stairwell.id, Household.id.desc())
    )
    door, stairwell, room = db.session.execute(free).first() or ("", 0, "")
    return Scene(
        running,
        taking,
        db.session.get_one(HouseholdOrder, bag.order_id).service_point_id,
        db.session.scalars(select(DeliveryPlan)).one().id,
        db.session.scalars(long).all()[0].id,
        bag.building_id,
        db.session.scalars(captain.where(RoleGrant.building_id == bag.building_id)).all()[0],
        db.session.get_one(HouseholdOrder, bag.order_id).code,
        door,
        str(stairwell),
        room,
        db.session.scalars(_of_the_leader(ordered)).all()[0],
    )


def _of_the_leader(ordered: Select[int | None]) -> Select[int]:
    """Households of the leader's point that have not ordered."""
    point = select(RoleGrant.service_point_id).join(Account).where(Account.username == LEADER)
    found = select(Household.id).join(Stairwell).join(Building)
    found = found.where(Building.service_point_id.in_(point), Household.id.not_in(ordered))
    return found.order_by(Building.id, Household.id.desc())


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """The application on a free port; yields its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join(timeout=30)


class Camera:
    """Somebody in front of a browser who takes pictures."""

    def __init__(self, browser: Any, address: str, out: Path, size: dict[str, int]) -> None:
        self.address, self.out = address, out
        self.context = browser.new_context(viewport=size, device_scale_factor=1.25, locale="zh-CN")
        self.page = self.context.new_page()
        self.page.set_default_timeout(60_000)

    def go(self, path: str) -> None:
        answer = self.page.goto(self.address + path)
        if not answer.ok:
            raise RuntimeError(f"{path} answered {answer.status}")

    def sign_in(self, name: str) -> Camera:
        self.go("/sign-in")
        self.page.fill("input[name=username]", name)
        self.page.fill("input[name=password]", PASSWORD)
        self.page.click("main button[type=submit]")
        return self

    def take(self, name: str, path: str = "") -> None:
        if path:
            self.go(path)
        target = self.out / f"{name}.png"
        self.page.screenshot(path=str(target))
        shrink(target)


def shrink(path: Path, colours: int = 96) -> None:
    """Fewer colours make a page a third of its size; nobody sees it."""
    with Image.open(path) as picture:
        picture.convert("RGB").quantize(colours).save(path, optimize=True)
    print(f"{path.name:<32}{path.stat().st_size // 1024:>5} kB", flush=True)


def photograph(browser: Any, address: str, out: Path, scene: Scene) -> None:
    """Every page that README and docs/ show."""
    cycle = f"/cycles/{scene.running}"
    desk = Camera(browser, address, out, LAPTOP).sign_in("wuzi")
    for name, path in (
        ("tally", f"{cycle}/tally/{scene.point}"),
        ("purchasing", f"{cycle}/purchasing"),
        ("picking", f"{cycle}/picking?by=item"),
        ("plan", f"/plans/{scene.plan}"),
        ("round", f"/rounds/{scene.round}"),
        ("loop", f"{cycle}/loop"),
        ("print-centre", f"{cycle}/print"),
        ("dark", f"{cycle}?theme=dark"),
        ("group-texts", f"{cycle}/texts?theme=light"),
    ):
        desk.take(name, path)
    leader = Camera(browser, address, out, LAPTOP).sign_in(LEADER)
    taking = f"/cycles/{scene.taking}"
    leader.take("point-desk", f"{taking}/point")
    leader.take("telephone", f"{taking}/telephone/{scene.free_household}")
    leader.take("paste", paste(leader, f"{taking}/intake"))
    bring_more(scene.running)
    allocation_service.ask_preview(supplies_team(), scene.running)
    drain()
    desk.take("allocation", f"{cycle}/allocation/preview?theme=light")
    Camera(browser, address, out, PHONE).sign_in(scene.captain).take(
        "hand-out", f"{cycle}/handover/{scene.dropped_building}"
    )
    Camera(browser, address, out, LAPTOP).sign_in("admin").take("board", "/dashboard")
    let_run(RUNNER, scene.round)
    Camera(browser, address, out, PHONE).sign_in(RUNNER).take("runner", f"/rounds/{scene.round}")
    photograph_residents(browser, address, out, scene)


def paste(leader: Camera, page: str) -> str:
    """Paste a chain as a group writes it; returns the address of its preview."""
    leader.go(page)
    leader.page.fill("textarea[name=text]", CHAIN)
    leader.page.locator("form:has(textarea[name=text]) button[type=submit]").first.click()
    leader.page.wait_for_load_state()
    return str(leader.page.url).removeprefix(leader.address)


def photograph_residents(browser: Any, address: str, out: Path, scene: Scene) -> None:
    waits = Camera(browser, address, out, PHONE)
    waits.go("/enter")
    waits.page.fill("input[name=order_code]", scene.order_code)
    waits.page.locator("form:has(input[name=order_code]) button[type=submit]").click()
    waits.take("resident-status", f"/my/cycles/{scene.running}")
    orders = Camera(browser, address, out, PHONE)
    orders.go(f"/enter/{scene.empty_door}")
    stairwells = orders.page.locator("select[name=stairwell_id]")
    if stairwells.count():
        stairwells.select_option(scene.empty_stairwell)
    orders.page.fill("main input[name=room]", scene.empty_room)
    orders.page.click("main button[type=submit]")
    amounts = orders.page.locator("input[name^=qty_]")
    amounts.nth(0).fill("2")
    amounts.nth(2).fill("1")
    orders.page.evaluate("scrollTo(0, 0)")
    orders.take("resident-order")
    orders.take("large-type", f"/my/cycles/{scene.taking}/order?type=large")


def supplies_team() -> Staff:
    account = staff_account(db.session.scalars(select(Account.id).filter_by(username="wuzi")).one())
    if account is None:
        raise LookupError("the demo has no supplies team")
    return staff_actor(account)


def let_run(username: str, round_id: int) -> None:
    """Put a runner into the team of a round, whose page is then theirs."""
    account = db.session.scalars(select(Account.id).filter_by(username=username)).one()
    team = db.session.get_one(DeliveryRound, round_id).shift.team
    if account not in {one.account_id for one in members.members_of(team)}:
        members.add_member(supplies_team(), team.id, members.NewMember(account=account))


def bring_more(cycle_id: int) -> None:
    """Some of what was short arrives after all, so that there is something to share out."""
    item = db.session.scalars(select(Item.id).filter_by(name=SHORT_ITEM)).one()
    stock.take_in(supplies_team(), cycle_id, TakeIn("donation", [UnorderedGoods(item, 10)], "热心商户"))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "pictures")
    out: Path = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    chromium = find()
    with tempfile.TemporaryDirectory(prefix="louda-pictures-") as name:
        folder = Path(name)
        settings = build(folder)
        with create_app(settings).app_context():
            scene = look_around()
            db.session.remove()
        app = create_app(replace(settings, public_url="http://127.0.0.1"))
        with app.app_context(), served(app) as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
            photograph(browser, address, out, scene)
            browser.close()
    sizes = {path.name: path.stat().st_size // 1024 for path in out.glob("*.png")}
    too_large = {name: size for name, size in sizes.items() if size > LARGEST_KB}
    print(f"{len(sizes)} pictures, {sum(sizes.values())} kB, {clock.today()}")
    return 1 if too_large or sum(sizes.values()) > ALL_KB else 0


if __name__ == "__main__":
    sys.exit(main())

"""A small invented subdistrict for tests: two points, two compounds, four buildings, goods, people, an open cycle."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import Any

from flask import Flask, g, has_app_context
from flask.sessions import SecureCookieSessionInterface
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.security import generate_password_hash
from werkzeug.test import TestResponse

from app.access import service
from app.access.models import Account, Role, RoleGrant
from app.access.permissions import Staff
from app.access.sessions import staff_account, staff_actor
from app.catalog.models import Item, Supplier, SupplierItem
from app.core import clock
from app.core.db import db
from app.core.idempotency import new_key
from app.core.text.natural import natural_key
from app.dispatch.models import Shift, Team
from app.ordering.models import (
    Cycle,
    CyclePoint,
    CycleState,
    HouseholdOrder,
    Offer,
    OfferComponent,
    OrderChoice,
    OrderLine,
    RollCall,
    RollCallOutcome,
)
from app.ordering.rules import order_code
from app.places.models import (
    Building,
    Community,
    Compound,
    Household,
    ServicePoint,
    Stairwell,
    Subdistrict,
    ZoneLevel,
)

PASSWORD = "correct-horse-battery"  # of every test account
PEOPLE = {
    "admin": (Role.SUBDISTRICT_ADMIN, "subdistrict"),
    "admin2": (Role.SUBDISTRICT_ADMIN, "subdistrict"),
    "supplies": (Role.SUPPLIES_TEAM, "subdistrict"),
    "supplies2": (Role.SUPPLIES_TEAM, "subdistrict"),
    "leader": (Role.POINT_LEADER, "point"),
    "leader2": (Role.POINT_LEADER, "point"),
    "captain": (Role.BUILDING_CAPTAIN, "building"),
    "runner": (Role.RUNNER, "subdistrict"),
    "auditor": (Role.AUDITOR, "subdistrict"),
}


@dataclass
class World:
    """What was built; ids are stable across runs."""

    subdistrict: Subdistrict
    points: list[ServicePoint]
    buildings: list[Building]
    households: list[Household]
    items: list[Item]
    supplier: Supplier
    cycle: Cycle
    offers: list[Offer]
    accounts: dict[str, Account] = field(default_factory=dict)

    def actor(self, name: str) -> Staff:
        """The account as it acts: admin, admin2, supplies, supplies2, leader, leader2, captain, runner, auditor."""
        account = staff_account(self.accounts[name].id)
        assert account is not None
        return staff_actor(account)

    def order(self, household: Household, wanted: dict[int, int]) -> HouseholdOrder:
        """An order placed for a household: offer index → units."""
        building = household.stairwell.building
        number = db.session.query(HouseholdOrder).count() + 1_000_000
        choices = [(self.offers[index], qty) for index, qty in wanted.items()]
        order = HouseholdOrder(
            code=order_code(number),
            cycle_id=self.cycle.id,
            household_id=household.id,
            building_id=building.id,
            service_point_id=building.service_point_id,
            placed_by_kind="household",
            placed_by_id=household.id,
            placed_at=clock.now(),
            total_fen=sum(offer.price_fen * qty for offer, qty in choices),
        )
        db.session.add(order)
        db.session.flush()
        for offer, qty in choices:
            db.session.add(OrderChoice(order_id=order.id, offer_id=offer.id, qty=qty, unit_price_fen=offer.price_fen))
            db.session.add(
                OrderLine(
                    order_id=order.id, cycle_id=self.cycle.id, item_id=offer.item_id, qty_ordered=qty, qty_open=qty
                )
            )
        db.session.commit()
        return order

    def lock(self) -> None:
        """Bring the cycle behind its cut-off, every household with an outcome (as the lock command leaves it)."""
        ordered = set(db.session.scalars(select(HouseholdOrder.household_id)))
        for household in self.households:
            outcome = RollCallOutcome.ORDERED if household.id in ordered else RollCallOutcome.DECLINED
            db.session.add(RollCall(cycle_id=self.cycle.id, household_id=household.id, outcome=outcome, at=clock.now()))
        for order in db.session.scalars(select(HouseholdOrder).where(HouseholdOrder.state == "placed")):
            order.state = "locked"
        self.cycle.state = CycleState.LOCKED
        db.session.commit()


def build() -> World:
    """Write the world to the present database and return it."""
    subdistrict = Subdistrict(code="330102011", name="演示街道")
    levels = [
        ("clean", "防范区", "to_door"),
        ("controlled", "管控区", "to_stairwell"),
        ("sealed", "封控区", "to_door"),
    ]
    for order, (code, label, mode) in enumerate(levels):
        db.session.add(ZoneLevel(code=code, label_zh=label, delivery_mode=mode, round_order=order))
    items = [
        Item(sku="V1", name="青菜", sale_unit="份", spec="500g/份", weight_g=500, volume_ml=1500, list_price_fen=350),
        Item(sku="V2", name="土豆", sale_unit="袋", spec="1kg/袋", weight_g=1000, volume_ml=1600, list_price_fen=480),
        Item(
            sku="E1", name="鸡蛋", sale_unit="板", spec="30枚/板", weight_g=1800, volume_ml=6000, is_fragile=True,
            list_price_fen=2600,
        ),
        Item(
            sku="M1", name="鲜牛奶", sale_unit="盒", spec="950ml/盒", weight_g=1000, volume_ml=1000, storage="chilled",
            list_price_fen=1350,
        ),
    ]  # fmt: skip
    supplier = Supplier(name="演示菜场")
    # What needs no other row's id goes together: each flush costs a millisecond, and most tests begin here.
    db.session.add(subdistrict)
    db.session.flush()
    for row in (*items, supplier):
        row.subdistrict_id = subdistrict.id
    db.session.add_all([*items, supplier])
    db.session.flush()
    community = Community(subdistrict_id=subdistrict.id, code="001", name="一社区")
    other = Community(subdistrict_id=subdistrict.id, code="002", name="二社区")
    db.session.add_all([community, other])
    for item in items:
        db.session.add(
            SupplierItem(supplier_id=supplier.id, item_id=item.id, pack_size=5, price_fen=item.list_price_fen * 4)
        )
    now = clock.now()
    cycle = Cycle(
        subdistrict_id=subdistrict.id,
        name="第一批",
        opens_at=now - timedelta(hours=6),
        cutoff_at=now + timedelta(hours=2),
        deliver_on=clock.today() + timedelta(days=1),
        state=CycleState.OPEN,
    )
    teams = _teams(subdistrict)
    accounts = {name: Account(username=name, password_hash=_hashed(), display_name=name) for name in PEOPLE}
    db.session.add_all([cycle, *teams, *accounts.values()])
    db.session.flush()
    points = [
        ServicePoint(community_id=community.id, name="南门点位", lat_e6=30266000, lon_e6=120195000, is_depot=True),
        ServicePoint(community_id=other.id, name="北门点位", lat_e6=30269000, lon_e6=120199000),
    ]
    offers = [
        Offer(cycle_id=cycle.id, item_id=item.id, name=item.name, price_fen=item.list_price_fen, position=position)
        for position, item in enumerate(items)
    ]
    db.session.add_all([*points, *offers])
    compounds = _compounds(points)
    db.session.flush()
    db.session.add_all(CyclePoint(cycle_id=cycle.id, service_point_id=point.id) for point in points)
    db.session.add_all(OfferComponent(offer_id=offer.id, item_id=offer.item_id, qty=1) for offer in offers)
    buildings, households = _houses(compounds, points)
    world = World(subdistrict, points, buildings, households, items, supplier, cycle, offers, accounts)
    _grants(world)
    start = clock.local_instant(cycle.deliver_on, 9)
    for team in teams:
        db.session.add(
            Shift(team_id=team.id, depot_id=points[0].id, starts_at=start, ends_at=start + timedelta(hours=8))
        )
    db.session.commit()
    return world


def _compounds(points: list[ServicePoint]) -> list[Compound]:
    """The compound of each point, at its place."""
    compounds = [
        Compound(
            community_id=point.community_id, code=f"K{number}", name=name, lat_e6=point.lat_e6, lon_e6=point.lon_e6
        )
        for number, (point, name) in enumerate(zip(points, ("桂花苑", "银杏里"), strict=True))
    ]
    db.session.add_all(compounds)
    return compounds


def _houses(compounds: list[Compound], points: list[ServicePoint]) -> tuple[list[Building], list[Household]]:
    labels = (("2号楼", "10号楼"), ("1幢", "3幢"))
    buildings = [
        Building(
            compound_id=compounds[number].id,
            service_point_id=point.id,
            label=label,
            sort_key=natural_key(label),
            public_code=f"B{number}{place}XYZ",
            lat_e6=point.lat_e6 + 400 * (place + 1),
            lon_e6=point.lon_e6 + 300 * (place + 1),
        )
        for number, point in enumerate(points)
        for place, label in enumerate(labels[number])
    ]
    db.session.add_all(buildings)
    db.session.flush()
    stairwells = [Stairwell(building_id=building.id, label="1单元") for building in buildings]
    db.session.add_all(stairwells)
    db.session.flush()
    households = [
        Household(stairwell_id=stairwell.id, room_no=f"{floor}01", sort_key=natural_key(f"{floor}01"), floor=floor)
        for stairwell in stairwells
        for floor in (1, 2, 3)
    ]
    db.session.add_all(households)
    db.session.flush()
    return buildings, households


@cache
def _hashed() -> str:
    """The password as it is stored, with a cheap hash: signing in is not what most tests are about."""
    return generate_password_hash(PASSWORD, method="scrypt:1024:8:1")


def _grants(world: World) -> None:
    """Each account has the role that it is called after, in the subdistrict, at a point or in a building."""
    for name, (role, where) in PEOPLE.items():
        scope = {"subdistrict_id": world.subdistrict.id}
        if where == "point":
            scope = {"service_point_id": world.points[name == "leader2"].id}
        elif where == "building":
            scope = {"building_id": world.buildings[0].id}
        starts = clock.now() - timedelta(days=1)
        db.session.add(RoleGrant(account_id=world.accounts[name].id, role=role, starts_at=starts, **scope))


def _teams(subdistrict: Subdistrict) -> list[Team]:
    return [
        Team(
            subdistrict_id=subdistrict.id,
            name=f"{number + 1}队",
            mode="cart",
            capacity_g=120_000,
            capacity_ml=400_000,
            capacity_bags=60,
            zone_clearance=clearance,
        )
        for number, clearance in enumerate((2, 0))
    ]


def sign_in(app: Flask, world: World, name: str) -> FlaskClient:
    """A browser in which the account has a session."""
    return sign_in_as(app, world.accounts[name])


def sign_in_as(app: Flask, account: Account) -> FlaskClient:
    """The same for any account."""
    client = app.test_client()
    token = service.open_session(Staff("staff", account.id), "", is_sign_in=False)
    remember(client, account.id, account.session_epoch, token)
    return client


def remember(client: FlaskClient, account_id: int, epoch: int, token: str) -> None:
    """Give a browser the cookie of a session, signed as the application signs it, without asking for a page."""
    serializer = SecureCookieSessionInterface().get_signing_serializer(client.application)
    assert serializer is not None
    held = {"account": account_id, "epoch": epoch, "sid": token, "seen": clock.now().timestamp()}
    client.set_cookie(client.application.config["SESSION_COOKIE_NAME"], serializer.dumps(held), domain="localhost")


def post(client: FlaskClient, page: str, action: str, data: dict[str, Any], key: str | None = None) -> TestResponse:
    """Open `page` for its CSRF token, then post `data` to `action` as its form would."""
    if has_app_context():
        g.pop("csrf_token", None)  # a test's context outlives requests; the next browser has a token of its own
    shown = client.get(page)
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', shown.get_data(as_text=True))
    assert found, f"{page} answered {shown.status_code} and shows no form"
    return client.post(action, data={"csrf_token": found[1], "_key": key or new_key(), **data})

"""A running day with an object of every kind: at the first point, at the second, and in a neighbouring subdistrict."""

from __future__ import annotations

import shutil
import sqlite3
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.routing import Rule

from app.access.models import Account, Role, RoleGrant, StaffSession
from app.access.sessions import issue_token, settings, token_digest
from app.access.tokens.models import ApiToken
from app.allocation.models import Substitution
from app.api.webhooks.models import Webhook, WebhookDelivery
from app.catalog.models import Bundle, BundleComponent, SupplierItem
from app.core import clock
from app.core.db import command, db
from app.core.jobs import Job
from app.dispatch.models import DeliveryPlan, DeliveryRound, DeliveryStop, PlanBag, Shift, Team, TeamMember
from app.dispatch.rounds.service import drop_units
from app.errands.models import Errand
from app.handover.models import Dispute
from app.intake.models import ChainPaste, PasteLine
from app.ordering.claims.models import RoomClaim
from app.ordering.desk.models import DeskEntry
from app.ordering.models import Cycle, CyclePoint, CycleState, HouseholdOrder, Offer, OfferComponent, OrderLine
from app.ordering.packs.models import FreePack
from app.ordering.stages import Cause
from app.ordering.standing.models import StandingOrder
from app.picking import service as picking
from app.picking.models import Bag, BagState
from app.places.models import (
    Blackout,
    Building,
    Captaincy,
    Community,
    Compound,
    CompoundAlias,
    Gate,
    ServicePoint,
    Subdistrict,
)
from app.printing.models import Document
from app.purchasing.models import PurchaseOrder, PurchaseOrderLine
from app.settlement.models import Payment
from app.stock.models import GoodsReceipt, Lot, RestRule, WriteOff
from tests import world
from tests.allocation.test_runs import receive, run
from tests.security.day_kinds import kind_of
from tests.world import World

STAFF = ("captain", "leader", "leader2", "runner", "supplies", "admin", "auditor", "desk")
MISSING = "999999"  # an id that no row has


@dataclass
class Day:
    """The application on the day, the ids of its objects by scope, and a way back to how it began."""

    app: Flask
    file: Path
    accounts: dict[str, tuple[int, int]] = field(default_factory=dict)  # name → id and session epoch
    token: str = ""  # of the first household
    own: dict[str, str] = field(default_factory=dict)  # kind of object → id, at the first point
    other: dict[str, str] = field(default_factory=dict)  # at the second point; else in the neighbouring subdistrict
    _watch: sqlite3.Connection | None = None

    def keep(self) -> None:
        """Remember the database as it is now."""
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()
        with sqlite3.connect(self.file) as source, sqlite3.connect(self.file.with_suffix(".kept")) as kept:
            source.backup(kept)

    def restore(self) -> None:
        """Put the remembered database back."""
        if self._watch is not None:
            self._watch.close()
            self._watch = None
        with self.app.app_context():
            db.engine.dispose()
        for ending in ("-wal", "-shm"):
            Path(f"{self.file}{ending}").unlink(missing_ok=True)
        shutil.copy(self.file.with_suffix(".kept"), self.file)

    def version(self) -> int:
        """A number that changes with every transaction that writes, whichever row it is."""
        if self._watch is None:
            self._watch = sqlite3.connect(self.file)
        return int(self._watch.execute("PRAGMA data_version").fetchone()[0])

    def browser(self, *names: str, resident: bool = False) -> FlaskClient:
        """A browser in which the account has a session, or which carries the first household's token."""
        client = self.app.test_client()
        if names:
            world.remember(client, *self.accounts[names[-1]], names[-1])
        if resident:
            client.set_cookie("household", self.token, domain="localhost")
        return client

    def address(self, rule: Rule, scope: str) -> str:
        """The rule's path with objects of a scope: own, other, or missing ones within the own cycle."""
        names = [text for is_argument, text in rule._trace if is_argument]
        parts = [self._value(rule, text, scope, text == names[-1]) if is_arg else text for is_arg, text in rule._trace]
        return "".join(parts).partition("|")[2]

    def _value(self, rule: Rule, name: str, scope: str, is_last: bool) -> str:
        kind = kind_of(rule.endpoint, name)
        if scope == "own" or not is_last:
            return self.own[kind]
        return self.other.get(kind, self.own[kind]) if scope == "other" else missing_of(kind, self.own[kind])


def missing_of(kind: str, present: str) -> str:
    return MISSING if present.isdigit() else "NOSUCH"


def make(app: Flask, file: Path) -> Day:
    """Bring the small world to a running day, by commands where there are commands; the rest are rows."""
    here = world.build()
    for index in (0, 1, 2, 6, 7, 8):
        here.order(here.households[index], {0: 3, 1: 1})
    here.lock()
    here.cycle.state = CycleState.RUNNING
    db.session.commit()
    receive(here, 0, 18)
    receive(here, 1, 4)
    run(here)
    picking.pack(here.actor("supplies"), here.cycle.id)
    _at_the_buildings(here)
    day = Day(app, file)
    _neighbours(here, day)
    for scope, index in ((day.own, 0), (day.other, 1)):
        _of_a_point(here, scope, index)
        _of_the_catalogue(here, scope)
    _of_the_cycle(here, day.own, here.cycle)
    _of_the_cycle(here, day.other, db.session.get_one(Cycle, int(day.other["cycle"])))
    day.own["cycle"] = str(here.cycle.id)
    _still_open(here, day)
    _everybody(here)
    day.accounts = {name: (account.id, account.session_epoch) for name, account in here.accounts.items()}
    later = clock.now() + timedelta(hours=6)  # nothing to note of a sign-in while the day lasts
    for name, account in here.accounts.items():
        row = StaffSession(account_id=account.id, token_sha256=token_digest(name), device="", seen_at=later)
        if name in (belongs := {"captain": day.own, "auditor": day.other}):
            _add(belongs[name], "session", row)
        db.session.add(row)
        if name in belongs:
            program = ApiToken(account_id=account.id, name="x", token_sha256=name, scopes=["read"], session_epoch=1)
            program.expires_at, program.used_at = later, later
            _add(belongs[name], "token", program)
    day.token = issue_token(here.households[0].id, clock.now() + timedelta(days=1))
    db.session.commit()
    assert settings().cookie_name("household") == "household"
    day.keep()
    return day


@command
def _at_the_buildings(here: World) -> None:
    """One bag of each point waits at its building; the others are packed."""
    for building in (here.buildings[0], here.buildings[2]):
        wanted = select(Bag).where(Bag.building_id == building.id, Bag.state == BagState.PACKED).order_by(Bag.id)
        bag = db.session.scalars(wanted.limit(1)).one()
        bag.state = BagState.DROPPED_OFF
        drop_units([bag], Cause("bag_drop", bag.id))


def _add(scope: dict[str, str], kind: str, row: Any) -> Any:
    db.session.add(row)
    db.session.flush()
    scope[kind] = str(row.id)
    return row


def _neighbours(here: World, day: Day) -> None:
    """Another subdistrict with a point, a building and a running cycle of its own."""
    far = Subdistrict(code="330102099", name="邻街道")
    db.session.add(far)
    db.session.flush()
    community = Community(subdistrict_id=far.id, code="001", name="邻社区")
    db.session.add(community)
    db.session.flush()
    point = ServicePoint(community_id=community.id, name="邻点位", is_depot=True)
    compound = Compound(community_id=community.id, name="邻苑")
    db.session.add_all([point, compound])
    db.session.flush()
    building = Building(compound_id=compound.id, service_point_id=point.id, label="1号楼", public_code="FAR00")
    db.session.add(building)
    db.session.flush()
    own = here.cycle
    cycle = Cycle(subdistrict_id=far.id, name="邻批", opens_at=own.opens_at, cutoff_at=own.cutoff_at)
    cycle.deliver_on, cycle.state = own.deliver_on, CycleState.RUNNING
    _add(day.other, "cycle", cycle)
    day.own["subdistrict"], day.other["subdistrict"] = str(own.subdistrict_id), str(far.id)
    db.session.add(CyclePoint(cycle_id=cycle.id, service_point_id=point.id))
    _add(
        day.other,
        "offer",
        Offer(cycle_id=cycle.id, item_id=here.items[0].id, name="邻菜", price_fen=1, position=0),
    )
    account = _add(day.other, "account", Account(username="far", password_hash="-", display_name="far"))
    grant = RoleGrant(account_id=account.id, role=Role.SUPPLIES_TEAM, subdistrict_id=far.id, starts_at=clock.now())
    _add(day.other, "grant", grant)
    day.own["account"] = str(here.accounts["runner"].id)
    wanted = select(RoleGrant.id).where(RoleGrant.account_id == here.accounts["runner"].id)
    day.own["grant"] = str(db.session.scalars(wanted).one())


def _still_open(here: World, day: Day) -> None:
    """The next cycle, which takes orders."""
    own = here.cycle
    cycle = Cycle(subdistrict_id=own.subdistrict_id, name="第二批", opens_at=own.opens_at, cutoff_at=own.cutoff_at)
    cycle.deliver_on, cycle.state = own.deliver_on + timedelta(days=3), CycleState.OPEN
    _add(day.own, "open_cycle", cycle)
    db.session.add_all(CyclePoint(cycle_id=cycle.id, service_point_id=point.id) for point in here.points)
    for position, item in enumerate(here.items[:2]):
        offer = Offer(cycle_id=cycle.id, item_id=item.id, name=item.name, price_fen=100, position=position)
        _add(day.own, "offer", offer)
        db.session.add(OfferComponent(offer_id=offer.id, item_id=item.id, qty=1))
    day.other["open_cycle"] = day.other["cycle"]


def _of_a_point(here: World, scope: dict[str, str], index: int) -> None:
    """Objects that lie at one point: places, orders, bags, complaints, errands, pastes."""
    building, home, leader = here.buildings[2 * index], here.households[6 * index], ("leader", "leader2")[index]
    by = here.accounts[leader].id
    scope.update(point=str(here.points[index].id), building=str(building.id), household=str(home.id))
    scope.update(compound=str(building.compound_id), code=building.public_code)
    starts = clock.now()
    _add(scope, "alias", CompoundAlias(compound_id=building.compound_id, alias="别名"))
    gate = Gate(compound_id=building.compound_id, name="西门", lat_e6=30266000, lon_e6=120195000)
    _add(scope, "gate", gate)
    if not db.session.query(RestRule).count():  # rest times hold for every subdistrict
        _add(scope, "rule", RestRule(storage="ambient", category="日用", minutes=30))
    blackout = Blackout(building_id=building.id, starts_at=starts, ends_at=starts + timedelta(hours=1), reason="采样")
    _add(scope, "blackout", blackout)
    captain = Captaincy(building_id=building.id, account_id=here.accounts["captain"].id, starts_on=clock.today())
    _add(scope, "captaincy", captain)
    order = db.session.scalars(select(HouseholdOrder).where(HouseholdOrder.household_id == home.id)).one()
    line = db.session.scalars(select(OrderLine).where(OrderLine.order_id == order.id).order_by(OrderLine.id)).first()
    assert line is not None
    scope.update(order=str(order.id), line=str(line.id))
    bags = db.session.scalars(select(Bag).where(Bag.building_id == building.id).order_by(Bag.id)).all()
    waiting = next(bag for bag in bags if bag.state == BagState.DROPPED_OFF)
    packed = next(bag for bag in bags if bag.state == BagState.PACKED)
    scope.update(door_bag=str(waiting.id), home_bag=str(waiting.id), bag=str(packed.id))
    _add(scope, "dispute", Dispute(order_line_id=line.id, bag_id=waiting.id, qty=1, kind="damaged"))
    _add(scope, "errand", Errand(household_id=home.id, kind="parcel", place="门卫", what="一件"))
    claim = RoomClaim(cycle_id=here.cycle.id, building_id=building.id, stairwell_id=home.stairwell_id, room="909")
    claim.service_point_id, claim.kind, claim.phone = building.service_point_id, "missing", "19900000009"
    _add(scope, "claim", claim)
    _add(scope, "standing", StandingOrder(household_id=home.id, every_days=2, starts_on=clock.today()))
    _add(scope, "entry", DeskEntry(account_id=by, cycle_id=here.cycle.id, order_id=order.id, version_after=1))
    _add(
        scope,
        "payment",
        Payment(household_order_id=order.id, kind="paid", amount_fen=100, cause=f"mark-{index}", marked_by_id=by),
    )
    paste = ChainPaste(cycle_id=here.cycle.id, service_point_id=here.points[index].id, text_sha256="x", seq=1)
    paste.pasted_by_id = by
    _add(scope, "paste", paste)
    row = PasteLine(paste_id=paste.id, line_no=1, raw="1. 101 青菜一份", outcome="review", reason="no_room")
    _add(scope, "paste_line", row)


def _of_the_catalogue(here: World, scope: dict[str, str]) -> None:
    """Both points sell the same."""
    scope.update(item=str(here.items[0].id), supplier=str(here.supplier.id), kind="pick_list", text="南门", name="x")
    scope["version"], scope["part"] = "x", "claim"
    supply = db.session.scalars(select(SupplierItem).order_by(SupplierItem.id)).first()
    bundle = db.session.scalars(select(Bundle)).first()
    if bundle is None:
        bundle = Bundle(sku="P1", name="家庭包", list_price_fen=1000, subdistrict_id=here.subdistrict.id)
        db.session.add(bundle)
        db.session.flush()
        db.session.add(BundleComponent(bundle_id=bundle.id, item_id=here.items[0].id, qty=1))
    instead = db.session.scalars(select(Substitution)).first()
    if instead is None:
        instead = Substitution(item_id=here.items[0].id, substitute_id=here.items[1].id)
        db.session.add(instead)
        db.session.flush()
    assert supply is not None
    scope.update(supply=str(supply.id), bundle=str(bundle.id), substitution=str(instead.id))


def _of_the_cycle(here: World, scope: dict[str, str], cycle: Cycle) -> None:
    """Objects of the whole subdistrict: buying, goods, teams, plans, printing."""
    supplies, building = here.accounts["supplies"].id, db.session.get_one(Building, int(scope["building"]))
    is_far = cycle.id != here.cycle.id
    if is_far:
        building = db.session.scalars(select(Building).where(Building.public_code == "FAR00")).one()
    _bought(here, scope, cycle, supplies)
    start = clock.local_instant(cycle.deliver_on, 9)
    offer = db.session.scalars(select(Offer.id).where(Offer.cycle_id == cycle.id)).first()
    pack = FreePack(cycle_id=cycle.id, offer_id=offer, scope_kind="subdistrict", scope_id=0, given_by_id=supplies)
    _add(scope, "pack", pack)
    team = Team(subdistrict_id=cycle.subdistrict_id, name="快队", mode="cart", capacity_g=90_000, capacity_ml=90_000)
    team.capacity_bags = 50
    _add(scope, "team", team)
    _add(scope, "member", TeamMember(team_id=team.id, name="小甲"))
    depot = building.service_point_id
    shift = Shift(team_id=team.id, depot_id=depot, starts_at=start, ends_at=start + timedelta(hours=8))
    _add(scope, "shift", shift)
    plan = DeliveryPlan(cycle_id=cycle.id, wave=1, input_sha256="x", seed=1, solver="hand", cost=0, state="published")
    _add(scope, "plan", plan)
    trip = DeliveryRound(plan_id=plan.id, seq=1, shift_id=shift.id, departs_at=start, returns_at=shift.ends_at)
    _add(scope, "round", trip)
    at = {"arrive_at": start, "service_s": 60}
    stop = DeliveryStop(plan_id=plan.id, round_id=trip.id, seq=1, building_id=building.id, **at)
    _add(scope, "stop", stop)
    scope.update(live_round=scope["round"], live_stop=scope["stop"])
    if not is_far:
        under_way = DeliveryRound(plan_id=plan.id, seq=2, shift_id=shift.id, departs_at=start, returns_at=shift.ends_at)
        under_way.state = "departed"
        _add(scope, "live_round", under_way)
        left = DeliveryStop(plan_id=plan.id, round_id=under_way.id, seq=1, building_id=building.id, **at)
        _add(scope, "live_stop", left)
        for bag in db.session.scalars(select(Bag).where(Bag.state == BagState.PACKED)):
            db.session.add(PlanBag(plan_id=plan.id, bag_id=bag.id, cycle_id=cycle.id, stop_id=stop.id))
    told = Webhook(subdistrict_id=cycle.subdistrict_id, url="https://x.example", kinds=["tally.signed"], salt="x")
    told.created_by_id = supplies
    _add(scope, "webhook", told)
    lost = WebhookDelivery(webhook_id=told.id, kind="test", state="failed", attempts=10, due_at=start)
    _add(scope, "delivery", lost)
    job = {"input_sha256": "x", "cycle_id": cycle.id, "subject_id": cycle.id}
    _add(scope, "job", Job(kind="plan", payload={"cycle_id": cycle.id, "wave": 1}, **job))
    _add(scope, "print_job", Job(kind="print", payload={"point_id": None, "kinds": [], "wave": 1}, **job))
    paper = Document(kind="pick_list", subject_type="cycle", subject_id=cycle.id, label="x", cycle_id=cycle.id)
    paper.number, paper.context_sha256, paper.sha256 = f"L-{cycle.id}", "0" * 64, "0" * 64
    _add(scope, "document", paper)
    scope["number"] = paper.number


def _bought(here: World, scope: dict[str, str], cycle: Cycle, supplies: int) -> None:
    order = PurchaseOrder(number=f"CG-{cycle.id}", cycle_id=cycle.id, supplier_id=here.supplier.id, seq=1, state="sent")
    order.created_by_id, order.approved_by_id = supplies, here.accounts["supplies2"].id
    _add(scope, "purchase_order", order)
    line = PurchaseOrderLine(purchase_order_id=order.id, item_id=here.items[0].id, packs=2, pack_size=5, price_fen=100)
    line.qty_awaited = 10
    _add(scope, "purchase_order_line", line)
    receipt = GoodsReceipt(number=f"RK-{cycle.id}", kind="opening", subdistrict_id=cycle.subdistrict_id)
    receipt.received_at, receipt.received_by_id = clock.now(), supplies
    db.session.add(receipt)
    db.session.flush()
    lot = Lot(
        goods_receipt_id=receipt.id, item_id=here.items[2].id, released_at=clock.now(), qty_received=5, qty_free=5
    )
    _add(scope, "lot", lot)
    _add(scope, "write_off", WriteOff(lot_id=lot.id, qty=1, reason="坏", asked_by_id=supplies))


def _everybody(here: World) -> None:
    """An account that holds every role in the whole subdistrict, and the order desk of the first point."""
    password = here.accounts["admin"].password_hash
    one = Account(username="everything", password_hash=password, display_name="every")
    desk = Account(username="desk", password_hash=password, display_name="接单员")
    db.session.add_all([one, desk])
    db.session.flush()
    start = clock.now() - timedelta(days=1)
    for role in Role:
        db.session.add(RoleGrant(account_id=one.id, role=role, subdistrict_id=here.subdistrict.id, starts_at=start))
    point = here.points[0].id
    db.session.add(RoleGrant(account_id=desk.id, role=Role.ORDER_DESK, service_point_id=point, starts_at=start))
    here.accounts |= {"everything": one, "desk": desk}

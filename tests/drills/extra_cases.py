"""What the drills' cycle has besides an ordinary day, so that every page has something to decide.

Each function belongs to one state of `tests.drills.stages` and puts the objects there through the ordinary commands.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from app.access.permissions import Resident
from app.allocation import service as allocation
from app.allocation.schemas import SetShare
from app.catalog import service as catalog
from app.catalog.models import Bundle, Item
from app.catalog.schemas import PutComponent, SaveBundle
from app.core import clock
from app.core.clock_trust import tick
from app.core.db import command, db
from app.core.jobs import Job, JobState
from app.core.queue.worker import drain
from app.demo.day import DemoDay, captain_of
from app.demo.subdistrict import Cast
from app.dispatch.arrivals import service as arrivals
from app.dispatch.arrivals.schemas import RoundArrived
from app.dispatch.drafts import editing
from app.dispatch.drafts import service as drafts
from app.dispatch.drafts.schemas import OUT, Edit, Undo
from app.dispatch.hours import service as hours
from app.dispatch.hours.schemas import SetHours
from app.dispatch.models import ArrivalDifference, DeliveryPlan, DeliveryStop, DifferenceState, TeamMode
from app.dispatch.planning import service as planning
from app.dispatch.planning.schemas import AskPlan
from app.errands import service as errands
from app.errands.models import Errand
from app.handover.confirmation import service as confirmation
from app.handover.disputes import service as disputes
from app.handover.doors import service as doors
from app.handover.models import Dispute, DisputeState, DoorOutcome
from app.handover.schemas import Complain, Complaint, DoorProblem, LeftAtDoors, ResolveDispute
from app.intake.booking.schemas import Settle
from app.intake.booking.service import commit as take_in
from app.intake.booking.service import settle as settle_line
from app.intake.models import PasteLine
from app.intake.paste import service as intake
from app.intake.paste.schemas import Paste
from app.ordering import service as ordering
from app.ordering.claims import service as claims
from app.ordering.claims.models import RoomClaim
from app.ordering.claims.schemas import LeaveClaim
from app.ordering.cycles import service as cycles
from app.ordering.cycles.schemas import EditCycle, EditOffers
from app.ordering.desk import service as desk
from app.ordering.models import HouseholdOrder, Offer, OrderLine, Policy, Source
from app.ordering.orders import IfExists, OfferPick, PlaceOrder
from app.ordering.packs import queries as pack_queries
from app.ordering.packs import service as packs
from app.ordering.packs.models import PackScope
from app.ordering.remarks import service as remarks
from app.ordering.remarks.queries import words_of
from app.ordering.remarks.schemas import SettleWords
from app.ordering.resident import service as resident
from app.picking.models import Bag, BagState
from app.places.accounts import service as accounts
from app.places.accounts.schemas import AccountWithRole
from app.places.buildings import service as buildings
from app.places.buildings.schemas import AddBlackout
from app.places.models import Building, Compound, Household, ServicePoint, Stairwell
from app.places.registry import service as registry
from app.places.registry.schemas import NewAlias, SaveGate
from app.printing.centre import service as printing
from app.printing.models import Document
from app.printing.returns import service as returns
from app.settlement import service as settlement
from app.settlement.models import PaymentKind
from app.settlement.schemas import MoneyMark
from app.stock.keeping import service as keeping
from app.stock.models import Lot
from app.stock.schemas import AskWriteOff
from app.tally.claims import service as claim_desk
from app.tally.claims.schemas import SettleClaim
from app.tally.moving import service as moving
from app.tally.moving.schemas import NEXT, MoveBuilding

GIFT = "爱心包"
FIRST_LIST = "#接龙\n1. 溪上人家2幢1单元101 青菜2 土豆1\n2. 溪上人家2幢1单元102 鸡蛋1\n3. 溪上人家2幢1单元201 青菜1\n"
"""Taken in; of its lines one is then settled by hand."""
OTHER_LIST = (
    "#接龙 水果专场\n1. 溪上人家2幢1单元101 青菜2 土豆1\n2. 溪上人家2幢1单元102 鸡蛋1\n3. 溪上人家2幢1单元301 土豆1\n"
)
"""Like the first, but under another title: somebody has to say which it is."""
FRESH_LIST = "#接龙\n1. 溪上人家3幢1单元101 青菜2\n2. 溪上人家3幢1单元102 土豆1\n3. 桂花里1栋1单元201 青菜1\n"
"""Not taken in yet, with a line that another point covers."""


def first_building() -> Building:
    """The building of the captain who walks through the site."""
    return db.session.scalars(select(Building).order_by(Building.id)).first() or _nothing("building")


def _nothing(what: str) -> Building:
    raise LookupError(f"the demo has no {what}")


def homes_of(building_id: int) -> list[int]:
    """Households of a building, in order."""
    found = select(Household.id).join(Stairwell, Stairwell.id == Household.stairwell_id)
    return list(db.session.scalars(found.where(Stairwell.building_id == building_id).order_by(Household.id)))


def doubt_date() -> None:
    """The clock of the machine was put forward by a month, and nobody has confirmed the date since."""
    with clock.shifted_by(timedelta(days=-30)):
        tick()
    tick()


# --- before the cycle -------------------------------------------------------------------------------------------------
def prepare(cast: Cast) -> None:
    """Names, gates, hours, a free pack in the catalogue, an account that is disabled, a building that will move."""
    admin, later = cast.admin, clock.now() + timedelta(days=3)
    compound = db.session.scalars(select(Compound.id).order_by(Compound.id).limit(1)).one()
    registry.add_alias(admin, compound, NewAlias("溪上花园"))
    registry.add_gate(admin, compound, SaveGate("南门", None, 0, 86_400, True))
    blackout = AddBlackout(later, later + timedelta(hours=2), "电梯检修")
    buildings.add_building_blackout(admin, first_building().id, blackout)
    bundle = catalog.save_bundle(admin, None, SaveBundle("G01", GIFT, 0, True))
    for item in ("土豆", "面条"):
        catalog.put_component(admin, bundle.id, PutComponent(item, 1))
    hours.set_hours(cast.buyer, cast.subdistrict_id, SetHours(TeamMode.CART.value, 5 * 3600, 86_400))
    left = AccountWithRole("likai", "已离开的志愿者", "runner", f"subdistrict:{cast.subdistrict_id}")
    account = accounts.open_account(admin, left, "correct-horse-battery")
    accounts.set_active(admin, account.id, False)


# --- taking orders ----------------------------------------------------------------------------------------------------
def prepare_open_cycle(day: DemoDay) -> None:
    """What comes in besides orders, and a draft of the next cycle."""
    _next_cycle(day)
    _give_packs(day)
    _orders_with_words(day)
    _telephone(day)
    _lists(day)
    _claims(day)
    _errand(day)
    homes = homes_of(first_building().id)
    resident.issue_pin(day.cast.leaders[first_building().service_point_id], homes[0])
    to_move = db.session.scalars(select(Building).order_by(Building.id)).all()[4]
    other = next(point for point in day.cast.leaders if point != to_move.service_point_id)
    moving.move_building(day.cast.admin, to_move.id, MoveBuilding(other, NEXT, to_move.version))


def _next_cycle(day: DemoDay) -> None:
    now = clock.now()
    points = tuple(db.session.scalars(select(ServicePoint.id).order_by(ServicePoint.id)))
    wanted = EditCycle(
        "后天这一批", now, now + timedelta(days=1), clock.today() + timedelta(days=2), Policy.EQUAL_FLOOR.value, points
    )
    cycle = cycles.create_cycle(day.cast.buyer, day.cast.subdistrict_id, wanted)
    some = tuple(db.session.scalars(select(Item.id).order_by(Item.id).limit(3)))
    cycles.edit_offers(day.cast.buyer, cycle.id, EditOffers((), some))


def _give_packs(day: DemoDay) -> None:
    """Every household of the first building gets the free pack."""
    bundle = db.session.scalars(select(Bundle.id).filter_by(name=GIFT)).one()
    offer = db.session.scalars(select(Offer.id).where(Offer.cycle_id == day.cycle_id, Offer.bundle_id == bundle)).one()
    wanted = pack_queries.GivePack(offer, PackScope.BUILDING.value, first_building().id)
    units = pack_queries.preview(day.cycle_id, wanted).units
    packs.give(
        day.cast.buyer, day.cycle_id, pack_queries.GivePack(offer, wanted.scope_kind, wanted.scope_id, None, units)
    )


def _picks(day: DemoDay, *names: str) -> tuple[OfferPick, ...]:
    found = select(Offer.id).join(Item, Item.id == Offer.item_id)
    return tuple(
        OfferPick(db.session.scalars(found.where(Offer.cycle_id == day.cycle_id, Item.name == name)).one(), 1)
        for name in names
    )


def _orders_with_words(day: DemoDay) -> None:
    """Two households of the first building write something; the words of one are dealt with."""
    leader = day.cast.leaders[first_building().service_point_id]
    for household_id, said in zip(homes_of(first_building().id)[2:4], ("请放在门口鞋柜上", "老人糖尿病"), strict=True):
        wanted = PlaceOrder(
            day.cycle_id, household_id, _picks(day, "青菜", "大米"), if_exists=IfExists.ADD, other_need=said
        )
        order = ordering.place(Resident("household", household_id), wanted)
        if "鞋柜" in said:
            remarks.settle(leader, order.id, SettleWords(words_of(order).sha256, "放鞋柜"))


def _telephone(day: DemoDay) -> None:
    """Leader and captain each take an order on the telephone."""
    building = first_building()
    by = (day.cast.leaders[building.service_point_id], captain_of(building.id))
    for staff, household_id in zip(by, homes_of(building.id)[5:7], strict=True):
        wanted = PlaceOrder(
            day.cycle_id, household_id, _picks(day, "青菜", "土豆"), Source.TELEPHONE, if_exists=IfExists.ADD
        )
        desk.take_order(staff, wanted)


def _lists(day: DemoDay) -> None:
    """A list that is taken in and settled in part, one that may be its later version, one that is new."""
    point = first_building().service_point_id
    leader = day.cast.leaders[point]
    twice = homes_of(db.session.scalars(select(Building.id).order_by(Building.id)).all()[1])[2]
    desk.take_order(leader, PlaceOrder(day.cycle_id, twice, _picks(day, "洋葱"), Source.TELEPHONE, IfExists.ADD))
    take_in(leader, intake.paste_chain(leader, day.cycle_id, point, Paste(FIRST_LIST)).id)
    unknown = "#接龙\n1. 溪上人家5幢9单元909 青菜1\n2. 溪上人家5幢8单元808 土豆1\n"
    doubtful = take_in(leader, intake.paste_chain(leader, day.cycle_id, point, Paste(unknown)).id)
    line = db.session.scalars(select(PasteLine).where(PasteLine.paste_id == doubtful.id, PasteLine.outcome == "review"))
    home = homes_of(db.session.scalars(select(Building.id).order_by(Building.id)).all()[3])[0]
    settle_line(leader, line.all()[0].id, Settle(home, "青菜 1", "add"))
    intake.paste_chain(leader, day.cycle_id, point, Paste(OTHER_LIST))
    intake.paste_chain(leader, day.cycle_id, point, Paste(FRESH_LIST))


def _claims(day: DemoDay) -> None:
    """Two households could not come in; one of them was turned down."""
    building = first_building()
    leader = day.cast.leaders[building.service_point_id]
    stairwell = db.session.scalars(select(Stairwell.id).where(Stairwell.building_id == building.id).limit(1)).one()
    at = claims.ClaimPlace(building.id, day.cycle_id)
    for room, phone in (("101", "19900009001"), ("909", "19900009002")):
        claim = claims.leave(at, LeaveClaim(stairwell, room, phone, "other", "", _picks(day, "面条")))
    claim_desk.settle(leader, claim.id, SettleClaim("reject", claim.version, reason="打不通"))


def _errand(day: DemoDay) -> None:
    """What waits is given to the captain of the first building."""
    captain = captain_of(first_building().id)
    errand = db.session.scalars(select(Errand).order_by(Errand.id)).first()
    assert errand is not None
    errands.assign(day.cast.leaders[first_building().service_point_id], errand.id, captain.id)


def settle_claims(day: DemoDay) -> None:
    """Claims that still wait are turned down, so that the tally can be signed."""
    for point, leader in day.cast.leaders.items():
        for claim in db.session.scalars(select(RoomClaim).filter_by(state="open", service_point_id=point)).all():
            claim_desk.settle(leader, claim.id, SettleClaim("reject", claim.version, reason="打不通"))


# --- goods ------------------------------------------------------------------------------------------------------------
def prepare_allocation(day: DemoDay) -> None:
    """A share set by hand, a preview, write-offs of two people, and a planning job that a worker has in hand."""
    line = db.session.scalars(
        select(OrderLine).where(OrderLine.cycle_id == day.cycle_id, OrderLine.qty_open > 0).order_by(OrderLine.id)
    ).first()
    assert line is not None
    allocation.set_share(day.cast.buyer, line.id, SetShare(line.qty_ordered, "老人独居"))
    for by, lot in zip((day.cast.buyer, day.cast.checker), _lots_with_goods(), strict=False):
        keeping.ask_write_off(by, lot, AskWriteOff(1, "压坏"))
    allocation.ask_preview(day.cast.buyer, day.cycle_id)
    drain()
    hold_job(planning.ask_plan(day.cast.buyer, day.cycle_id, AskPlan(clock.today(), 2)).id)


def _lots_with_goods() -> list[int]:
    return list(db.session.scalars(select(Lot.id).where(Lot.qty_free > 1).order_by(Lot.id).limit(2)))


@command
def hold_job(job_id: int) -> None:
    """A worker of another machine is at a job, for the rest of the day: no worker of the drill takes it up."""
    job = db.session.get_one(Job, job_id)
    job.state, job.attempts, job.lease_until = JobState.RUNNING.value, 1, clock.now() + timedelta(days=1)


@command
def end_job() -> None:
    """What was held by `hold_job` is over."""
    for job in db.session.scalars(select(Job).where(Job.state == JobState.RUNNING)):
        job.state, job.lease_until, job.error = JobState.FAILED.value, None, "已停止"


# --- on the road ------------------------------------------------------------------------------------------------------
def adjust_draft(day: DemoDay, plan_id: int) -> None:
    """One stop is taken out of the draft by hand, which can be undone."""
    plan = db.session.get_one(DeliveryPlan, plan_id)
    opened = editing.open_plan(plan, editing.measure_roads(plan))
    name = opened.solved.rounds[-1].stops[-1]
    drafts.adjust(day.cast.buyer, plan_id, Edit(OUT, name, version=plan.version))


def undo_adjusting(day: DemoDay, plan_id: int) -> None:
    """The draft is as it was planned."""
    drafts.undo(day.cast.buyer, plan_id, Undo(db.session.get_one(DeliveryPlan, plan_id).version))


def count_twice(day: DemoDay, stop: DeliveryStop) -> None:
    """Captain and leader count the bags of a stop, with one bag between them."""
    leader = day.cast.leaders[db.session.get_one(Building, stop.building_id).service_point_id]
    arrivals.record_arrival(captain_of(stop.building_id), stop.id, RoundArrived([]))
    bag = db.session.scalars(
        select(Bag.id).where(Bag.cycle_id == day.cycle_id, Bag.building_id == stop.building_id).order_by(Bag.id)
    ).all()[-1]
    arrivals.record_arrival(leader, stop.id, RoundArrived([bag]))


def agree_on_counts(day: DemoDay) -> None:
    """Where two people counted differently, everything was there."""
    open_ones = select(ArrivalDifference.stop_id).where(ArrivalDifference.state == DifferenceState.OPEN)
    for stop_id in db.session.scalars(open_ones).all():
        arrivals.settle(day.cast.buyer, stop_id, RoundArrived([]))


def _at_building(day: DemoDay, building_id: int, state: BagState) -> list[Bag]:
    found = select(Bag).where(Bag.cycle_id == day.cycle_id, Bag.building_id == building_id, Bag.state == state)
    return list(db.session.scalars(found.order_by(Bag.id)))


def prepare_deliveries(day: DemoDay) -> None:
    """At the first building some doors have their bags, one did not open, a bag is gone, the rest waits."""
    building = first_building()
    captain = captain_of(building.id)
    bags = [bag.id for bag in _at_building(day, building.id, BagState.DROPPED_OFF)]
    with clock.shifted_by(timedelta(hours=-49)):
        doors.leave(captain, day.cycle_id, building.id, LeftAtDoors(bags[:1]))
    with clock.shifted_by(timedelta(minutes=-30)):
        doors.leave(captain, day.cycle_id, building.id, LeftAtDoors(bags[1:4]))
        for bag, outcome in ((bags[4], DoorOutcome.NO_ANSWER), (bags[5], DoorOutcome.BAG_MISSING)):
            doors.report(captain, day.cycle_id, building.id, DoorProblem([bag], outcome.value))
    doors.leave(captain, day.cycle_id, building.id, LeftAtDoors(bags[6:7]))
    for bag_id in bags[2:4]:
        line = db.session.get_one(Bag, bag_id).lines[0]
        confirmation.complain_for(captain, bag_id, Complain([Complaint(line.order_line_id, 1, "missing")], ""))


def answer_disputes(day: DemoDay) -> None:
    """Every open complaint gets money back; what was not there at the door is found."""
    for bag in _at_building(day, first_building().id, BagState.MISSING):
        disputes.found(day.cast.buyer, bag.id)
    for dispute_id in db.session.scalars(select(Dispute.id).where(Dispute.state == DisputeState.OPEN)).all():
        disputes.resolve(day.cast.buyer, dispute_id, ResolveDispute(DisputeState.REFUNDED.value, "已核实"))


def print_sheets(day: DemoDay) -> None:
    """Sheets that come back, of the first building and of the first rounds; one hand-out list is typed in."""
    for kind in ("drop_off_sheet", "hand_out_list"):
        printing.request_printing(day.cast.buyer, day.cycle_id, printing.PrintRequest((kind,)))
        drain()
    other = db.session.scalars(
        select(Document)
        .join(Bag, (Bag.building_id == Document.subject_id) & (Bag.cycle_id == Document.cycle_id))
        .where(Document.kind == "hand_out_list", Bag.state == BagState.DROPPED_OFF)
        .where(Document.subject_id != first_building().id)
        .order_by(Document.id)
    ).first()
    if other is not None:
        bags = [bag.id for bag in _at_building(day, other.subject_id, BagState.DROPPED_OFF)]
        returns.enter_doors(day.cast.buyer, other.id, returns.ReturnedList(bags))
    hold_job(printing.request_printing(day.cast.buyer, day.cycle_id, printing.PrintRequest(("poster",))).id)


def mark_one_paid(day: DemoDay) -> None:
    """One household of the first building has paid for its order."""
    order = db.session.scalars(
        select(HouseholdOrder)
        .where(HouseholdOrder.cycle_id == day.cycle_id, HouseholdOrder.household_id.in_(homes_of(first_building().id)))
        .order_by(HouseholdOrder.total_fen.desc())
    ).first()
    assert order is not None
    settlement.mark(day.cast.buyer, order.id, MoneyMark(PaymentKind.PAID.value, 100))

"""One day of deliveries, lived through by the people of the demo: every step is the command behind a page."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select

from app.access.models import Account, RoleGrant
from app.access.permissions import Staff
from app.access.sessions import staff_account, staff_actor
from app.allocation import service as allocation
from app.allocation.schemas import Commit
from app.catalog.models import Item
from app.core import clock
from app.core.db import db
from app.core.jobs import Job, JobState
from app.core.queue.worker import drain
from app.demo.subdistrict import Cast
from app.dispatch.missing_bags import service as missing_bags_service
from app.dispatch.missing_bags.schemas import ResolveMissingBag
from app.dispatch.models import DeliveryPlan, DeliveryRound, DeliveryStop, RoundState, StopState
from app.dispatch.planning import service as dispatch
from app.dispatch.planning.schemas import AskPlan
from app.dispatch.rounds import service as rounds_service
from app.dispatch.rounds.schemas import SignDropOff
from app.handover import service as handover
from app.handover.confirmation import service as confirmation_service
from app.handover.disputes import service as disputes_service
from app.handover.models import Dispute, DisputeState, DoorOutcome
from app.handover.schemas import BringBack, Complain, Complaint, DoorEntry, HandOutEntry, ResolveDispute
from app.ordering.bulk import BulkOrderRow, OrderContact
from app.ordering.cycles import service as cycles_service
from app.ordering.cycles.schemas import EditCycle, Lock
from app.ordering.models import Cycle, Offer, Policy, RollCallOutcome
from app.ordering.order_file import service as order_file_service
from app.ordering.orders import OfferPick
from app.ordering.roll_call import service as roll_call_service
from app.picking import service as picking
from app.picking.models import Bag, BagState
from app.places.models import Building, Household, ServicePoint
from app.purchasing import service as purchasing
from app.purchasing.models import PurchaseOrder, PurchaseState
from app.purchasing.schemas import Close, SeenOrder
from app.stock import service as stock
from app.stock.schemas import DeliveryForm, GoodsArrived
from app.tally import queries as tally_queries
from app.tally import service as tally
from app.tally.schemas import SignTally

SHORT_ITEM = "青菜"  # the supplier brings six tenths of it


@dataclass
class DemoDay:
    """A cycle on its way, and who moves it. `seed` decides who orders what."""

    cast: Cast
    cycle_id: int
    seed: int

    @property
    def cycle(self) -> Cycle:
        return db.session.get_one(Cycle, self.cycle_id)


# --- the day before ---------------------------------------------------------------------------------------------------
def open_day(cast: Cast, name: str, deliver_on: date, cutoff_at: datetime, seed: int = 1) -> DemoDay:
    """Open a cycle for all points, now, with everything in the catalogue."""
    points = tuple(db.session.scalars(select(ServicePoint.id).order_by(ServicePoint.id)))
    now = clock.now()
    wanted = EditCycle(name, now, cutoff_at, deliver_on, Policy.EQUAL_FLOOR.value, points)
    cycle = cycles_service.create_cycle(cast.buyer, cast.subdistrict_id, wanted)
    cycles_service.add_all_items(cast.buyer, cycle.id)
    cycles_service.open_cycle(cast.buyer, cycle.id)
    return DemoDay(cast, cycle.id, seed)


def take_orders(day: DemoDay, share: float = 0.3) -> int:
    """A part of the households orders one to six things each."""
    chance = random.Random(day.seed)
    offers = list(db.session.scalars(select(Offer.id).where(Offer.cycle_id == day.cycle_id).order_by(Offer.position)))
    homes = list(db.session.scalars(select(Household.id).where(Household.is_active).order_by(Household.id)))
    ordering = [home for home in homes if chance.random() < share]
    rows = []
    for number, home in enumerate(ordering, start=1):
        chosen = chance.sample(offers, chance.randint(1, min(6, len(offers))))
        picks = tuple(OfferPick(offer, chance.choice((1, 1, 1, 2, 2, 3))) for offer in sorted(chosen))
        rows.append(BulkOrderRow(number, home, picks, OrderContact("", f"1990000{number:04d}")))
    return order_file_service.import_orders(day.cast.admin, day.cycle_id, rows).placed


def record_roll_call(day: DemoDay) -> None:
    """Leaders ask everybody who has not ordered."""
    for building in db.session.scalars(select(Building).order_by(Building.id)).all():
        leader = day.cast.leaders[building.service_point_id]
        roll_call_service.record_rest(leader, day.cycle_id, building.id, RollCallOutcome.DECLINED)


def lock_and_sign(day: DemoDay, early: bool = False) -> None:
    """Cut off, sign every point, start the day."""
    cycles_service.lock_cycle(day.cast.buyer, day.cycle_id, Lock(is_early=early))
    sign_points(day)


def sign_points(day: DemoDay) -> None:
    """Every leader signs the tally of the point; the day starts."""
    for point_id in day.cast.leaders:
        sign_point(day, point_id)
    tally.start_running(day.cast.buyer, day.cycle_id)


def sign_point(day: DemoDay, point_id: int) -> None:
    """The leader of a point signs its tally."""
    seen = sum(cell.qty for cell in tally_queries.ordered_cells(day.cycle_id, point_id))
    tally.sign(day.cast.leaders[point_id], day.cycle_id, point_id, SignTally(seen))


def buy(day: DemoDay) -> None:
    """Propose the cheapest purchase, have it approved by somebody else, send it."""
    purchasing.compute_demand(day.cast.buyer, day.cycle_id)
    purchasing.propose(day.cast.buyer, day.cycle_id)
    for order in purchase_orders(day, PurchaseState.DRAFT):
        approved = purchasing.approve(day.cast.checker, day.cycle_id, order.id, SeenOrder(order.version))
        purchasing.send(day.cast.buyer, day.cycle_id, order.id, SeenOrder(approved.version))


def purchase_orders(day: DemoDay, state: PurchaseState) -> list[PurchaseOrder]:
    """Orders to suppliers of the day in a state, oldest first."""
    found = select(PurchaseOrder).where(PurchaseOrder.cycle_id == day.cycle_id, PurchaseOrder.state == state)
    return list(db.session.scalars(found.order_by(PurchaseOrder.id)))


# --- the day itself ---------------------------------------------------------------------------------------------------
def receive(day: DemoDay) -> None:
    """Goods come in; of one item less than ordered, which the supplier will not bring later."""
    short = _item(SHORT_ITEM)
    for order in purchase_orders(day, PurchaseState.SENT):
        rows = [
            GoodsArrived(line.id, good=line.qty_awaited * 6 // 10 if line.item_id == short else line.qty_awaited)
            for line in order.lines
        ]
        stock.receive(day.cast.buyer, order.id, DeliveryForm(rows))
        fresh = db.session.get_one(PurchaseOrder, order.id)
        if fresh.state == PurchaseState.SENT:
            purchasing.close(day.cast.buyer, day.cycle_id, order.id, Close(fresh.version, gives_up=True))


def _item(name: str) -> int:
    return db.session.scalars(select(Item.id).filter_by(name=name)).one()


def allocate_goods(day: DemoDay, declares: bool = True) -> None:
    """Allocate what is there and declare what stays short."""
    proposal = allocation.proposal_for(day.cycle)
    if any(item.qty_given for item in proposal.items):
        allocation.allocate(day.cast.buyer, day.cycle_id, Commit(proposal.input_sha256))
    if declares and any(item.qty_short for item in proposal.items):
        allocation.declare_short(day.cast.buyer, day.cycle_id)


def pack_and_plan(day: DemoDay, seconds: int = 3) -> DeliveryPlan:
    """Pack, plan the rounds of today, publish the plan. Raises RuntimeError where the planning job failed."""
    picking.pack(day.cast.buyer, day.cycle_id)
    wanted = AskPlan(clock.today(), seconds)
    job_id = dispatch.ask_plan(day.cast.buyer, day.cycle_id, wanted).id
    drain()
    job = db.session.get_one(Job, job_id)
    if job.state != JobState.SUCCEEDED:
        raise RuntimeError(f"planning failed: {job.error}")
    return dispatch.publish(day.cast.buyer, job.result["plan_id"])


def deliver_rounds(day: DemoDay, plan: DeliveryPlan, loses_one: bool = False) -> None:
    """Every round is loaded, departs, and is signed for building by building; one bag is found only after a search."""
    buyer = day.cast.buyer
    for round_id in db.session.scalars(
        select(DeliveryRound.id).where(DeliveryRound.plan_id == plan.id).order_by(DeliveryRound.seq)
    ).all():
        rounds_service.load(buyer, round_id)
        rounds_service.depart(buyer, round_id)
        for stop_id in db.session.scalars(
            select(DeliveryStop.id).where(DeliveryStop.round_id == round_id).order_by(DeliveryStop.seq)
        ).all():
            stop = db.session.get_one(DeliveryStop, stop_id)
            lost = rounds_service.bags_at(stop)[0] if loses_one else None
            rounds_service.sign(captain_of(stop.building_id), stop_id, SignDropOff(lost.code if lost else ""))
            if lost:
                missing_bags_service.resolve_missing(buyer, lost.id, ResolveMissingBag(missing_bags_service.Fate.FOUND))
            loses_one = False


def finish_rounds(day: DemoDay, plan: DeliveryPlan) -> None:
    """Every round of a plan that is not over goes on from where it is, and is signed for everywhere."""
    for round_id, state in db.session.execute(
        select(DeliveryRound.id, DeliveryRound.state)
        .where(DeliveryRound.plan_id == plan.id)
        .order_by(DeliveryRound.seq)
    ).all():
        if state == RoundState.PLANNED:
            rounds_service.load(day.cast.buyer, round_id)
        if state in (RoundState.PLANNED, RoundState.LOADING):
            rounds_service.depart(day.cast.buyer, round_id)
        waiting = select(DeliveryStop.id, DeliveryStop.building_id).where(
            DeliveryStop.round_id == round_id, DeliveryStop.state == StopState.PENDING
        )
        for stop_id, building_id in db.session.execute(waiting.order_by(DeliveryStop.seq)).all():
            rounds_service.sign(captain_of(building_id), stop_id, SignDropOff(""))


def captain_of(building_id: int) -> Staff:
    """The captain of a building, as an actor."""
    account_id = db.session.scalar(
        select(Account.id)
        .join(RoleGrant, RoleGrant.account_id == Account.id)
        .where(RoleGrant.building_id == building_id)
    )
    account = staff_account(account_id or 0)
    if account is None:
        raise LookupError(f"building {building_id} has no captain")
    return staff_actor(account)


def hand_out(day: DemoDay, one_fails: bool = False) -> None:
    """Captains leave each bag at its door; at one door nobody answers, and that bag comes back for the next wave."""
    for building_id in _buildings_with(day, BagState.DROPPED_OFF):
        bags = _bags(day, BagState.DROPPED_OFF, building_id)
        outcomes = [DoorEntry(bag.id) for bag in bags]
        if one_fails:
            outcomes[0] = DoorEntry(bags[0].id, DoorOutcome.NO_ANSWER.value)
        handover.hand_out(captain_of(building_id), day.cycle_id, building_id, HandOutEntry(outcomes))
        if one_fails:
            handover.bring_back(captain_of(building_id), bags[0].id, BringBack("good", "redeliver"))
        one_fails = False


def _buildings_with(day: DemoDay, state: BagState) -> list[int]:
    found = select(Bag.building_id).where(Bag.cycle_id == day.cycle_id, Bag.state == state).distinct()
    return sorted(db.session.scalars(found))


def _bags(day: DemoDay, state: BagState, building_id: int | None = None) -> list[Bag]:
    found = select(Bag).where(Bag.cycle_id == day.cycle_id, Bag.state == state)
    if building_id is not None:
        found = found.where(Bag.building_id == building_id)
    return list(db.session.scalars(found.order_by(Bag.id)))


def complain(day: DemoDay) -> None:
    """Two households complain: one gets its things again, one its money back."""
    for bag, kind, to in zip(
        _bags(day, BagState.HANDED_OUT), ("missing", "damaged"), (DisputeState.REDELIVERED, DisputeState.REFUNDED),
        strict=False,
    ):  # fmt: skip
        line = bag.lines[0]
        said = Complain([Complaint(line.order_line_id, 1, kind)], "")
        confirmation_service.complain_for(day.cast.buyer, bag.id, said)
        dispute = db.session.scalars(select(Dispute).filter_by(bag_id=bag.id, state="open")).one()
        disputes_service.resolve(day.cast.buyer, dispute.id, ResolveDispute(to.value, "已核实"))


def confirm_all(day: DemoDay) -> None:
    """Captains confirm for their buildings; what is left counts as accepted after two days."""
    for building_id in _buildings_with(day, BagState.HANDED_OUT):
        confirmation_service.confirm_building(captain_of(building_id), day.cycle_id, building_id)
    with clock.shifted_by(timedelta(hours=49)):
        confirmation_service.confirm_overdue(clock.now())


def second_wave(day: DemoDay, seconds: int = 1) -> None:
    """What came back or is to be redelivered goes out again."""
    allocate_goods(day)
    plan = pack_and_plan(day, seconds)
    deliver_rounds(day, plan)
    hand_out(day)
    confirm_all(day)

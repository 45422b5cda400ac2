"""The small world on a running day, with something to see on every page, and a second cycle that takes orders."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update

from app.access.sessions import issue_token
from app.allocation import service as allocation
from app.allocation.schemas import Commit
from app.api.webhooks.models import Webhook, WebhookDelivery
from app.catalog.models import Bundle, BundleComponent
from app.core import clock
from app.core.db import command, db
from app.core.jobs import Job
from app.core.queue.worker import drain
from app.dispatch.models import DeliveryPlan, DeliveryStop, TeamMember
from app.dispatch.planning import service as dispatch
from app.dispatch.planning.schemas import AskPlan
from app.dispatch.rounds import service as rounds_service
from app.dispatch.rounds.schemas import SignDropOff
from app.errands import service as errands
from app.errands.models import Errand
from app.errands.schemas import Ask
from app.handover.confirmation import service as confirmation_service
from app.handover.models import Dispute
from app.handover.schemas import Complain, Complaint
from app.intake.booking import service as booking_service
from app.intake.models import PasteLine
from app.intake.paste import service as intake
from app.intake.paste.schemas import Paste
from app.ordering.models import Cycle, CyclePoint, CycleState, HouseholdOrder, Offer, OfferComponent, OrderLine
from app.ordering.standing import service as standing_service
from app.ordering.standing.models import StandingOrder
from app.picking import service as picking
from app.picking.models import Bag
from app.places.care import service as care_service
from app.places.models import Captaincy, Gate, HouseholdContact, ZoneDesignation, ZoneLevel
from app.purchasing import service as purchasing
from app.purchasing.models import PurchaseOrder
from app.purchasing.schemas import SeenOrder
from app.stock import service as stock
from app.stock.models import Lot
from app.stock.schemas import DeliveryForm, GoodsArrived
from app.tally import service as tally
from tests import world
from tests.handover.delivery import bags, hand_out, resident_of
from tests.purchasing.signed import sign_all
from tests.world import World

CHAIN = "#接龙\n1. 桂花苑2号楼1单元101 青菜2 土豆1\n2. 桂花苑2号楼1单元999 青菜1\n谢谢群主\n"


@dataclass(frozen=True)
class Day:
    """What pages are about, as ids: by argument name, or by `endpoint:argument` where that page needs another."""

    ids: dict[str, Any]
    token: str  # of the first household

    def fill(self, endpoint: str, argument: str) -> Any:
        """The value of an argument in the address of an endpoint. Raises LookupError where no rule names it."""
        own = f"{endpoint}:{argument}"
        if own in self.ids:
            return self.ids[own]
        if argument in self.ids:
            return self.ids[argument]
        raise LookupError(f"{endpoint} has an argument {argument}: add an id for it to tests/e2e/day.py")


def build() -> tuple[World, Day]:
    """Live the day in the present database."""
    here = world.build()
    _furnish(here)
    for household in here.households[:9]:
        here.order(household, {0: 3, 1: 1, 3: 1})
    here.lock()
    sign_all(here)
    tally.start_running(here.actor("supplies"), here.cycle.id)
    _buy(here)
    seen = Commit(allocation.proposal_for(db.session.get_one(Cycle, here.cycle.id)).input_sha256)
    allocation.allocate(here.actor("supplies"), here.cycle.id, seen)
    picking.pack(here.actor("supplies"), here.cycle.id)
    _drive(here)
    _hand_out(here)
    coming = _coming(here)
    resident = resident_of(here.households[0])
    errands.ask(resident, resident.id, Ask("medicine", "南门药房", "降压药两盒"))
    _care(here, coming)
    lived = Day(ids=_ids(here, coming), token=_phone(here))
    for account in here.accounts.values():
        db.session.refresh(account)  # so that they can be read when the session is gone
    return here, lived


def _furnish(here: World) -> None:
    """A bundle, a gate, a sealed building, and somebody to call."""
    bundle = Bundle(sku="B1", name="蔬菜包", list_price_fen=800)
    first = here.buildings[0]
    db.session.add(bundle)
    db.session.add(Gate(compound_id=first.compound_id, name="南门", lat_e6=first.lat_e6, lon_e6=first.lon_e6))
    db.session.flush()
    db.session.add(BundleComponent(bundle_id=bundle.id, item_id=here.items[0].id, qty=2))
    captain = here.accounts["captain"].id
    db.session.add(Captaincy(building_id=first.id, account_id=captain, starts_on=clock.today()))
    sealed = db.session.scalars(select(ZoneLevel.id).filter_by(code="sealed")).one()
    since = here.cycle.opens_at
    db.session.add(ZoneDesignation(building_id=here.buildings[1].id, zone_level_id=sealed, starts_at=since))
    for number, household in enumerate(here.households[:4]):
        contact = HouseholdContact(household_id=household.id, name="龘某某", phone=f"199 0000 000{number}")
        contact.purge_on = clock.today() + timedelta(days=30)
        db.session.add(contact)
    db.session.commit()


def _coming(here: World) -> Cycle:
    """A second cycle that takes orders, with a chain of which one line waits for a person."""
    now = clock.now()
    cycle = Cycle(
        subdistrict_id=here.subdistrict.id,
        name="第二批",
        opens_at=now - timedelta(hours=1),
        cutoff_at=now + timedelta(hours=20),
        deliver_on=clock.today() + timedelta(days=2),
        state=CycleState.OPEN,
    )
    db.session.add(cycle)
    db.session.flush()
    db.session.add_all(CyclePoint(cycle_id=cycle.id, service_point_id=point.id) for point in here.points)
    for position, item in enumerate(here.items):
        offer = Offer(cycle_id=cycle.id, item_id=item.id, name=item.name, price_fen=item.list_price_fen)
        offer.position = position
        db.session.add(offer)
        db.session.flush()
        db.session.add(OfferComponent(offer_id=offer.id, item_id=item.id, qty=1))
    db.session.commit()
    leader = here.actor("leader")
    told = Webhook(subdistrict_id=here.subdistrict.id, url="https://example.org/hook", kinds=["tally.signed"], salt="x")
    told.created_by_id = here.accounts["admin"].id
    db.session.add(told)
    db.session.flush()
    for number, state in enumerate(("sent", "failed", "queued")):
        message = WebhookDelivery(webhook_id=told.id, kind="test", state=state, attempts=number, due_at=now)
        message.answer = ("204", "500", "private address")[number]
        db.session.add(message)
    db.session.commit()
    paste = intake.paste_chain(leader, cycle.id, here.points[0].id, Paste(CHAIN))
    booking_service.commit(leader, paste.id)
    return cycle


def _care(here: World, coming: Cycle) -> None:
    """Somebody to look after, who gets vegetables without asking."""
    leader, home = here.actor("leader"), here.households[1].id
    carer = here.accounts["captain"].id
    care_service.save(leader, home, care_service.SaveCare(("elderly_alone",), True, carer, "敲门重一点"))
    lines = ((here.items[0].id, 2), (here.items[2].id, 1))
    wanted = standing_service.SaveStanding(lines, coming.deliver_on, every_days=2, carer_id=carer)
    standing_service.create(leader, home, wanted)
    standing_service.book_again(here.actor("supplies"), coming.id)


def _buy(here: World) -> None:
    """Everything is ordered; of the green vegetables a part is missing."""
    supplies, cycle = here.actor("supplies"), here.cycle.id
    purchasing.compute_demand(supplies, cycle)
    order_id = purchasing.propose(supplies, cycle).order_ids[0]
    for name, step in (("supplies2", purchasing.approve), ("supplies", purchasing.send)):
        step(here.actor(name), cycle, order_id, SeenOrder(db.session.get_one(PurchaseOrder, order_id).version))
    short = here.items[0].id
    lines = db.session.get_one(PurchaseOrder, order_id).lines
    came = [
        GoodsArrived(one.id, one.qty_awaited * 2 // 3 if one.item_id == short else one.qty_awaited) for one in lines
    ]
    stock.receive(supplies, order_id, DeliveryForm(came))
    db.session.execute(update(Lot).values(released_at=clock.now()))  # goods would rest half an hour
    db.session.commit()


def _drive(here: World) -> None:
    """The plan is published; the round to the first building is on its way and has been there."""
    supplies = here.actor("supplies")
    dispatch.ask_plan(supplies, here.cycle.id, AskPlan(here.cycle.deliver_on, 1))
    drain()
    dispatch.publish(supplies, db.session.scalars(select(DeliveryPlan.id)).one())
    stop = _stop(here)
    team = stop.round.shift.team_id
    db.session.add(TeamMember(team_id=team, account_id=here.accounts["runner"].id, name="小甲"))
    db.session.commit()
    rounds_service.load(supplies, stop.round_id)
    rounds_service.depart(supplies, stop.round_id)
    rounds_service.sign(supplies, stop.id, SignDropOff(""))


def _stop(here: World) -> DeliveryStop:
    return db.session.scalars(select(DeliveryStop).where(DeliveryStop.building_id == here.buildings[0].id)).one()


def _hand_out(here: World) -> None:
    """One bag finds nobody at home; the first household complains about its own."""
    lasting = [bag for bag in bags("dropped_off") if bag.building_id == here.buildings[0].id][-1]
    absent: dict[str, Any] = {f"bag{lasting.id}": "no_answer"}
    hand_out(here, **absent)
    line = min(line.order_line_id for line in bags()[0].lines)
    said = Complain([Complaint(line, 1, "damaged")], "烂了")
    confirmation_service.complain(resident_of(here.households[0]), bags()[0].id, said)


@command
def _phone(here: World) -> str:
    return issue_token(here.households[0].id, clock.now() + timedelta(days=7))


def _ids(here: World, coming: Cycle) -> dict[str, Any]:
    first = here.buildings[0]
    own = select(HouseholdOrder.id).where(HouseholdOrder.household_id == here.households[0].id)
    order = db.session.scalars(own.where(HouseholdOrder.cycle_id == here.cycle.id)).one()
    bought = db.session.scalars(select(PurchaseOrder.id)).one()
    in_building = [bag for bag in db.session.scalars(select(Bag).order_by(Bag.id)) if bag.building_id == first.id]
    stop = _stop(here)
    return {
        "webhook_id": db.session.scalars(select(Webhook.id)).one(),
        "cycle_id": here.cycle.id,
        "building_id": first.id,
        "household_id": here.households[1].id,
        "compound_id": first.compound_id,
        "point_id": here.points[0].id,
        "subdistrict_id": here.subdistrict.id,
        "gate_id": db.session.scalars(select(Gate.id)).one(),
        "account_id": here.accounts["leader"].id,
        "item_id": here.items[0].id,
        "bundle_id": db.session.scalars(select(Bundle.id)).one(),
        "supplier_id": here.supplier.id,
        "order_id": order,
        "errand_id": db.session.scalars(select(Errand.id)).first(),
        "standing_id": db.session.scalars(select(StandingOrder.id)).one(),
        "purchasing.order:order_id": bought,
        "stock.delivery:order_id": bought,
        "lot_id": db.session.scalars(select(Lot.id).order_by(Lot.id)).first(),
        "plan_id": stop.plan_id,
        "round_id": stop.round_id,
        "stop_id": stop.id,
        "team_id": stop.round.shift.team_id,
        "job_id": db.session.scalars(select(Job.id).filter_by(kind=dispatch.PLAN_JOB)).one(),
        "bag_id": in_building[0].id,
        "doors.complaint:bag_id": in_building[2].id,
        "doors.bring_back:bag_id": in_building[-1].id,
        "dispute_id": db.session.scalars(select(Dispute.id)).one(),
        "paste_id": db.session.scalars(select(PasteLine.paste_id).limit(1)).one(),
        "intake.line:line_id": db.session.scalars(select(PasteLine.id).filter_by(outcome="review")).one(),
        "allocation.share:line_id": db.session.scalars(
            select(OrderLine.id).where(OrderLine.qty_open > 0).limit(1)
        ).one(),
        "kind": "bag_label",
        "code": first.public_code,
        "part": "left",
    } | {f"{endpoint}:cycle_id": coming.id for endpoint in OF_THE_COMING}


# What can only be done while a cycle takes orders is walked on the cycle that does.
OF_THE_COMING = (
    "ordering.edit_cycle",
    "ordering.cancel_cycle",
    "ordering.offers",
    "intake.index",
    "desk.order_for",
    "desk.building",
    "desk.buildings",
    "desk.roll_call",
    "desk.call_building",
    "telephone.index",
    "telephone.call",
    "standing.bookings",
    "packs.index",
    "point_desk.index",
    "point_desk.duplicates",
    "own_order.order",
)

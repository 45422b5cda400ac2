"""What became of one household's order: read from every stage, for the household's own page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from app.allocation.models import ShareNote
from app.catalog.models import Item
from app.core.db import db
from app.dispatch.models import Custody, DeliveryPlan, DeliveryStop, HeldReason, PlanBag, PlanState
from app.dispatch.rounds.staying import label_of
from app.handover.confirmation.queries import answer_until, is_undoable, visible_state
from app.handover.doors.queries import LineInBag, lines_of
from app.handover.models import Confirmation, ConfirmedBy, DoorOutcome, HandOut
from app.ordering.models import HouseholdOrder, LineMove, OrderLine, Stage
from app.oversight.order_status.rules import BagFacts, OrderTimes
from app.picking.models import Bag, BagState
from app.purchasing.models import PurchaseOrder
from app.tally.models import Tally, TallyState


@dataclass(frozen=True)
class TrackedBag:
    """A bag with its number among the household's, what is in it and the facts of its way."""

    code: str
    number: int
    wave: int
    lines: Sequence[LineInBag]
    facts: BagFacts

    @property
    def can_answer(self) -> bool:
        """Whether the household may confirm or complain now."""
        return self.facts.state in (BagState.DROPPED_OFF, BagState.HANDED_OUT)


def order_times(order: HouseholdOrder) -> OrderTimes:
    """When the order was placed, tallied, bought and allocated. Three statements."""
    tallied = select(Tally.confirmed_at).where(
        Tally.cycle_id == order.cycle_id,
        Tally.service_point_id == order.service_point_id,
        Tally.state == TallyState.CONFIRMED,
    )
    bought = select(func.max(PurchaseOrder.sent_at)).where(PurchaseOrder.cycle_id == order.cycle_id)
    allocated = (
        select(func.max(LineMove.at))
        .join(OrderLine, OrderLine.id == LineMove.order_line_id)
        .where(OrderLine.order_id == order.id, LineMove.to_stage == Stage.ALLOCATED)
    )
    return OrderTimes(
        order.placed_at, db.session.scalar(tallied), db.session.scalar(bought), db.session.scalar(allocated)
    )


def own_bags(order_id: int) -> list[TrackedBag]:
    """The bags of an order, those taken apart again left out, oldest first. Six statements."""
    found = select(Bag).where(Bag.order_id == order_id, Bag.state != BagState.VOIDED).order_by(Bag.wave, Bag.seq)
    bags = list(db.session.scalars(found))
    ids = [bag.id for bag in bags]
    lines, facts = lines_of(ids), _Facts(ids)
    return [
        TrackedBag(bag.code, number, bag.wave, lines.get(bag.id, []), facts.of(bag))
        for number, bag in enumerate(bags, 1)
    ]


class _Facts:
    """What is known of some bags, fetched together."""

    def __init__(self, ids: list[int]) -> None:
        self._custody = _latest_custody(ids)
        self._plans = _answers_of_plans(ids)
        self._doors = _last_attempts(ids)
        found = select(Confirmation.bag_id, Confirmation.at, Confirmation.by_kind).where(Confirmation.bag_id.in_(ids))
        self._confirmed = {bag: (at, by_kind) for bag, at, by_kind in db.session.execute(found)}

    def of(self, bag: Bag) -> BagFacts:
        outcome, tried_at = self._doors.get(bag.id, ("", None))
        has_left = outcome == DoorOutcome.LEFT
        state = visible_state(BagState(bag.state), tried_at if has_left else None)
        has_left = has_left and state == bag.state  # what can still be taken back is told to nobody
        expected, held = self._plans.get(bag.id, (None, ""))
        confirmed = self._confirmed.get(bag.id)
        left_at = tried_at if has_left else None
        is_on_way = state not in (BagState.PACKED, BagState.HELD)
        is_here = state in (BagState.DROPPED_OFF, BagState.HANDED_OUT, BagState.CONFIRMED)
        return BagFacts(
            state=state.value,
            packed_at=bag.created_at,
            loaded_at=self._custody.get((bag.id, "team")) if is_on_way else None,
            arrived_at=self._custody.get((bag.id, "captain")) if is_here else None,
            left_at=left_at,
            confirmed_at=confirmed[0] if confirmed else None,
            is_confirmed_by_default=bool(confirmed and confirmed[1] == ConfirmedBy.TIMEOUT),
            expected_at=None if state == BagState.HELD else expected,
            failed=_failed(outcome, tried_at),
            held=_held(state, held),
            answer_until=answer_until(left_at) if state == BagState.HANDED_OUT else None,
        )


def _failed(outcome: str, tried_at: datetime | None) -> str:
    """Why the last attempt failed, once it can no longer be taken back."""
    if not outcome or outcome == DoorOutcome.LEFT or (tried_at and is_undoable(tried_at)):
        return ""
    return DoorOutcome(outcome).label


def _held(state: BagState, by_plan: str) -> str:
    """Why the bag is on no round: kept back since, or what the plan says."""
    if state == BagState.HELD:
        return by_plan or HeldReason.HELD.label
    return by_plan if state == BagState.PACKED else ""


def _latest_custody(ids: list[int]) -> dict[tuple[int, str], datetime]:
    """(bag, taker: team or captain) → when it was last passed on to one."""
    found = (
        select(Custody.bag_id, Custody.to_kind, func.max(Custody.at))
        .where(Custody.bag_id.in_(ids))
        .group_by(Custody.bag_id, Custody.to_kind)
    )
    return {(bag, taker): at for bag, taker, at in db.session.execute(found)}


def _answers_of_plans(ids: list[int]) -> dict[int, tuple[datetime | None, str]]:
    """Bag → when its stop is expected, or why the newest published plan holds it."""
    found = (
        select(PlanBag.bag_id, DeliveryStop.arrive_at, PlanBag.held_reason, PlanBag.held_detail)
        .join(DeliveryPlan, DeliveryPlan.id == PlanBag.plan_id)
        .outerjoin(DeliveryStop, DeliveryStop.id == PlanBag.stop_id)
        .where(PlanBag.bag_id.in_(ids), DeliveryPlan.state == PlanState.PUBLISHED)
        .order_by(DeliveryPlan.wave, DeliveryPlan.id)
    )
    return {
        bag: (at, label_of(detail) or (HeldReason(why).label if why else ""))
        for bag, at, why, detail in db.session.execute(found)
    }


def _last_attempts(ids: list[int]) -> dict[int, tuple[str, datetime]]:
    """Bag → outcome and time of the last attempt at its door."""
    found = select(HandOut.bag_id, HandOut.outcome, HandOut.at).where(HandOut.bag_id.in_(ids)).order_by(HandOut.id)
    return {bag: (outcome, at) for bag, outcome, at in db.session.execute(found)}


def share_sentences(order_id: int) -> list[str]:
    """Why the household gets less of something, or something else, in the words that are printed. One statement."""
    found = (
        select(ShareNote.sentence)
        .join(OrderLine, OrderLine.id == ShareNote.order_line_id)
        .join(Item, Item.id == OrderLine.item_id)
        .where(OrderLine.order_id == order_id)
        .order_by(Item.category, Item.id)
    )
    return list(db.session.scalars(found))

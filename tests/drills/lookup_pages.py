"""Which pages somebody of the drills' cycle looks up, where a walk along the links would not get."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from app.access.models import Account
from app.allocation.models import ShareOverride
from app.core.db import db
from app.dispatch.drafts import editing
from app.dispatch.drafts.schemas import OUT
from app.dispatch.models import DeliveryPlan, DeliveryStop, PlanState, StopState
from app.ordering.models import Cycle, HouseholdOrder, Offer, OrderState
from app.ordering.remarks.models import SettledWords
from app.picking.models import Bag, BagState
from app.places.models import Building, BuildingMove, ServicePoint
from app.printing.models import Document
from app.settlement.models import Payment
from tests.drills.extra_cases import homes_of


def resident_household() -> int:
    """A household of the first building that has ordered; 0 where none has."""
    building = db.session.scalars(select(Building.id).order_by(Building.id)).first()
    if building is None:
        return 0
    found = select(HouseholdOrder.household_id).where(HouseholdOrder.household_id.in_(homes_of(building)))
    return db.session.scalars(found.order_by(HouseholdOrder.household_id)).first() or 0


def lookup_pages(role: str) -> list[tuple[str, dict[str, Any]]]:
    """(endpoint, values) of pages that somebody looks up by typing, where a walk along the links would not get."""
    building = db.session.scalars(select(Building.id).order_by(Building.id).limit(1)).first()
    if building is None:
        return [("date.page", {})] if role == "admin" else []
    homes = homes_of(building)
    if role == "admin":
        going = select(BuildingMove.building_id).where(BuildingMove.starts_at.is_(None))
        disabled = db.session.scalars(select(Account.id).filter_by(username="likai")).one()
        return [
            ("accounts.show", {"account_id": disabled}),
            ("addresses.index", {"q": "溪上花苑1幢1单元101"}),
            ("moving.ask", {"building_id": building, "to": _other_point(building)}),
            *(("buildings.show", {"building_id": one}) for one in db.session.scalars(going)),
            *(("ordering.void_order", {"order_id": one}) for one in _orders_of_others("admin")),
        ]
    if role == "leader":
        return [
            ("errands.ask_for", {"household_id": homes[0]}),
            ("merging.ask", {"household_id": homes[-1], "into": homes[-2]}),
            ("door_pins.show", {"household_id": homes[0]}),
            *(("words.order", {"order_id": one.order_id}) for one in db.session.scalars(select(SettledWords))),
            *_sheets("drop_off_sheet", building),
            *_sheets("hand_out_list", building),
        ]
    if role == "supplies":
        free = select(Offer).join(Cycle, Cycle.id == Offer.cycle_id).where(Offer.price_fen == 0, Cycle.state == "open")
        packs_of = [
            ("packs.index", {"cycle_id": one.cycle_id, "scope_kind": "subdistrict", "offer_id": one.id})
            for one in db.session.scalars(free.limit(1))
        ]
        typed_in = select(Document.number).where(Document.kind == "hand_out_list", Document.returned_at.is_not(None))
        sheets = [("printing.by_number", {"text": one}) for one in db.session.scalars(typed_in.limit(1))]
        return [*packs_of, *_goods(), *_money(), *sheets]
    return []


def _goods() -> list[tuple[str, dict[str, Any]]]:
    """A share that was set by hand, a bag that is held, a change of a draft."""
    shares = select(ShareOverride.order_line_id).limit(1)
    held = select(Bag.id).where(Bag.state == BagState.HELD).limit(1)
    found: list[tuple[str, dict[str, Any]]] = [
        *(("allocation.share", {"line_id": one}) for one in db.session.scalars(shares)),
        *(("picking.bag", {"bag_id": one}) for one in db.session.scalars(held)),
    ]
    for plan in db.session.scalars(select(DeliveryPlan).where(DeliveryPlan.state == PlanState.PROPOSED).limit(1)):
        stop = editing.open_plan(plan, editing.measure_roads(plan)).solved.rounds[0].stops[-1]
        found.append(("adjust.index", {"plan_id": plan.id, "do": OUT, "stop": stop}))
    return found


def _orders_of_others(username: str) -> list[int]:
    """A locked order that this account did not take itself, so that it may void it while nothing of it is allocated."""
    own = select(Account.id).filter_by(username=username).scalar_subquery()
    found = select(HouseholdOrder.id).where(HouseholdOrder.state == OrderState.LOCKED)
    theirs = found.where((HouseholdOrder.placed_by_kind != "staff") | (HouseholdOrder.placed_by_id != own))
    return list(db.session.scalars(theirs.order_by(HouseholdOrder.id.desc()).limit(1)))


def _money() -> list[tuple[str, dict[str, Any]]]:
    """A household that paid, and the accounts of its point."""
    paid = select(HouseholdOrder).join(Payment, Payment.household_order_id == HouseholdOrder.id).limit(1)
    found: list[tuple[str, dict[str, Any]]] = []
    for order in db.session.scalars(paid):
        found.append(("settlement.order", {"order_id": order.id}))
        found.append(("settlement.index", {"cycle_id": order.cycle_id, "point": order.service_point_id}))
    return found


def _other_point(building_id: int) -> int:
    here = db.session.get_one(Building, building_id).service_point_id
    return db.session.scalars(select(ServicePoint.id).where(ServicePoint.id != here).limit(1)).one()


def _sheets(kind: str, building_id: int) -> list[tuple[str, dict[str, Any]]]:
    found = select(Document.number).where(Document.kind == kind)
    if kind == "hand_out_list":
        found = found.where(Document.subject_id == building_id)
    else:
        waiting = select(DeliveryStop.id).where(DeliveryStop.state == StopState.PENDING)
        found = found.where(Document.subject_id.in_(waiting))
    return [("printing.by_number", {"text": number}) for number in db.session.scalars(found.limit(1))]

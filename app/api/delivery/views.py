"""Endpoints of plans, rounds, stops and doors."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from app.access.guard import staff
from app.access.permissions import Permission
from app.access.tokens.idempotent import once
from app.access.tokens.models import TokenScope
from app.api.cursor import part_of, part_of_list
from app.api.delivery.schemas import (
    ArrivedBags,
    BuildingBagsRecord,
    PlanList,
    PlanRecord,
    RoundList,
    RoundRecord,
    SeenPlan,
    StopStateRecord,
)
from app.api.framework import ApiBlueprint
from app.api.schemas import CursorQuery, JobRecord
from app.core.db import db
from app.core.jobs import Job
from app.dispatch import queries
from app.dispatch.arrivals import service as arrivals_service
from app.dispatch.arrivals.schemas import RoundArrived
from app.dispatch.models import DeliveryPlan, DeliveryStop, PlanState
from app.dispatch.planning import service as planning_service
from app.dispatch.planning.schemas import AskPlan
from app.dispatch.rounds import service as rounds_service
from app.dispatch.rounds.schemas import Left, Skip
from app.handover.doors import service as doors_service
from app.handover.schemas import DoorProblem, LeftAtDoors
from app.ordering.gate import readable_cycle, require_cycle
from app.picking.models import Bag, BagState
from app.places.scope import require_building

bp = ApiBlueprint("api_delivery", __name__, description="Plans, rounds, stops, doors")
SCOPE = TokenScope.DELIVERY
BUILDING = "/cycles/<int:cycle_id>/buildings/<int:building_id>"


@bp.read("/cycles/<int:cycle_id>/plans", Permission.PLAN_READ, PlanList, takes=CursorQuery)
def list_plans(asked: CursorQuery, cycle_id: int) -> dict[str, Any]:
    """The plans of a cycle; discarded ones are left out."""
    cycle = require_cycle(staff(), Permission.PLAN_READ, cycle_id)
    found = select(DeliveryPlan).where(DeliveryPlan.cycle_id == cycle.id, DeliveryPlan.state != PlanState.DISCARDED)
    rows, following = part_of(found, DeliveryPlan.id, asked)
    return {"items": rows, "next": following}


@bp.act("/cycles/<int:cycle_id>/plans", Permission.PLAN, SCOPE, JobRecord, takes=AskPlan)
def ask_plan(wanted: AskPlan, cycle_id: int) -> Job:
    """Search for a plan in the background; the day's teams must be on the roster."""
    return db.session.get_one(Job, once(lambda job: job.id, planning_service.ask_plan, staff(), cycle_id, wanted))


@bp.read("/plans/<int:plan_id>", Permission.PLAN_READ, PlanRecord)
def get_plan(plan_id: int) -> DeliveryPlan:
    """One plan."""
    return planning_service.require_plan(staff(), Permission.PLAN_READ, plan_id)


@bp.act("/plans/<int:plan_id>/publish", Permission.PLAN, SCOPE, PlanRecord, takes=SeenPlan)
def publish_plan(wanted: SeenPlan, plan_id: int) -> DeliveryPlan:
    """Publish a plan: its rounds may be loaded."""
    once(lambda plan: plan.id, planning_service.publish, staff(), plan_id, wanted.version)
    return planning_service.require_plan(staff(), Permission.PLAN, plan_id)


@bp.act("/plans/<int:plan_id>/discard", Permission.PLAN, SCOPE, PlanRecord)
def discard_plan(plan_id: int) -> DeliveryPlan:
    """Throw a proposed plan away."""
    once(lambda plan: plan.id, planning_service.discard, staff(), plan_id)
    return planning_service.require_plan(staff(), Permission.PLAN, plan_id)


@bp.read("/cycles/<int:cycle_id>/rounds", Permission.LOAD, RoundList, takes=CursorQuery)
def list_rounds(asked: CursorQuery, cycle_id: int) -> dict[str, Any]:
    """The rounds of published plans; a runner gets those of the own teams."""
    cycle = readable_cycle(staff(), Permission.LOAD, cycle_id)
    teams = rounds_service.teams_run(staff(), cycle.id)
    plans = (plan for plan in queries.plans(cycle.id) if plan.state == PlanState.PUBLISHED)
    rows, following = part_of_list([row for plan in plans for row in queries.round_rows(plan.id, teams)], asked)
    return {"items": rows, "next": following}


@bp.read("/rounds/<int:round_id>", Permission.LOAD, RoundRecord)
def get_round(round_id: int) -> dict[str, Any]:
    """One round: its stops in order with their bags."""
    return _round(round_id)


def _round(round_id: int) -> dict[str, Any]:
    found = rounds_service.require_round(staff(), round_id)
    bags = queries.bags_by_stop(round_id)
    stops = [
        {
            "stop_id": row.stop_id,
            "seq": row.seq,
            "building_id": row.building_id,
            "compound": row.compound,
            "building": row.building,
            "arrive_at": row.arrive_at,
            "state": row.state,
            "missing": row.missing,
            "bags": bags.get(row.stop_id, []),
        }
        for row in queries.stop_rows(round_id)
    ]
    return {
        "id": found.id,
        "plan_id": found.plan_id,
        "cycle_id": found.plan.cycle_id,
        "state": found.state,
        "departs_at": found.departs_at,
        "stops": stops,
    }


@bp.act("/rounds/<int:round_id>/load", Permission.LOAD, SCOPE, RoundRecord, takes=Left)
def load_round(wanted: Left, round_id: int) -> dict[str, Any]:
    """Load the bags of a round; those in `bags` (ids) stay in the depot."""
    return _round(once(lambda one: one.id, rounds_service.load, staff(), round_id, wanted))


@bp.act("/rounds/<int:round_id>/depart", Permission.LOAD, SCOPE, RoundRecord)
def depart_round(round_id: int) -> dict[str, Any]:
    """The team leaves."""
    return _round(once(lambda one: one.id, rounds_service.depart, staff(), round_id))


@bp.act("/stops/<int:stop_id>/arrive", Permission.ARRIVAL, SCOPE, StopStateRecord, takes=ArrivedBags)
def arrive_at_stop(wanted: ArrivedBags, stop_id: int) -> DeliveryStop:
    """The bags of a stop are at the building and counted, but for those in `missing`."""
    arrived = RoundArrived(missing=list(wanted.missing))
    once(lambda stop: stop.id, arrivals_service.record_arrival, staff(), stop_id, arrived)
    return rounds_service.require_stop(staff(), stop_id)


@bp.act("/stops/<int:stop_id>/fail", Permission.LOAD, SCOPE, StopStateRecord, takes=Skip)
def fail_stop(wanted: Skip, stop_id: int) -> DeliveryStop:
    """A stop is not served, with the reason; its bags come back."""
    once(lambda stop: stop.id, rounds_service.skip, staff(), stop_id, wanted)
    stop = db.session.get_one(DeliveryStop, stop_id)
    rounds_service.require_round(staff(), stop.round_id)
    return stop


@bp.read(f"{BUILDING}/bags", Permission.HAND_OUT, BuildingBagsRecord)
def get_building_bags(cycle_id: int, building_id: int) -> dict[str, Any]:
    """The bags of a building, by code."""
    return _bags_of(cycle_id, building_id)


def _bags_of(cycle_id: int, building_id: int) -> dict[str, Any]:
    cycle = readable_cycle(staff(), Permission.HAND_OUT, cycle_id)
    building = require_building(staff(), Permission.HAND_OUT, building_id)
    found = select(Bag).where(Bag.cycle_id == cycle.id, Bag.building_id == building.id, Bag.state != BagState.VOIDED)
    return {"building_id": building.id, "bags": db.session.scalars(found.order_by(Bag.id)).all()}


@bp.act(f"{BUILDING}/deliver", Permission.HAND_OUT, SCOPE, BuildingBagsRecord, takes=LeftAtDoors)
def deliver_bags(wanted: LeftAtDoors, cycle_id: int, building_id: int) -> dict[str, Any]:
    """These bags (ids) are at their doors."""
    once(lambda _counts: building_id, doors_service.leave, staff(), cycle_id, building_id, wanted)
    return _bags_of(cycle_id, building_id)


@bp.act(f"{BUILDING}/fail", Permission.HAND_OUT, SCOPE, BuildingBagsRecord, takes=DoorProblem)
def fail_doors(wanted: DoorProblem, cycle_id: int, building_id: int) -> dict[str, Any]:
    """These bags (ids) could not be left at their door, and why."""
    once(lambda _counts: building_id, doors_service.report, staff(), cycle_id, building_id, wanted)
    return _bags_of(cycle_id, building_id)

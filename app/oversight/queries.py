"""The dashboard of the office and of each point, and the event log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, func, or_, select

from app.access.models import RoleGrant
from app.access.permissions import Permission, Staff, ids_of
from app.core import clock
from app.core.db import db
from app.core.events import SYSTEM, Event
from app.core.jobs import Job, JobState
from app.core.log.seals import EventSeal
from app.dispatch.models import (
    ArrivalDifference,
    DeliveryPlan,
    DeliveryRound,
    DeliveryStop,
    DifferenceState,
    PlanState,
    RoundState,
    StopState,
)
from app.dispatch.rounds import conditions
from app.errands.models import Errand
from app.errands.queries import is_overdue
from app.handover.models import Dispute, DisputeState
from app.ordering.models import Cycle, CyclePoint, CycleState, HouseholdOrder, OrderLine
from app.picking.models import Bag
from app.places.accounts.service import grants_in_scope
from app.places.models import Building, Household, Stairwell
from app.places.scope import buildings_in_scope


@dataclass(frozen=True)
class Stuck:
    """Something that waits longer than it should: what, how many, since when, who moves it, where to go."""

    what: str
    count: int
    since: datetime | None
    owner: str
    endpoint: str
    cycle_id: int | None


@dataclass(frozen=True)
class DashboardCycleCard:
    """One cycle that is not over, in a line."""

    cycle: Cycle
    state: str
    orders: int
    units: int
    done: int


ENDED = OrderLine.qty_accepted + OrderLine.qty_short + OrderLine.qty_cancelled + OrderLine.qty_refunded


@dataclass(frozen=True)
class Reach:
    """What the reader oversees: whole subdistricts, and the buildings within reach (all of those subdistricts too)."""

    subdistrict_ids: list[int]
    buildings: ColumnElement[bool]

    @property
    def is_whole(self) -> bool:
        return bool(self.subdistrict_ids)


def reach_of(actor: Staff) -> Reach:
    """Where the actor oversees."""
    held = ids_of(actor.scopes(Permission.OVERSEE), "subdistrict")
    return Reach(held, buildings_in_scope(actor, Permission.OVERSEE))


def _cycles_within(reach: Reach) -> ColumnElement[bool]:
    points = select(Building.service_point_id).where(reach.buildings)
    taking_part = select(CyclePoint.cycle_id).where(CyclePoint.service_point_id.in_(points))
    return or_(Cycle.subdistrict_id.in_(reach.subdistrict_ids), Cycle.id.in_(taking_part))


def cards(reach: Reach) -> list[DashboardCycleCard]:
    """Cycles under way within reach, with what is within reach of each. Two statements."""
    under_way = (CycleState.DRAFT, CycleState.OPEN, CycleState.LOCKED, CycleState.RUNNING)
    cycles = db.session.scalars(
        select(Cycle).where(_cycles_within(reach), Cycle.state.in_(under_way)).order_by(Cycle.id.desc())
    ).all()
    found = db.session.execute(
        select(
            OrderLine.cycle_id,
            func.count(func.distinct(OrderLine.order_id)),
            func.sum(OrderLine.qty_ordered),
            func.sum(ENDED),
        )
        .join(HouseholdOrder, HouseholdOrder.id == OrderLine.order_id)
        .join(Building, Building.id == HouseholdOrder.building_id)
        .where(OrderLine.cycle_id.in_([cycle.id for cycle in cycles]), reach.buildings)
        .group_by(OrderLine.cycle_id)
    )
    sums = {cycle_id: (orders, int(units), int(done)) for cycle_id, orders, units, done in found}
    return [
        DashboardCycleCard(cycle, CycleState(cycle.state).label, *sums.get(cycle.id, (0, 0, 0))) for cycle in cycles
    ]


def stuck(reach: Reach) -> list[Stuck]:
    """What waits too long within reach, the oldest first. Five statements at most."""
    now = clock.now()
    rows = [_late_stops(now, reach), _open_differences(reach), _open_disputes(reach), _late_errands(reach)]
    rows += _broken_stops(reach)
    rows += [_dead_jobs(reach)] if reach.is_whole else []
    not_cut_off = select(Cycle).where(Cycle.state == CycleState.OPEN, Cycle.cutoff_at < now, _cycles_within(reach))
    rows += [
        Stuck(
            _("%(cycle)s 过了截单时间还没有截单", cycle=cycle.name),
            1,
            cycle.cutoff_at,
            _("物资组"),
            "ordering.cycle",
            cycle.id,
        )
        for cycle in db.session.scalars(not_cut_off)
    ]
    waiting = [row for row in rows if row is not None]
    return sorted(waiting, key=lambda row: row.since or now)


def _late_stops(now: datetime, reach: Reach) -> Stuck | None:
    count, since, cycle = db.session.execute(
        select(func.count(), func.min(DeliveryStop.arrive_at), func.min(DeliveryPlan.cycle_id))
        .join(DeliveryRound, DeliveryRound.id == DeliveryStop.round_id)
        .join(DeliveryPlan, DeliveryPlan.id == DeliveryStop.plan_id)
        .join(Building, Building.id == DeliveryStop.building_id)
        .where(
            reach.buildings,
            DeliveryPlan.state == PlanState.PUBLISHED,
            DeliveryStop.state.in_((StopState.PENDING, StopState.ARRIVED)),
            DeliveryRound.state.in_((RoundState.PLANNED, RoundState.LOADING, RoundState.DEPARTED)),
            DeliveryStop.arrive_at < now - timedelta(minutes=30),
        )
    ).one()
    sentence = _("晚了半小时以上、还没有签收的楼")
    there = "dispatch.index" if reach.is_whole else "handover.index"
    return Stuck(sentence, count, since, _("配送队"), there, cycle) if count else None


def _open_differences(reach: Reach) -> Stuck | None:
    count, since, cycle = db.session.execute(
        select(func.count(), func.min(ArrivalDifference.opened_at), func.min(DeliveryPlan.cycle_id))
        .join(DeliveryStop, DeliveryStop.id == ArrivalDifference.stop_id)
        .join(DeliveryPlan, DeliveryPlan.id == DeliveryStop.plan_id)
        .join(Building, Building.id == DeliveryStop.building_id)
        .where(reach.buildings, ArrivalDifference.state == DifferenceState.OPEN)
    ).one()
    sentence = _("到楼两边数得不一样，还没核对")
    there = "oversight.equations" if reach.is_whole else "arrivals.differences"
    return Stuck(sentence, count, since, _("点位小组长、物资组"), there, cycle) if count else None


def _broken_stops(reach: Reach) -> list[Stuck]:
    """Published stops that cannot be served as planned any more, cycle by cycle."""
    cycles = select(Cycle.id).where(_cycles_within(reach), Cycle.state == CycleState.RUNNING)
    found = conditions.of_cycles(cycles, None if reach.is_whole else reach.buildings)
    counts = Counter(one.round.plan.cycle_id for one in found)
    there = "dispatch.index" if reach.is_whole else "handover.index"
    sentence = _("已发布的路线里不能照计划送的站")
    return [Stuck(sentence, count, None, _("物资组"), there, cycle) for cycle, count in sorted(counts.items())]


def _open_disputes(reach: Reach) -> Stuck | None:
    count, since, cycle = db.session.execute(
        select(func.count(), func.min(Dispute.created_at), func.min(OrderLine.cycle_id))
        .join(OrderLine, OrderLine.id == Dispute.order_line_id)
        .join(Bag, Bag.id == Dispute.bag_id)
        .join(Building, Building.id == Bag.building_id)
        .where(reach.buildings, Dispute.state == DisputeState.OPEN)
    ).one()
    return Stuck(_("待处理的异议"), count, since, _("点位小组长"), "handover.disputes", cycle) if count else None


def _late_errands(reach: Reach) -> Stuck | None:
    count, since = db.session.execute(
        select(func.count(), func.min(Errand.created_at))
        .join(Household, Household.id == Errand.household_id)
        .join(Stairwell, Stairwell.id == Household.stairwell_id)
        .join(Building, Building.id == Stairwell.building_id)
        .where(reach.buildings, is_overdue())
    ).one()
    return Stuck(_("超时没有答复的代办"), count, since, _("点位小组长"), "errands.index", None) if count else None


def _dead_jobs(reach: Reach) -> Stuck | None:
    cycles = select(Cycle.id).where(Cycle.subdistrict_id.in_(reach.subdistrict_ids))
    own = Job.cycle_id.is_(None) | Job.cycle_id.in_(cycles)
    count, since = db.session.execute(
        select(func.count(), func.min(Job.finished_at)).where(
            own, Job.state == JobState.FAILED, Job.finished_at > clock.now() - timedelta(days=1)
        )
    ).one()
    return Stuck(_("一天内失败的后台任务"), count, since, _("物资组"), "oversight.dashboard", None) if count else None


def event_statement(by: Staff, verb: str, subject: str, cycle_id: int | None) -> Select[*tuple[Any, ...]]:
    """Entries of the log that the reader may see, newest first: a statement for paging."""
    statement: Select[*tuple[Any, ...]] = select(Event).where(_log_of(by)).order_by(Event.id.desc())
    if verb:
        statement = statement.where(Event.verb == verb)
    if subject:
        statement = statement.where(Event.subject_type == subject)
    if cycle_id is not None:
        statement = statement.where(Event.cycle_id == cycle_id)
    return statement


def _log_of(by: Staff) -> ColumnElement[bool]:
    """A condition on Event: of the reader's subdistricts; of the installation what the system did, but for accounts of
    others, and what people with a role there did or had done to their accounts."""
    here = select(RoleGrant.account_id).where(grants_in_scope(by, Permission.AUDIT))
    is_account = Event.subject_type == "account"
    about_here = is_account & Event.subject_id.in_(here)
    by_here = (Event.actor_kind == "staff") & Event.actor_id.in_(here)
    by_system = (Event.actor_kind == SYSTEM.kind) & ~is_account
    own = Event.subdistrict_id.in_(ids_of(by.scopes(Permission.AUDIT), "subdistrict"))
    return own | (Event.subdistrict_id.is_(None) & (about_here | by_here | by_system))


def seals_of(entries: Sequence[Event]) -> dict[int, str]:
    """Entry → chain, number and beginning of its seal, also of those that carry it themselves."""
    held = select(EventSeal).where(EventSeal.event_id.in_([entry.id for entry in entries]))
    said = {entry.id: entry.sha256[:8] for entry in entries if entry.sha256}
    said.update({seal.event_id: f"{seal.chain}/{seal.number} {seal.sha256[:8]}" for seal in db.session.scalars(held)})
    return said


def verbs() -> tuple[list[str], list[str]]:
    """The verbs and kinds of subject that occur, for the filters."""
    return (
        list(db.session.scalars(select(Event.verb).distinct().order_by(Event.verb))),
        list(db.session.scalars(select(Event.subject_type).distinct().order_by(Event.subject_type))),
    )

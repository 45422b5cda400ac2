"""The dashboard of the office, the event log, and texts for the buildings' groups."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Select, func, select

from app.core import clock
from app.core.db import db
from app.core.events import Event
from app.core.jobs import Job, JobState
from app.dispatch.models import Plan, PlanState, Round, RoundState, Stop, StopState
from app.errands.models import Errand, ErrandState
from app.handover.models import Dispute, DisputeState
from app.ordering.models import Cycle, CycleState, HouseholdOrder, OrderLine, OrderState
from app.picking.models import LIVE_BAGS, Bag
from app.places.models import Building, Compound


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
class CycleCard:
    """One cycle that is not over, in a line."""

    cycle: Cycle
    state: str
    orders: int
    units: int
    done: int


ENDED = OrderLine.qty_accepted + OrderLine.qty_short + OrderLine.qty_cancelled + OrderLine.qty_refunded


def cards(subdistrict_ids: list[int]) -> list[CycleCard]:
    """Cycles under way in some subdistricts. One statement."""
    found = db.session.execute(
        select(
            Cycle,
            func.count(func.distinct(OrderLine.order_id)),
            func.coalesce(func.sum(OrderLine.qty_ordered), 0),
            func.coalesce(func.sum(ENDED), 0),
        )
        .outerjoin(OrderLine, OrderLine.cycle_id == Cycle.id)
        .where(
            Cycle.subdistrict_id.in_(subdistrict_ids),
            Cycle.state.in_((CycleState.DRAFT, CycleState.OPEN, CycleState.LOCKED, CycleState.RUNNING)),
        )
        .group_by(Cycle.id)
        .order_by(Cycle.id.desc())
    )
    return [
        CycleCard(cycle, CycleState(cycle.state).label, orders, int(units), int(done))
        for cycle, orders, units, done in found
    ]


def stuck() -> list[Stuck]:
    """What waits too long, over everything, the oldest first. Five statements."""
    now = clock.now()
    rows = [_late_stops(now), _open_disputes(), _unanswered_errands(now), _dead_jobs()]
    late = select(Cycle).where(Cycle.state == CycleState.OPEN, Cycle.cutoff_at < now)
    rows += [
        Stuck(
            _("%(cycle)s 过了截单时间还没有截单", cycle=cycle.name),
            1,
            cycle.cutoff_at,
            _("物资组"),
            "ordering.cycle",
            cycle.id,
        )
        for cycle in db.session.scalars(late)
    ]
    waiting = [row for row in rows if row is not None]
    return sorted(waiting, key=lambda row: row.since or now)


def _late_stops(now: datetime) -> Stuck | None:
    count, since, cycle = db.session.execute(
        select(func.count(), func.min(Stop.arrive_at), func.min(Plan.cycle_id))
        .join(Round, Round.id == Stop.round_id)
        .join(Plan, Plan.id == Stop.plan_id)
        .where(
            Plan.state == PlanState.PUBLISHED,
            Stop.state.in_((StopState.PENDING, StopState.ARRIVED)),
            Round.state.in_((RoundState.PLANNED, RoundState.LOADING, RoundState.DEPARTED)),
            Stop.arrive_at < now - timedelta(minutes=30),
        )
    ).one()
    sentence = _("晚了半小时以上、还没有签收的楼")
    return Stuck(sentence, count, since, _("配送队"), "dispatch.index", cycle) if count else None


def _open_disputes() -> Stuck | None:
    count, since, cycle = db.session.execute(
        select(func.count(), func.min(Dispute.created_at), func.min(OrderLine.cycle_id))
        .join(OrderLine, OrderLine.id == Dispute.order_line_id)
        .where(Dispute.state == DisputeState.OPEN)
    ).one()
    return Stuck(_("待处理的异议"), count, since, _("点位小组长"), "handover.disputes", cycle) if count else None


def _unanswered_errands(now: datetime) -> Stuck | None:
    count, since = db.session.execute(
        select(func.count(), func.min(Errand.created_at)).where(
            Errand.state == ErrandState.ASKED, Errand.created_at < now - timedelta(minutes=10)
        )
    ).one()
    return Stuck(_("十分钟还没有接收的代办"), count, since, _("点位小组长"), "errands.index", None) if count else None


def _dead_jobs() -> Stuck | None:
    count, since = db.session.execute(
        select(func.count(), func.min(Job.finished_at)).where(
            Job.state == JobState.FAILED, Job.finished_at > clock.now() - timedelta(days=1)
        )
    ).one()
    return Stuck(_("一天内失败的后台任务"), count, since, _("物资组"), "oversight.dashboard", None) if count else None


def event_statement(verb: str, subject: str, cycle_id: int | None) -> Select[*tuple[Any, ...]]:
    """Entries of the log, newest first: a statement for paging."""
    statement: Select[*tuple[Any, ...]] = select(Event).order_by(Event.id.desc())
    if verb:
        statement = statement.where(Event.verb == verb)
    if subject:
        statement = statement.where(Event.subject_type == subject)
    if cycle_id is not None:
        statement = statement.where(Event.cycle_id == cycle_id)
    return statement


def verbs() -> tuple[list[str], list[str]]:
    """The verbs and kinds of subject that occur, for the filters."""
    return (
        list(db.session.scalars(select(Event.verb).distinct().order_by(Event.verb))),
        list(db.session.scalars(select(Event.subject_type).distinct().order_by(Event.subject_type))),
    )


@dataclass(frozen=True)
class GroupText:
    """A text to paste into the group of one building."""

    building_id: int
    building: str
    text: str


def arrival_texts(cycle_id: int) -> list[GroupText]:
    """For each building with a stop in the published plan: when, how many bags, what to do. One statement."""
    found = db.session.execute(
        select(Building.id, Compound.name, Building.label, func.min(Stop.arrive_at), func.count(func.distinct(Bag.id)))
        .join(Stop, Stop.building_id == Building.id)
        .join(Plan, Plan.id == Stop.plan_id)
        .join(Compound, Compound.id == Building.compound_id)
        .join(Bag, Bag.building_id == Building.id)
        .where(
            Plan.cycle_id == cycle_id,
            Plan.state == PlanState.PUBLISHED,
            Bag.cycle_id == cycle_id,
            Bag.state.in_(LIVE_BAGS),
        )
        .group_by(Building.id, Compound.name, Building.label, Building.sort_key)
        .order_by(Compound.name, Building.sort_key)
    )
    texts = []
    for building_id, compound, label, arrives, bags in found:
        wall = clock.to_local(arrives)
        text = _(
            "【%(building)s】各位邻居：物资预计 %(time)s 前后送到楼下，共 %(bags)d 袋。"
            "请不要下楼聚集，楼长会放到各家门口，敲门后退两米，等楼长离开再开门取。"
            "少了、坏了、错了，请在页面上点“有问题”，48 小时内有效。",
            building=f"{compound} {label}",
            time=wall.strftime("%H:%M"),
            bags=bags,
        )
        texts.append(GroupText(building_id, f"{compound} {label}", str(text)))
    return texts


def unsettled_orders(cycle_id: int) -> int:
    """Locked orders of a cycle: what must be settled or voided before everything is done."""
    found = select(func.count()).select_from(HouseholdOrder)
    return (
        db.session.scalar(found.where(HouseholdOrder.cycle_id == cycle_id, HouseholdOrder.state == OrderState.LOCKED))
        or 0
    )

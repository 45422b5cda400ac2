"""What the pages of rounds show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import and_, false, func, select
from sqlalchemy.orm import joinedload

from app.core import clock
from app.core.db import db
from app.core.jobs import Job
from app.dispatch.counts import arrived_bag_ids
from app.dispatch.models import (
    DeliveryPlan,
    DeliveryRound,
    DeliveryStop,
    DropOff,
    HeldReason,
    PlanBag,
    PlanState,
    RoundState,
    Shift,
    StopState,
    Team,
)
from app.dispatch.planning.service import PLAN_JOB
from app.dispatch.rounds.staying import LEFT, is_carried
from app.dispatch.rules import held_sentence, remedies
from app.picking.models import Bag, BagState
from app.places.labels import building_label
from app.places.models import Building, Community, Compound, ServicePoint


@dataclass(frozen=True)
class RoundRow:
    """One round of a plan with its load."""

    round_id: int
    seq: int
    team: str
    state: RoundState
    departs_at: datetime
    returns_at: datetime
    distance_m: int
    stops: int
    bags: int
    weight_g: int


@dataclass(frozen=True)
class HeldRow:
    """Bags of one building that are on no round, why, and what helps."""

    building_id: int
    building: str
    bags: int
    reason: str
    sentence: str
    remedies: list[str]


@dataclass(frozen=True)
class StopRow:
    """One stop of a round: a building and what is brought there, nothing about persons."""

    stop_id: int
    seq: int
    building_id: int
    compound: str
    building: str
    arrive_at: datetime
    service_s: int
    state: StopState
    bags: int
    weight_g: int
    lat_e6: int | None
    lon_e6: int | None
    missing: int


def plans(cycle_id: int) -> list[DeliveryPlan]:
    """The plans of a cycle, newest first; discarded ones are left out."""
    found = select(DeliveryPlan).where(DeliveryPlan.cycle_id == cycle_id, DeliveryPlan.state != PlanState.DISCARDED)
    return list(db.session.scalars(found.order_by(DeliveryPlan.id.desc()).limit(20)))


def latest_job(cycle_id: int) -> Job | None:
    """The newest planning job of a cycle."""
    found = select(Job).where(Job.kind == PLAN_JOB, Job.subject_id == cycle_id)
    return db.session.scalar(found.order_by(Job.id.desc()).limit(1))


def bag_counts(cycle_id: int) -> dict[str, int]:
    """Bag state → how many."""
    found = db.session.execute(select(Bag.state, func.count()).where(Bag.cycle_id == cycle_id).group_by(Bag.state))
    return {state: int(count) for state, count in found}


def answer_counts(plan_ids: list[int]) -> dict[int, tuple[int, int, int]]:
    """Plan → (rounds, bags on a round, bags held). Two statements for all plans."""
    rounds = dict(
        db.session.execute(
            select(DeliveryRound.plan_id, func.count())
            .where(DeliveryRound.plan_id.in_(plan_ids))
            .group_by(DeliveryRound.plan_id)
        ).all()
    )
    found = db.session.execute(
        select(PlanBag.plan_id, func.count(PlanBag.stop_id), func.count(PlanBag.held_reason))
        .where(PlanBag.plan_id.in_(plan_ids))
        .group_by(PlanBag.plan_id)
    )
    counts = {plan_id: (rounds.get(plan_id, 0), on_round, held) for plan_id, on_round, held in found}
    return {plan_id: counts.get(plan_id, (rounds.get(plan_id, 0), 0, 0)) for plan_id in plan_ids}


def round_rows(plan_id: int, team_ids: list[int] | None = None) -> list[RoundRow]:
    """Rounds of a plan in order of departure; one statement. `team_ids` limits them to some teams."""
    stops = func.count(func.distinct(DeliveryStop.id))
    statement = (
        select(DeliveryRound, Team.name, stops, func.count(Bag.id), func.coalesce(func.sum(Bag.weight_g), 0))
        .join(Shift, Shift.id == DeliveryRound.shift_id)
        .join(Team, Team.id == Shift.team_id)
        .outerjoin(DeliveryStop, DeliveryStop.round_id == DeliveryRound.id)
        .outerjoin(PlanBag, PlanBag.stop_id == DeliveryStop.id)
        .outerjoin(Bag, and_(Bag.id == PlanBag.bag_id, is_carried()))
        .where(DeliveryRound.plan_id == plan_id)
        .group_by(DeliveryRound.id, Team.name)
        .order_by(DeliveryRound.seq)
    )
    if team_ids is not None:
        statement = statement.where(Shift.team_id.in_(team_ids))
    return [
        RoundRow(
            round_.id,
            round_.seq,
            team,
            RoundState(round_.state),
            round_.departs_at,
            round_.returns_at,
            round_.distance_m,
            stops,
            bags,
            int(weight_g),
        )
        for round_, team, stops, bags, weight_g in db.session.execute(statement)
    ]


def held_rows(plan_id: int) -> list[HeldRow]:
    """Bags on no round by building and reason. One statement."""
    found = db.session.execute(
        select(Building.id, Compound.name, Building.label, PlanBag.held_reason, func.count())
        .join(Bag, Bag.id == PlanBag.bag_id)
        .join(Building, Building.id == Bag.building_id)
        .join(Compound, Compound.id == Building.compound_id)
        .where(PlanBag.plan_id == plan_id, PlanBag.held_reason.is_not(None))
        .where(PlanBag.held_detail.not_like(f"{LEFT}%"))  # they stayed when their round was loaded: a list of its own
        .group_by(Building.id, Compound.name, Building.label, Building.sort_key, PlanBag.held_reason)
        .order_by(PlanBag.held_reason, Compound.name, Building.sort_key)
    )
    rows = []
    for building_id, compound, label, held, bags in found:
        reason = str(held)
        name = building_label(compound, label)
        help_ = [remedy.label for remedy in remedies(reason)]
        sentence = str(held_sentence(reason, name, bags))
        rows.append(HeldRow(building_id, name, bags, HeldReason(reason).label, sentence, help_))
    return rows


def stop_rows(round_id: int) -> list[StopRow]:
    """The stops of a round in order. One statement."""
    found = db.session.execute(
        select(
            DeliveryStop,
            Compound.name,
            Building.label,
            func.coalesce(Building.lat_e6, Compound.lat_e6),
            func.coalesce(Building.lon_e6, Compound.lon_e6),
            func.count(Bag.id),
            func.coalesce(func.sum(Bag.weight_g), 0),
            func.coalesce(func.max(DropOff.bags_missing), 0),
        )
        .join(Building, Building.id == DeliveryStop.building_id)
        .join(Compound, Compound.id == Building.compound_id)
        .join(DeliveryRound, DeliveryRound.id == DeliveryStop.round_id)
        .outerjoin(PlanBag, PlanBag.stop_id == DeliveryStop.id)
        .outerjoin(Bag, and_(Bag.id == PlanBag.bag_id, is_carried()))
        .outerjoin(DropOff, DropOff.stop_id == DeliveryStop.id)
        .where(DeliveryStop.round_id == round_id)
        .group_by(
            DeliveryStop.id,
            Compound.name,
            Building.label,
            Building.lat_e6,
            Building.lon_e6,
            Compound.lat_e6,
            Compound.lon_e6,
        )
        .order_by(DeliveryStop.seq)
    )
    return [_stop_row(stop, place, (bags, grams, gone)) for stop, *place, bags, grams, gone in found]


def _stop_row(stop: DeliveryStop, place: list[Any], counts: tuple[int, int, int]) -> StopRow:
    """`place`: compound, building, latitude, longitude; `counts`: bags, grams, bags missing."""
    compound, label, lat, lon = place
    bags, weight_g, missing = counts
    return StopRow(
        stop.id,
        stop.seq,
        stop.building_id,
        compound,
        label,
        stop.arrive_at,
        stop.service_s,
        StopState(stop.state),
        bags,
        int(weight_g),
        lat,
        lon,
        missing,
    )


def bags_at_stop(stop_id: int) -> list[Bag]:
    """The bags that the plan brings to a stop, in order of code."""
    found = select(Bag).join(PlanBag, PlanBag.bag_id == Bag.id).join(DeliveryStop, DeliveryStop.id == PlanBag.stop_id)
    found = found.join(DeliveryRound, DeliveryRound.id == DeliveryStop.round_id).where(
        DeliveryStop.id == stop_id, is_carried()
    )
    return list(db.session.scalars(found.order_by(Bag.code)))


def bags_by_stop(round_id: int) -> dict[int, list[Bag]]:
    """Stop → the bags that travel to it, in order of code. One statement."""
    found = (
        select(DeliveryStop.id, Bag)
        .join(PlanBag, PlanBag.stop_id == DeliveryStop.id)
        .join(Bag, Bag.id == PlanBag.bag_id)
        .join(DeliveryRound, DeliveryRound.id == DeliveryStop.round_id)
        .where(DeliveryStop.round_id == round_id, is_carried())
        .order_by(DeliveryStop.seq, Bag.code)
    )
    result: dict[int, list[Bag]] = {}
    for stop_id, bag in db.session.execute(found):
        result.setdefault(stop_id, []).append(bag)
    return result


def missing_bags(cycle_id: int) -> list[tuple[Bag, str]]:
    """Bags that were not there at the hand-over, with their building; one that is gone since is a complaint. Three
    statements."""
    rows = db.session.execute(
        select(Bag, Compound.name, Building.label)
        .join(Building, Building.id == Bag.building_id)
        .join(Compound, Compound.id == Building.compound_id)
        .where(Bag.cycle_id == cycle_id, Bag.state == BagState.MISSING)
        .order_by(Compound.name, Building.sort_key, Bag.code)
    ).all()
    there = arrived_bag_ids([bag.id for bag, _compound, _label in rows])
    return [(bag, building_label(compound, label)) for bag, compound, label in rows if bag.id not in there]


def teams(subdistrict_id: int) -> list[Team]:
    """The teams of a subdistrict by name."""
    return list(db.session.scalars(select(Team).filter_by(subdistrict_id=subdistrict_id).order_by(Team.name)))


def shifts(subdistrict_id: int, day: date) -> list[Shift]:
    """Shifts of a day, cancelled ones included."""
    start = clock.local_instant(day, 0)
    found = (
        select(Shift)
        .join(Team)
        .options(joinedload(Shift.team))
        .where(Team.subdistrict_id == subdistrict_id, Shift.starts_at >= start)
        .where(Shift.starts_at < start + timedelta(days=1))
        .order_by(Shift.starts_at, Team.name)
    )
    return list(db.session.scalars(found))


def next_on_duty(subdistrict_id: int, since: date) -> tuple[date, list[Shift]]:
    """The first day from `since` on that somebody is on duty, and who is; `since` and nobody where nobody is yet."""
    found = (
        select(Shift)
        .join(Team)
        .options(joinedload(Shift.team))
        .where(Team.subdistrict_id == subdistrict_id, Team.is_active, Shift.is_cancelled.is_(false()))
        .where(Shift.starts_at >= clock.local_instant(since, 0))
        .order_by(Shift.starts_at, Team.name)
    )
    ahead = list(db.session.scalars(found))
    day = clock.to_local(ahead[0].starts_at).date() if ahead else since
    return day, [shift for shift in ahead if clock.to_local(shift.starts_at).date() == day]


def depots(subdistrict_id: int) -> list[ServicePoint]:
    """Where rounds may start: the points marked as depots, or all of them where none is."""
    found = select(ServicePoint).join(Community).where(Community.subdistrict_id == subdistrict_id)
    points = list(db.session.scalars(found.order_by(ServicePoint.name)))
    return [point for point in points if point.is_depot] or points

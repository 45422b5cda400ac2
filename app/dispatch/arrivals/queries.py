"""What pages show of arrivals: the stops of a building, the counts made there, and whom to call."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, func, or_, select

from app.access.models import Account
from app.access.permissions import Permission, Staff
from app.core import clock
from app.core.db import db
from app.dispatch.counts import BagCount, counts_at, disputed_bag_ids, latest_counts_at
from app.dispatch.models import (
    ArrivalDifference,
    DeliveryPlan,
    DeliveryRound,
    DeliveryStop,
    DifferenceState,
    PlanBag,
    PlanState,
    RoundState,
    Shift,
    StopState,
    Team,
)
from app.picking.models import LIVE_BAGS, Bag
from app.places.labels import building_label
from app.places.models import Building, Captaincy, Community, Compound, ServicePoint, Subdistrict
from app.places.scope import buildings_in_scope

UNDER_WAY = (RoundState.LOADING, RoundState.DEPARTED)


@dataclass(frozen=True)
class StopAtBuilding:
    """A visit to a building by a published plan, with what was counted there so far."""

    stop_id: int
    team: str
    arrive_at: datetime
    state: StopState
    has_departed: bool
    bags: int
    counts: list[BagCount]
    is_contested: bool
    counted_by_me: bool

    @property
    def is_coming(self) -> bool:
        """Whether nobody has counted yet and bags may still come."""
        return self.state in (StopState.PENDING, StopState.ARRIVED)


def stops_at(by: Staff, cycle_id: int, building_id: int) -> list[StopAtBuilding]:
    """The visits to a building on the published plans of a cycle, wave by wave, in order of time. Four statements."""
    found = db.session.execute(
        select(DeliveryStop, DeliveryRound.state, Team.name, func.count(Bag.id))
        .join(DeliveryPlan, DeliveryPlan.id == DeliveryStop.plan_id)
        .join(DeliveryRound, DeliveryRound.id == DeliveryStop.round_id)
        .join(Shift, Shift.id == DeliveryRound.shift_id)
        .join(Team, Team.id == Shift.team_id)
        .outerjoin(PlanBag, PlanBag.stop_id == DeliveryStop.id)
        .outerjoin(Bag, (Bag.id == PlanBag.bag_id) & Bag.state.in_(LIVE_BAGS))
        .where(
            DeliveryPlan.cycle_id == cycle_id,
            DeliveryPlan.state == PlanState.PUBLISHED,
            DeliveryStop.building_id == building_id,
        )
        .where(DeliveryRound.state != RoundState.CANCELLED)
        .group_by(DeliveryStop.id, DeliveryRound.state, Team.name, DeliveryPlan.wave)
        .order_by(DeliveryPlan.wave, DeliveryStop.arrive_at, DeliveryStop.id)
    ).all()
    ids = [stop.id for stop, *_rest in found]
    counts, contested = counts_at(ids), contested_stops(ids)
    return [
        StopAtBuilding(
            stop.id,
            team,
            stop.arrive_at,
            StopState(stop.state),
            state == RoundState.DEPARTED,
            _number(counts.get(stop.id, []), bags),
            counts.get(stop.id, []),
            stop.id in contested,
            any(count.by_id == by.id for count in counts.get(stop.id, [])),
        )
        for stop, state, team, bags in found
    ]


def _number(counts: list[BagCount], planned: int) -> int:
    """How many bags were expected: as the first count says, and before it as the plan does."""
    return counts[0].here + len(counts[0].missing) if counts else planned


def contested_stops(stop_ids: Iterable[int]) -> set[int]:
    """Those of the stops at which a difference is open. One statement."""
    found = select(ArrivalDifference.stop_id).where(
        ArrivalDifference.stop_id.in_(list(stop_ids)), ArrivalDifference.state == DifferenceState.OPEN
    )
    return set(db.session.scalars(found))


@dataclass(frozen=True)
class DifferenceRow:
    """A difference that nobody has settled: where, what each said, since when, and whose it is."""

    stop_id: int
    place: str
    point: str
    round_seq: int
    opened_at: datetime
    counts: list[BagCount]
    bags: int


def open_differences(cycle_id: int, in_scope: ColumnElement[bool]) -> list[DifferenceRow]:
    """The open differences of a cycle; `in_scope` is a condition on Building. Four statements at most."""
    found = db.session.execute(
        select(ArrivalDifference, DeliveryStop.id, DeliveryRound.seq, Compound.name, Building.label, ServicePoint.name)
        .join(DeliveryStop, DeliveryStop.id == ArrivalDifference.stop_id)
        .join(DeliveryRound, DeliveryRound.id == DeliveryStop.round_id)
        .join(DeliveryPlan, DeliveryPlan.id == DeliveryStop.plan_id)
        .join(Building, Building.id == DeliveryStop.building_id)
        .join(Compound, Compound.id == Building.compound_id)
        .join(ServicePoint, ServicePoint.id == Building.service_point_id)
        .where(DeliveryPlan.cycle_id == cycle_id, ArrivalDifference.state == DifferenceState.OPEN, in_scope)
        .order_by(ArrivalDifference.opened_at)
    ).all()
    said = latest_counts_at([stop_id for _one, stop_id, *_rest in found]) if found else {}
    rows = []
    for difference, stop_id, seq, compound, label, point in found:
        own = said.get(stop_id, [])
        place = building_label(compound, label)
        rows.append(DifferenceRow(stop_id, place, point, seq, difference.opened_at, own, len(disputed_bag_ids(own))))
    return rows


def differences_within(by: Staff, cycle_id: int) -> list[DifferenceRow]:
    """The open differences of a cycle in buildings that the actor signs for."""
    return open_differences(cycle_id, buildings_in_scope(by, Permission.DROP_OFF))


def point_of(building_id: int) -> str:
    """The point whose leader settles what is counted at a building."""
    found = select(ServicePoint.name).join(Building, Building.service_point_id == ServicePoint.id)
    return db.session.scalars(found.where(Building.id == building_id)).one()


@dataclass(frozen=True)
class DutyLine:
    """Whom to call about a building; `of`: captain, point or office."""

    phone: str
    of: str


def duty_lines(building_ids: Iterable[int], on: date) -> dict[int, DutyLine]:
    """Building → the number its captain gave for the day, else that of its point, else the office's. Two statements."""
    ids = list(building_ids)
    lines: dict[int, DutyLine] = {}
    places = db.session.execute(
        select(Building.id, ServicePoint.phone, Subdistrict.help_phone)
        .join(ServicePoint, ServicePoint.id == Building.service_point_id)
        .join(Community, Community.id == ServicePoint.community_id)
        .join(Subdistrict, Subdistrict.id == Community.subdistrict_id)
        .where(Building.id.in_(ids))
    )
    for building_id, point, office in places:
        if point or office:
            lines[building_id] = DutyLine(point or office, "point" if point else "office")
    held = (
        select(Captaincy.building_id, Captaincy.duty_phone)
        .join(Account, Account.id == Captaincy.account_id)
        .where(Account.is_active)
        .where(Captaincy.building_id.in_(ids), Captaincy.duty_phone != "", Captaincy.starts_on <= on)
        .where(or_(Captaincy.ends_on.is_(None), Captaincy.ends_on >= on))
        .order_by(Captaincy.is_deputy.desc(), Captaincy.id.desc())
    )
    for building_id, phone in db.session.execute(held):
        lines[building_id] = DutyLine(phone, "captain")
    return lines


def drop_spots(building_ids: Iterable[int]) -> dict[int, str]:
    """Building → where its bags are put. One statement."""
    found = select(Building.id, Building.drop_spot).where(Building.id.in_(list(building_ids)))
    return {building: spot or "" for building, spot in db.session.execute(found)}


def shows_duty_lines(round_: DeliveryRound) -> bool:
    """Whether it is the day of a round: its date, or it is under way."""
    return round_.state in UNDER_WAY or clock.to_local(round_.departs_at).date() == clock.today()

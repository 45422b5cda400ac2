"""What a round was published on, looked at again: whether each stop that is still to come can be served as planned.

Nothing is stored: zones, blackouts, gates, captains, teams, hours and releases are read when somebody looks, loads,
departs or signs, so whoever changed them and wherever, the next look knows.

    what changed                                             stops loading and signing?
    zone stricter than the team's clearance                  yes
    a blackout, or gates shut, during the visit              yes
    goods released only after the departure                  yes
    shift cancelled, team gone, outside shift or its hours   yes, the whole round
    load above what the team takes at once                   yes, the whole round
    a later stop of the round is in a laxer zone             signing only, until that one is done
    the captain's task has ended, nobody stands in           no, but told: the leader or a deputy signs

Each stop is looked at for the moment at which it is reached. A round that has not left leaves as planned, or now where
it is late, and is late everywhere; a stop of one on its way is reached as planned, or now at the earliest; one that is
signed for is reached now. Paper is asked for clearance alone: it says what was done, not when.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import joinedload, selectinload

from app.allocation.models import Allocation
from app.core import clock
from app.core.db import db
from app.core.errors import Conflict
from app.core.sentences import N_, Sentence
from app.dispatch.hours.service import mode_hours
from app.dispatch.models import (
    DeliveryPlan,
    DeliveryRound,
    DeliveryStop,
    PlanBag,
    PlanState,
    RoundState,
    Shift,
    StopState,
)
from app.dispatch.rounds.rules import (
    Condition,
    RoundDuty,
    Span,
    StopConditions,
    broken_duty,
    broken_visit,
    out_of_order,
    remedy,
)
from app.picking.models import Bag, BagLine, BagState
from app.places.labels import building_label
from app.places.models import Blackout, Building, Captaincy, Gate, ZoneDesignation, ZoneLevel
from app.stock.models import Lot

UNDER_WAY = (RoundState.PLANNED, RoundState.LOADING, RoundState.DEPARTED)
TO_COME = (StopState.PENDING, StopState.ARRIVED)
TOLD_ONLY = frozenset({Condition.CAPTAIN})
AT_THE_DOOR_ONLY = frozenset({Condition.ZONE_ORDER})
COUNTED_WITHIN = timedelta(minutes=30)
"""So long after it came in a team may be signed for: the gates may shut while the bags are counted."""


@dataclass(frozen=True)
class Broken:
    """A stop that cannot be served as published: why, and what to do. Without a stop it is the whole round."""

    round: DeliveryRound
    stop: DeliveryStop | None
    building: str
    condition: Condition
    reason: Sentence

    @property
    def sentence(self) -> str:
        return str(self.reason)

    @property
    def remedy(self) -> str:
        return str(remedy(self.condition))

    @property
    def whole(self) -> str:
        """Why, and what to do."""
        return str(_("%(why)s%(remedy)s", why=self.sentence, remedy=self.remedy))

    @property
    def is_blocking(self) -> bool:
        return self.condition not in TOLD_ONLY


def of_plan(plan_id: int) -> list[Broken]:
    """What is broken in a published plan, by round and stop; nothing for a plan in another state."""
    return _broken(DeliveryPlan.id == plan_id)


def of_round(round_id: int) -> list[Broken]:
    """What is broken in one round of a published plan."""
    return _broken(DeliveryRound.id == round_id)


def of_cycles(cycle_ids: Iterable[int] | Select[int], within: ColumnElement[bool] | None = None) -> list[Broken]:
    """What is broken in the published plans of cycles (ids, or a query); `within` limits it to some buildings."""
    found = _broken(DeliveryPlan.cycle_id.in_(cycle_ids if isinstance(cycle_ids, Select) else list(cycle_ids)))
    if within is None or not found:
        return found
    reached = set(db.session.scalars(select(Building.id).where(within)))
    return [one for one in found if one.stop is not None and one.stop.building_id in reached]


def blocked_stops(round_: DeliveryRound) -> dict[int, str]:
    """Stop → why it is left behind when the round is loaded.

    Raises Conflict where the whole round cannot be made, or no stop of it can be served.
    """
    found = [one for one in of_round(round_.id) if one.is_blocking and one.condition not in AT_THE_DOOR_ONLY]
    for one in found:
        if one.stop is None:
            raise Conflict(one.whole)
    blocked = {one.stop.id: one.reason.zh for one in reversed(found) if one.stop is not None}
    if blocked and all(stop.id in blocked for stop in round_.stops if stop.state in TO_COME):
        raise Conflict(_("这一趟没有一站能照计划送。%(why)s", why=found[0].whole))
    return blocked


def require_departable(round_: DeliveryRound) -> None:
    """Raises Conflict where a stop whose bags are loaded cannot be served any more."""
    for one in of_round(round_.id):
        if one.is_blocking and one.condition not in AT_THE_DOOR_ONLY:
            if one.stop is None:
                raise Conflict(one.whole)
            told = _("%(why)s请先在第 %(n)d 站点“跳过”，把这一站的袋卸下，再出发。", why=one.sentence, n=one.stop.seq)
            raise Conflict(told)


def require_servable(stop: DeliveryStop, *, on_paper: bool = False) -> None:
    """Raises Conflict where a stop may not be signed for.

    What was written on paper is asked for the clearance of the planned time alone: it may be typed in when the building
    has long been sealed, and says nothing of when the team was let in.
    """
    now = clock.now()

    def reached(other: DeliveryStop) -> datetime:
        return now if other.id == stop.id else expected_at(other)

    asked = {Condition.CLEARANCE} if on_paper else {Condition.CLEARANCE, Condition.ZONE_ORDER}
    for one in _broken(DeliveryRound.id == stop.round_id, _planned_at if on_paper else reached):
        if one.stop is not None and one.stop.id == stop.id and one.condition in asked:
            raise Conflict(one.whole)
    if not on_paper:
        _require_open(db.session.get_one(Building, stop.building_id), now)


def _require_open(building: Building, now: datetime) -> None:
    for starts, ends, reason in _blackouts([building]).get(building.id, []):
        if starts <= now < ends:
            raise Conflict(_("现在正在“%(reason)s”，不能进入。请等时段过后，或跳过这一站。", reason=reason))
    gates = _gates({building.compound_id}).get(building.compound_id)
    if gates is None:
        return
    came = (now - COUNTED_WITHIN, now)
    if not any(opens <= came[1] and came[0] <= closes for opens, closes in _spans(now, gates)):
        raise Conflict(_("现在小区门不开，进不去。请等开门再签收，或跳过这一站。"))


def expected_at(stop: DeliveryStop) -> datetime:
    """When a stop that is still to come is reached."""
    round_, now = stop.round, clock.now()
    if round_.state == RoundState.DEPARTED:
        return max(stop.arrive_at, now)
    return stop.arrive_at + max(timedelta(), now - round_.departs_at)


def _planned_at(stop: DeliveryStop) -> datetime:
    return stop.arrive_at


def _broken(which: ColumnElement[bool], reached: Callable[[DeliveryStop], datetime] = expected_at) -> list[Broken]:
    rounds = db.session.scalars(
        select(DeliveryRound)
        .join(DeliveryPlan, DeliveryPlan.id == DeliveryRound.plan_id)
        .where(which, DeliveryPlan.state == PlanState.PUBLISHED, DeliveryRound.state.in_(UNDER_WAY))
        .options(
            selectinload(DeliveryRound.stops),
            joinedload(DeliveryRound.shift).joinedload(Shift.team),
            joinedload(DeliveryRound.plan),
        )
        .order_by(DeliveryRound.plan_id, DeliveryRound.seq)
    ).all()
    if not rounds:
        return []
    sight = _Sight(rounds, reached)
    return [one for round_ in rounds for one in sight.of(round_)]


class _Sight:
    """What holds now for all stops of some rounds: six statements, however many."""

    def __init__(self, rounds: Sequence[DeliveryRound], reached: Callable[[DeliveryStop], datetime]) -> None:
        self.reached = reached
        ids = {stop.building_id for round_ in rounds for stop in round_.stops}
        self.buildings: dict[int, Building] = {}
        self.zones: dict[int, set[Zone]] = defaultdict(set)
        self.captains: dict[int, set[Task]] = defaultdict(set)
        for building, zone, captain in _of_buildings(ids):
            self.buildings[building.id] = building
            self.zones[building.id] |= {zone} if zone else set()
            self.captains[building.id] |= {captain} if captain else set()
        self.blackouts = _blackouts(list(self.buildings.values()))
        self.gates = _gates({row.compound_id for row in self.buildings.values()})
        waiting = [round_ for round_ in rounds if round_.state != RoundState.DEPARTED]
        stops = [stop.id for round_ in waiting for stop in round_.stops if stop.state in TO_COME]
        self.releases = _releases(stops) if stops else {}
        self.loads = _loads(stops) if stops else {}
        self.hours = {one: mode_hours(one) for one in {round_.shift.team.subdistrict_id for round_ in waiting}}

    def of(self, round_: DeliveryRound) -> Iterator[Broken]:
        """What is broken in one of the rounds."""
        if round_.state in (RoundState.PLANNED, RoundState.LOADING):
            for condition, reason in broken_duty(self._duty(round_)):
                yield Broken(round_, None, "", condition, reason)
        servable: list[DeliveryStop] = []
        for stop in (one for one in round_.stops if one.state in TO_COME):
            visit = self._visit(round_, stop)
            found = list(broken_visit(visit))
            yield from (Broken(round_, stop, visit.building, condition, reason) for condition, reason in found)
            servable += [] if {condition for condition, _reason in found} - TOLD_ONLY else [stop]
        for place in out_of_order([self._zone(stop) for stop in servable]):
            name = self._name(servable[place])
            told = Sentence(OUT_OF_ORDER, {"building": name})
            yield Broken(round_, servable[place], name, Condition.ZONE_ORDER, told)

    def _duty(self, round_: DeliveryRound) -> RoundDuty:
        shift, team = round_.shift, round_.shift.team
        midnight = clock.local_instant(clock.to_local(round_.departs_at).date(), 0)
        hours = self.hours[team.subdistrict_id].get(team.mode)
        load = [
            sum(values) for values in zip(*(self.loads.get(stop.id, (0, 0, 0)) for stop in round_.stops), strict=True)
        ]
        most = (team.capacity_g, team.capacity_ml, team.capacity_bags)
        return RoundDuty(
            team=team.name,
            is_on_duty=team.is_active and not shift.is_cancelled,
            shift=(shift.starts_at, shift.ends_at),
            hours=_span(midnight, *hours) if hours else None,
            leaves_at=round_.departs_at,
            returns_at=round_.returns_at,
            fits=all(own <= limit for own, limit in zip(load, most, strict=False)),
        )

    def _visit(self, round_: DeliveryRound, stop: DeliveryStop) -> StopConditions:
        building = self.buildings[stop.building_id]
        gates = self.gates.get(building.compound_id)
        begins = self.reached(stop)
        is_loaded = round_.state == RoundState.DEPARTED
        return StopConditions(
            building=self._name(stop),
            zone=self._zone(stop),
            clearance=round_.shift.team.zone_clearance,
            begins=begins,
            ends=begins + timedelta(seconds=stop.service_s),
            loads_at=max(round_.departs_at, clock.now()),
            blackouts=[((starts, ends), reason) for starts, ends, reason in self.blackouts.get(building.id, [])],
            gates=None if gates is None else _spans(begins, gates),
            released_at=None if is_loaded else self.releases.get(stop.id),
            lost_captain=self._has_lost_captain(stop),
        )

    def _name(self, stop: DeliveryStop) -> str:
        building = self.buildings[stop.building_id]
        return building_label(building.compound.name, building.label)

    def _zone(self, stop: DeliveryStop) -> int:
        """The zone when the team comes."""
        at = self.reached(stop)
        levels = [
            order
            for starts, ends, order in sorted(self.zones[stop.building_id], key=lambda zone: zone[0])
            if starts <= at and (ends is None or ends > at)
        ]
        return levels[-1] if levels else 0

    def _has_lost_captain(self, stop: DeliveryStop) -> bool:
        day = max(clock.to_local(stop.arrive_at).date(), clock.today())
        known = self.captains[stop.building_id]
        return bool(known) and not any(starts <= day and (ends is None or ends >= day) for starts, ends in known)


OUT_OF_ORDER = N_("%(building)s的管控比后面的站严，应当最后送。")


def _spans(at: datetime, hours: Iterable[tuple[int, int]]) -> list[Span]:
    """Hours as spans of the day of an instant."""
    midnight = clock.local_instant(clock.to_local(at).date(), 0)
    return [_span(midnight, *one) for one in hours]


def _span(midnight: datetime, opens_s: int, closes_s: int) -> Span:
    return midnight + timedelta(seconds=opens_s), midnight + timedelta(seconds=closes_s)


Zone = tuple[datetime, datetime | None, int]
Task = tuple[date, date | None]


def _of_buildings(building_ids: set[int]) -> Iterator[tuple[Building, Zone | None, Task | None]]:
    """Each building with each level it has had or will have, and each captain's task."""
    rows: Iterable[Any] = db.session.execute(
        select(Building, ZoneDesignation, ZoneLevel.round_order, Captaincy)
        .outerjoin(ZoneDesignation, ZoneDesignation.building_id == Building.id)
        .outerjoin(ZoneLevel, ZoneLevel.id == ZoneDesignation.zone_level_id)
        .outerjoin(Captaincy, Captaincy.building_id == Building.id)
        .where(Building.id.in_(building_ids))
        .options(joinedload(Building.compound))
    )
    for building, zone, order, captain in rows:
        yield (
            building,
            (zone.starts_at, zone.ends_at, order) if zone is not None else None,
            (captain.starts_on, captain.ends_on) if captain is not None else None,
        )


def _blackouts(buildings: Sequence[Building]) -> dict[int, list[tuple[datetime, datetime, str]]]:
    found = defaultdict(list)
    compounds = {building.compound_id for building in buildings}
    of_place = or_(Blackout.building_id.in_([one.id for one in buildings]), Blackout.compound_id.in_(compounds))
    for row in db.session.scalars(select(Blackout).where(of_place).order_by(Blackout.starts_at)):
        for building in buildings:
            if row.building_id == building.id or row.compound_id == building.compound_id:
                found[building.id].append((row.starts_at, row.ends_at, row.reason))
    return found


def _gates(compound_ids: set[int]) -> dict[int, list[tuple[int, int]]]:
    """Compound → hours of its open gates; a compound without any gate is absent."""
    found: dict[int, list[tuple[int, int]]] = {}
    for gate in db.session.scalars(select(Gate).where(Gate.compound_id.in_(compound_ids)).order_by(Gate.id)):
        hours = found.setdefault(gate.compound_id, [])
        hours += [(gate.opens_s, gate.closes_s)] if gate.is_open else []
    return found


def _releases(stop_ids: Sequence[int]) -> dict[int, datetime]:
    """Stop → when the last of its goods may leave the depot."""
    rows = db.session.execute(
        select(PlanBag.stop_id, func.max(Lot.released_at))
        .join(BagLine, BagLine.bag_id == PlanBag.bag_id)
        .join(Allocation, Allocation.order_line_id == BagLine.order_line_id)
        .join(Lot, Lot.id == Allocation.lot_id)
        .where(PlanBag.stop_id.in_(stop_ids))
        .group_by(PlanBag.stop_id)
    )
    return {stop_id: at for stop_id, at in rows if stop_id is not None and at is not None}


def _loads(stop_ids: Sequence[int]) -> dict[int, tuple[int, int, int]]:
    """Stop → grams, millilitres and bags that go there."""
    rows = db.session.execute(
        select(PlanBag.stop_id, func.sum(Bag.weight_g), func.sum(Bag.volume_ml), func.count())
        .join(Bag, Bag.id == PlanBag.bag_id)
        .where(PlanBag.stop_id.in_(stop_ids), Bag.state.in_((BagState.PACKED, BagState.LOADED)))
        .group_by(PlanBag.stop_id)
    )
    return {stop_id: (int(g), int(ml), bags) for stop_id, g, ml, bags in rows if stop_id is not None}

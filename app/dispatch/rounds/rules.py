"""Whether a stop can be served as it was published: pure, from what holds now.

visit 10:00–10:07, clearance 1                        broken by
zone 2                                                clearance
zone 1, testing 9:00–10:05                            blackout
gates 8:00–10:05                                      gate
gates 8:00–10:05 and 10:05–18:00                      nothing
gates registered, all shut                            gate
goods free at 9:50, loading at 9:40                   release

zones of the stops to come, in order                  out of order
0 1 2                                                 none
2 0 0                                                 the first
0 2 1 2                                               the second
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.core.labels import Labelled
from app.core.sentences import N_, Sentence, sentence

Span = tuple[datetime, datetime]


class Condition(Labelled):
    """What a published stop stands on."""

    CLEARANCE = "clearance", N_("资格")
    ZONE_ORDER = "zone_order", N_("先后")
    BLACKOUT = "blackout", N_("禁入时段")
    GATE = "gate", N_("小区门")
    RELEASE = "release", N_("静置")
    TEAM = "team", N_("队伍")
    HOURS = "hours", N_("时段")
    LOAD = "load", N_("载重")
    CAPTAIN = "captain", N_("楼长")


_REMEDIES = {
    Condition.CLEARANCE: N_("换有资格的队伍：留下这一站，接着这个方案重排；或放到下一波。"),
    Condition.ZONE_ORDER: N_("先送后面管控较宽的楼，最后送这一栋。"),
    Condition.BLACKOUT: N_("留下这一站，等时段过后再排；或与现场约好后改时段。"),
    Condition.GATE: N_("联系小区开门，或留下这一站，接着这个方案重排。"),
    Condition.RELEASE: N_("留下这一站，等静置时间过后排进下一波。"),
    Condition.TEAM: N_("取消这一趟，接着这个方案重排给别的队伍。"),
    Condition.HOURS: N_("取消这一趟，接着这个方案重排；或改班次、时段。"),
    Condition.LOAD: N_("取消这一趟，接着这个方案重排，分成几趟。"),
    Condition.CAPTAIN: N_("指定新的楼长或副楼长；到楼时也可由点位小组长签收。"),
}


def remedy(condition: Condition) -> Sentence:
    """What to do."""
    return sentence(_REMEDIES[condition])


@dataclass(frozen=True, slots=True)
class StopConditions:
    """One stop that is still to come, and what holds for it now.

    `gates` are the hours of the open gates as spans of that day; None where the compound has no gate registered.
    `lost_captain`: its captain's task has ended and nobody else is named. `loads_at` is when its round is loaded.
    """

    building: str
    zone: int
    clearance: int
    begins: datetime
    ends: datetime
    loads_at: datetime
    blackouts: Sequence[tuple[Span, str]] = ()
    gates: Sequence[Span] | None = None
    released_at: datetime | None = None
    lost_captain: bool = False


def broken_visit(visit: StopConditions) -> Iterator[tuple[Condition, Sentence]]:
    """What keeps a stop from being served as planned."""
    where = visit.building
    if visit.zone > visit.clearance:
        yield (
            Condition.CLEARANCE,
            sentence(N_("%(building)s现在是管控更严的区域，这支队伍没有进去的资格。"), building=where),
        )
    for (starts, ends), reason in visit.blackouts:
        if starts < visit.ends and visit.begins < ends:
            told = N_("到%(building)s的时候正在“%(reason)s”，不能进入。")
            yield Condition.BLACKOUT, sentence(told, building=where, reason=reason)
            break
    if visit.gates is not None and not _is_within(visit, visit.gates):
        told = N_("到%(building)s的时候小区门不开，或来不及在关门前送完。")
        yield (
            Condition.GATE,
            sentence(told if visit.gates else N_("%(building)s的小区门都关了，进不去。"), building=where),
        )
    if visit.released_at is not None and visit.released_at > visit.loads_at:
        yield Condition.RELEASE, sentence(N_("%(building)s的东西到装车时还在静置。"), building=where)
    if visit.lost_captain:
        yield Condition.CAPTAIN, sentence(N_("%(building)s的楼长任期已结束，没有人接替。"), building=where)


def _is_within(visit: StopConditions, spans: Sequence[Span]) -> bool:
    """Whether the whole visit lies in one span, touching ones counted as one."""
    until = visit.begins
    for opens, closes in sorted(spans):
        if opens <= until:
            until = max(until, closes)
    return visit.ends <= until


def out_of_order(zones: Sequence[int]) -> list[int]:
    """Which of the stops to come, by position, are followed by one in a laxer zone."""
    return [place for place, zone in enumerate(zones) if any(later < zone for later in zones[place + 1 :])]


@dataclass(frozen=True, slots=True)
class RoundDuty:
    """The team of a round and what its round asks of it. `hours` is when its kind may be on the road."""

    team: str
    is_on_duty: bool
    shift: Span
    hours: Span | None
    leaves_at: datetime
    returns_at: datetime
    fits: bool


def broken_duty(duty: RoundDuty) -> Iterator[tuple[Condition, Sentence]]:
    """What keeps a whole round from being made as planned."""
    if not duty.is_on_duty:
        yield Condition.TEAM, sentence(N_("%(team)s的班次已取消，或队伍已停用。"), team=duty.team)
        return
    if duty.leaves_at < duty.shift[0] or duty.returns_at > duty.shift[1]:
        yield Condition.HOURS, sentence(N_("这一趟超出了%(team)s的班次。"), team=duty.team)
    elif duty.hours and (duty.leaves_at < duty.hours[0] or duty.returns_at > duty.hours[1]):
        yield Condition.HOURS, sentence(N_("这一趟超出了%(team)s这类车辆可以在路上的时间。"), team=duty.team)
    if not duty.fits:
        yield Condition.LOAD, sentence(N_("这一趟超过了%(team)s一次能带的量。"), team=duty.team)

"""How long a stop takes, and why a bag is not on a round or may not stand where somebody put it.

Seconds at a stop (default standard):

    mode              building                                        seconds
    to_building       10 bags                                         120 + 10×8                          = 200
    to_stairwell      10 bags, 2 stairwells                           120 + 10×8 + 2×45                   = 290
    to_door           10 bags, 8 households, lift                     120 + 10×8 + 8×40                   = 520
    to_door           10 bags, 8 households, 12 floors without lift   120 + 10×8 + 8×40 + 12×30           = 880
    collect_by_slot   10 bags                                         120 + 10×8                          = 200
    any               behind a gate that is checked                   + 90
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from app.core.labels import Labelled
from app.core.sentences import N_, Sentence, sentence

TO_DOOR, TO_STAIRWELL = "to_door", "to_stairwell"


@dataclass(frozen=True, slots=True)
class ServiceStandard:
    """Seconds for each part of a stop; measured values of a subdistrict replace the defaults."""

    fixed_s: int = 120
    per_bag_s: int = 8
    per_stairwell_s: int = 45
    per_household_s: int = 40
    per_climbed_floor_s: int = 30
    gate_check_s: int = 90


@dataclass(frozen=True, slots=True)
class StopWork:
    """What is done at one building. `climbed_floors`: floors climbed on foot for all its households, 0 with a lift."""

    mode: str
    bags: int
    households: int = 0
    stairwells: int = 1
    climbed_floors: int = 0
    has_gate_check: bool = False


def service_s(work: StopWork, standard: ServiceStandard | None = None) -> int:
    """Seconds a team spends at the stop."""
    rate = standard or ServiceStandard()
    total = rate.fixed_s + work.bags * rate.per_bag_s
    if work.mode == TO_STAIRWELL:
        total += work.stairwells * rate.per_stairwell_s
    if work.mode == TO_DOOR:
        total += work.households * rate.per_household_s + work.climbed_floors * rate.per_climbed_floor_s
    return total + (rate.gate_check_s if work.has_gate_check else 0)


def climbed_floors(floors: Iterable[int], has_lift: bool) -> int:
    """Floors to climb for households on `floors` (1 is the ground): 0 with a lift; one way up is counted once each."""
    return 0 if has_lift else sum(max(0, floor - 1) for floor in floors)


class HeldBagRemedy(Labelled):
    """What one click can do about a bag that is not on a round."""

    EXTRA_ROUND = "extra_round", N_("加开一趟")
    NEXT_WAVE = "next_wave", N_("放到下一波")
    OTHER_TEAM = "other_team", N_("换一支队伍")
    WAIT = "wait", N_("等待后重新计划")
    REPACK = "repack", N_("重新分袋")
    OPEN_GATE = "open_gate", N_("联系小区开门")
    LONGER_SHIFT = "longer_shift", N_("延长班次")
    LONGER_HOURS = "longer_hours", N_("请门岗延长开放时间")
    ADD_TEAM = "add_team", N_("登记队伍")
    RELEASE_HOLD = "release_hold", N_("取消暂存")


@dataclass(frozen=True, slots=True)
class _Explanation:
    msgid: str
    remedies: tuple[HeldBagRemedy, ...]


_HELD: Mapping[str, _Explanation] = {
    "capacity": _Explanation(
        N_("%(building)s的%(bags)s袋装不下：各队运力已用完。"), (HeldBagRemedy.EXTRA_ROUND, HeldBagRemedy.NEXT_WAVE)
    ),
    "team_time": _Explanation(
        N_("%(building)s的%(bags)s袋排不下：各队当班的时间都不够再去一趟。"),
        (HeldBagRemedy.LONGER_SHIFT, HeldBagRemedy.ADD_TEAM, HeldBagRemedy.NEXT_WAVE),
    ),
    "window": _Explanation(
        N_("%(building)s的%(bags)s袋在规定的时间段内赶不到。"),
        (HeldBagRemedy.EXTRA_ROUND, HeldBagRemedy.OTHER_TEAM, HeldBagRemedy.NEXT_WAVE),
    ),
    "blackout": _Explanation(
        N_("%(building)s此时段不能进入（例如正在采样），%(bags)s袋暂缓。"),
        (HeldBagRemedy.NEXT_WAVE, HeldBagRemedy.WAIT),
    ),
    "short_window": _Explanation(
        N_("%(building)s可进入的时间太短，一袋也来不及送完，%(bags)s袋暂缓。"),
        (HeldBagRemedy.LONGER_HOURS, HeldBagRemedy.NEXT_WAVE),
    ),
    "clearance": _Explanation(
        N_("%(building)s是封控楼，没有有资格的队伍，%(bags)s袋暂缓。"),
        (HeldBagRemedy.OTHER_TEAM, HeldBagRemedy.NEXT_WAVE),
    ),
    "no_team": _Explanation(
        N_("今天没有可用的队伍，%(building)s的%(bags)s袋暂缓。"), (HeldBagRemedy.ADD_TEAM, HeldBagRemedy.NEXT_WAVE)
    ),
    "oversize": _Explanation(
        N_("%(building)s有袋子超过任何队伍一次能带的量，%(bags)s袋暂缓。"),
        (HeldBagRemedy.REPACK, HeldBagRemedy.OTHER_TEAM),
    ),
    "unreachable": _Explanation(
        N_("%(building)s所在小区没有开放的门，%(bags)s袋暂缓。"), (HeldBagRemedy.OPEN_GATE, HeldBagRemedy.NEXT_WAVE)
    ),
    "release": _Explanation(
        N_("%(building)s的%(bags)s袋静置消毒时间未到。"), (HeldBagRemedy.WAIT, HeldBagRemedy.NEXT_WAVE)
    ),
    "held": _Explanation(
        N_("%(building)s的%(bags)s袋由人工暂存。"), (HeldBagRemedy.RELEASE_HOLD, HeldBagRemedy.NEXT_WAVE)
    ),
    "other": _Explanation(
        N_("%(building)s的%(bags)s袋没有排上，请人工处理。"), (HeldBagRemedy.EXTRA_ROUND, HeldBagRemedy.NEXT_WAVE)
    ),
}


def held_sentence(reason: str, building: str, bags: int) -> Sentence:
    """Why bags are not on a round (a value of HeldReason), for the list of what is not served."""
    return sentence(_HELD[reason].msgid, building=building, bags=bags)


def remedies(reason: str) -> tuple[HeldBagRemedy, ...]:
    """What helps against a reason, the most likely first."""
    return _HELD[reason].remedies


BROKEN: Mapping[str, str] = {
    "overload": N_("%(stop)s放进来就超过这支队伍一趟能带的量。"),
    "clearance": N_("这支队伍没有进入%(stop)s的资格，请换有资格的队伍。"),
    "not_allowed": N_("%(stop)s指定了别的队伍。"),
    "skill": N_("这支队伍送不了%(stop)s的东西。"),
    "zone_order": N_("%(stop)s的管控比前一站宽：同一趟里只能由宽到严，请调整次序或分两趟。"),
    "round_too_long": N_("这一趟会超过一趟最长的时间，请分两趟。"),
    "shift": N_("这支队伍的班次时间不够。"),
    "shift_too_long": N_("这支队伍的班次时间不够。"),
    "too_many_rounds": N_("这支队伍一天的趟数已满。"),
    "too_many_stops": N_("这一趟的站数太多。"),
    "window": N_("到%(stop)s时已不在可以进入的时间内（门岗时间或采样等）。"),
    "release": N_("%(stop)s的东西那时还在静置，不能装车。"),
    "depot_hours": N_("那时出发点不开门。"),
    "unreachable": N_("%(stop)s没有开放的门可以进去。"),
}
BROKEN_OTHERWISE = N_("%(stop)s这样排不行，请换一个位置。")

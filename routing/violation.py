"""What the checker reports: a broken rule and a sentence about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Rule(StrEnum):
    """Rules that a plan can break."""

    OTHER_PROBLEM = "other_problem"
    UNKNOWN_STOP = "unknown_stop"
    UNKNOWN_VEHICLE = "unknown_vehicle"
    FORGOTTEN = "forgotten"
    SERVED_TWICE = "served_twice"
    SERVED_AND_UNSERVED = "served_and_unserved"
    NO_REASON = "no_reason"
    TOO_MANY_ROUNDS = "too_many_rounds"
    NUMBERING = "numbering"
    OVERLAP = "overlap"
    SHIFT_TOO_LONG = "shift_too_long"
    LOCK_BROKEN = "lock_broken"
    PAIR_SPLIT = "pair_split"
    PAIR_ORDER = "pair_order"
    COST = "cost"
    EMPTY_ROUND = "empty_round"
    TOO_MANY_STOPS = "too_many_stops"
    OVERLOAD = "overload"
    LOAD_STATED = "load_stated"
    CLEARANCE = "clearance"
    SKILL = "skill"
    NOT_ALLOWED = "not_allowed"
    ZONE_ORDER = "zone_order"
    RELEASE = "release"
    SHIFT = "shift"
    DEPOT_HOURS = "depot_hours"
    RELOAD = "reload"
    TRAVEL = "travel"
    EARLY = "early"
    WINDOW = "window"
    SERVICE = "service"
    RETURN = "return"
    ROUND_TOO_LONG = "round_too_long"
    UNREACHABLE = "unreachable"
    DISTANCE = "distance"


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken rule, where it is broken, and an English sentence."""

    rule: Rule
    sentence: str
    stop: str | None = None
    vehicle: str | None = None
    round: int | None = None

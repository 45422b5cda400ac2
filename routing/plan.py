"""The answer: rounds with arrivals and loads, what is left unserved and why, and what it costs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from routing.model import Load, require


class UnservedReason(StrEnum):
    """Why a stop is left unserved; the code is what the application translates."""

    NO_TEAM = "no_team"
    OVERSIZE = "oversize"
    CLEARANCE = "clearance"
    SKILL = "skill"
    NOT_ALLOWED = "not_allowed"
    UNREACHABLE = "unreachable"
    WINDOW = "window"
    BLACKOUT = "blackout"
    RELEASE = "release"
    ROUND_LIMIT = "round_limit"
    CAPACITY = "capacity"
    TEAM_TIME = "team_time"
    ZONE_ORDER = "zone_order"
    PAIR = "pair"
    NOT_WORTH = "not_worth"
    NOT_FOUND = "not_found"


class UnservedRemedy(StrEnum):
    """The cheapest single change after which the stop could be served."""

    ADD_TEAM = "add_team"
    EXTRA_ROUND = "extra_round"
    LARGER_VEHICLE = "larger_vehicle"
    SPLIT_LOAD = "split_load"
    CLEARED_TEAM = "cleared_team"
    SKILLED_TEAM = "skilled_team"
    OTHER_TEAM = "other_team"
    OPEN_GATE = "open_gate"
    WIDEN_WINDOW = "widen_window"
    LIFT_BLACKOUT = "lift_blackout"
    EARLIER_RELEASE = "earlier_release"
    LONGER_SHIFT = "longer_shift"
    LONGER_ROUND = "longer_round"
    NEXT_WAVE = "next_wave"
    RAISE_PRIZE = "raise_prize"
    MORE_TIME = "more_time"


@dataclass(frozen=True, slots=True)
class Visit:
    """One stop in a round. `load` is what is on board when leaving it."""

    stop: str
    arrives_s: int
    begins_s: int
    leaves_s: int
    load: Load
    leg_m: int
    """Metres from the place before."""


@dataclass(frozen=True, slots=True)
class PlannedRound:
    """One departure of one vehicle: loading, visits in order, return."""

    vehicle: str
    number: int
    """Counted from 1 within the vehicle's shift."""
    starts_s: int
    """Loading begins."""
    departs_s: int
    returns_s: int
    load: Load
    """On board at departure."""
    distance_m: int
    visits: tuple[Visit, ...]
    is_locked: bool = False

    @property
    def stops(self) -> tuple[str, ...]:
        """Names of the stops in order."""
        return tuple(visit.stop for visit in self.visits)

    @property
    def duration_s(self) -> int:
        """From the beginning of loading to the return."""
        return self.returns_s - self.starts_s


@dataclass(frozen=True, slots=True)
class Unserved:
    """A stop that no round serves, the reason and the cheapest remedy. `sentence` is English; codes are for
    translation.
    """

    stop: str
    reason: UnservedReason
    sentence: str
    remedy: UnservedRemedy
    amount: int = 0
    """How much of the remedy is needed (seconds, grams, ...), 0 where it has no size."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Parts of the cost; `missed` counts mandatory stops and is not part of `total`."""

    distance: int = 0
    time: int = 0
    fixed: int = 0
    rounds: int = 0
    prizes: int = 0
    """Prizes of optional stops left out."""
    changes: int = 0
    """Price of stops that moved to another vehicle than in the plan before."""
    missed: int = 0
    """Number of mandatory stops left out."""

    @property
    def total(self) -> int:
        """Sum of all parts in money."""
        return self.distance + self.time + self.fixed + self.rounds + self.prizes + self.changes

    @property
    def key(self) -> tuple[int, int]:
        """Plans compare by mandatory stops left out, then by cost."""
        return (self.missed, self.total)


@dataclass(frozen=True, slots=True)
class Statistics:
    """How the plan was found. `seconds` and `trace` depend on the machine and are not part of the canonical JSON."""

    method: str = "construct"
    seed: int = 0
    iterations: int = 0
    is_cancelled: bool = False
    lower_bound: int | None = None
    seconds: float = field(default=0.0, compare=False)
    trace: tuple[tuple[float, int], ...] = field(default=(), compare=False)
    """(elapsed seconds, best cost) whenever the best plan improved."""


@dataclass(frozen=True)
class RoutePlan:
    """Rounds, unserved stops, cost and the hash of the problem they answer."""

    problem_hash: str
    rounds: tuple[PlannedRound, ...]
    unserved: tuple[Unserved, ...]
    cost: Cost
    statistics: Statistics = Statistics()
    notes: tuple[str, ...] = ()

    @property
    def is_complete(self) -> bool:
        """Whether every mandatory stop is served."""
        return self.cost.missed == 0

    @cached_property
    def round_of_stop(self) -> dict[str, PlannedRound]:
        """The round that serves each served stop."""
        return {visit.stop: round_ for round_ in self.rounds for visit in round_.visits}


@dataclass(frozen=True, slots=True)
class SearchBudget:
    """How long to search: seconds by the clock, or iterations for a result that is the same every time."""

    seconds: float | None = None
    iterations: int | None = None

    def __post_init__(self) -> None:
        require(self.seconds is not None or self.iterations is not None, "A budget needs seconds or iterations.")
        require(self.seconds is None or self.seconds >= 0, "A budget cannot be negative.")
        require(self.iterations is None or self.iterations >= 0, "A budget cannot be negative.")


@dataclass(frozen=True, slots=True)
class SearchProgress:
    """What a caller is told while the search runs."""

    elapsed_s: float
    best_cost: int
    missed: int
    iterations: int
    lower_bound: int | None = None
    """No plan that serves every mandatory stop costs less; None if nothing is known."""

    @property
    def gap(self) -> float | None:
        """How much the best plan may lie above the cheapest one at most, as a part of the bound; None if not known."""
        if self.missed or not self.lower_bound:
            return None
        return self.best_cost / self.lower_bound - 1


@dataclass(frozen=True, slots=True)
class SearchControl:
    """How a caller watches, stops and widens a search."""

    on_progress: Callable[[SearchProgress], None] | None = None
    cancel: threading.Event | None = None
    """Set it and the best plan so far is returned within a second."""
    cores: int = 1
    clock: Callable[[], float] = time.perf_counter
    """What the seconds of the budget are counted by: the wall, or the processor on a machine with other work."""

    @property
    def is_cancelled(self) -> bool:
        """Whether the caller asked to stop."""
        return self.cancel is not None and self.cancel.is_set()

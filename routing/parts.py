"""What a problem is made of: depots, stops, vehicles, windows, limits and locks, each judged when built."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

HORIZON_S = 10_000_000
"""No window or shift ends later."""
UNLIMITED = 1_000_000_000_000
"""A capacity that never binds."""
MISSED_COST = 1_000_000_000
"""What leaving a mandatory stop unserved weighs; larger than any cost of serving it, and small enough that thousands of
them, and prices raised twentyfold (`pressure`), stay within 64 bits."""
MAX_COST = 10_000_000
"""Upper bound of a fixed cost, a prize and a cost per metre or second, so that `MISSED_COST` always dominates."""
CLEAN, CONTROLLED, SEALED = 0, 1, 2


class IllegalProblem(ValueError):
    """The data contradict themselves; the message is a sentence for people."""


def require(truth: bool, sentence: str) -> None:
    """Raise `IllegalProblem` with `sentence` unless `truth`."""
    if not truth:
        raise IllegalProblem(sentence)


@dataclass(frozen=True, slots=True)
class Load:
    """Goods in three measures: grams, millilitres, bags. Also used as a capacity."""

    g: int = 0
    ml: int = 0
    bags: int = 0

    def __post_init__(self) -> None:
        for word, value in (("g", self.g), ("ml", self.ml), ("bags", self.bags)):
            require(
                value >= 0,
                f"A load must be whole and not negative, but {word} is {value!r}.",
            )

    def __add__(self, other: Load) -> Load:
        return Load(self.g + other.g, self.ml + other.ml, self.bags + other.bags)

    def fits(self, capacity: Load) -> bool:
        """Whether this load is within `capacity` in every measure."""
        return self.g <= capacity.g and self.ml <= capacity.ml and self.bags <= capacity.bags


NO_LIMIT = Load(UNLIMITED, UNLIMITED, UNLIMITED)


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """Service may begin at any second from `opens_s` to `closes_s`, both included."""

    opens_s: int = 0
    closes_s: int = HORIZON_S

    def __post_init__(self) -> None:
        require(
            0 <= self.opens_s <= self.closes_s <= HORIZON_S,
            f"A window must open before it closes, within 0 and {HORIZON_S}: {self.opens_s} to {self.closes_s}.",
        )


ALWAYS = (Window(),)


@dataclass(frozen=True, slots=True)
class Depot:
    """A place where goods are loaded and rounds begin and end."""

    name: str
    location: int
    opens_s: int = 0
    closes_s: int = HORIZON_S

    def __post_init__(self) -> None:
        require(bool(self.name), "A depot needs a name.")
        require(self.location >= 0, f"Depot {self.name} needs a location.")
        require(0 <= self.opens_s <= self.closes_s <= HORIZON_S, f"Depot {self.name} closes before it opens.")


@dataclass(frozen=True, slots=True)
class Stop:
    """A building or stairwell to be served once.

    A stop is a delivery from the depot unless `pair` is given: two stops with the same `pair` are one errand,
    `is_pickup` marks the one where `load` is taken up; both belong to one round, the pickup first. A pickup without
    a pair is brought back to the depot. `prize` is None for a stop that must be served, else the cost that leaving
    it out is worth.
    """

    name: str
    location: int
    load: Load = Load()
    service_s: int = 0
    windows: tuple[Window, ...] = ALWAYS
    release_s: int = 0
    """Loading of the round that carries this stop begins no earlier."""
    zone: int = CLEAN
    clearance: int = 0
    skills: frozenset[str] = frozenset()
    only_vehicles: frozenset[str] = frozenset()
    """Names of the vehicles that may serve this stop; empty means any."""
    prize: int | None = None
    is_pickup: bool = False
    pair: str | None = None

    def __post_init__(self) -> None:
        require(bool(self.name), "A stop needs a name.")
        require(self.location >= 0, f"Stop {self.name} needs a location.")
        require(0 <= self.service_s <= HORIZON_S, f"The service of stop {self.name} cannot take {self.service_s} s.")
        require(0 <= self.release_s <= HORIZON_S, f"Stop {self.name} cannot be released at {self.release_s} s.")
        require(self.zone in (CLEAN, CONTROLLED, SEALED), f"Stop {self.name} has no such zone: {self.zone}.")
        require(0 <= self.clearance <= SEALED, f"Stop {self.name} asks for an unknown clearance: {self.clearance}.")
        require(bool(self.windows), f"Stop {self.name} has no time window at all.")
        for before, after in zip(self.windows, self.windows[1:], strict=False):
            require(before.closes_s < after.opens_s, f"The windows of stop {self.name} overlap or are out of order.")
        require(
            self.prize is None or 0 <= self.prize <= MAX_COST,
            f"The prize of stop {self.name} must lie between 0 and {MAX_COST}: {self.prize}.",
        )
        require(self.pair != "", f"The pair of stop {self.name} has an empty name.")


@dataclass(frozen=True, slots=True)
class Vehicle:
    """A team with what it pushes, rides or drives. It may go out several times in its shift, loading before each
    round.
    """

    name: str
    depot: str
    mode: str = "foot"
    capacity: Load = NO_LIMIT
    shift_start_s: int = 0
    shift_end_s: int = HORIZON_S
    end_depot: str | None = None
    """Where rounds end; None means where they begin."""
    fixed_cost: int = 0
    """Paid once if the vehicle goes out at all."""
    round_cost: int = 0
    cost_per_m: int = 1
    cost_per_s: int = 0
    """Paid from the beginning of the first loading to the last return, waiting included."""
    clearance: int = 0
    skills: frozenset[str] = frozenset()
    reload_s: int = 0
    """Time at the depot before every round, the first included."""
    max_rounds: int = 1
    max_round_s: int = HORIZON_S
    """Longest round, from the beginning of its loading to its return."""
    max_shift_s: int = HORIZON_S
    """Longest time from the first loading to the last return."""

    def __post_init__(self) -> None:
        require(bool(self.name), "A vehicle needs a name.")
        require(
            0 <= self.shift_start_s <= self.shift_end_s <= HORIZON_S,
            f"The shift of vehicle {self.name} ends before it begins.",
        )
        for word, value in (
            ("fixed cost", self.fixed_cost),
            ("cost per round", self.round_cost),
            ("cost per metre", self.cost_per_m),
            ("cost per second", self.cost_per_s),
        ):
            require(
                0 <= value <= MAX_COST, f"The {word} of vehicle {self.name} must lie between 0 and {MAX_COST}: {value}."
            )
        require(0 <= self.clearance <= SEALED, f"Vehicle {self.name} has an unknown clearance: {self.clearance}.")
        require(0 <= self.reload_s <= HORIZON_S, f"Vehicle {self.name} cannot reload in {self.reload_s} s.")
        require(0 <= self.max_rounds <= 50, f"Vehicle {self.name} cannot make {self.max_rounds} rounds.")
        require(0 <= self.max_round_s <= HORIZON_S, f"The longest round of vehicle {self.name} is out of range.")
        require(0 <= self.max_shift_s <= HORIZON_S, f"The longest shift of vehicle {self.name} is out of range.")
        require(
            self.end_depot in (None, self.depot) or self.max_rounds <= 1,
            f"Vehicle {self.name} makes several rounds, so it must end where it begins.",
        )


@dataclass(frozen=True, slots=True)
class RoundLimits:
    """Rules for every round."""

    max_stops: int = 1_000_000
    zones_in_order: bool = True
    """Inside a round: clean, then controlled, then sealed, never back."""
    sealed_needs_clearance: bool = True
    """A sealed stop asks for clearance 2 even where the stop does not say so."""

    def __post_init__(self) -> None:
        require(self.max_stops >= 1, f"A round must be allowed at least one stop, not {self.max_stops}.")


@dataclass(frozen=True, slots=True)
class RouteLock:
    """A round that is printed, loaded or departed: kept as it is, before any other round of its vehicle.

    What is locked is a fact: the checker asks that it is repeated exactly, not that it was a good idea.
    """

    vehicle: str
    stops: tuple[str, ...]
    starts_s: int
    """When its loading begins or began."""

    def __post_init__(self) -> None:
        require(bool(self.stops), f"A locked round of vehicle {self.vehicle} has no stops.")
        require(0 <= self.starts_s <= HORIZON_S, f"A locked round of vehicle {self.vehicle} starts out of range.")


@dataclass(frozen=True, slots=True)
class Stability:
    """For re-plans: a stop served by another vehicle, or after another stop, than before costs `change_cost`.

    `routing.replan` makes one from a plan.
    """

    change_cost: int = 0
    vehicle_of_stop: tuple[tuple[str, str], ...] = ()
    stop_before: tuple[tuple[str, str], ...] = ()
    """(stop, the stop before it in its round, "" for the first). Stops not listed may follow any other at no cost."""

    def __post_init__(self) -> None:
        require(0 <= self.change_cost <= MAX_COST, f"The cost of a change must lie between 0 and {MAX_COST}.")
        for entries in (self.vehicle_of_stop, self.stop_before):
            require(len(dict(entries)) == len(entries), "A stop is listed twice in the plan before.")
        missing = set(dict(self.stop_before)) - set(dict(self.vehicle_of_stop))
        require(not missing, "A stop of the plan before has no vehicle.")


DEFAULT_LIMITS = RoundLimits()
NO_CHANGE_COST = Stability()


def names(things: Iterable[Depot | Stop | Vehicle]) -> list[str]:
    """Names in order."""
    return [thing.name for thing in things]

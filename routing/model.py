"""The frozen problem: depots, stops, vehicles, limits and travel, validated when built.

Units are integers throughout: metres, seconds since the midnight that starts the day, grams, millilitres, bags.
Costs are integers in one unit of the caller's choice (the price of one metre on foot, a fen, ...). Things refer to
each other by name, and to places by their row in the travel matrices. What breaks a rule raises `IllegalProblem`
with a sentence that says why.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

from routing.consistency import check_consistency
from routing.parts import (
    ALWAYS,
    CLEAN,
    CONTROLLED,
    DEFAULT_LIMITS,
    HORIZON_S,
    MAX_COST,
    MISSED_COST,
    NO_CHANGE_COST,
    NO_LIMIT,
    SEALED,
    UNLIMITED,
    Depot,
    IllegalProblem,
    Load,
    RoundLimits,
    RouteLock,
    Stability,
    Stop,
    Vehicle,
    Window,
    names,
    require,
)
from routing.travel_times import TravelMatrix

__all__ = [
    "ALWAYS",
    "CLEAN",
    "CONTROLLED",
    "DEFAULT_LIMITS",
    "HORIZON_S",
    "MAX_COST",
    "MISSED_COST",
    "NO_CHANGE_COST",
    "NO_LIMIT",
    "SEALED",
    "UNLIMITED",
    "Depot",
    "IllegalProblem",
    "Load",
    "RoundLimits",
    "RouteLock",
    "RoutingProblem",
    "Stability",
    "Stop",
    "Vehicle",
    "Window",
    "names",
    "require",
]


@dataclass(frozen=True)
class RoutingProblem:
    """Everything a plan depends on. Immutable; `routing.codec` gives its canonical JSON and its hash.

    Parameters
    ----------
    depots, stops, vehicles
        Names are unique among each kind; zero stops or zero vehicles are legal.
    matrices
        One per travel mode; all have the same number of rows.
    locks
        Rounds to be kept, in the order in which each vehicle makes them.
    """

    depots: tuple[Depot, ...]
    stops: tuple[Stop, ...]
    vehicles: tuple[Vehicle, ...]
    matrices: tuple[TravelMatrix, ...]
    limits: RoundLimits = DEFAULT_LIMITS
    locks: tuple[RouteLock, ...] = ()
    stability: Stability = NO_CHANGE_COST
    points: tuple[tuple[int, int], ...] = ()
    """Optional local metres (east, north) of each location, for drawing and for splitting large problems."""
    notes: tuple[str, ...] = field(default=())
    """Remarks on how the data came about, repeated in the plan (for instance that a road service did not answer)."""

    def __post_init__(self) -> None:
        check_consistency(self)

    @cached_property
    def depot_by_name(self) -> dict[str, Depot]:
        """Depots by name."""
        return {depot.name: depot for depot in self.depots}

    @cached_property
    def stop_by_name(self) -> dict[str, Stop]:
        """Stops by name."""
        return {stop.name: stop for stop in self.stops}

    @cached_property
    def vehicle_by_name(self) -> dict[str, Vehicle]:
        """Vehicles by name."""
        return {vehicle.name: vehicle for vehicle in self.vehicles}

    @cached_property
    def matrix_by_mode(self) -> dict[str, TravelMatrix]:
        """Travel matrices by mode."""
        return {matrix.mode: matrix for matrix in self.matrices}

    def end_location(self, vehicle: Vehicle) -> int:
        """Location where the rounds of `vehicle` end."""
        return self.depot_by_name[vehicle.end_depot or vehicle.depot].location

    def with_changes(self, **changes: object) -> RoutingProblem:
        """A copy with some fields replaced, validated anew."""
        return replace(self, **changes)  # type: ignore[arg-type]

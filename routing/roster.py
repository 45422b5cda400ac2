"""Who takes which round: a fair share of minutes and of kilograms carried upstairs, remembered over the week
(CP-SAT).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ortools.sat.python import cp_model

from routing.model import HORIZON_S, SEALED, require


@dataclass(frozen=True, slots=True)
class RosterRound:
    """A round to be taken: how long it lasts, when it may start, what it asks of a team."""

    name: str
    duration_s: int
    earliest_s: int = 0
    latest_s: int = HORIZON_S
    mode: str = "foot"
    clearance: int = 0
    effort: int = 0
    """Kilograms times floors without a lift."""
    usual_team: str | None = None

    def __post_init__(self) -> None:
        require(bool(self.name), "A round needs a name.")
        require(0 <= self.duration_s <= HORIZON_S, f"Round {self.name} cannot last {self.duration_s} s.")
        require(0 <= self.earliest_s <= self.latest_s <= HORIZON_S, f"Round {self.name} must start before it starts.")
        require(0 <= self.clearance <= SEALED and self.effort >= 0, f"Round {self.name} asks for something impossible.")


@dataclass(frozen=True, slots=True)
class RosterTeam:
    """A team on duty, and what it has already done this week."""

    name: str
    shift_start_s: int
    shift_end_s: int
    modes: frozenset[str] = frozenset({"foot"})
    clearance: int = 0
    reload_s: int = 0
    """Pause before each round."""
    past_minutes: int = 0
    past_effort: int = 0

    def __post_init__(self) -> None:
        require(bool(self.name), "A team needs a name.")
        in_order = 0 <= self.shift_start_s <= self.shift_end_s <= HORIZON_S
        require(in_order, f"The shift of team {self.name} ends before it begins.")
        require(min(self.reload_s, self.past_minutes, self.past_effort) >= 0, f"Team {self.name} has a negative past.")


@dataclass(frozen=True, slots=True)
class Fairness:
    """What matters how much. A round nobody takes weighs more than everything else together."""

    minutes: int = 10
    effort: int = 1
    unusual: int = 30
    """Price of giving a round to another team than usual."""


@dataclass(frozen=True, slots=True)
class RosterDuty:
    """A round given to a team."""

    round: str
    team: str
    starts_s: int


@dataclass(frozen=True, slots=True)
class Roster:
    """Duties in order of start, rounds nobody can take, and whether nothing fairer exists."""

    duties: tuple[RosterDuty, ...]
    untaken: tuple[str, ...]
    is_optimal: bool


def roster(
    rounds: Sequence[RosterRound],
    teams: Sequence[RosterTeam],
    fairness: Fairness | None = None,
    effort_limit: float = 5.0,
) -> Roster:
    """Give rounds to teams.

    Parameters
    ----------
    rounds, teams
        Names are unique; both may be empty.
    fairness
        Weights of the goal.
    effort_limit
        Deterministic time of the solver, roughly seconds: the same input gives the same roster.
    """
    require(len({item.name for item in rounds}) == len(rounds), "Two rounds have the same name.")
    require(len({team.name for team in teams}) == len(teams), "Two teams have the same name.")
    model = _RosterModel(rounds, teams, fairness or Fairness())
    return model.solve(effort_limit)


class _RosterModel:
    """Optional intervals for each round and each team that may take it."""

    def __init__(self, rounds: Sequence[RosterRound], teams: Sequence[RosterTeam], fairness: Fairness) -> None:
        self.rounds, self.teams, self.fairness = rounds, teams, fairness
        self.model = cp_model.CpModel()
        self.takes: dict[tuple[str, str], Any] = {}
        self.starts: dict[tuple[str, str], Any] = {}
        self._add_rounds()
        self._add_goal()

    def _may(self, round_: RosterRound, team: RosterTeam) -> bool:
        fits = max(round_.earliest_s, team.shift_start_s + team.reload_s) + round_.duration_s <= team.shift_end_s
        return fits and round_.mode in team.modes and team.clearance >= round_.clearance

    def _add_rounds(self) -> None:
        intervals: dict[str, list[Any]] = defaultdict(list)
        self.untaken = {round_.name: self.model.new_bool_var(f"untaken {round_.name}") for round_ in self.rounds}
        for round_ in self.rounds:
            for team in self.teams:
                first = max(round_.earliest_s, team.shift_start_s + team.reload_s)
                last = min(round_.latest_s, team.shift_end_s - round_.duration_s)
                if not self._may(round_, team) or first > last:
                    continue
                key = (round_.name, team.name)
                self.takes[key] = self.model.new_bool_var(f"{key} takes")
                self.starts[key] = self.model.new_int_var(first, last, f"{key} starts")
                length = round_.duration_s + team.reload_s
                interval = self.model.new_optional_fixed_size_interval_var(
                    self.starts[key] - team.reload_s, length, self.takes[key], f"{key}"
                )
                intervals[team.name].append(interval)
            taken = [
                self.takes[round_.name, team.name] for team in self.teams if (round_.name, team.name) in self.takes
            ]
            self.model.add_exactly_one([*taken, self.untaken[round_.name]])
        for group in intervals.values():
            self.model.add_no_overlap(group)

    def _add_goal(self) -> None:
        minutes_bound = sum(item.duration_s // 60 for item in self.rounds) + max(
            (team.past_minutes for team in self.teams), default=0
        )
        effort_bound = sum(item.effort for item in self.rounds) + max(
            (team.past_effort for team in self.teams), default=0
        )
        most_minutes = self.model.new_int_var(0, minutes_bound, "most minutes")
        most_effort = self.model.new_int_var(0, effort_bound, "most effort")
        for team in self.teams:
            own = [
                (item, self.takes[item.name, team.name]) for item in self.rounds if (item.name, team.name) in self.takes
            ]
            self.model.add(most_minutes >= team.past_minutes + sum(item.duration_s // 60 * var for item, var in own))
            self.model.add(most_effort >= team.past_effort + sum(item.effort * var for item, var in own))
        unusual = [
            self.takes[item.name, team.name]
            for item in self.rounds
            for team in self.teams
            if item.usual_team not in (None, team.name) and (item.name, team.name) in self.takes
        ]
        weights = self.fairness
        rest = weights.minutes * minutes_bound + weights.effort * effort_bound + weights.unusual * len(self.rounds)
        shared = weights.minutes * most_minutes + weights.effort * most_effort + weights.unusual * sum(unusual)
        self.model.minimize((rest + 1) * sum(self.untaken.values()) + shared)

    def solve(self, effort_limit: float) -> Roster:
        """Search with one worker and a fixed seed; without any solution all rounds stay untaken."""
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = 1
        solver.parameters.max_deterministic_time = effort_limit
        status = solver.solve(self.model)
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return Roster((), tuple(item.name for item in self.rounds), is_optimal=False)
        duties = [
            RosterDuty(name, team, int(solver.value(self.starts[name, team])))
            for (name, team), var in self.takes.items()
            if solver.boolean_value(var)
        ]
        untaken = tuple(name for name, var in self.untaken.items() if solver.boolean_value(var))
        duties.sort(key=lambda duty: (duty.starts_s, duty.team, duty.round))
        return Roster(tuple(duties), untaken, status == cp_model.OPTIMAL)

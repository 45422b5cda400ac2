"""Rounds are shared out fairly, with the week in mind, and only to teams that may take them."""

from __future__ import annotations

from itertools import pairwise

from routing.roster import Fairness, RosterRound, RosterTeam, roster

EIGHT, TEN, NOON = 8 * 3600, 10 * 3600, 12 * 3600


def test_two_teams_share_four_equal_rounds() -> None:
    rounds = [RosterRound(f"r{k}", 1800, EIGHT) for k in range(4)]
    result = roster(rounds, [RosterTeam("a", EIGHT, NOON), RosterTeam("b", EIGHT, NOON)])
    assert result.is_optimal
    assert result.untaken == ()
    assert sorted(duty.team for duty in result.duties) == ["a", "a", "b", "b"]


def test_rounds_of_one_team_do_not_overlap_and_leave_time_to_reload() -> None:
    rounds = [RosterRound(f"r{k}", 1800, EIGHT) for k in range(3)]
    duties = roster(rounds, [RosterTeam("a", EIGHT, NOON, reload_s=600)]).duties
    starts = [duty.starts_s for duty in duties]
    assert starts[0] >= EIGHT + 600
    assert all(later - earlier >= 2400 for earlier, later in pairwise(starts))


def test_who_worked_more_this_week_gets_less_today() -> None:
    rounds = [RosterRound(f"r{k}", 3600, EIGHT) for k in range(2)]
    tired = RosterTeam("tired", EIGHT, NOON, past_minutes=300)
    assert {duty.team for duty in roster(rounds, [tired, RosterTeam("fresh", EIGHT, NOON)]).duties} == {"fresh"}


def test_heavy_stairs_are_shared_even_when_minutes_are_equal() -> None:
    rounds = [RosterRound(f"r{k}", 1800, EIGHT, effort=effort) for k, effort in enumerate((900, 900, 10, 10))]
    duties = roster(rounds, [RosterTeam("a", EIGHT, NOON), RosterTeam("b", EIGHT, NOON)]).duties
    heavy = [duty.team for duty in duties if duty.round in ("r0", "r1")]
    assert sorted(heavy) == ["a", "b"]


def test_sealed_rounds_and_vans_go_only_to_teams_that_may_and_can() -> None:
    rounds = [RosterRound("sealed", 600, EIGHT, clearance=2), RosterRound("van", 600, EIGHT, mode="van")]
    teams = [
        RosterTeam("plain", EIGHT, NOON),
        RosterTeam("cleared", EIGHT, NOON, clearance=2),
        RosterTeam("driver", EIGHT, NOON, frozenset({"van"})),
    ]
    given = {duty.round: duty.team for duty in roster(rounds, teams).duties}
    assert given == {"sealed": "cleared", "van": "driver"}


def test_a_round_nobody_can_take_is_named() -> None:
    rounds = [RosterRound("late", 3600, NOON), RosterRound("early", 600, EIGHT)]
    result = roster(rounds, [RosterTeam("a", EIGHT, TEN)])
    assert result.untaken == ("late",)
    assert [duty.round for duty in result.duties] == ["early"]


def test_a_team_keeps_its_usual_round_when_that_costs_nothing() -> None:
    rounds = [RosterRound("r0", 1800, EIGHT, usual_team="b"), RosterRound("r1", 1800, EIGHT, usual_team="a")]
    teams = [RosterTeam("a", EIGHT, NOON), RosterTeam("b", EIGHT, NOON)]
    given = {duty.round: duty.team for duty in roster(rounds, teams, Fairness(minutes=0, effort=0)).duties}
    assert given == {"r0": "b", "r1": "a"}


def test_no_rounds_and_no_teams_are_no_obstacle() -> None:
    assert roster([], []).duties == ()
    assert roster([RosterRound("r", 60)], []).untaken == ("r",)

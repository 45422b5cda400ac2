"""Doors, exceptions, confirmations."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.handover.models import DoorOutcome
from app.handover.rules import (
    LEFT,
    REASONS,
    ComplaintSpeed,
    NextStep,
    Split,
    accepts_by_default_at,
    can_undo,
    is_in_time,
    next_step,
    notified_at,
    outcomes_by_exception,
    overdue_when_left_by,
    split_bagged,
    undoable_when_left_after,
)

NOON = datetime(2022, 4, 1, 4, 0, tzinfo=UTC)


def test_all_are_left_except_the_named_ones() -> None:
    result = outcomes_by_exception(["A", "B", "C"], [("B", "no_answer")])
    assert result.outcomes == {"A": LEFT, "B": "no_answer", "C": LEFT}
    assert result.counts == {LEFT: 2, "no_answer": 1}


@pytest.mark.parametrize(
    ("exceptions", "said"),
    [
        ([("X", "refused")], "X不在这一楼的名单里。"),
        ([("A", "tired")], "A没有选原因。"),
        ([("A", LEFT)], "A没有选原因。"),
        ([("A", "refused"), ("A", "damaged")], "A写了两次。"),
    ],
)
def test_an_entry_with_a_mistake_counts_for_nothing(exceptions: list[tuple[str, str]], said: str) -> None:
    result = outcomes_by_exception(["A", "B"], exceptions)
    assert result.outcomes == {}
    assert [problem.said.zh for problem in result.problems] == [said]


def test_every_outcome_but_left_has_a_next_step() -> None:
    assert set(REASONS) == {outcome.value for outcome in DoorOutcome} - {LEFT}


@pytest.mark.parametrize(
    ("reason", "step", "step_when_cold"),
    [
        ("no_answer", NextStep.REDELIVER, NextStep.DECIDE),
        ("refused", NextStep.RETURN, NextStep.DECIDE),
        ("wrong_address", NextStep.CORRECT, NextStep.DECIDE),
        ("bag_missing", NextStep.SEARCH, NextStep.SEARCH),
        ("wrong_bag", NextStep.EXCHANGE, NextStep.EXCHANGE),
        ("damaged", NextStep.COMPLAINT, NextStep.COMPLAINT),
        ("building_sealed", NextStep.REDELIVER, NextStep.DECIDE),
        ("other", NextStep.DECIDE, NextStep.DECIDE),
    ],
)
def test_each_reason_has_its_next_step(reason: str, step: NextStep, step_when_cold: NextStep) -> None:
    assert next_step(reason) is step
    assert next_step(reason, is_cold=True) is step_when_cold


def test_left_has_no_next_step() -> None:
    with pytest.raises(KeyError):
        next_step(LEFT)


bags = st.dictionaries(st.integers(1, 9), st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=6)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(bags)
def test_accepted_and_disputed_make_up_the_bag(lines: dict[int, tuple[int, int]]) -> None:
    bagged = {line: max(pair) for line, pair in lines.items()}
    disputed = {line: min(pair) for line, pair in lines.items()}
    splits = split_bagged(bagged, disputed)
    assert {split.line_id for split in splits} == set(bagged)
    assert all(split.qty_accepted + split.qty_disputed == split.qty_bagged for split in splits)
    assert all(split.qty_accepted >= 0 for split in splits)


def test_lines_without_a_complaint_are_accepted_whole() -> None:
    assert split_bagged({2: 3, 1: 2}, {2: 1}) == (Split(1, 2, 2, 0), Split(2, 3, 2, 1))


@pytest.mark.parametrize("disputed", [{1: 3}, {2: 1}, {1: -1}, {2: 0}])
def test_a_complaint_about_more_than_the_bag_held_is_refused(disputed: dict[int, int]) -> None:
    with pytest.raises(ValueError, match="more than was in the bag"):
        split_bagged({1: 2}, disputed)


@pytest.mark.parametrize(("seconds", "overdue"), [(-1, False), (0, True), (1, True)])
def test_silence_counts_forty_eight_hours_after_the_household_was_told(seconds: int, overdue: bool) -> None:
    assert notified_at(NOON) == NOON + timedelta(minutes=10)
    due = accepts_by_default_at(notified_at(NOON))
    assert due == NOON + timedelta(hours=48, minutes=10)
    assert (overdue_when_left_by(due + timedelta(seconds=seconds)) >= NOON) is overdue


@pytest.mark.parametrize("seconds", [-1, 0, 1])
def test_what_can_be_undone_is_the_same_for_one_entry_and_for_a_query(seconds: int) -> None:
    now = notified_at(NOON) + timedelta(seconds=seconds)
    assert can_undo(NOON, now) is (undoable_when_left_after(now) < NOON) is (seconds < 0)


@pytest.mark.parametrize(
    ("kind", "seconds", "in_time"),
    [
        (ComplaintSpeed.SEEN, 60, True),
        (ComplaintSpeed.SEEN, 61, False),
        (ComplaintSpeed.STARTED, 300, True),
        (ComplaintSpeed.ANSWERED, 601, False),
    ],
)
def test_the_standard_of_one_five_ten_minutes(kind: ComplaintSpeed, seconds: int, in_time: bool) -> None:
    done = NOON + timedelta(seconds=seconds)
    assert is_in_time(kind, NOON, done, now=NOON + timedelta(days=1)) is in_time
    assert is_in_time(kind, NOON, None, now=done) is in_time

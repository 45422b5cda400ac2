"""Stops and reasons."""

from __future__ import annotations

import pytest

from app.dispatch.models import HeldReason
from app.dispatch.rules import (
    StopWork,
    climbed_floors,
    held_sentence,
    remedies,
    service_s,
)


@pytest.mark.parametrize(
    ("work", "seconds"),
    [
        (StopWork("to_building", 10), 200),
        (StopWork("to_stairwell", 10, stairwells=2), 290),
        (StopWork("to_door", 10, households=8), 520),
        (StopWork("to_door", 10, households=8, climbed_floors=12), 880),
        (StopWork("collect_by_slot", 10), 200),
        (StopWork("to_building", 10, has_gate_check=True), 290),
        (StopWork("to_building", 10, households=8, climbed_floors=12), 200),
    ],
)
def test_the_truth_table_of_seconds_at_a_stop(work: StopWork, seconds: int) -> None:
    assert service_s(work) == seconds


@pytest.mark.parametrize(
    ("floors", "has_lift", "climbed"), [([1, 2, 6], False, 6), ([1, 2, 6], True, 0), ([0], False, 0)]
)
def test_floors_are_climbed_only_without_a_lift(floors: list[int], has_lift: bool, climbed: int) -> None:
    assert climbed_floors(floors, has_lift) == climbed


def test_every_stored_reason_has_a_sentence_and_a_remedy() -> None:
    for reason in HeldReason:
        assert "2号楼" in held_sentence(reason, "2号楼", 3).zh
        assert "3袋" in held_sentence(reason, "2号楼", 3).zh
        assert remedies(reason)

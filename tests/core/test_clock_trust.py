"""The date is believed as long as the wall clock and the time since the start of the machine agree."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from app.core import clock, clock_trust
from app.core.clock_trust import DoubtCause
from app.core.db import db
from app.core.errors import Conflict
from app.core.events import SYSTEM

NOON = datetime(2022, 4, 12, 4, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@contextmanager
def at(later: timedelta, *, up: timedelta | None = None) -> Iterator[None]:
    """`later` than noon by the wall clock; by the machine's own clock `up` (default: the same)."""
    with clock.frozen_at(NOON + later), clock.uptime_fixed_at(1000 + (later if up is None else up).total_seconds()):
        yield


def test_forty_quiet_days_with_a_running_worker_raise_no_doubt(app: Flask) -> None:
    with at(timedelta(0)):
        assert clock_trust.tick(is_start=True) is None
    for hours in range(1, 40 * 24, 7):
        with at(hours * HOUR):
            assert clock_trust.tick() is None
            clock_trust.require_trusted_date()


@pytest.mark.parametrize("jump", [40 * DAY, -3 * DAY, 25 * HOUR])
def test_a_wall_clock_that_moved_by_more_than_a_day_is_doubted_until_a_person_confirms(
    app: Flask, jump: timedelta
) -> None:
    with at(timedelta(0)):
        clock_trust.tick(is_start=True)
    with at(jump, up=MINUTE):
        with pytest.raises(Conflict):
            clock_trust.require_trusted_date()  # already before the next tick
        found = clock_trust.tick()
        assert found is not None
        assert (found.reason, found.last_known_at) == (DoubtCause.MOVED, NOON)
    with at(jump + HOUR, up=HOUR):
        assert clock_trust.tick() is not None
        clock_trust.confirm(SYSTEM, clock.today().isoformat())
        assert clock_trust.current_doubt() is None
        clock_trust.require_trusted_date()
    with at(jump + 2 * HOUR, up=2 * HOUR):
        assert clock_trust.tick() is None


def test_small_steps_add_up_to_a_doubt(app: Flask) -> None:
    with at(timedelta(0)):
        clock_trust.tick(is_start=True)
    found = None
    for step in range(1, 4):
        with at(step * 10 * HOUR, up=step * MINUTE):
            found = clock_trust.tick()
    assert found is not None


def test_a_worker_that_starts_more_than_a_day_after_the_last_tick_waits(app: Flask) -> None:
    with at(timedelta(0)):
        clock_trust.tick(is_start=True)
    with at(23 * HOUR):
        assert clock_trust.tick(is_start=True) is None
    with at(49 * HOUR):
        found = clock_trust.tick(is_start=True)
        assert found is not None
        assert found.reason == DoubtCause.STALE


def test_after_a_reboot_the_last_tick_of_the_earlier_boot_counts(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    with at(timedelta(0)):
        clock_trust.tick(is_start=True)
    monkeypatch.setattr(clock, "boot_id", lambda: "another boot")
    with at(HOUR, up=-15 * MINUTE):
        assert clock_trust.tick(is_start=True) is None
    monkeypatch.setattr(clock, "boot_id", lambda: "a third boot")
    with at(30 * DAY, up=-15 * MINUTE):
        assert clock_trust.current_doubt() is not None
        assert clock_trust.tick(is_start=True) is not None


def test_before_the_first_tick_the_newest_event_says_when_the_clock_was_last_known(app: Flask) -> None:
    from app.core.events import record

    with at(timedelta(0)):
        record(SYSTEM, "import", ("subdistrict", 1))
        db.session.commit()
    with at(2 * DAY):
        assert clock_trust.tick(is_start=True) is not None


def test_a_date_that_the_clock_does_not_show_cannot_be_confirmed(app: Flask) -> None:
    with at(timedelta(0)), pytest.raises(Conflict):
        clock_trust.confirm(SYSTEM, "2022-05-22")

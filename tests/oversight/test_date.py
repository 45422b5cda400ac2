"""Nothing is deleted or decided because a date has come while nobody knows whether it has."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.core import clock, clock_trust
from app.core.db import db
from app.core.errors import Conflict
from app.core.events import SYSTEM
from app.core.jobs import Job, JobState, Running
from app.core.queue.worker import drain
from app.handover.confirmation.service import run_confirm_overdue
from app.ordering.models import Cycle, HouseholdOrder
from app.oversight.purge.service import ask_purge, run_purge
from app.upkeep.serving import hourly
from app.upkeep.serving.hourly import Hourly
from tests import messages
from tests.oversight.test_purge import closed
from tests.world import post, sign_in

UP = 100_000.0


class Machine:
    """A machine whose wall clock and whose own count can be moved apart."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.started_at, self.passed, self.moved = clock.now(), timedelta(0), timedelta(0)
        monkeypatch.setattr(hourly.time, "monotonic", lambda: UP + self.passed.total_seconds())
        self.hourly = Hourly()

    def now(self) -> datetime:
        return self.started_at + self.passed + self.moved

    def work(self, *, is_start: bool = False) -> None:
        """One turn of the worker: tick, the hour's jobs, and whatever waits."""
        with clock.frozen_at(self.now()), clock.uptime_fixed_at(UP + self.passed.total_seconds()):
            clock_trust.tick(is_start=is_start)
            self.hourly.ask_if_due()
            drain()


def state_of(cycle_id: int) -> str:
    db.session.rollback()
    return str(db.session.scalar(select(Cycle.state).where(Cycle.id == cycle_id)))


def remarks() -> int:
    wanted = select(func.count()).select_from(HouseholdOrder).where(HouseholdOrder.remark != "")
    return db.session.scalar(wanted) or 0


def test_forty_quiet_days_with_a_running_worker_purge_on_time(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    here, machine = closed(app), Machine(monkeypatch)
    cycle_id, seen = here.cycle.id, {}
    machine.work(is_start=True)
    for half_day in range(1, 80):
        machine.passed = timedelta(hours=12 * half_day)
        machine.work()
        seen[half_day / 2] = (remarks(), state_of(cycle_id))
    assert (seen[13.5], seen[15]) == ((1, "closed"), (0, "closed"))
    assert (seen[29.5], seen[31]) == ((0, "closed"), (0, "purged"))


def test_a_clock_forty_days_ahead_purges_nobody_until_a_person_confirms_the_date(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, machine = closed(app), Machine(monkeypatch)
    cycle_id = here.cycle.id
    machine.work(is_start=True)
    machine.moved = timedelta(days=40)
    for hours in range(1, 30):
        machine.passed = timedelta(hours=hours)
        machine.work()
    assert (remarks(), state_of(cycle_id)) == (1, "closed")
    with clock.frozen_at(machine.now()), clock.uptime_fixed_at(UP + machine.passed.total_seconds()):
        for handler in (run_purge, run_confirm_overdue):
            with pytest.raises(Conflict):
                handler(Running(0, 0, {}))
        job_id = ask_purge(SYSTEM).id  # one that waited in the queue already
        drain()
        assert db.session.get_one(Job, job_id).state == JobState.FAILED
        clock_trust.confirm(SYSTEM, clock.today().isoformat())
    machine.passed += timedelta(hours=1)
    machine.work()
    assert (remarks(), state_of(cycle_id)) == (0, "purged")


def test_the_administrator_sees_the_doubt_and_confirms_the_date_once(app: Flask) -> None:
    here = closed(app)
    with clock.shifted_by(timedelta(days=-3)):
        clock_trust.tick(is_start=True)
    with clock.uptime_fixed_at(clock.uptime() + 60):
        clock_trust.tick()
    admin = sign_in(app, here, "admin")
    assert messages.CONFIRM_DATE in admin.get("/dashboard").get_data(as_text=True)
    today = clock.today().isoformat()
    page = admin.get("/date").get_data(as_text=True)
    assert today in page
    assert post(admin, "/date", "/date", {"day": "2022-04-12"}).status_code == 409
    assert clock_trust.current_doubt() is not None
    assert post(admin, "/date", "/date", {"day": today}).status_code == 303
    db.session.rollback()
    assert clock_trust.current_doubt() is None
    assert messages.CONFIRM_DATE not in admin.get("/dashboard").get_data(as_text=True)

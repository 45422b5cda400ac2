"""How workers come by jobs: in turns, kept alive by a thread, fenced, and told at once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from app.core import clock, jobs
from app.core.database import turns
from app.core.db import command, db
from app.core.events import Event
from app.core.jobs import Job, JobState, LeaseLost, Running, enqueue, handles
from app.core.queue import bell, leader, worker
from app.core.queue.worker import Kinds
from app.settings import ROOT
from tests import world
from tests.conftest import POSTGRES

CHILD = [sys.executable, "-m", "tests.core.worker_child"]


@pytest.fixture
def kinds() -> Iterator[dict[str, Any]]:
    """Handlers of this test's own; forgotten afterwards."""
    known = dict(jobs.HANDLERS)
    yield jobs.HANDLERS
    jobs.HANDLERS.clear()
    jobs.HANDLERS.update(known)


def ask(kind: str, number: int = 0, subdistrict: int | None = None) -> int:
    """A job asked for by a command that has the turn of this subdistrict."""

    @command(turn=turns.TurnKind.NOBODY)
    def asked() -> int:
        token = turns.current_subdistrict.set(subdistrict)
        try:
            return enqueue(kind, number, {}).id
        finally:
            turns.current_subdistrict.reset(token)

    return asked()


def test_a_subdistrict_with_many_jobs_lets_the_others_pass(app: Flask, kinds: dict[str, Any]) -> None:
    for number in range(6):
        ask("many", number, subdistrict=1)
    for number in range(2):
        ask("few", number, subdistrict=2)
    ask("installation")
    taken = []
    for second in range(9):
        with clock.shifted_by(timedelta(seconds=second)):
            run = worker.lease_next()
            assert run is not None
            taken.append(run.kind)
    assert taken == ["many", "few", "installation", "many", "few", "many", "many", "many", "many"]


def test_a_job_belongs_to_the_subdistrict_whose_turn_its_command_had(app: Flask) -> None:
    here = world.build()
    db.session.commit()

    @command(of="building")
    def about(building_id: int) -> int:
        return enqueue("about", building_id, {}).id

    job = db.session.get_one(Job, about(here.buildings[0].id))
    assert job.subdistrict_id == here.subdistrict.id


def test_a_worker_takes_only_what_its_lanes_say(app: Flask, kinds: dict[str, Any]) -> None:
    for kind in ("print_quick", "print", "print_kit", "plan", "allocate"):
        ask(kind)
    wanted = {
        ("quick",): ["print_quick"],
        ("plan", "other"): ["plan", "allocate"],
        ("print",): ["print", "print_kit"],
    }
    for lanes, names in wanted.items():
        taken = []
        while run := worker.lease_next(worker.kinds_of(lanes)):
            taken.append(run.kind)
        assert taken == names
    assert worker.kinds_of(("quick", "print", "plan", "other")) == Kinds()


def test_what_another_attempt_has_is_neither_kept_nor_told_nor_ended(app: Flask, kinds: dict[str, Any]) -> None:
    ask("fenced")
    first = worker.lease_next()
    assert first is not None
    with clock.shifted_by(jobs.LEASE * 2):
        second = worker.lease_next()
        assert second is not None
        second.progress(1, 9, "mine")
    before = db.session.execute(select(Job.lease_until, Job.progress_done, Job.state)).one()
    db.session.rollback()
    with clock.shifted_by(jobs.LEASE * 4):
        with pytest.raises(LeaseLost):
            first.progress(5, 9, "theirs")
        with db.engine.begin() as connection:
            connection.execute(jobs.extension(first.job_id, first.attempt))
        worker.finish(first, JobState.FAILED, error="no")
    assert db.session.execute(select(Job.lease_until, Job.progress_done, Job.state)).one() == before


def test_a_handler_that_tells_nothing_keeps_its_lease_by_a_thread(
    app: Flask, kinds: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "LEASE", timedelta(seconds=0.8))
    monkeypatch.setattr(worker, "BEAT_EVERY_S", 0.1)
    seen: list[bool] = []

    @handles("thinking")
    def think(_run: Running) -> None:
        time.sleep(1.2)
        seen.append(worker.is_waiting())

    ask("thinking")
    assert worker.run_next()
    assert seen == [False]


def test_whoever_waited_long_to_write_leaves_leases_that_are_over_to_their_holders(
    app: Flask, kinds: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    ask("held")
    assert worker.lease_next() is not None
    with clock.shifted_by(jobs.LEASE * 2):
        monkeypatch.setattr(worker, "LONG_WAIT_S", -1)
        assert worker.lease_next() is None
        monkeypatch.undo()
        assert worker.lease_next() is not None


def test_one_of_two_workers_does_the_hours_work_until_it_is_gone(app: Flask) -> None:
    one, other = leader.new_holder(), leader.new_holder()
    assert [leader.lead("hourly", each) for each in (one, other, one)] == [True, False, True]
    with clock.shifted_by(leader.HELD_FOR - timedelta(seconds=1)):
        assert leader.lead("hourly", one)  # looked again in time
    with clock.shifted_by(leader.HELD_FOR + timedelta(seconds=1)):
        assert not leader.lead("hourly", other)
    with clock.shifted_by(2 * leader.HELD_FOR):
        assert leader.lead("hourly", other)
        assert not leader.lead("hourly", one)


@pytest.mark.skipif(not POSTGRES, reason="SQLite rings no bell: workers look every second")
def test_a_waiting_worker_hears_of_a_job_at_once_and_of_none_that_was_rolled_back(app: Flask) -> None:
    stop = threading.Event()
    waiting = bell.Bell(db.engine, stop)
    waiting.wait(0.01)  # the line is open from now on
    ask("rung")
    begun = time.monotonic()
    waiting.wait(30)
    assert time.monotonic() - begun < 10

    @command(turn=turns.TurnKind.NOBODY)
    def fails() -> None:
        enqueue("never", 0, {})
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        fails()
    begun = time.monotonic()
    waiting.wait(0.5)
    assert time.monotonic() - begun >= 0.4
    stop.set()
    waiting.wait(30)
    waiting.close()


@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "stopped"])
def test_a_worker_that_is_killed_or_stopped_is_replaced_and_the_effect_happens_once(app: Flask, blow: int) -> None:
    """A real process: killed for good, or stopped until another worker has done its job and then let go on."""
    world.build()
    db.session.commit()
    job_id = ask("patient")
    settings = app.extensions["louda_settings"]
    environ = {**os.environ, "LOUDA_DATABASE_URL": str(db.engine.url.render_as_string(False))}
    environ |= {"LOUDA_DATA_DIR": str(settings.data_dir), "LOUDA_SECRET_KEY": "s" * 32}
    db.session.remove()
    child = subprocess.Popen(CHILD, cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    try:
        assert child.stdout.readline() == "begun\n"
        child.send_signal(blow)
        db.session.execute(update(Job).values(lease_until=clock.now() - timedelta(seconds=1)))  # half a minute later
        db.session.commit()
        known = dict(jobs.HANDLERS)
        from tests.core import worker_child

        jobs.HANDLERS["patient"] = worker_child.patient
        try:
            assert worker.run_next()
        finally:
            jobs.HANDLERS.clear()
            jobs.HANDLERS.update(known)
        if blow == signal.SIGSTOP:
            child.send_signal(signal.SIGCONT)
            assert child.stdout.read() == "over\n"
    finally:
        child.kill()
        child.wait()
    db.session.rollback()
    job = db.session.get_one(Job, job_id)
    assert (job.state, job.attempts, job.result) == (JobState.SUCCEEDED, 2, {"by": 2})
    assert db.session.scalar(select(func.count()).select_from(Event).where(Event.verb == "test.done")) == 1

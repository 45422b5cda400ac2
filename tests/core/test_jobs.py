"""What a job says is true wherever it was killed, and one whose lease went to another attempt writes nothing."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import create_engine, event, func, select, text, update
from sqlalchemy.orm import Session

from app.allocation.service import ask_allocate, ask_declare_short
from app.core import clock, jobs
from app.core.database.engines import prepare_engine
from app.core.db import command, db
from app.core.errors import Conflict
from app.core.events import SYSTEM
from app.core.jobs import LEASE, MAX_ATTEMPTS, Job, JobState, LeaseLost, Running, enqueue, handles
from app.core.queue import worker
from app.core.queue.worker import drain
from app.handover.confirmation.service import ask_confirm_overdue
from app.handover.models import HandOut
from app.ordering.models import CycleState, OrderLine, Stage
from app.picking.models import Bag
from app.picking.service import ask_pack
from app.places.models import Community
from app.stock.models import Lot
from tests import messages, world
from tests.allocation.test_runs import receive, run, seen
from tests.conftest import POSTGRES, empty_postgres
from tests.handover.delivery import deliver, hand_out

A_MOMENT = timedelta(seconds=1)


class Killed(BaseException):
    """kill -9, as far as a transaction is concerned: nothing after it is executed or caught."""


@contextmanager
def killed_at(number: int) -> Iterator[list[int]]:
    """Die at the `number`th statement, begin of a commit or end of a commit; yields the count that was reached."""
    count = [0]

    def step(*_: Any) -> None:
        count[0] += 1
        if count[0] == number:
            raise Killed

    committing = Session.commit

    def commit(session: Session) -> None:
        committing(session)
        step()

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Session, "commit", commit)
        for name in ("before_cursor_execute", "commit"):
            event.listen(db.engine, name, step)
        try:
            yield count
        except Killed:
            pass
        finally:
            for name in ("before_cursor_execute", "commit"):
                event.remove(db.engine, name, step)
            db.session.remove()
            db.engine.dispose()  # whoever is killed leaves no connection behind


def later(seconds: timedelta) -> Any:
    return clock.shifted_by(seconds)


def state() -> dict[str, Any]:
    """What the goods came to, unit for unit."""
    stages = [func.sum(getattr(OrderLine, f"qty_{stage.value}")) for stage in Stage]
    lots = [func.sum(getattr(Lot, f"qty_{part}")) for part in ("free", "reserved", "packed")]
    lines = tuple(db.session.execute(select(*stages)).one())
    bags = sorted(db.session.execute(select(Bag.state, func.count()).group_by(Bag.state)).all())
    return {"lines": lines, "lots": tuple(db.session.execute(select(*lots)).one()), "bags": bags}


# --- one world before each kind of job --------------------------------------------------------------------------------
def ready() -> world.World:
    here = world.build()
    for household in here.households[:4]:
        here.order(household, {0: 3, 1: 1})
    here.lock()
    here.cycle.state = CycleState.RUNNING
    db.session.commit()
    receive(here, 0, 7)
    receive(here, 1, 4)
    return here


def before_allocate() -> int:
    here = ready()
    return ask_allocate(here.actor("supplies"), here.cycle.id, seen(here)).id


def before_declaring_short() -> int:
    here = ready()
    run(here)
    return ask_declare_short(here.actor("supplies"), here.cycle.id).id


def before_packing() -> int:
    here = ready()
    run(here)
    return ask_pack(here.actor("supplies"), here.cycle.id).id


def before_silence() -> int:
    here = deliver()
    hand_out(here)
    db.session.execute(update(HandOut).values(at=clock.now() - timedelta(hours=60)))
    db.session.commit()
    return ask_confirm_overdue(SYSTEM).id


class Snapshot:
    """The database before a job, as often as it is needed: a copy of the file, on PostgreSQL made anew."""

    def __init__(self, app: Flask, make: Callable[[], int]) -> None:
        self._make, self._path = make, app.extensions["louda_settings"].sqlite_path
        self._job = make()
        if not POSTGRES:
            db.session.remove()
            with db.engine.connect() as connection:
                connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
            db.engine.dispose()
            shutil.copy(self._path, f"{self._path}.kept")

    def renew(self) -> int:
        """Put it back; returns the id of the waiting job."""
        db.session.remove()
        db.engine.dispose()
        if POSTGRES:
            empty_postgres()
            return self._make()
        for suffix in ("-wal", "-shm"):
            self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)
        shutil.copy(f"{self._path}.kept", self._path)
        return self._job


def said(result: dict[str, Any] | None) -> dict[str, Any]:
    """A result without its ids: a sequence of PostgreSQL does not take back the numbers of a killed transaction."""
    return {name: None if name.endswith("_id") else value for name, value in (result or {}).items()}


@pytest.mark.parametrize(
    "make", [before_allocate, before_declaring_short, before_packing, before_silence], ids=lambda make: make.__name__
)
def test_a_job_killed_at_any_statement_says_what_happened_and_happens_once(app: Flask, make: Callable[[], int]) -> None:
    snapshot = Snapshot(app, make)
    job_id = snapshot.renew()
    with killed_at(0) as count:
        worker.run_next()
    wanted_result, wanted_state = said(db.session.get_one(Job, job_id).result), state()
    places = range(1, count[0] + 1)
    if POSTGRES:  # making the world anew takes long there: the ends of transactions and a few between
        places = [*list(places)[:: max(1, count[0] // 5)], *list(places)[-6:]]
    else:
        places = [*list(places)[::4], *list(places)[-6:]]
    for place in places:
        job_id = snapshot.renew()
        with killed_at(place):
            worker.run_next()
        with later(LEASE + A_MOMENT):
            drain()
        job = db.session.get_one(Job, job_id)
        assert (job.state, said(job.result), job.error) == (JobState.SUCCEEDED, wanted_result, ""), f"statement {place}"
        assert state() == wanted_state, f"statement {place}"


# --- leases -----------------------------------------------------------------------------------------------------------
@command
def ask(kind: str, **payload: Any) -> int:
    return enqueue(kind, 0, payload).id


@command
def add_community(code: str) -> int:
    subdistrict = db.session.execute(text("SELECT id FROM subdistrict")).scalar_one()
    db.session.add(Community(subdistrict_id=subdistrict, code=code, name=code))
    return 1


def codes() -> set[str]:
    return set(db.session.scalars(select(Community.code)))


@pytest.fixture
def kinds() -> Iterator[dict[str, Any]]:
    """Handlers of this test's own; forgotten afterwards."""
    known = dict(jobs.HANDLERS)
    yield jobs.HANDLERS
    jobs.HANDLERS.clear()
    jobs.HANDLERS.update(known)


def test_a_job_is_taken_up_again_when_its_lease_is_over_and_not_before(app: Flask, kinds: dict[str, Any]) -> None:
    job_id = ask("idle")
    first = worker.lease_next()
    assert first is not None
    assert (first.attempt, worker.lease_next()) == (1, None)
    with later(LEASE - A_MOMENT):
        assert not worker.is_waiting()
    with later(LEASE + A_MOMENT):
        assert worker.is_waiting()
        second = worker.lease_next()
    assert second is not None
    assert (second.job_id, second.attempt) == (job_id, 2)


def test_progress_extends_the_lease(app: Flask, kinds: dict[str, Any]) -> None:
    ask("idle")
    first = worker.lease_next()
    assert first is not None
    with later(LEASE - A_MOMENT):
        first.progress(1, 2)
    with later(LEASE + A_MOMENT):
        assert not worker.is_waiting()
    with later(2 * LEASE):
        assert worker.is_waiting()


def test_a_job_that_has_nothing_to_tell_keeps_its_lease_and_its_progress(
    app: Flask, kinds: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "KEEP_ALIVE_S", 0)
    waits: list[bool] = []

    @handles("silent")
    def silent(run: Running) -> None:
        run.progress(1, 2, "x")
        with later(LEASE - A_MOMENT):
            jobs.keep_alive()
        with later(LEASE + A_MOMENT):
            waits.append(worker.is_waiting())
            assert db.session.scalars(select(Job.progress_done)).all() == [1]
        with later(3 * LEASE):
            assert worker.lease_next() is not None  # another worker has it
            with pytest.raises(LeaseLost):
                jobs.keep_alive()

    jobs.keep_alive()  # outside of a job nothing happens
    ask("silent")
    assert worker.run_next()
    assert waits == [False]


def test_a_job_that_always_dies_is_given_up_after_three_attempts(app: Flask, kinds: dict[str, Any]) -> None:
    runs: list[int] = []

    @handles("deadly")
    def die(run: Running) -> None:
        runs.append(run.attempt)
        raise Killed

    job_id = ask("deadly")
    for turn in range(6):
        with later(turn * (LEASE + A_MOMENT)), killed_at(0):
            worker.run_next()
    job = db.session.get_one(Job, job_id)
    assert runs == [1, 2, 3]
    assert (job.state, job.error) == (JobState.FAILED, messages.INTERRUPTED_TOO_OFTEN)


def test_a_job_asked_for_again_has_three_attempts_and_numbers_of_its_own(app: Flask, kinds: dict[str, Any]) -> None:
    runs: list[int] = []

    @handles("clumsy")
    def stumble(run: Running) -> None:
        runs.append(run.attempt)
        raise ValueError("stumbled")

    job_id = ask("clumsy")
    drain()
    assert (runs, db.session.get_one(Job, job_id).state) == ([1, 2, 3], JobState.FAILED)
    assert ask("clumsy") == job_id
    drain()
    assert runs == [1, 2, 3, 4, 5, 6]

    @handles("refusing")
    def refuse(run: Running) -> None:
        runs.append(run.attempt)
        raise Conflict("不行")

    ask("refusing")
    drain()
    ask("refusing")
    drain()
    assert runs[6:] == [1, MAX_ATTEMPTS + 1]


def test_a_worker_that_lost_its_lease_writes_nothing_more_and_does_not_end_the_job(
    app: Flask, kinds: dict[str, Any]
) -> None:
    world.build()
    ended: list[str] = []

    @handles("slow")
    def slow(run: Running) -> dict[str, Any] | None:
        add_community(f"A{run.attempt}")
        if run.attempt == 1:
            with later(LEASE + A_MOMENT):
                db.session.remove()
                token = jobs.job_claim.set(None)
                assert worker.run_next()  # the lease is over, and another worker takes the job and ends it
                jobs.job_claim.reset(token)
            with pytest.raises(LeaseLost):
                run.progress(1, 2)
            try:
                return run.finish_with(add_community, lambda _n: {"by": run.attempt}, f"B{run.attempt}")
            except LeaseLost:
                ended.append("lost")
                raise
        return run.finish_with(add_community, lambda _n: {"by": run.attempt}, f"B{run.attempt}")

    job_id = ask("slow")
    worker.run_next()
    job = db.session.get_one(Job, job_id)
    assert ended == ["lost"]
    assert (job.state, job.result) == (JobState.SUCCEEDED, {"by": 2})
    assert {"A1", "A2", "B2"} <= codes()
    assert "B1" not in codes()


def test_parts_that_were_done_before_a_kill_are_counted_in_the_end(app: Flask, kinds: dict[str, Any]) -> None:
    world.build()

    @command
    def part(codes_left: list[str]) -> int:
        code = next((code for code in codes_left if code not in codes()), None)
        if code is not None:
            subdistrict = db.session.execute(text("SELECT id FROM subdistrict")).scalar_one()
            db.session.add(Community(subdistrict_id=subdistrict, code=code, name=code))
        return int(code is not None)

    @handles("parts")
    def parts(run: Running) -> dict[str, int]:
        done = run.done_before()
        while run.batch(part, "parts", ["P1", "P2", "P3"]):
            done += 1
            if done == 2 and run.attempt == 1:
                raise Killed
        return {"parts": done}

    job_id = ask("parts")
    with killed_at(0):
        worker.run_next()
    assert db.session.get_one(Job, job_id).progress_done == 2
    with later(LEASE + A_MOMENT):
        drain()
    job = db.session.get_one(Job, job_id)
    assert (job.state, job.result) == (JobState.SUCCEEDED, {"parts": 3})


def test_what_was_committed_is_on_the_disk(app: Flask) -> None:
    """A commit that is only in the disk's cache is lost with the power: every connection waits for the disk."""
    engine = create_engine(db.engine.url)  # as the application makes its own; the tests' engine waits for no disk
    prepare_engine(engine)
    with engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            pragmas = {
                name: connection.execute(text(f"PRAGMA {name}")).scalar() for name in ("synchronous", "journal_mode")
            }
            assert pragmas == {"synchronous": 2, "journal_mode": "wal"}
        else:
            assert db.session.execute(text("SHOW transaction_isolation")).scalar() is not None

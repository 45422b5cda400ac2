"""Jobs of a whole demo day are killed (SIGKILL) at random statements; each says the truth once it was run again."""

from __future__ import annotations

import os
import random
import signal
import tempfile
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import click
from sqlalchemy import event, func, select

from app.core import clock
from app.core.db import db
from app.core.jobs import LEASE, Job, JobState
from app.core.queue import worker
from tests.drills import sandbox

STATEMENTS = 60  # a kill falls on one of so many statements of a job
KILLS_OF_A_JOB = 2  # the third attempt is the last


@click.command()
@click.option("--kills", "wanted", default=60, show_default=True, help="杀多少次 How many kills")
@click.option("--seed", default=1, show_default=True)
def kills(wanted: int, seed: int) -> None:
    """随机杀掉后台任务，检查每句话。 Kill jobs at random statements; exit status 1 if a message is wrong."""
    killer, wrong, days = Killer(random.Random(seed), wanted), 0, 0
    while killer.killed < wanted:
        days += 1
        before = killer.killed
        wrong += _one_day(killer)
        click.echo(f"第 {days} 天 day {days}: {killer.killed}/{wanted}, 不真 wrong {wrong}")
        if killer.killed == before:
            break
    click.echo(f"{killer.killed} kills, wrong {wrong}: {dict(killer.kinds)}")
    if wrong or killer.killed < wanted:
        raise SystemExit(1)


class Killer:
    """Stands in for `drain` in the demo: each job is first run in child processes that die, then to its end."""

    def __init__(self, chance: random.Random, wanted: int) -> None:
        self._chance, self._wanted = chance, wanted
        self.killed = 0
        self.kinds: Counter[str] = Counter()

    def drain(self, limit: int = 10_000) -> int:
        """Run what waits, killing on the way. Returns how many jobs ran to their end."""
        ran = 0
        while worker.is_waiting() and ran < limit:
            for attempt in range(KILLS_OF_A_JOB):
                with clock.shifted_by(attempt * (LEASE + timedelta(seconds=1))):
                    if not self._kill_one():
                        break
            with clock.shifted_by(KILLS_OF_A_JOB * (LEASE + timedelta(seconds=1))):
                ran += worker.run_next()
        return ran

    def _kill_one(self) -> bool:
        """Run the next job in a child that dies at a random statement; returns whether it did."""
        if self.killed >= self._wanted or not worker.is_waiting():
            return False
        kind = db.session.scalar(select(Job.kind).where(Job.state.in_(("queued", "running"))).order_by(Job.id)) or ""
        place = self._chance.randint(1, STATEMENTS)
        db.session.rollback()
        db.engine.dispose()  # a connection must not be shared with a child
        child = os.fork()
        if child == 0:
            _die_at(place)
        _pid, status = os.waitpid(child, 0)
        is_killed = os.WIFSIGNALED(status)
        self.killed += is_killed
        self.kinds[kind] += is_killed
        return is_killed


def _die_at(place: int) -> None:
    """In the child: run one job, with a SIGKILL at the `place`th statement or commit."""
    left = [place]

    def step(*_: Any) -> None:
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    for name in ("before_cursor_execute", "after_cursor_execute", "commit"):
        event.listen(db.engine, name, step)
    try:
        worker.run_next()
    finally:
        os._exit(0)


def _one_day(killer: Killer) -> int:
    """Live through a demo day with kills; returns how many messages and equations are wrong at its end."""
    day, demo = import_module("app.demo.day"), import_module("app.demo.commands")
    drains: list[tuple[Any, Callable[..., int]]] = [(day, day.drain), (demo, demo.drain)]
    with sandbox.installation(), tempfile.TemporaryDirectory() as out:
        try:
            for module, _drain in drains:
                module.drain = killer.drain
            equations = demo.live(Path(out), 0.02)
        finally:
            for module, drain in drains:
                module.drain = drain
        db.session.rollback()
        over = (JobState.SUCCEEDED, JobState.SUPERSEDED)
        untrue = db.session.scalars(select(Job).where(Job.state.not_in(over))).all()
        for job in untrue:
            click.echo(f"  {job.kind}: {job.state} {job.error}")
        total = db.session.scalar(select(func.count()).select_from(Job)) or 0
        click.echo(f"  {total} jobs")
        db.session.remove()
        db.engine.dispose()
    return len(untrue) + sum(int(equation.violations) for equation in equations)

"""Counting the closing equations over the whole database, as a job: it reads everything and takes its time."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from app.core.database.turns import TurnKind
from app.core.db import command, db
from app.core.events import Actor
from app.core.jobs import Job, Running, enqueue, handles
from app.oversight.reconcile.equations import COUNTS, Equation

CHECK_JOB = "reconcile"


@command(turn=TurnKind.NOBODY)
def ask_check(by: Actor) -> Job:
    """Put a count of the equations into the queue; one that waits or runs is returned as it is."""
    present = latest_check()
    if present is not None and not present.is_over:
        return present
    turn = db.session.scalar(select(func.count()).select_from(Job).where(Job.kind == CHECK_JOB)) or 0
    return enqueue(CHECK_JOB, 0, {"turn": turn + 1, "by": f"{by.kind}:{by.id}"})


def latest_check() -> Job | None:
    """The newest count."""
    return db.session.scalar(select(Job).where(Job.kind == CHECK_JOB).order_by(Job.id.desc()).limit(1))


@handles(CHECK_JOB)
def run_check(run: Running) -> dict[str, Any]:
    """Count one equation after the other, saying how far it is."""
    found: list[Equation] = []
    for number, (code, name, count) in enumerate(COUNTS, start=1):
        db.session.rollback()
        found.append(Equation(code, name, count()))
        run.progress(number, len(COUNTS), code)
    return {"equations": [[one.code, one.name, one.violations] for one in found]}

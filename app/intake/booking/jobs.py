"""The job behind a big paste: households part by part, each its own command, safe to run again."""

from __future__ import annotations

from typing import Any

from app.access.sessions import staff_account, staff_actor
from app.core.db import db
from app.core.errors import Conflict
from app.core.jobs import Running, handles
from app.core.lookup import or_not_found
from app.intake.booking.service import JOB, book_part, finish_commit, open_households, stop_at_cut_off
from app.intake.models import ChainPaste

PART = 40


@handles(JOB)
def run_commit(run: Running) -> dict[str, Any] | None:
    """Place until nothing is left. A household that was placed is not found again, so a second run goes on."""
    account = or_not_found(staff_account(int(run.payload["by"])))
    by = staff_actor(account)
    homes = open_households(db.session.get_one(ChainPaste, run.subject_id))
    done = run.done_before()
    run.progress(done, done + len(homes))
    try:
        for begin in range(0, len(homes), PART):
            run.batch(book_part, "households", by, run.subject_id, homes[begin : begin + PART])
    except Conflict:
        stop_at_cut_off(by, run.subject_id)
        raise
    total = done + len(homes)
    return run.finish_with(finish_commit, lambda _none: {"households": total}, by, run.subject_id)

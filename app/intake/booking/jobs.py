"""The job behind a big paste: households part by part, each its own command, safe to run again."""

from __future__ import annotations

from typing import Any

from app.access.permissions import Staff
from app.access.sessions import staff_account, staff_actor
from app.core.db import command, db
from app.core.errors import NotFound
from app.core.jobs import Running, handles
from app.intake.booking.service import JOB, book_some, finish, open_households
from app.intake.models import ChainPaste, PasteState

PART = 40


@handles(JOB)
def run_commit(run: Running) -> dict[str, Any] | None:
    """Place until nothing is left. A household that was placed is not found again, so a second run goes on."""
    account = staff_account(int(run.payload["by"]))
    if account is None:
        raise NotFound
    by = staff_actor(account)
    homes = open_households(db.session.get_one(ChainPaste, run.subject_id))
    done = run.done_before()
    run.progress(done, done + len(homes))
    for begin in range(0, len(homes), PART):
        run.batch(_part, "households", by, run.subject_id, homes[begin : begin + PART])
    total = done + len(homes)
    return run.finish_with(_finish, lambda _none: {"households": total}, by, run.subject_id)


@command
def _part(by: Staff, paste_id: int, homes: list[int]) -> int:
    paste = db.session.get_one(ChainPaste, paste_id, populate_existing=True)
    if paste.state == PasteState.COMMITTING:
        book_some(by, paste, homes)
    return len(homes)


@command
def _finish(by: Staff, paste_id: int) -> None:
    paste = db.session.get_one(ChainPaste, paste_id, populate_existing=True)
    if paste.state == PasteState.COMMITTING:
        finish(by, paste)

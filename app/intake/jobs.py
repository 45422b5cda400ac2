"""The job behind a big paste: households part by part, each its own command, safe to run again."""

from __future__ import annotations

from typing import Any

from app.access.permissions import Staff
from app.access.sessions import staff_account, staff_actor
from app.core.db import command, db
from app.core.errors import NotFound
from app.core.jobs import Running, handles
from app.intake.models import ChainPaste, PasteState
from app.intake.service_commit import JOB, book_some, finish, open_households

PART = 40


@handles(JOB)
def run_commit(run: Running) -> dict[str, Any]:
    """Place until nothing is left. A household that was placed is not found again, so a second run goes on."""
    account = staff_account(int(run.payload["by"]))
    if account is None:
        raise NotFound
    by = staff_actor(account)
    homes = open_households(db.session.get_one(ChainPaste, run.subject_id))
    total = len(homes)
    for begin in range(0, total, PART):
        run.progress(begin, total)
        _part(by, run.subject_id, homes[begin : begin + PART])
    _finish(by, run.subject_id)
    return {"households": total}


@command
def _part(by: Staff, paste_id: int, homes: list[int]) -> None:
    paste = db.session.get_one(ChainPaste, paste_id, populate_existing=True)
    if paste.state == PasteState.COMMITTING:
        book_some(by, paste, homes)


@command
def _finish(by: Staff, paste_id: int) -> None:
    paste = db.session.get_one(ChainPaste, paste_id, populate_existing=True)
    if paste.state == PasteState.COMMITTING:
        finish(by, paste)

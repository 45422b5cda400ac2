"""The job behind a free pack for thousands of households: part by part, each its own command, safe to run again."""

from __future__ import annotations

from typing import Any

from app.core.db import db
from app.core.events import Actor
from app.core.jobs import Running, handles
from app.ordering.packs.models import FreePack
from app.ordering.packs.queries import GivePack, preview
from app.ordering.packs.service import JOB, serve_part


@handles(JOB)
def run_pack(run: Running) -> dict[str, Any]:
    """Give or take back until nobody is left. A part that was done is not found again, so a second run goes on."""
    by = Actor("staff", int(run.payload["by"]))
    gives = run.payload["step"] == "give"
    pack = db.session.get_one(FreePack, run.subject_id)
    wanted = GivePack(pack.offer_id, pack.scope_kind, pack.scope_id, pack.per_persons)
    total = pack.households + (preview(pack.cycle_id, wanted).gets if gives else 0)
    done = pack.households if gives else run.done_before()
    run.progress(done, max(done, total))
    while served := run.batch(serve_part, "households", by, run.subject_id, gives):
        done += served
    return {"households": done}

"""A worker of its own process that is killed or stopped in the middle of its job: see test_queue.py."""

from __future__ import annotations

import sys
import time
from typing import Any

from app.core.db import command, db
from app.core.events import SYSTEM, record
from app.core.jobs import Job, Running
from app.core.queue import worker


@command
def done() -> None:
    record(SYSTEM, "test.done", db.session.get_one(Job, 1))


def patient(run: Running) -> dict[str, Any] | None:
    """Says that it has begun; the first attempt then takes its time."""
    print("begun", flush=True)
    if run.attempt == 1:
        time.sleep(1.0)
    return run.finish_with(done, lambda _done: {"by": run.attempt})


def main() -> int:
    from app.core import jobs
    from app.factory import create_app

    jobs.HANDLERS["patient"] = patient
    with create_app().app_context():
        worker.run_next()
    print("over", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())

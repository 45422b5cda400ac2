"""Figures of what this process does, for Prometheus: requests, turns, what was committed, jobs.

Several processes of one server write into files of one folder where PROMETHEUS_MULTIPROC_DIR names it (the server makes
it before it starts them, app/upkeep/serving/server), and whoever answers /metrics adds them up. Labels are names of the
program only, never anything that somebody typed. Source: prometheus_client, "Multiprocess Mode".
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from prometheus_client import Counter, Histogram

PAGE_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0)
TURN_BUCKETS = (0.001, 0.005, 0.02, 0.1, 0.5, 2.0, 5.0, 15.0)

REQUESTS = Counter("louda_requests", "Requests answered", ["endpoint", "method", "status"])
REQUEST_SECONDS = Histogram("louda_request_seconds", "From request to answer", ["endpoint"], buckets=PAGE_BUCKETS)
TURN_WAITED = Histogram("louda_turn_waited_seconds", "Wait of a command for its turn", ["kind"], buckets=TURN_BUCKETS)
TURN_HELD = Histogram("louda_turn_held_seconds", "From turn to commit of a command", ["kind"], buckets=TURN_BUCKETS)
TURN_REFUSED = Counter("louda_turns_refused", "Commands whose turn did not come in time", ["kind"])
RECORDED = Counter("louda_events", "Committed entries of the event log", ["verb", "subject"])
ORDERS = Counter("louda_orders_placed", "Orders that households and desks placed, one at a time")

_noted: ContextVar[list[tuple[str, str]] | None] = ContextVar("noted", default=None)


class TurnWatch:
    """One try of a command, from asking for its turn on."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.at = time.perf_counter()
        self.has_begun = False

    def begin(self) -> None:
        """The turn has come."""
        now = time.perf_counter()
        TURN_WAITED.labels(self.kind).observe(now - self.at)
        self.at, self.has_begun = now, True

    def refuse(self) -> None:
        """It did not come in time."""
        TURN_REFUSED.labels(self.kind).inc()


@contextmanager
def turn_watched(kind: str) -> Iterator[TurnWatch]:
    """Time a try of a command, and count its entries of the log if the block ends without an error."""
    turn, token = TurnWatch(kind), _noted.set([])
    try:
        yield turn
        for verb, subject in _noted.get() or ():
            RECORDED.labels(verb, subject).inc()
            if (verb, subject) == ("place", "household_order"):
                ORDERS.inc()
    finally:
        if turn.has_begun:
            TURN_HELD.labels(kind).observe(time.perf_counter() - turn.at)
        _noted.reset(token)


def note(verb: str, subject: str) -> None:
    """An entry of the log was written in the present transaction; counted when that is committed."""
    noted = _noted.get()
    if noted is not None:
        noted.append((verb, subject))

"""What the worker asks for every hour by itself: default acceptance, the closing equations, the purge."""

from __future__ import annotations

import time

from app.core import clock_trust
from app.core.events import SYSTEM
from app.handover.confirmation.service import ask_confirm_overdue
from app.oversight.purge.service import ask_purge
from app.oversight.reconcile.service import ask_check

PERIOD_S = 3600


class Hourly:
    """Asks at the start and then once an hour, whatever the wall clock does."""

    def __init__(self) -> None:
        self._next = time.monotonic()

    def ask_if_due(self) -> bool:
        """Put the hour's jobs into the queue if the hour is over; returns whether it did."""
        if time.monotonic() < self._next:
            return False
        self._next = time.monotonic() + PERIOD_S
        ask_check(SYSTEM)
        if clock_trust.current_doubt() is None:  # what cannot be undone waits until somebody has confirmed the date
            ask_confirm_overdue(SYSTEM)
            ask_purge(SYSTEM)
        return True

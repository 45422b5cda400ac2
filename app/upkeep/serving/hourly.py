"""What the worker asks for every hour by itself: default acceptance, the closing equations, the purge."""

from __future__ import annotations

import time

from app.core import clock_trust
from app.core.events import SYSTEM
from app.core.queue.leader import HELD_FOR, lead, new_holder
from app.handover.confirmation.service import ask_confirm_overdue
from app.oversight.purge.service import ask_purge
from app.oversight.reconcile.service import ask_check

PERIOD_S = 3600


class Hourly:
    """Asks at the start and then once an hour, whatever the wall clock does, in one worker of all."""

    def __init__(self) -> None:
        self._holder = new_holder()
        self._next = self._look_at = time.monotonic()
        self._is_leader = False

    def ask_if_due(self) -> bool:
        """Put the hour's jobs into the queue if the hour is over; returns whether it did.

        Another worker does it, and from then on each hour, once this one has not been here for HELD_FOR.
        """
        now = time.monotonic()
        if now >= self._look_at:
            self._look_at = now + HELD_FOR.total_seconds() / 3
            self._is_leader = lead("hourly", self._holder)
        if not self._is_leader or now < self._next:
            return False
        self._next = now + PERIOD_S
        ask_check(SYSTEM)
        if clock_trust.current_doubt() is None:  # what cannot be undone waits until somebody has confirmed the date
            ask_confirm_overdue(SYSTEM)
            ask_purge(SYSTEM)
        return True
